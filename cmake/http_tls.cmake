# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# The target resil::http_tls, if OpenSSL is here.
find_package(OpenSSL QUIET)
if(NOT TARGET OpenSSL::SSL)
    message(STATUS "resil: no resil::http_tls here; it needs OpenSSL")
    return()
endif()

add_library(resil_http_tls INTERFACE)
add_library(resil::http_tls ALIAS resil_http_tls)
set_target_properties(resil_http_tls PROPERTIES EXPORT_NAME http_tls)
target_link_libraries(resil_http_tls INTERFACE resil_http OpenSSL::SSL OpenSSL::Crypto)
