# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# The target resil::opentelemetry, if the headers of OpenTelemetry's API are here. Its libraries are for those who send
# what the API is told: a program that does links opentelemetry-cpp's own targets, too.
find_path(RESIL_OPENTELEMETRY_INCLUDE_DIR opentelemetry/trace/tracer.h
    HINTS ${PROJECT_SOURCE_DIR}/.deps/opentelemetry/usr/include)
mark_as_advanced(RESIL_OPENTELEMETRY_INCLUDE_DIR)
if(NOT RESIL_OPENTELEMETRY_INCLUDE_DIR)
    message(STATUS "resil: no resil::opentelemetry here; it needs the headers of opentelemetry-cpp's API")
    return()
endif()

# Where they are is found out anew by those who use an installed resil: see resil-config.cmake.in.
add_library(resil_opentelemetry INTERFACE)
add_library(resil::opentelemetry ALIAS resil_opentelemetry)
set_target_properties(resil_opentelemetry PROPERTIES EXPORT_NAME opentelemetry)
target_link_libraries(resil_opentelemetry INTERFACE resil)
target_include_directories(resil_opentelemetry SYSTEM INTERFACE
    "$<BUILD_INTERFACE:${RESIL_OPENTELEMETRY_INCLUDE_DIR}>")
