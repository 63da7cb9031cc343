// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_POOL_STATUS_HPP
#define STOREFRONT_POOL_STATUS_HPP

#include <resil/error.hpp>

#include <boost/asio/error.hpp>

namespace storefront {

/// What a pool sees of its peer; no error if that answers. A busy pool is well: readiness must not wait for a connection,
/// nor take one from a page. It takes a pool that keeps a connection (`min_idle`) and tests it (`keepalive_interval`).
template <class Pool>
resil::error_code status_of(Pool const& pool)
{
    auto const seen = pool.snapshot();
    if (seen.connect_failures > 0) {
        return seen.last_connect_error;
    }
    bool const has_connections = seen.idle + seen.pinging + seen.in_use + seen.resetting > 0;
    return has_connections ? resil::error_code() : boost::asio::error::not_connected;
}

} // namespace storefront

#endif // STOREFRONT_POOL_STATUS_HPP
