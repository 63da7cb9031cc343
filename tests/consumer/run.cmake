# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# Builds and runs one consumer in BUILD: cmake -DKIND=find_package -DSOURCE=... -DBUILD=... -P run.cmake
# SETTINGS names a file with what every project here needs: the compiler, and where Boost is.
cmake_policy(VERSION 3.24)

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${BUILD})
file(MAKE_DIRECTORY ${BUILD})
set(configure ${CMAKE_COMMAND} -G ${GENERATOR} -C ${SETTINGS})
set(how "")

if(KIND STREQUAL "find_package")
    run(${configure} -S ${SOURCE} -B ${BUILD}/resil
        -DRESIL_BUILD_TESTS=OFF -DRESIL_BUILD_EXAMPLES=OFF)
    run(${CMAKE_COMMAND} --install ${BUILD}/resil --prefix ${BUILD}/installed)
    set(how -Dresil_ROOT=${BUILD}/installed)
elseif(KIND STREQUAL "add_subdirectory")
    set(how -DRESIL_SOURCE=${SOURCE})
elseif(KIND STREQUAL "fetch_content")
    file(GLOB parts RELATIVE ${SOURCE} ${SOURCE}/*)
    list(FILTER parts EXCLUDE REGEX "^\\.|^build$")
    run(${CMAKE_COMMAND} -E chdir ${SOURCE} ${CMAKE_COMMAND} -E tar cz ${BUILD}/resil.tar.gz ${parts})
    set(how -DRESIL_ARCHIVE=${BUILD}/resil.tar.gz)
endif()

run(${configure} -S ${SOURCE}/tests/consumer/${KIND} -B ${BUILD}/consumer ${how})
run(${CMAKE_COMMAND} --build ${BUILD}/consumer)
run(${BUILD}/consumer/consumer)
