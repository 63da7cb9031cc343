// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_WORKER_HPP
#define STOREFRONT_WORKER_HPP

#include "settings.hpp"

#include <functional>

namespace storefront {

/// Serves from a listening socket, which other processes may have, too, until it is told to end; returns the exit code.
/// Calls `ready` once, when it is about to take connections.
int run_worker(settings const& how, int listening_socket, std::function<void()> const& ready);

} // namespace storefront

#endif // STOREFRONT_WORKER_HPP
