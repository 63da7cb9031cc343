# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# What the consumers have in common; included after each has brought resil along in its own way.
set(program ${CMAKE_CURRENT_LIST_DIR}/program)

function(add_consumer name)
    list(TRANSFORM ARGN PREPEND ${program}/)
    add_executable(${name} ${ARGN})
    target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wundef -Werror)
endfunction()

add_consumer(consumer main.cpp other.cpp)
target_link_libraries(consumer PRIVATE resil::resil)

# All adapters at once, for those who have asked for them.
function(add_adapters_consumer)
    add_consumer(adapters adapters.cpp use_http.cpp use_http_tls.cpp use_postgres.cpp use_mysql.cpp)
    target_compile_definitions(adapters PRIVATE BOOST_MYSQL_SEPARATE_COMPILATION)
    target_link_libraries(adapters PRIVATE resil::http resil::http_tls resil::postgres resil::mysql)
endfunction()

# Boost.Redis is compiled in the program's own source, so this is one of its own.
function(add_redis_consumer)
    add_consumer(redis use_redis.cpp)
    target_link_libraries(redis PRIVATE resil::redis)
endfunction()

function(add_opentelemetry_consumer)
    add_consumer(opentelemetry use_opentelemetry.cpp)
    target_link_libraries(opentelemetry PRIVATE resil::opentelemetry)
endfunction()

# All targets that this project builds, its subprojects' included.
function(collect_targets folder result)
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    get_property(subfolders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    foreach(subfolder IN LISTS subfolders)
        collect_targets(${subfolder} more)
        list(APPEND targets ${more})
    endforeach()
    set(${result} ${targets} PARENT_SCOPE)
endfunction()

function(expect_targets)
    collect_targets(${PROJECT_SOURCE_DIR} targets)
    list(SORT targets)
    if(NOT targets STREQUAL "${ARGN}")
        message(FATAL_ERROR "resil must add only its own targets: expected '${ARGN}', found '${targets}'")
    endif()
endfunction()

# A project that brings resil along installs nothing of it, and finds nothing in its cache that resil set.
function(expect_good_manners)
    foreach(variable RESIL_SANITIZE RESIL_TEST_GROUPS BUILD_TESTING Catch2_DIR)
        if(DEFINED CACHE{${variable}})
            message(FATAL_ERROR "resil must not set ${variable} for the project that uses it")
        endif()
    endforeach()
    if(RESIL_INSTALL)
        message(FATAL_ERROR "resil must not be installed with the project that uses it")
    endif()
endfunction()
