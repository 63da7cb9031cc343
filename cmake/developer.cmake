# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# What resil's own programs are compiled with: warnings, and a sanitizer where a preset names one.
# They link `resil_developer`; users of resil never see it.
set(RESIL_SANITIZE "" CACHE STRING "Sanitizers for tests and examples: address,undefined or thread")
option(RESIL_TEST_COMPILED "Link the compiled library into tests and examples" OFF)
set(RESIL_NEWEST_BOOST "" CACHE STRING "The Boost that this build is meant for; another is only reported")

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

add_library(resil_developer INTERFACE)
target_link_libraries(resil_developer INTERFACE resil resil_http)
target_compile_options(resil_developer INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Woverloaded-virtual)

if(RESIL_TEST_COMPILED)
    target_link_libraries(resil_developer INTERFACE resil_compiled)
endif()
if(RESIL_SANITIZE)
    set(sanitize -fsanitize=${RESIL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_compile_options(resil_developer INTERFACE ${sanitize})
    target_link_options(resil_developer INTERFACE ${sanitize})
endif()
if(RESIL_SANITIZE STREQUAL "thread") # it does not understand fences: Asio's are left out
    target_compile_options(resil_developer INTERFACE -Wno-tsan)
    target_compile_definitions(resil_developer INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()

# GCC 12's thread sanitizer cannot map its memory where the kernel scatters addresses too widely.
if(RESIL_SANITIZE STREQUAL "thread" AND EXISTS /proc/sys/vm/mmap_rnd_bits)
    file(READ /proc/sys/vm/mmap_rnd_bits random_bits)
    find_program(RESIL_SETARCH setarch)
    if(random_bits GREATER 28 AND RESIL_SETARCH)
        set(CMAKE_CROSSCOMPILING_EMULATOR ${RESIL_SETARCH} -R)
    endif()
endif()

if(RESIL_NEWEST_BOOST AND NOT Boost_VERSION MATCHES "^${RESIL_NEWEST_BOOST}")
    message(STATUS "resil: Boost ${RESIL_NEWEST_BOOST} is not here; this build uses Boost ${Boost_VERSION}")
endif()

# Boost.Context, compiled, is needed for `yield_context` only. Tests and examples ask for
# RESIL_HAS_BOOST_CONTEXT.
find_package(Boost 1.83 CONFIG QUIET OPTIONAL_COMPONENTS context)
if(TARGET Boost::context)
    target_link_libraries(resil_developer INTERFACE Boost::context)
    target_compile_definitions(resil_developer INTERFACE RESIL_HAS_BOOST_CONTEXT=1)
else()
    message(STATUS "resil: no compiled Boost.Context here; yield_context is not tested")
endif()

# Adds the test `name`, a command; its label says to which group it belongs.
function(resil_add_test name group)
    add_test(NAME ${name} COMMAND ${ARGN})
    set_tests_properties(${name} PROPERTIES LABELS ${group} TIMEOUT 600)
endfunction()

# Finds the headers of resil whose libraries are here, by their names below include/.
function(resil_find_headers result)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include
        ${PROJECT_SOURCE_DIR}/include/resil/*.hpp)
    list(FILTER headers EXCLUDE REGEX "^resil/src.hpp$") # for one source of a program that asks for it
    if(NOT TARGET resil_http_tls)
        list(FILTER headers EXCLUDE REGEX "^resil/http/tls_")
    endif()
    if(NOT TARGET resil_postgres)
        list(FILTER headers EXCLUDE REGEX "^resil/postgres/")
    endif()
    if(NOT TARGET resil_mysql)
        list(FILTER headers EXCLUDE REGEX "^resil/mysql/")
    endif()
    if(NOT TARGET resil_redis)
        list(FILTER headers EXCLUDE REGEX "^resil/redis/")
    endif()
    if(NOT TARGET resil_opentelemetry)
        list(FILTER headers EXCLUDE REGEX "^resil/opentelemetry/")
    endif()
    set(${result} ${headers} PARENT_SCOPE)
endfunction()
