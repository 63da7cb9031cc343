# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# The target resil::mysql, if what Boost.MySQL's any_connection needs is here: Boost 1.85, Boost.Charconv
# (compiled) and OpenSSL.
if(NOT TARGET Boost::mysql AND Boost_VERSION VERSION_GREATER_EQUAL 1.85)
    find_package(Boost 1.85 CONFIG QUIET OPTIONAL_COMPONENTS charconv)
endif()
find_package(OpenSSL QUIET)
if(NOT TARGET Boost::charconv OR NOT TARGET OpenSSL::SSL)
    message(STATUS "resil: no resil::mysql here; it needs Boost >= 1.85 with Boost.Charconv, and OpenSSL")
    return()
endif()

add_library(resil_mysql INTERFACE)
add_library(resil::mysql ALIAS resil_mysql)
set_target_properties(resil_mysql PROPERTIES EXPORT_NAME mysql)
target_link_libraries(resil_mysql INTERFACE
    resil Boost::charconv OpenSSL::SSL OpenSSL::Crypto)
if(TARGET Boost::mysql)
    target_link_libraries(resil_mysql INTERFACE Boost::mysql)
endif()
