# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# The target resil::postgres, if libpq is here.
find_package(PostgreSQL QUIET)
if(NOT TARGET PostgreSQL::PostgreSQL)
    message(STATUS "resil: no resil::postgres here; it needs libpq")
    return()
endif()

add_library(resil_postgres INTERFACE)
add_library(resil::postgres ALIAS resil_postgres)
set_target_properties(resil_postgres PROPERTIES EXPORT_NAME postgres)
target_link_libraries(resil_postgres INTERFACE resil PostgreSQL::PostgreSQL)
