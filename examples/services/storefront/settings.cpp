// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "settings.hpp"

#include "cache.hpp"
#include "recommender.hpp"

#include <resil/error.hpp>
#include <resil/http/server_options.hpp>
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

/// One queue for all, which a worker that hangs does not hold up, or one for each.
std::size_t sockets(environment& from, std::size_t workers)
{
    return from.word<std::size_t>("SOCKETS", "shared", {{"shared", 1}, {"per_worker", workers}},
                                  "what workers listen on");
}

/// What is around the service; it is not there to be obeyed, but to be checked.
resil::service::limits_facts surroundings(environment& from)
{
    resil::service::limits_facts known;
    known.descriptors = resil::service::descriptor_limit();
    known.server_connections = resil::http::server_options().max_connections;
    known.server_idle = resil::http::server_options().idle_time;
    known.balancer_idle = from.time("BALANCER_IDLE", 60s, {1s, 1h}, "how long the balancer keeps a connection");
    known.termination_grace = from.time("TERMINATION_GRACE", 30s, {1s, 1h}, "after which the platform kills");
    known.pre_stop = from.time("PRE_STOP", 0s, {0s, 1h}, "what a preStop hook takes");
    known.processes = from.number<std::size_t>("REPLICAS", 1, {1, 10'000}, "of this service, for the database's sake");
    known.database_connections =
        from.number<std::size_t>("DATABASE_MAX_CONNECTIONS", 97, {1, 100'000}, "what the database allows us");
    return known;
}

/// All numbers that must fit each other.
resil::service::limits_facts all_limits(settings const& how, resil::service::limits_facts known)
{
    known.shutdown_budget = how.leaving.budget;
    if (how.database) {
        known.database_pool = how.database_connections;
        known.processes = (known.processes + 1) * (how.workers.workers + 1); // one more of each, while it is replaced
    }
    known.pool_connections = how.database_connections + shared_cache_connections + recommender_connections;
    return known;
}

} // namespace

settings read_settings(environment& from)
{
    auto const leaving = shutdown(from);
    settings found{
        .listen = listen_endpoint(from),
        .workers = workers(from, leaving),
        .sockets = 1,
        .database = database(from),
        .database_connections = from.number<std::size_t>("DATABASE_CONNECTIONS", 4, {1, 1000}, "of each worker"),
        .redis = redis_server(from),
        .recommendations = recommendations(from),
        .rollout_percent = from.number("ROLLOUT", 0U, {0, 100}, "percent of visitors who get the new recommender"),
        .cache_time = from.time("CACHE_TIME", 3s, {1ms, 24h}, "age from which on a page is refreshed"),
        .warm_up_time = from.time("WARM_UP_TIME", 10s, {1s, 10min}, "how long a start waits for the database"),
        .leaving = leaving,
        .limits = surroundings(from),
    };
    found.sockets = sockets(from, found.workers.workers);
    found.limits = all_limits(found, found.limits);
    return found;
}

} // namespace storefront
