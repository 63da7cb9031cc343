// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CONNECTION_FAULT_HPP
#define RESIL_CONNECTION_FAULT_HPP

#include <resil/config.hpp>

#include <string_view>

namespace resil {

/// Says what an error means to the connection that met it, and to others like it.
enum class connection_fault
{
    transient,    ///< Trying again may help; nothing follows for other connections.
    permanent,    ///< Trying again cannot help: a bad password, an unknown database.
    disconnected, ///< The peer is gone, and perhaps for other connections too.
    read_only,    ///< The peer only reads since a failover; so it is for all connections to it.
};

/// Returns the name of a fault, as it is spelt in the enumeration.
constexpr std::string_view to_string(connection_fault fault) noexcept
{
    switch (fault) {
    case connection_fault::transient: return "transient";
    case connection_fault::permanent: return "permanent";
    case connection_fault::disconnected: return "disconnected";
    case connection_fault::read_only: return "read_only";
    }
    return "unknown";
}

} // namespace resil

#endif // RESIL_CONNECTION_FAULT_HPP
