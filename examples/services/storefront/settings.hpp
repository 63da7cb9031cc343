// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_SETTINGS_HPP
#define STOREFRONT_SETTINGS_HPP

#include "redis.hpp"

#include <resil/core/shutdown_options.hpp>
#include <resil/core/supervisor_options.hpp>
#include <resil/http/endpoint.hpp>
#include <resil/postgres/settings.hpp>
#include <resil/service/environment.hpp>
#include <resil/service/limits.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <optional>

namespace storefront {

struct settings
{
    boost::asio::ip::tcp::endpoint listen;
    resil::supervisor_options workers;
    std::size_t sockets; // one for all workers, or one for each
    std::optional<resil::postgres::settings> database;
    std::size_t database_connections;
    std::optional<redis::address> redis;
    std::optional<resil::http::endpoint> recommendations;
    unsigned rollout_percent;
    resil::duration cache_time;
    resil::duration warm_up_time;
    resil::shutdown_options leaving;
    resil::service::limits_facts limits;
};

/// Asks for all that can be set; mistakes are noted in `from`.
settings read_settings(resil::service::environment& from);

} // namespace storefront

#endif // STOREFRONT_SETTINGS_HPP
