# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# What the three consumers have in common; included after each has brought resil along in its own way.
add_executable(consumer ../main.cpp ../other.cpp)
target_link_libraries(consumer PRIVATE resil::resil resil::http)
target_compile_options(consumer PRIVATE -Wall -Wextra -Wpedantic -Werror)

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

function(expect_not_cached)
    foreach(variable IN LISTS ARGN)
        if(DEFINED CACHE{${variable}})
            message(FATAL_ERROR "resil must not set ${variable} for the project that uses it")
        endif()
    endforeach()
endfunction()
expect_not_cached(RESIL_SANITIZE RESIL_TEST_GROUPS BUILD_TESTING Catch2_DIR)
