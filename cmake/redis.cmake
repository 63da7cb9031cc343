# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# The target resil::redis, if what Boost.Redis needs is here: Boost 1.84, and OpenSSL.
find_package(OpenSSL QUIET)
if(Boost_VERSION VERSION_LESS 1.84 OR NOT TARGET OpenSSL::SSL)
    message(STATUS "resil: no resil::redis here; it needs Boost >= 1.84, and OpenSSL")
    return()
endif()

add_library(resil_redis INTERFACE)
add_library(resil::redis ALIAS resil_redis)
set_target_properties(resil_redis PROPERTIES EXPORT_NAME redis)
target_link_libraries(resil_redis INTERFACE resil OpenSSL::SSL OpenSSL::Crypto)
if(TARGET Boost::redis)
    target_link_libraries(resil_redis INTERFACE Boost::redis)
endif()
