// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/connection_pool.hpp>
#include <resil/error.hpp>

#include "support/scripted_connector.hpp"
#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <memory>
#include <utility>

using namespace support;
using resil::pool_close;

TEST_CASE("T17: a lease that was moved from gives nothing back", "[pool][lease][T17]")
{
    plain_pool w;
    auto a = w.acquire();
    resil::lease<scripted_connector> moved = std::move(a.lease());
    a.release();
    CHECK(w.seen().in_use == 1);
    moved.release();
    moved.release();

    CHECK(w.seen().in_use == 0);
    CHECK(w.seen().idle == 1);
}

TEST_CASE("T17: a lease that is assigned to gives back what it held", "[pool][lease][T17]")
{
    plain_pool w;
    auto a = w.acquire();
    auto b = w.acquire();
    a.lease() = std::move(b.lease());

    CHECK(w.seen().in_use == 1);
    CHECK(w.seen().idle == 1);
    CHECK(a.number() == 2);
    auto& self = a.lease();
    self = std::move(a.lease());
    CHECK(w.seen().in_use == 1);
}

TEST_CASE("a broken connection is closed, and who waits gets a fresh one", "[pool][lease][T8]")
{
    plain_pool w({.max_size = 1});
    auto holder = w.acquire();
    auto waiter = w.acquire();
    holder.lease().mark_broken(net::fault);
    holder.release();
    w.time.run_ready();

    REQUIRE(waiter.ok());
    CHECK(waiter.number() == 2);
    CHECK(w.seen().count(pool_close::broken) == 1);
    CHECK(w.peer->closes.starts() == 0); // there is nobody to say goodbye to
    CHECK(w.peer->most_alive == 1);
}

TEST_CASE("a connection that is no longer reusable is closed without being told",
          "[pool][lease]")
{
    plain_pool w;
    auto a = w.acquire();
    a.lease()->reusable = false;
    a.release();
    w.time.run_ready();

    CHECK(w.seen().size == 0);
    CHECK(w.acquire().number() == 2);
}

TEST_CASE("a disconnect makes the others of its time suspect: they are pinged before use",
          "[pool][lease]")
{
    plain_pool w;
    auto all = w.acquire_many(2);
    all[0].release();
    all[1].lease().mark_broken(net::connection_reset);
    all[1].release();
    w.time.run_ready();
    auto next = w.acquire();

    REQUIRE(next.ok());
    CHECK(next.number() == 1);
    CHECK(w.peer->pings.starts() == 1);
}

TEST_CASE("two disconnects without a sign of life close all connections of their time",
          "[pool][lease]")
{
    plain_pool w;
    auto all = w.acquire_many(4);
    all[0].release();
    all[1].release();
    for (int i : {2, 3}) {
        all[static_cast<std::size_t>(i)].lease().mark_broken(net::connection_reset);
        all[static_cast<std::size_t>(i)].release();
    }
    w.time.run_ready();

    CHECK(w.seen().size == 0);
    CHECK(w.peer->pings.starts() == 0);
    CHECK(w.seen().count(pool_close::generation) == 2);
}

TEST_CASE("a late disconnect of an old connection does not touch fresh ones", "[pool][lease]")
{
    plain_pool w;
    auto old = w.acquire();
    w.pool->invalidate();
    w.acquire().release();
    old.lease().mark_broken(net::connection_reset);
    old.release();
    w.time.run_ready();
    w.acquire();

    CHECK(w.peer->pings.starts() == 0);
    CHECK(w.seen().idle == 1);
}

TEST_CASE("a server that only reads has all its connections replaced", "[pool][lease]")
{
    plain_pool w;
    auto all = w.acquire_many(3);
    all[0].release();
    all[1].lease().mark_broken(w.peer->read_only);
    all[1].release();
    w.time.run_ready();
    CHECK(w.seen().size == 1);
    all[2].release();
    w.time.run_ready();

    CHECK(w.seen().size == 0);
    CHECK(w.acquire().number() == 4);
}

TEST_CASE("a detached connection is its owner's, and its place is free", "[pool][lease]")
{
    plain_pool w({.max_size = 1});
    auto a = w.acquire();
    auto waiter = w.acquire();
    std::unique_ptr<scripted_connection> mine = a.lease().detach();
    w.time.run_ready();

    CHECK_FALSE(a.lease());
    REQUIRE(waiter.ok());
    CHECK(waiter.number() == 2);
    CHECK(mine->number == 1);
    CHECK(w.seen().detached == 1);
}

TEST_CASE("a connection is reset before the next gets it", "[pool][lease][reset]")
{
    resetting_pool w({.max_size = 1});
    w.peer->resets.succeeds().after(5ms);
    auto a = w.acquire();
    auto b = w.acquire();
    a.release();
    w.time.run_ready();
    CHECK_FALSE(b.done());
    CHECK(w.seen().resetting == 1);
    w.time.advance(5ms);

    CHECK(b.ok());
    CHECK(w.peer->resets.starts() == 1);
}

TEST_CASE("a connection that cannot be reset is replaced", "[pool][lease][reset]")
{
    resetting_pool w({.max_size = 1, .reset_timeout = 10ms});
    w.peer->resets.fails(net::fault).hangs();
    auto a = w.acquire();
    a.release();
    auto b = w.acquire();
    REQUIRE(b.ok());
    CHECK(b.number() == 2);
    b.release();
    auto c = w.acquire();
    w.time.advance(10ms);

    REQUIRE(c.ok());
    CHECK(c.number() == 3);
    CHECK(w.seen().count(pool_close::reset_failed) == 2);
}

TEST_CASE("a connection that was left as it was found need not be reset",
          "[pool][lease][reset]")
{
    resetting_pool w;
    auto a = w.acquire();
    a.lease().release_without_reset();
    CHECK(w.seen().idle == 1);
    CHECK(w.peer->resets.starts() == 0);

    auto b = w.acquire();
    b.lease().mark_broken();
    b.lease().release_without_reset();
    w.time.run_ready();
    CHECK(w.seen().idle == 0);
}

TEST_CASE("a lease that outlives its pool gives its connection back to be closed",
          "[pool][lease]")
{
    plain_pool w;
    auto a = w.acquire();
    w.close();
    CHECK(w.peer->alive == 1);
    CHECK(a.number() == 1);
    a.release();
    w.time.run_ready();

    CHECK(w.peer->alive == 0);
}

TEST_CASE("a connection past its lifetime is closed when it comes back", "[pool][lease][T22]")
{
    plain_pool w({.max_lifetime = 1min, .lifetime_jitter_ratio = 0.0});
    auto a = w.acquire();
    w.time.advance(2min);
    CHECK(a.number() == 1);
    a.release();
    w.time.run_ready();

    CHECK(w.peer->alive == 0);
    CHECK(w.seen().count(pool_close::expired) == 1);
}

TEST_CASE("a connection is lent max_uses times at most", "[pool][lease]")
{
    plain_pool w({.max_uses = 2, .uses_jitter_ratio = 0.0});
    w.acquire().release();
    w.acquire().release();
    auto third = w.acquire();

    CHECK(third.number() == 2);
    CHECK(w.seen().count(pool_close::max_uses) == 1);
}

TEST_CASE("a connection that was idle since it was opened counts as reused", "[pool][lease]")
{
    plain_pool w({.min_idle = 1, .ping_after_idle = 1h});
    w.time.run_ready();
    w.time.advance(1min);
    auto a = w.acquire();

    REQUIRE(a.ok());
    CHECK(a.lease().was_reused());
}

TEST_CASE("a dead connection that comes back is cut, with nobody to say goodbye to",
          "[pool][lease]")
{
    plain_pool w({.max_size = 1});
    auto a = w.acquire();
    w.pool->invalidate();
    auto next = w.acquire();
    a.release();
    w.time.run_ready();

    CHECK(next.ok());
    CHECK(w.peer->closes.starts() == 0);
}
