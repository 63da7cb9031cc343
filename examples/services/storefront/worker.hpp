// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_WORKER_HPP
#define STOREFRONT_WORKER_HPP

#include "settings.hpp"

#include <resil/service/listening_sockets.hpp>
#include <resil/service/worker_link.hpp>

namespace storefront {

/// Serves from the socket of its slot, which other processes have, too, until it is told to end; returns the exit code.
int run_worker(settings const& how, resil::service::listening_sockets const& doors,
               resil::service::worker_link const& to_supervisor);

} // namespace storefront

#endif // STOREFRONT_WORKER_HPP
