# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# Builds the project of docs/start.md in BUILD, as WAY says, and compares what it prints:
#
#     cmake -DWAY=fetched|found -DRESIL=... -DBUILD=... -DGENERATOR=... -DCOMPILER=... -DPREFIXES=... -P build.cmake
cmake_policy(VERSION 3.24)

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${BUILD})
set(configure ${CMAKE_COMMAND} -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_PREFIX_PATH=${PREFIXES}")

if(WAY STREQUAL "fetched") # from here instead of from its repository
    set(how -DFETCHCONTENT_SOURCE_DIR_RESIL=${RESIL})
elseif(WAY STREQUAL "found")
    run(${configure} -S ${RESIL} -B ${BUILD}/resil -DRESIL_BUILD_TESTS=OFF -DRESIL_BUILD_EXAMPLES=OFF)
    run(${CMAKE_COMMAND} --build ${BUILD}/resil)
    run(${CMAKE_COMMAND} --install ${BUILD}/resil --prefix ${BUILD}/installed)
    set(how -Dresil_ROOT=${BUILD}/installed)
endif()

run(${configure} -S ${CMAKE_CURRENT_LIST_DIR} -B ${BUILD}/start ${how})
run(${CMAKE_COMMAND} --build ${BUILD}/start)
run(${CMAKE_COMMAND} -DPROGRAM=${BUILD}/start/start -DSOURCE=${CMAKE_CURRENT_LIST_DIR}/main.cpp
    -P ${RESIL}/examples/check_output.cmake)
