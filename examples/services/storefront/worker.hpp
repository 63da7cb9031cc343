// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_WORKER_HPP
#define STOREFRONT_WORKER_HPP

#include "prefork.hpp"
#include "settings.hpp"

namespace storefront {

/// Serves from a listening socket, which other processes may have, too, until it is told to end; returns the exit code.
/// Tells the foreman that it is ready, that it is alive, and when it has answered so many requests that it should go.
int run_worker(settings const& how, int listening_socket, foreman const& boss);

} // namespace storefront

#endif // STOREFRONT_WORKER_HPP
