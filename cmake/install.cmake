# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# Installs the headers, and what finds them: the CMake package `resil` with one component for each adapter
# (find_package(resil 0.1 COMPONENTS http)), a file for pkg-config for each of them, and, if asked for, one of the Common
# Package Specification, which CMake reads from 4.3 on. The installed tree can be moved.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(RESIL_INSTALL_CMAKEDIR ${CMAKE_INSTALL_DATADIR}/cmake/resil CACHE STRING "Where the CMake package is installed")
mark_as_advanced(RESIL_INSTALL_CMAKEDIR)
set(package_dir ${RESIL_INSTALL_CMAKEDIR})
set(pkg_config_dir ${CMAKE_INSTALL_DATADIR}/pkgconfig)

install(DIRECTORY include/resil DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.hpp" PATTERN "*.ipp")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The target, the component and the file of pkg-config that belong to a part of resil.
function(install_part target export_set)
    install(TARGETS ${target} EXPORT ${export_set} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(EXPORT ${export_set} NAMESPACE resil:: DESTINATION ${package_dir})
endfunction()

function(install_pkg_config name description requires)
    file(RELATIVE_PATH to_prefix "/${pkg_config_dir}" "/")
    string(REGEX REPLACE "/$" "" to_prefix ${to_prefix})
    configure_file(cmake/resil.pc.in ${name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${pkg_config_dir})
endfunction()

install_part(resil resil-targets)
install_pkg_config(resil "${PROJECT_DESCRIPTION}" "fmt")

set(requires_of_http resil)
set(requires_of_http_tls "resil-http libssl libcrypto")
set(requires_of_postgres "resil libpq")
set(requires_of_mysql "resil libssl libcrypto") # and Boost.Charconv, of which pkg-config knows nothing
set(requires_of_redis "resil libssl libcrypto")
set(requires_of_opentelemetry "resil opentelemetry_api")
foreach(adapter http http_tls postgres mysql redis opentelemetry)
    if(TARGET resil_${adapter})
        install_part(resil_${adapter} resil-${adapter}-targets)
        string(REPLACE "_" "-" dashed ${adapter})
        install_pkg_config(resil-${dashed} "The adapter ${adapter} of resil" "${requires_of_${adapter}}")
    endif()
endforeach()

if(RESIL_COMPILED)
    install_part(resil_compiled resil-compiled-targets)
endif()

configure_package_config_file(
    cmake/resil-config.cmake.in ${PROJECT_BINARY_DIR}/resil-config.cmake
    INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
set(for_any_machine ARCH_INDEPENDENT)
if(RESIL_COMPILED)
    set(for_any_machine "")
endif()
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/resil-config-version.cmake COMPATIBILITY SameMinorVersion ${for_any_machine})
install(FILES ${PROJECT_BINARY_DIR}/resil-config.cmake ${PROJECT_BINARY_DIR}/resil-config-version.cmake
    DESTINATION ${package_dir})

# Written by hand: CMake (4.4) refuses to export what links Boost's targets or those of its own Find modules. For the
# latter reason it has no adapter but http; and as CMake prefers it to the package above, it is only there on request.
option(RESIL_INSTALL_CPS "Also install a Common Package Specification" OFF)
if(RESIL_INSTALL_CPS)
    set(cps_dir ${CMAKE_INSTALL_DATADIR}/cps/resil)
    set(prefix "@prefix@")
    configure_file(cmake/resil.cps.in resil.cps @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/resil.cps DESTINATION ${cps_dir})
endif()
