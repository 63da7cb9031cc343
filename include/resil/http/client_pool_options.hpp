// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_CLIENT_POOL_OPTIONS_HPP
#define RESIL_HTTP_CLIENT_POOL_OPTIONS_HPP

#include <resil/core/option_check.hpp>
#include <resil/core/pool_event.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/error.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace resil::http {

/**
 * How many connections to one endpoint are kept, and for how long.
 *
 * What suits HTTP of `connection_pool_options`, where each is described; for the others, make
 * the `connection_pool` and give it to the client.
 */
struct client_pool_options
{
    /// For events and messages; may be empty.
    std::string name{};

    /// The most connections; >= 1. Source: that of `connection_pool_options`.
    std::size_t max_size = 10;

    /// How many may wait for one; unset for 8 `max_size`.
    std::optional<std::size_t> max_waiters{};

    /// How long to wait for one, connecting included; > 0. Source: that of `connection_pool_options`.
    duration acquire_timeout = std::chrono::seconds(5);

    /// How long connecting may take, the look-up of the name included; > 0. Source: that of `connection_pool_options`.
    duration connect_timeout = std::chrono::seconds(5);

    /// How long a connection may be unused; > 0. Servers close theirs after 60 to 75 s, and the
    /// client must be first; a peer's `Keep-Alive: timeout=n` shortens it to n - 1 s. Source: resil's own.
    duration idle_timeout = std::chrono::seconds(15);

    /// How old a connection becomes, so that changes of the name's addresses are noticed; >= 0,
    /// zero for any age. Source: resil's own.
    duration max_lifetime = std::chrono::minutes(5);

    /// How long a connection is trusted without a look at its socket; >= 0. A look costs one
    /// system call, so it is always taken.
    duration ping_after_idle = duration::zero();

    /// Is told what happens, after it happened and outside of any lock; may be empty.
    std::function<void(pool_event const&)> listener{};

    /// Returns the options of the pool. Throws `invalid_option` for an `idle_timeout` of zero:
    /// no server keeps connections for ever.
    connection_pool_options pool_options() const
    {
        core::require_more_than("http.client_pool.idle_timeout", idle_timeout,
                                duration::zero());
        return {.name = name,
                .max_size = max_size,
                .acquire_timeout = acquire_timeout,
                .max_waiters = max_waiters,
                .ping_after_idle = ping_after_idle,
                .max_lifetime = max_lifetime,
                .idle_timeout = idle_timeout,
                .connect_timeout = connect_timeout,
                .listener = listener};
    }
};

} // namespace resil::http

#endif // RESIL_HTTP_CLIENT_POOL_OPTIONS_HPP
