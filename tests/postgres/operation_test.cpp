// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/postgres/connection.hpp>
#include <resil/postgres/connector.hpp>
#include <resil/timeout.hpp>

#include "postgres_support.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <string>

namespace {

using namespace postgres_support;
using namespace std::chrono_literals;

/// Counts what a handler's operation allocates.
template <class T>
struct counting_allocator
{
    using value_type = T;

    explicit counting_allocator(int& n) : count(&n) {}
    template <class U>
    counting_allocator(counting_allocator<U> const& other) : count(other.count)
    {
    }

    T* allocate(std::size_t n)
    {
        ++*count;
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* p, std::size_t n) { std::allocator<T>().deallocate(p, n); }

    bool operator==(counting_allocator const&) const = default;

    int* count;
};

TEST_CASE("handlers run on their own executor", "[postgres][operation]")
{
    auto const c = connected();
    asio::io_context theirs;
    auto const strand = asio::make_strand(theirs);
    int done = 0;
    auto const token = [&](auto f) { return asio::bind_executor(strand, f); };
    (*c)->async_ping(token([&](error_code ec) {
        CHECK_FALSE(ec);
        CHECK(strand.running_in_this_thread());
        ++done;
    }));
    (*c)->async_query("select 1", token([&](error_code ec, auto) {
                          CHECK(ec == postgres::errc::busy);
                          CHECK(strand.running_in_this_thread());
                          ++done;
                      }));
    while (done < 2) {
        c->context.restart();
        c->context.poll();
        theirs.restart();
        theirs.poll();
    }
}

TEST_CASE("the handler's allocator is used", "[postgres][operation]")
{
    auto const c = connected();
    int count = 0;
    (*c)->async_ping(asio::bind_allocator(counting_allocator<char>(count),
                                          [](error_code ec) { CHECK_FALSE(ec); }));
    c->run();
    CHECK(count > 0);
}

TEST_CASE("a deferred operation owns what it was given", "[postgres][operation]")
{
    auto const c = connected();
    auto deferred = [&] {
        std::string const text(1000, 'x');
        return (*c)->async_query("select length($1)" + std::string(), {text}, asio::deferred);
    }();
    std::string first;
    std::move(deferred)([&](error_code, postgres::result r) { first = r.at(0, 0).value(); });
    c->run();
    CHECK(first == "1000");
}

TEST_CASE("coroutines, futures and erased handlers can be used", "[postgres][operation]")
{
    auto const c = connected();
    bool done = false;
    asio::co_spawn(
        c->context,
        [&]() -> asio::awaitable<void> {
            auto const r = co_await (*c)->async_query("select $1", {"x"}, asio::use_awaitable);
            CHECK(r.at(0, 0) == "x");
            auto const [ec, none] =
                co_await (*c)->async_query("selec", asio::as_tuple(asio::use_awaitable));
            CHECK(postgres::sqlstate(ec) == "42601");
            done = true;
        },
        asio::detached);
    c->run();
    CHECK(done);

    std::future<postgres::result> future = (*c)->async_query("select 2", asio::use_future);
    c->run();
    CHECK(future.get().at(0, 0) == "2");

    (*c)->async_ping(asio::any_completion_handler<void(error_code)>([&](error_code ec) {
        CHECK_FALSE(ec);
        done = false;
    }));
    c->run();
    CHECK_FALSE(done);
}

TEST_CASE("a timeout of resil ends a statement", "[postgres][operation]")
{
    auto const c = connected();
    resil::timeout const patience{20ms};
    error_code got;
    patience.async_call(
        [&](auto token) {
            return (*c)->async_query("select pg_sleep(1000)", std::move(token));
        },
        asio::bind_executor(c->context, [&](error_code ec, auto) { got = ec; }));
    c->run();
    CHECK(got == resil::errc::timed_out);
    CHECK_FALSE((*c)->is_reusable());
}

TEST_CASE("a connector does for a pool what a connection does", "[postgres][operation]")
{
    client c;
    postgres::connector const how(server().settings());
    CHECK_FALSE(c.ended([&](auto token) { how.async_connect(*c.link, token); }));
    CHECK(how.is_reusable(*c.link));
    CHECK_FALSE(c.ended([&](auto token) { how.async_ping(*c.link, token); }));
    CHECK_FALSE(c.query("begin").ec);
    CHECK_FALSE(c.ended([&](auto token) { how.async_reset(*c.link, token); }));
    CHECK_FALSE(c->in_transaction());
    CHECK_FALSE(c.ended([&](auto token) { how.async_close(*c.link, token); }));
    CHECK_FALSE(how.is_reusable(*c.link));
    CHECK(how.classify(postgres::sqlstate_error("28P01")) ==
          resil::connection_fault::permanent);
}

TEST_CASE("connections on strands serve a context of several threads", "[postgres][operation]")
{
    auto const to = server().settings();
    asio::thread_pool threads(4);
    std::vector<std::future<int>> sums;
    for (int id = 0; id < 8; ++id) {
        auto const strand = asio::make_strand(threads);
        sums.push_back(asio::co_spawn(
            strand,
            [to, strand, id]() -> asio::awaitable<int> {
                postgres::connection c(strand);
                co_await c.async_connect(to, asio::use_awaitable);
                int right = 0;
                for (int i = 0; i < 50; ++i) {
                    auto const r = co_await c.async_query(
                        "select $1 || '-' || $2", {std::to_string(id), std::to_string(i)},
                        asio::use_awaitable);
                    right += r.at(0, 0) == std::to_string(id) + '-' + std::to_string(i);
                }
                co_return right;
            },
            asio::use_future));
    }
    for (auto& sum : sums) {
        CHECK(sum.get() == 50);
    }
}

} // namespace
