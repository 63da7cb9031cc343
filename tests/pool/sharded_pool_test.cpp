// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/sharded_pool.hpp> // self-contained

#include "support/scripted_connector.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <array>
#include <memory>
#include <utility>
#include <vector>

using namespace support;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Two contexts, and a pool with a shard on each.
struct two_threads
{
    explicit two_threads(resil::connection_pool_options options = {})
        : pool(std::array<asio::any_io_executor, 2>{a.get_executor(), b.get_executor()},
               scripted_connector(peer), options)
    {
    }

    void run()
    {
        for (auto* context : {&a, &b}) {
            context->restart();
            context->run();
        }
    }

    template <class Executor>
    resil::lease<scripted_connector> acquire(Executor const& ex)
    {
        resil::lease<scripted_connector> got;
        pool.async_acquire(
            asio::bind_executor(ex, [&](error_code ec, resil::lease<scripted_connector> lease) {
                CHECK_FALSE(ec);
                got = std::move(lease);
            }));
        run();
        return got;
    }

    asio::io_context a;
    asio::io_context b;
    std::shared_ptr<scripted_peer> peer = std::make_shared<scripted_peer>();
    resil::sharded_pool<scripted_connector> pool;
};

} // namespace

TEST_CASE("whoever asks gets a connection of their own context", "[pool][sharded]")
{
    two_threads t;
    auto mine = t.acquire(t.b.get_executor());
    REQUIRE(mine);
    CHECK(t.pool.shards()[0].snapshot().size == 0);
    CHECK(t.pool.shards()[1].snapshot().in_use == 1);
    mine.release();

    CHECK_FALSE(t.pool.try_acquire(t.a.get_executor()));
    CHECK(t.pool.try_acquire(t.b.get_executor()));
}

TEST_CASE("a strand belongs to its context", "[pool][sharded]")
{
    two_threads t;
    auto mine = t.acquire(asio::make_strand(t.b));

    CHECK(t.pool.shards()[1].snapshot().in_use == 1);
}

TEST_CASE("who has no context of the pool's is served by the first shard", "[pool][sharded]")
{
    two_threads t;
    asio::io_context other;
    bool got = false;
    t.pool.async_acquire(asio::bind_executor(
        other, [&](error_code ec, resil::lease<scripted_connector> l) { got = !ec && l; }));
    t.run();
    other.run();
    CHECK(got);
    CHECK(t.pool.shards()[0].snapshot().opened == 1);

    auto later = t.pool.async_acquire(asio::use_future);
    t.run();
    CHECK(later.get());
}

TEST_CASE("each shard has its own size, and its own queue", "[pool][sharded]")
{
    two_threads t({.max_size = 1, .max_waiters = 0});
    auto one = t.acquire(t.a.get_executor());
    auto two = t.acquire(t.b.get_executor());
    CHECK(t.peer->alive == 2);

    error_code third;
    t.pool.async_acquire(asio::bind_executor(
        t.a, [&](error_code ec, resil::lease<scripted_connector>) { third = ec; }));
    t.run();
    CHECK(third == errc::pool_queue_full);
}

TEST_CASE("all shards are invalidated together", "[pool][sharded]")
{
    two_threads t;
    t.acquire(t.a.get_executor()).release();
    t.acquire(t.b.get_executor()).release();
    t.pool.invalidate();
    t.run();

    CHECK(t.peer->alive == 0);
}

TEST_CASE("a sharded pool without an executor, or with one context twice, is refused",
          "[pool][sharded]")
{
    asio::io_context context;
    auto const peer = std::make_shared<scripted_peer>();
    std::vector<asio::any_io_executor> executors;
    CHECK_THROWS_WITH((resil::sharded_pool(executors, scripted_connector(peer))),
                      ContainsSubstring("sharded_pool.executors is empty"));
    executors = {context.get_executor(), asio::make_strand(context)};
    CHECK_THROWS_WITH((resil::sharded_pool(executors, scripted_connector(peer))),
                      ContainsSubstring("twice"));
}
