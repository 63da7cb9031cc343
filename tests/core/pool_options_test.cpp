// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/pool_options.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/words.hpp>
#include <limits>
#include <string>
#include <type_traits>

using namespace resil;
using namespace resil::tests;

static_assert(std::is_aggregate_v<connection_pool_options>);
static_assert(std::is_aggregate_v<sqlalchemy_pool_options>);

namespace {

/// Returns how options are refused after a change; empty if they are not.
template <class Change>
std::string refused(Change change)
{
    connection_pool_options options;
    change(options);
    return refusal([&] { options.validate(); });
}

} // namespace

TEST_CASE("the pool's defaults are the documented ones, and make sense", "[pool]")
{
    connection_pool_options const o;

    CHECK((o.max_size == 10 && o.min_idle == 0 && o.idle_limit(10) == 10));
    CHECK(o.waiter_limit(10) == 80);
    CHECK(o.idle_order == idle_order::lifo);
    CHECK((o.acquire_timeout == 5s && o.connect_timeout == 5s));
    CHECK((o.ping_after_idle == 500ms && o.ping_timeout == 1s));
    CHECK((o.max_lifetime == 30min && o.lifetime_jitter_ratio == 0.1));
    CHECK((o.max_uses == 0 && o.uses_jitter_ratio == 0.1));
    CHECK((o.idle_timeout == 10min && o.keepalive_interval == 0s));
    CHECK((o.max_connecting == 4 && o.connect_failures_to_trip == 5));
    CHECK((o.connect_backoff == 50ms && o.max_connect_backoff == 5s));
    CHECK((o.reset_timeout == 2s && o.close_timeout == 1s));
    CHECK((o.leak_threshold == 0s && o.drain_waiters == drain_waiters::fail && !o.seed));
    CHECK_NOTHROW(o.validate());
}

TEST_CASE("nonsense is refused by the name of the pool's option", "[pool]")
{
    using options = connection_pool_options;

    CHECK(refused([](options& o) { o.max_size = 0; }).starts_with("pool.max_size is 0"));
    CHECK(refused([](options& o) { o.max_size = static_cast<std::size_t>(-1); }) != "");
    CHECK(refused([](options& o) { o.max_idle = 0; }).starts_with("pool.max_idle is 0"));
    CHECK(refused([](options& o) { o.max_idle = 11; }).starts_with("pool.max_idle is 11"));
    CHECK(refused([](options& o) { o.min_idle = 11; }).starts_with("pool.min_idle is 11"));
    CHECK(refused([](options& o) { o.max_waiters = static_cast<std::size_t>(-1); }) != "");
    CHECK(refused([](options& o) { o.max_connecting = 0; }) != "");
    CHECK(refused([](options& o) { o.connect_failures_to_trip = -1; }) != "");
    CHECK(refused([](options& o) { o.acquire_timeout = 0s; }) ==
          "pool.acquire_timeout is 0s, but must be more than 0s");
    CHECK(refused([](options& o) { o.ping_after_idle = -1ns; }) != "");
    CHECK(refused([](options& o) { o.ping_timeout = 0s; }) != "");
    CHECK(refused([](options& o) { o.max_lifetime = -1s; }) != "");
    CHECK(refused([](options& o) { o.idle_timeout = -1s; }) != "");
    CHECK(refused([](options& o) { o.keepalive_interval = 999ms; }) ==
          "pool.keepalive_interval is 999ms, but must be at least 1s");
    CHECK(refused([](options& o) { o.connect_timeout = 0s; }) != "");
    CHECK(refused([](options& o) { o.connect_backoff = 0s; }) != "");
    CHECK(refused([](options& o) { o.max_connect_backoff = 49ms; }) != "");
    CHECK(refused([](options& o) { o.reset_timeout = 0s; }) != "");
    CHECK(refused([](options& o) { o.close_timeout = 0s; }) != "");
    CHECK(refused([](options& o) { o.leak_threshold = -1s; }) != "");
    CHECK(refused([](options& o) { o.lifetime_jitter_ratio = 0.91; }) != "");
    CHECK(refused([](options& o) {
              o.uses_jitter_ratio = std::numeric_limits<double>::quiet_NaN();
          }) != "");
}

TEST_CASE("the pool's limits themselves are accepted", "[pool]")
{
    using options = connection_pool_options;

    CHECK(refused([](options& o) { o.max_size = 1; }) == "");
    CHECK(refused([](options& o) { o.max_size = options::largest_size; }) == "");
    CHECK(refused([](options& o) { o.min_idle = 10; }) == "");
    CHECK(refused([](options& o) { o.max_waiters = 0; }) == "");
    CHECK(refused([](options& o) { o.max_lifetime = 0s; }) == "");
    CHECK(refused([](options& o) { o.keepalive_interval = 1s; }) == "");
    CHECK(refused([](options& o) { o.ping_after_idle = options::never; }) == "");
    CHECK(refused([](options& o) { o.lifetime_jitter_ratio = 0.9; }) == "");
    CHECK(refused([](options& o) { o.max_connect_backoff = 50ms; }) == "");
}

TEST_CASE("the words of SQLAlchemy are understood", "[pool]")
{
    sqlalchemy_pool_options const defaults;
    auto const a = defaults.options();
    CHECK((a.max_size == 15 && a.max_idle == 5));
    CHECK((a.max_lifetime == 0s && a.acquire_timeout == 30s));
    CHECK(a.ping_after_idle == connection_pool_options::never);
    CHECK(a.idle_order == idle_order::fifo);
    CHECK_NOTHROW(a.validate());

    sqlalchemy_pool_options const tuned{.pool_size = 10,
                                        .max_overflow = 20,
                                        .pool_recycle = 1800s,
                                        .pool_pre_ping = true,
                                        .pool_use_lifo = true};
    auto const b = tuned.options();
    CHECK((b.max_size == 30 && b.max_idle == 10 && b.max_lifetime == 30min));
    CHECK((b.ping_after_idle == 0s && b.idle_order == idle_order::lifo));
    CHECK_NOTHROW(b.validate());

    sqlalchemy_pool_options const huge{.max_overflow = static_cast<std::size_t>(-1)};
    CHECK(refusal([&] { huge.options().validate(); }).starts_with("pool.max_size"));
}
