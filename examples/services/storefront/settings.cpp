// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "settings.hpp"

#include <resil/error.hpp>
#include <resil/postgres/conninfo.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <string>

namespace storefront {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using resil::service::environment;

namespace {

asio::ip::tcp::endpoint listen_endpoint(environment& from)
{
    auto const where = from.address("LISTEN", {"0.0.0.0", 8080}, "address and port to listen on");
    resil::error_code ec;
    auto const ip = asio::ip::make_address(where.host, ec);
    if (ec) {
        from.refuse("LISTEN", "\"" + where.host + "\" is no address");
    }
    return {ip, where.port};
}

std::optional<resil::postgres::settings> database(environment& from)
{
    auto const text = from.secret("DATABASE", "connection string of PostgreSQL; empty: products in memory");
    if (text.empty()) {
        return std::nullopt;
    }
    try {
        auto found = resil::postgres::read_settings(text);
        if (found.application_name.empty()) {
            found.application_name = "storefront"; // who looks at pg_stat_activity wants to know
        }
        return found;
    } catch (resil::invalid_option const& e) {
        from.refuse("DATABASE", e.what());
        return std::nullopt;
    }
}

std::optional<redis::address> redis_server(environment& from)
{
    auto const where = from.optional_address("REDIS", "a cache that processes share; empty: each has its own alone");
    return where ? std::optional(redis::address{where->host, std::to_string(where->port)}) : std::nullopt;
}

std::optional<resil::http::endpoint> recommendations(environment& from)
{
    auto const where = from.optional_address("RECOMMENDATIONS", "who recommends; empty: what is popular");
    return where ? std::optional(resil::http::endpoint{.host = where->host, .port = where->port}) : std::nullopt;
}

resil::shutdown_options shutdown(environment& from)
{
    resil::shutdown_options const found{
        .budget = from.time("SHUTDOWN_BUDGET", 25s, {3s, 1h}, "from SIGTERM to the end, at most"),
        .balancer_wait = from.time("BALANCER_WAIT", 5s, {0s, 10min}, "of it, how long the balancer may still send"),
    };
    try {
        found.validate();
    } catch (resil::invalid_option const& e) {
        from.refuse("SHUTDOWN_BUDGET", e.what());
    }
    return found;
}

resil::supervisor_options workers(environment& from, resil::shutdown_options const& leaving)
{
    return {
        .workers = from.number<std::size_t>("WORKERS", 2, {1, 64}, "processes that serve"),
        .stall = from.time("STALLED_AFTER", 10s, {2s, 10min}, "silence after which a worker is killed"),
        .grace = leaving.budget + 2s,
        .max_requests = from.number<std::uint64_t>("MAX_REQUESTS", 0, {0, 1'000'000'000}, "of a worker; 0: any"),
    };
}

} // namespace

settings read_settings(environment& from)
{
    auto const leaving = shutdown(from);
    return {
        .listen = listen_endpoint(from),
        .workers = workers(from, leaving),
        .database = database(from),
        .database_connections = from.number<std::size_t>("DATABASE_CONNECTIONS", 4, {1, 1000}, "of each worker"),
        .redis = redis_server(from),
        .recommendations = recommendations(from),
        .rollout_percent = from.number("ROLLOUT", 0U, {0, 100}, "percent of visitors who get the new recommender"),
        .cache_time = from.time("CACHE_TIME", 3s, {1ms, 24h}, "age from which on a page is refreshed"),
        .warm_up_time = from.time("WARM_UP_TIME", 10s, {1s, 10min}, "how long a start waits for the database"),
        .leaving = leaving,
    };
}

} // namespace storefront
