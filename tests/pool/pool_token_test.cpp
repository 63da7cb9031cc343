// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/connection_pool.hpp>
#include <resil/error.hpp>
#include <resil/result.hpp>

#include "support/scripted_connector.hpp"
#include "support/world.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/bind_immediate_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <future>
#include <memory>
#include <memory_resource>
#include <type_traits>
#include <utility>

using namespace support;
using lease = resil::lease<scripted_connector>;

TEST_CASE("a coroutine borrows, waits, and is told of failures by an exception",
          "[pool][token]")
{
    plain_pool w({.max_size = 1, .acquire_timeout = 10ms});
    int step = 0;
    asio::co_spawn(
        w.context,
        [&]() -> asio::awaitable<void> {
            lease mine = co_await w.pool->async_acquire(asio::use_awaitable);
            step = 1;
            try {
                co_await w.pool->async_acquire(asio::use_awaitable);
            } catch (boost::system::system_error const& e) {
                CHECK(e.code() == errc::pool_timed_out);
                step = 2;
            }
        },
        asio::detached);
    w.time.run_ready();
    CHECK(step == 1);
    w.time.advance(10ms);
    CHECK(step == 2);
}

TEST_CASE("an acquire may be deferred, and started later", "[pool][token]")
{
    plain_pool w;
    auto later = w.pool->async_acquire(asio::deferred);
    CHECK(w.peer->made == 0);
    bool got = false;
    std::move(later)(
        asio::bind_executor(w.context, [&](error_code ec, lease l) { got = !ec && l; }));
    w.time.run_ready();

    CHECK(got);
}

TEST_CASE("a failed acquire may be taken as a tuple", "[pool][token]")
{
    plain_pool w({.max_size = 1, .max_waiters = 0});
    auto holder = w.acquire();
    error_code got;
    asio::co_spawn(
        w.context,
        [&]() -> asio::awaitable<void> {
            auto [ec, l] = co_await w.pool->async_acquire(asio::as_tuple(asio::use_awaitable));
            got = ec;
            CHECK_FALSE(l);
        },
        asio::detached);
    w.time.run_ready();

    CHECK(got == errc::pool_queue_full);
}

TEST_CASE("who does not care about the answer leaks nothing", "[pool][token]")
{
    plain_pool w;
    w.pool->async_acquire(asio::detached);
    w.time.run_ready();

    CHECK(w.seen().idle == 1);
}

TEST_CASE("a thread outside may wait for a future", "[pool][token]")
{
    asio::thread_pool context(1);
    auto const peer = std::make_shared<scripted_peer>();
    {
        resil::connection_pool<scripted_connector> pool{
            context.get_executor(), scripted_connector(peer), {.max_size = 1}};
        lease first = pool.async_acquire(asio::use_future).get();
        CHECK(first->number == 1);
        std::future<lease> second = pool.async_acquire(asio::use_future);
        first.release();
        CHECK(second.get()->number == 1);
    }
    context.join();
    CHECK(peer->alive == 0);
}

TEST_CASE("a handler is called on its own executor", "[pool][token]")
{
    plain_pool w({.max_size = 1});
    auto const strand = asio::make_strand(w.context);
    int calls = 0;
    auto const here = [&](error_code ec, lease) {
        CHECK_FALSE(ec);
        CHECK(strand.running_in_this_thread());
        ++calls;
    };
    w.pool->async_acquire(asio::bind_executor(strand, here));
    w.pool->async_acquire(asio::bind_executor(strand, here));
    CHECK(calls == 0);
    w.time.run_ready();

    CHECK(calls == 2);
}

TEST_CASE("a handler without an executor is called on the pool's", "[pool][token]")
{
    plain_pool w;
    bool called = false;
    w.pool->async_acquire(
        [&](error_code, lease) { called = w.context.get_executor().running_in_this_thread(); });
    w.time.run_ready();

    CHECK(called);
}

TEST_CASE("an immediate executor is used where nothing has to be waited for", "[pool][token]")
{
    plain_pool w;
    w.acquire().release();
    int calls = 0;
    auto const handler = [&](error_code ec, lease l) {
        CHECK_FALSE(ec);
        CHECK(l);
        ++calls;
    };
    w.pool->async_acquire(asio::bind_immediate_executor(
        asio::system_executor(), asio::bind_executor(w.context, handler)));
    CHECK(calls == 1);
    auto holder = w.acquire();
    w.pool->async_acquire(asio::bind_immediate_executor(
        asio::system_executor(), asio::bind_executor(w.context, handler)));
    CHECK(calls == 1); // a wait is not completed inside of its initiation
    w.time.run_ready();
    CHECK(calls == 2);
}

TEST_CASE("a rejection, too, may come through the immediate executor", "[pool][token]")
{
    plain_pool w({.max_size = 1, .max_waiters = 0});
    auto holder = w.acquire();
    error_code got;
    w.pool->async_acquire(asio::bind_immediate_executor(
        asio::system_executor(),
        asio::bind_executor(w.context, [&](error_code ec, lease) { got = ec; })));

    CHECK(got == errc::pool_queue_full);
}

TEST_CASE("a wait is allocated by the handler's allocator", "[pool][token]")
{
    struct counting : std::pmr::memory_resource
    {
        int blocks = 0;
        int ever = 0;

        void* do_allocate(std::size_t bytes, std::size_t alignment) override
        {
            ++blocks;
            ++ever;
            return std::pmr::new_delete_resource()->allocate(bytes, alignment);
        }

        void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override
        {
            --blocks;
            std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
        }

        bool do_is_equal(memory_resource const& other) const noexcept override
        {
            return this == &other;
        }
    };

    plain_pool w({.max_size = 1});
    auto holder = w.acquire();
    counting memory;
    bool freed_first = false;
    w.pool->async_acquire(
        asio::bind_allocator(std::pmr::polymorphic_allocator<std::byte>(&memory),
                             asio::bind_executor(w.context, [&](error_code, lease) {
                                 freed_first = memory.blocks == 0;
                             })));
    CHECK(memory.blocks == 1);
    holder.release();
    w.time.run_ready();

    CHECK(memory.ever == 1);
    CHECK(freed_first);
}

TEST_CASE("a type-erased handler works", "[pool][token]")
{
    plain_pool w({.max_size = 1});
    auto holder = w.acquire();
    bool got = false;
    asio::any_completion_handler<void(error_code, lease)> handler =
        asio::bind_executor(w.context, [&](error_code ec, lease) { got = !ec; });
    w.pool->async_acquire(std::move(handler));
    holder.release();
    w.time.run_ready();

    CHECK(got);
}

TEST_CASE("a result holds the lease, or the failure", "[pool][token]")
{
    plain_pool w({.max_size = 1, .max_waiters = 0});
    int calls = 0;
    w.pool->async_acquire(resil::as_result(asio::bind_executor(
        w.context, [&](resil::result<lease> r) { calls += bool(r.value()); })));
    w.time.run_ready();
    auto holder = w.acquire();
    w.pool->async_acquire(
        resil::as_result(asio::bind_executor(w.context, [&](resil::result<lease> r) {
            CHECK(r.error().code() == errc::pool_queue_full);
            ++calls;
        })));
    w.time.run_ready();

    CHECK(calls == 2);
}

TEST_CASE("warm-ups and drains take any token", "[pool][token]")
{
    plain_pool w;
    std::size_t there = 0;
    resil::drain_report report;
    asio::co_spawn(
        w.context,
        [&]() -> asio::awaitable<void> {
            there = co_await w.pool->async_warm_up(3, 1s, asio::use_awaitable);
            report = co_await w.pool->async_drain(1s, asio::use_awaitable);
        },
        asio::detached);
    w.time.run_ready();

    CHECK(there == 3);
    CHECK(report.drained == 3);
}

TEST_CASE("a pool is made from an executor or a context, and knows its connector's type",
          "[pool]")
{
    asio::io_context context;
    auto const peer = std::make_shared<scripted_peer>();
    resil::connection_pool a{context, scripted_connector(peer)};
    resil::connection_pool b{context.get_executor(), scripted_connector(peer), {.name = "b"}};

    static_assert(std::is_same_v<decltype(a), decltype(b)>);
    CHECK(a.get_executor() == b.get_executor());
    CHECK(b.name() == "b");
}
