# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# Sets RESIL_BOOST, the targets of Boost that resil links: those of a Boost that the including project has
# as a subproject (add_subdirectory, FetchContent), or the headers of one that is found.
set(imported TRUE)
if(TARGET Boost::asio)
    get_target_property(imported Boost::asio IMPORTED)
endif()

if(imported)
    if(NOT TARGET Boost::headers)
        find_package(Boost 1.83 CONFIG REQUIRED)
    endif()
    set(RESIL_BOOST Boost::headers)
    return()
endif()

# A subproject has a target for each of its libraries; its Boost::headers is there, but empty.
set(RESIL_BOOST "")
foreach(library asio outcome system)
    if(NOT TARGET Boost::${library})
        message(FATAL_ERROR "resil: the Boost of this project lacks Boost::${library}; "
            "BOOST_INCLUDE_LIBRARIES must name asio, outcome and system (and beast for resil::http)")
    endif()
    list(APPEND RESIL_BOOST Boost::${library})
endforeach()
