# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# Runs a port as vcpkg would, without vcpkg: what the portfile calls is written here, as small as it can be.
#
#   cmake -DPORT=<folder of the port> -DPACKAGES=<where to> -DWORK=<scratch> -DCXX=<compiler> -DBOOST=<prefix>
#         [-DFEATURES=postgres;...] [-DOPTIONS=<what vcpkg's toolchain would find>] -P run_port.cmake
cmake_policy(VERSION 3.24)
set(CURRENT_PORT_DIR ${PORT})
set(CURRENT_PACKAGES_DIR ${PACKAGES})
get_filename_component(port ${PORT} NAME)

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(vcpkg_check_features)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "OUT_FEATURE_OPTIONS" "FEATURES")
    set(options "")
    while(arg_FEATURES)
        list(POP_FRONT arg_FEATURES feature variable)
        if(feature IN_LIST FEATURES)
            list(APPEND options -D${variable}=ON)
        else()
            list(APPEND options -D${variable}=OFF)
        endif()
    endwhile()
    set(${arg_OUT_FEATURE_OPTIONS} ${options} PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
    run(${CMAKE_COMMAND} -G Ninja -S ${arg_SOURCE_PATH} -B ${WORK} -DCMAKE_CXX_COMPILER=${CXX}
        -DCMAKE_PREFIX_PATH=${BOOST} -DCMAKE_INSTALL_PREFIX=${PACKAGES} -DCMAKE_BUILD_TYPE=Release ${arg_OPTIONS}
        ${OPTIONS})
endfunction()

function(vcpkg_cmake_install)
    run(${CMAKE_COMMAND} --build ${WORK} --target install)
endfunction()

# vcpkg moves nothing either, if the files are where it wants them: share/<port>.
function(vcpkg_cmake_config_fixup)
    if(NOT EXISTS ${PACKAGES}/share/${port}/${port}-config.cmake)
        message(FATAL_ERROR "the port must install share/${port}/${port}-config.cmake")
    endif()
endfunction()

function(vcpkg_fixup_pkgconfig) # leaves those of header libraries where they are
    if(NOT EXISTS ${PACKAGES}/share/pkgconfig/${port}.pc)
        message(FATAL_ERROR "the port must install share/pkgconfig/${port}.pc")
    endif()
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
    file(COPY_FILE ${arg_FILE_LIST} ${PACKAGES}/share/${port}/copyright)
endfunction()

set(PORT ${port})
include(${CURRENT_PORT_DIR}/portfile.cmake)

# What vcpkg checks when a port is built.
foreach(wanted include/resil/resil.hpp share/${port}/copyright share/${port}/usage)
    if(NOT EXISTS ${PACKAGES}/${wanted})
        message(FATAL_ERROR "the port must install ${wanted}")
    endif()
endforeach()
file(GLOB strays RELATIVE ${PACKAGES} ${PACKAGES}/debug ${PACKAGES}/share/cmake ${PACKAGES}/lib/cmake)
if(strays)
    message(FATAL_ERROR "the port must not install ${strays}")
endif()
