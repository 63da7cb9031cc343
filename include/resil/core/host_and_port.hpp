// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_HOST_AND_PORT_HPP
#define RESIL_CORE_HOST_AND_PORT_HPP

#include <resil/config.hpp>

#include <string>

namespace resil {

/// Where something listens: a name or an address, and a port.
struct host_and_port
{
    std::string host{};      ///< Without brackets, if it is an IPv6 address.
    unsigned short port = 0; ///< 1 to 65535.
};

} // namespace resil

#endif // RESIL_CORE_HOST_AND_PORT_HPP
