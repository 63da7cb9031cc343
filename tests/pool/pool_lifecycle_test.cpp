// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/connection_pool.hpp>
#include <resil/error.hpp>

#include "support/scripted_connector.hpp"
#include "support/world.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

using namespace support;
using Catch::Matchers::ContainsSubstring;
using resil::pool_close;
using resil::pool_event_kind;

namespace {

struct drained
{
    std::optional<error_code> code{};
    resil::drain_report report{};
};

/// Drains a pool; the answer is kept.
template <class World>
std::shared_ptr<drained> drain(World& w, resil::duration patience)
{
    auto got = std::make_shared<drained>();
    w.pool->async_drain(
        patience, asio::bind_executor(w.context, [got](error_code ec, resil::drain_report r) {
            CHECK_FALSE(got->code);
            got->code = ec;
            got->report = std::move(r);
        }));
    w.time.run_ready();
    return got;
}

struct warmed
{
    std::optional<error_code> code{};
    std::size_t there = 0;
};

template <class World>
std::shared_ptr<warmed> warm_up(World& w, std::size_t count, resil::duration patience)
{
    auto got = std::make_shared<warmed>();
    w.pool->async_warm_up(count, patience,
                          asio::bind_executor(w.context, [got](error_code ec, std::size_t n) {
                              got->code = ec;
                              got->there = n;
                          }));
    w.time.run_ready();
    return got;
}

} // namespace

// ----- warm-up ----------------------------------------------------------------------------------

TEST_CASE("a warm-up opens connections, a few at a time, and says when they are there",
          "[pool][warm-up]")
{
    plain_pool w({.max_connecting = 2});
    w.peer->connects.succeeds().after(10ms);
    auto const got = warm_up(w, 5, 1s);
    CHECK(w.peer->connects.in_flight() == 2);
    w.time.advance(29ms);
    CHECK_FALSE(got->code);
    w.time.advance(1ms);

    CHECK(got->code == error_code());
    CHECK(got->there == 5);
    CHECK(w.seen().idle == 5);
}

TEST_CASE("a warm-up of a pool that is warm is done at once", "[pool][warm-up]")
{
    plain_pool w;
    w.acquire().release();
    CHECK(warm_up(w, 1, 1s)->code == error_code());
    CHECK(w.peer->made == 1);
}

TEST_CASE("a warm-up that takes too long says so", "[pool][warm-up]")
{
    plain_pool w;
    w.peer->connects.fails(net::connection_refused);
    auto const got = warm_up(w, 1, 100ms);
    w.time.advance(100ms);

    CHECK(got->code == errc::pool_timed_out);
    CHECK(got->there == 0);
}

TEST_CASE("a warm-up tells at once what trying again cannot mend", "[pool][warm-up]")
{
    plain_pool w;
    w.peer->connects.fails(w.peer->permanent);
    CHECK(warm_up(w, 2, 1h)->code == w.peer->permanent);
}

TEST_CASE("a warm-up of more connections than there can be is refused", "[pool][warm-up]")
{
    plain_pool w({.max_size = 4});
    CHECK_THROWS_WITH(warm_up(w, 5, 1s),
                      ContainsSubstring("pool.warm_up.count is 5") && ContainsSubstring("4"));
}

// ----- by hand ----------------------------------------------------------------------------------

TEST_CASE("a paused pool lends nothing, and who waits still has a deadline", "[pool][pause]")
{
    plain_pool w({.acquire_timeout = 50ms});
    w.acquire().release();
    w.pool->pause();
    CHECK(w.seen().paused);
    CHECK_FALSE(w.pool->try_acquire());
    auto hasty = w.acquire();
    w.time.advance(50ms);
    CHECK(hasty.code() == errc::pool_timed_out);
    auto patient = w.acquire();
    w.pool->resume();
    w.time.run_ready();

    CHECK(patient.ok());
}

TEST_CASE("a pool that grows serves those who wait", "[pool][resize]")
{
    plain_pool w({.max_size = 1});
    auto all = w.acquire_many(3);
    w.pool->resize(2);
    w.time.run_ready();

    CHECK(all[1].ok());
    CHECK_FALSE(all[2].done());
}

TEST_CASE("T15: a pool that shrinks and grows again keeps its limits", "[pool][resize][T15]")
{
    plain_pool w({.max_size = 4});
    auto all = w.acquire_many(4);
    w.pool->resize(1);
    for (auto& each : all) {
        each.release();
    }
    w.time.run_ready();
    CHECK(w.seen().size == 1);
    w.pool->resize(6);
    auto more = w.acquire_many(7);

    CHECK(w.peer->alive == 6);
    CHECK(more[5].ok());
    CHECK_FALSE(more[6].done());
}

TEST_CASE("a size that makes no sense is refused, and changes nothing", "[pool][resize]")
{
    plain_pool w({.max_size = 3, .min_idle = 2});
    CHECK_THROWS_WITH(w.pool->resize(0), ContainsSubstring("pool.max_size is 0"));
    CHECK_THROWS_WITH(w.pool->resize(1), ContainsSubstring("pool.min_idle"));
    CHECK(w.seen().max_size == 3);
}

TEST_CASE("options that make no sense are refused when the pool is built", "[pool]")
{
    CHECK_THROWS_WITH(plain_pool({.max_size = 0}), ContainsSubstring("pool.max_size is 0"));
    CHECK_THROWS_WITH(plain_pool({.acquire_timeout = 0ms}),
                      ContainsSubstring("pool.acquire_timeout"));
}

TEST_CASE("invalidated connections are replaced: idle ones now, lent ones when they come back",
          "[pool][invalidate]")
{
    plain_pool w;
    auto a = w.acquire();
    w.acquire().release();
    w.pool->invalidate();
    w.time.run_ready();
    CHECK(w.seen().size == 1);
    a.release();
    w.time.run_ready();

    CHECK(w.seen().size == 0);
    CHECK(w.seen().count(pool_close::generation) == 2);
    CHECK(w.acquire().number() == 3);
}

// ----- upkeep -----------------------------------------------------------------------------------

TEST_CASE("connections that nobody uses are closed, down to min_idle", "[pool][upkeep][T20]")
{
    plain_pool w({.min_idle = 1, .ping_after_idle = 1h, .idle_timeout = 1min});
    auto all = w.acquire_many(3);
    for (auto& each : all) {
        each.release();
    }
    w.time.advance(59s);
    CHECK(w.seen().idle == 4);
    w.time.advance(2min);

    CHECK(w.seen().idle == 1);
    CHECK(w.seen().count(pool_close::idle) == 3);
    CHECK(w.peer->made == 4);
}

TEST_CASE("what is idle ends with its lifetime, though nobody asks", "[pool][upkeep]")
{
    plain_pool w({.max_lifetime = 1min, .lifetime_jitter_ratio = 0.0, .idle_timeout = 0s});
    w.acquire().release();
    w.time.advance(2min);

    CHECK(w.peer->alive == 0);
    CHECK(w.seen().count(pool_close::expired) == 1);
}

TEST_CASE("T11: what a lifetime ended is opened anew up to min_idle", "[pool][upkeep][T11]")
{
    plain_pool w({.min_idle = 2,
                  .max_lifetime = 1min,
                  .lifetime_jitter_ratio = 0.0,
                  .idle_timeout = 0s});
    w.time.run_ready();
    w.time.advance(61s);

    CHECK(w.seen().idle == 2);
    CHECK(w.peer->made == 4);
}

TEST_CASE("a keepalive ping finds what died, before anybody borrows it", "[pool][upkeep]")
{
    plain_pool w({.idle_timeout = 0s, .keepalive_interval = 10s});
    w.acquire().release();
    w.peer->pings.succeeds().fails(net::connection_reset);
    w.time.advance(10s);
    CHECK(w.seen().pings_ok == 1);
    CHECK(w.seen().idle == 1);
    w.time.advance(10s);

    CHECK(w.seen().size == 0);
    CHECK(w.seen().count(pool_close::ping) == 1);
}

TEST_CASE("idle connections give their context no work", "[pool][upkeep]")
{
    plain_pool w;
    w.acquire().release();
    w.context.restart();
    w.context.run();

    CHECK(w.seen().idle == 1);
    CHECK(w.context.stopped());
}

// ----- drain ------------------------------------------------------------------------------------

TEST_CASE("a drain closes what is idle, and waits for what is lent", "[pool][drain][T33]")
{
    plain_pool w({.max_size = 3});
    auto a = w.acquire();
    w.acquire().release();
    auto const got = drain(w, 10s);
    CHECK(w.peer->alive == 1);
    CHECK_FALSE(got->code);
    w.time.advance(1s);
    a.release();
    w.time.run_ready();

    CHECK(got->code == error_code());
    CHECK(got->report.drained == 2);
    CHECK(got->report.forced == 0);
    CHECK(got->report.leaked.empty());
    CHECK(w.time.armed() == 0);
}

TEST_CASE("T36: a drain tells those who wait, and those who come", "[pool][drain][T36]")
{
    plain_pool w({.max_size = 1});
    auto a = w.acquire();
    auto waiter = w.acquire();
    auto const got = drain(w, 10s);

    CHECK(waiter.code() == errc::pool_draining);
    CHECK(w.acquire().code() == errc::pool_draining);
    CHECK_FALSE(w.pool->try_acquire());
    CHECK(warm_up(w, 1, 1s)->code == errc::pool_draining);
    a.release();
    w.time.run_ready();
    CHECK(got->code == error_code());
}

TEST_CASE("a drain may serve those who wait first", "[pool][drain]")
{
    plain_pool w({.max_size = 1, .drain_waiters = resil::drain_waiters::serve_until_deadline});
    auto a = w.acquire();
    auto waiter = w.acquire();
    auto const got = drain(w, 10s);
    a.release();
    w.time.run_ready();
    REQUIRE(waiter.ok());
    CHECK_FALSE(got->code);
    waiter.release();
    w.time.run_ready();

    CHECK(got->code == error_code());
}

TEST_CASE("T33: a drain ends in time, and says where what it could not get was acquired",
          "[pool][drain][T33]")
{
    plain_pool w;
    auto const here = std::source_location::current();
    auto a = w.acquire();
    auto const got = drain(w, 2s);
    w.time.advance(2s);

    CHECK(got->code == errc::pool_timed_out);
    CHECK(got->report.forced == 1);
    CHECK(w.peer->forced == 1);
    REQUIRE(got->report.leaked.size() == 1);
    CHECK(std::string(got->report.leaked[0].file_name()).ends_with("scripted_connector.hpp"));
    CHECK(got->report.leaked[0].line() != here.line());
    a.release();
    w.time.run_ready();
    CHECK(w.peer->alive == 0);
}

TEST_CASE("T34: a drain stops connects, and what comes late is closed", "[pool][drain][T34]")
{
    plain_pool w;
    w.peer->connects.hangs();
    auto waiter = w.acquire();
    auto const got = drain(w, 10s);

    CHECK(waiter.code() == errc::pool_draining);
    CHECK(got->code == error_code());
    CHECK(w.peer->alive == 0);

    plain_pool late;
    late.peer->connects.succeeds().after(50ms).ignores_cancellation();
    late.acquire();
    auto const done = drain(late, 10s);
    late.time.advance(50ms);
    CHECK(done->code == error_code());
    CHECK(late.peer->alive == 0);
}

TEST_CASE("T35: nothing is opened after a drain", "[pool][drain][T35]")
{
    plain_pool w({.min_idle = 3});
    w.time.run_ready();
    drain(w, 1s);
    auto const made = w.peer->made;
    w.time.advance(10min);

    CHECK(w.peer->made == made);
    CHECK(w.seen().size == 0);
}

TEST_CASE("drains may be said twice; both end with the pool", "[pool][drain]")
{
    plain_pool w;
    auto a = w.acquire();
    auto const first = drain(w, 10s);
    auto const second = drain(w, 20s);
    a.release();
    w.time.run_ready();

    CHECK(first->code == error_code());
    CHECK(second->code == error_code());
    CHECK(drain(w, 1s)->code == error_code());
}

TEST_CASE("a polite close may not take longer than its time", "[pool][drain][T19]")
{
    plain_pool w({.close_timeout = 1s});
    w.peer->closes.hangs();
    w.acquire().release();
    auto const got = drain(w, 10s);
    w.time.advance(999ms);
    CHECK_FALSE(got->code);
    w.time.advance(1ms);

    CHECK(got->code == error_code());
    CHECK(w.peer->alive == 0);
}

// ----- lifetimes --------------------------------------------------------------------------------

TEST_CASE("T37: a pool that goes away ends what it is doing, and tells who waits",
          "[pool][end][T37]")
{
    plain_pool w({.max_size = 1});
    w.peer->connects.hangs();
    auto waiter = w.acquire();
    w.close();

    CHECK(waiter.code() == errc::pool_draining);
    CHECK(w.peer->alive == 0);
}

TEST_CASE("T38: a pool that was drained stands in nobody's way", "[pool][end][T38]")
{
    plain_pool w;
    drain(w, 1s);
    w.pool.emplace(w.context, scripted_connector(w.peer));
    auto a = w.acquire();

    CHECK(a.ok());
    CHECK(w.peer->alive == 1);
}

TEST_CASE("copies of a pool share its connections; the last one ends it", "[pool][end]")
{
    plain_pool w;
    auto copy = w.pool;
    w.acquire().release();
    w.close();
    CHECK(w.peer->alive == 1);
    CHECK(copy->try_acquire());
    copy.reset();
    w.time.run_ready();

    CHECK(w.peer->alive == 0);
}

TEST_CASE("a context may be destroyed before the pool, and takes its connections along",
          "[pool][end]")
{
    auto const peer = std::make_shared<scripted_peer>();
    std::optional<resil::connection_pool<scripted_connector>> pool;
    {
        asio::io_context context;
        pool.emplace(context, scripted_connector(peer),
                     resil::connection_pool_options{.max_size = 3, .min_idle = 2});
        context.run();
        CHECK(peer->alive == 2);
    }
    CHECK(peer->alive == 0);
    CHECK(pool->snapshot().draining);
    pool.reset();
}

TEST_CASE("a context may be destroyed with everything in flight", "[pool][end]")
{
    auto const peer = std::make_shared<scripted_peer>();
    peer->connects.succeeds().succeeds().hangs();
    peer->pings.hangs();
    std::optional<resil::connection_pool<scripted_connector>> pool;
    int dropped = 0;
    {
        asio::io_context context;
        resil::testing::virtual_time time(context);
        pool.emplace(context, scripted_connector(peer),
                     resil::connection_pool_options{.max_size = 3, .ping_after_idle = 0ms});
        auto note = std::shared_ptr<void>(nullptr, [&](void*) { ++dropped; });
        auto const ask = [&] {
            pool->async_acquire(asio::bind_executor(
                context, [note](error_code, resil::lease<scripted_connector>) {}));
        };
        ask();
        ask();
        time.run_ready(); // two were opened, and are idle again
        time.advance(1ms);
        for (int i = 0; i < 5; ++i) {
            ask(); // they are pinged, one hangs in its connect, two wait
        }
        time.run_ready();
        CHECK(pool->snapshot().waiters == 5);
        note.reset();
    }
    CHECK(dropped == 1);
    CHECK(peer->alive == 0);
    pool.reset();
}

TEST_CASE("a waiter's context may be destroyed; the pool goes on", "[pool][end]")
{
    plain_pool w({.max_size = 1});
    auto holder = w.acquire();
    {
        asio::io_context other;
        w.pool->async_acquire(
            asio::bind_executor(other, [](error_code, resil::lease<scripted_connector>) {}));
        CHECK(w.seen().waiters == 1);
    }
    CHECK(w.seen().waiters == 0);
    {
        asio::io_context other;
        w.pool->async_acquire(
            asio::bind_executor(other, [](error_code, resil::lease<scripted_connector>) {}));
        holder.release(); // on its way to a handler that never runs
        CHECK(w.seen().in_use == 1);
    }
    w.time.run_ready();

    CHECK(w.seen().idle == 1);
    CHECK(w.acquire().ok());
}

// ----- events -----------------------------------------------------------------------------------

TEST_CASE("the listener is told what happens to connections", "[pool][events]")
{
    std::vector<std::string> told;
    resil::connection_pool_options options{.name = "db", .acquire_timeout = 20ms};
    options.max_size = 1;
    options.listener = [&](resil::pool_event const& e) {
        CHECK(e.pool == "db");
        told.emplace_back(to_string(e.kind));
    };
    {
        plain_pool w(std::move(options));
        auto a = w.acquire();
        w.acquire();
        w.time.advance(20ms);
        a.lease().mark_broken(net::connection_reset);
        a.release();
        w.time.run_ready();
        w.pool->pause();
        w.pool->resume();
        w.pool->resize(2);
        drain(w, 1s);
    }

    CHECK(told == std::vector<std::string>{"opened", "acquire_failed", "suspected", "closed",
                                           "paused", "resumed", "resized", "draining",
                                           "drained"});
}

TEST_CASE("a lease that is out for too long is told, once, with where it was acquired",
          "[pool][events]")
{
    std::vector<resil::pool_event> leaks;
    resil::connection_pool_options options{.leak_threshold = 10s};
    options.listener = [&](resil::pool_event const& e) {
        if (e.kind == pool_event_kind::leak_suspected) {
            leaks.push_back(e);
        }
    };
    plain_pool w(std::move(options));
    auto a = w.acquire();
    auto b = w.acquire();
    b.release();
    w.time.advance(60s);

    REQUIRE(leaks.size() == 1);
    CHECK(leaks[0].age >= 10s);
    CHECK(leaks[0].connection == 1);
    CHECK(std::string(leaks[0].where.file_name()).ends_with("scripted_connector.hpp"));
}

TEST_CASE("a leak is told within twice its threshold, whatever was lent before",
          "[pool][events]")
{
    std::vector<resil::duration> ages;
    resil::connection_pool_options options{.ping_after_idle = 1h, .leak_threshold = 1s};
    options.listener = [&](resil::pool_event const& e) {
        if (e.kind == pool_event_kind::leak_suspected) {
            ages.push_back(e.age);
        }
    };
    plain_pool w(std::move(options));
    w.acquire().release();
    w.time.advance(20s);
    auto lease = w.pool->try_acquire();
    CHECK(lease);
    w.time.advance(1min);

    REQUIRE(ages.size() == 1);
    CHECK(ages[0] <= 2s);
}

// GCC 12 destroys a default argument twice if another one is a co_await: constructors have none.
TEST_CASE("a pool is made from a co_await of the executor", "[pool]")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    auto const peer = std::make_shared<scripted_peer>();
    bool lent = false;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            resil::connection_pool const pool(co_await asio::this_coro::executor, scripted_connector(peer));
            auto const lease = co_await pool.async_acquire(asio::use_awaitable);
            lent = static_cast<bool>(lease);
        },
        asio::detached);
    time.run_ready();

    CHECK(lent);
}

TEST_CASE("a drain is told once, and not before it begins", "[pool][events]")
{
    int told = 0;
    resil::connection_pool_options options;
    options.listener = [&](resil::pool_event const& e) {
        told += e.kind == pool_event_kind::draining;
    };
    plain_pool w(std::move(options));
    auto later = w.pool->async_drain(1s, asio::deferred);
    CHECK(told == 0);
    drain(w, 1s);
    drain(w, 1s);

    CHECK(told == 1);
}

TEST_CASE("a listener that throws does no harm", "[pool][events]")
{
    resil::connection_pool_options options;
    options.listener = [](resil::pool_event const&) { throw 1; };
    plain_pool w(std::move(options));

    CHECK(w.acquire().ok());
}
