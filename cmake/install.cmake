# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# Installs the headers and the package `resil` with one component for each adapter:
# find_package(resil 0.1 COMPONENTS http).
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/resil)

install(DIRECTORY include/resil DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.hpp" PATTERN "*.ipp")

install(TARGETS resil EXPORT resil-targets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT resil-targets NAMESPACE resil:: DESTINATION ${package_dir})

foreach(adapter http http_tls postgres mysql)
    if(TARGET resil_${adapter})
        install(TARGETS resil_${adapter} EXPORT resil-${adapter}-targets)
        install(EXPORT resil-${adapter}-targets NAMESPACE resil:: DESTINATION ${package_dir})
    endif()
endforeach()

configure_package_config_file(
    cmake/resil-config.cmake.in ${PROJECT_BINARY_DIR}/resil-config.cmake
    INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/resil-config-version.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/resil-config.cmake ${PROJECT_BINARY_DIR}/resil-config-version.cmake
    DESTINATION ${package_dir})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
