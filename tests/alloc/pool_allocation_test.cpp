// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// In steady state borrowing and giving back makes no call to the system's allocator.

#include <resil/connection_pool.hpp>

#include "alloc/counted_memory.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/bind_immediate_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <utility>

namespace {

namespace asio = boost::asio;
using resil::error_code;

constexpr int warm_up = 100;
constexpr int measured = 1000;

struct nothing
{
    explicit nothing(asio::any_io_executor const&) {}
};

/// Completes on the next turn of the loop.
template <class Token>
auto soon(Token&& token)
{
    return asio::async_initiate<Token, void(error_code)>(
        [](auto handler) {
            auto const ex = asio::get_associated_executor(handler);
            asio::post(ex, [h = std::move(handler)]() mutable { std::move(h)(error_code()); });
        },
        token);
}

template <bool Resets>
struct connector
{
    using connection = nothing;

    template <class Token>
    auto async_connect(connection&, Token&& token) const
    {
        return soon(std::forward<Token>(token));
    }

    template <class Token>
        requires Resets
    auto async_reset(connection&, Token&& token) const
    {
        return soon(std::forward<Token>(token));
    }
};

/// Users who borrow one after the other, and give back at once.
template <bool Resets, bool Immediate>
class users
{
public:
    users(int count, std::size_t connections)
        : pool_(context_, connector<Resets>(), {.max_size = connections}), count_(count)
    {
    }

    std::size_t run()
    {
        for (int i = 0; i < count_; ++i) {
            asio::post(context_, [this] { next(); });
        }
        context_.run();
        return after_ - before_;
    }

private:
    using lease = resil::lease<connector<Resets>>;

    void next()
    {
        if (made_ == warm_up * count_) {
            before_ = allocations_so_far();
        }
        if (made_ == (warm_up + measured) * count_) {
            after_ = allocations_so_far();
        }
        if (made_++ >= (warm_up + measured) * count_) {
            return;
        }
        auto handler = asio::bind_executor(context_, [this](error_code, lease held) {
            asio::post(context_, [this, mine = std::move(held)]() mutable {
                mine.release();
                next();
            });
        });
        if constexpr (Immediate) {
            pool_.async_acquire(
                asio::bind_immediate_executor(asio::system_executor(), std::move(handler)));
        } else {
            pool_.async_acquire(std::move(handler));
        }
    }

    asio::io_context context_{1};
    resil::connection_pool<connector<Resets>> pool_;
    int count_;
    int made_ = 0;
    std::size_t before_ = 0;
    std::size_t after_ = 0;
};

} // namespace

TEST_CASE("borrowing what is idle allocates nothing", "[alloc][pool]")
{
    CHECK(users<false, false>(1, 1).run() == 0);
    CHECK(users<false, true>(1, 1).run() == 0);
    CHECK(users<false, false>(4, 8).run() == 0);
}

TEST_CASE("waiting for a connection allocates nothing in steady state", "[alloc][pool]")
{
    CHECK(users<false, false>(4, 1).run() == 0);
    CHECK(users<false, false>(20, 2).run() == 0);
}

TEST_CASE("resetting what comes back allocates nothing in steady state", "[alloc][pool]")
{
    CHECK(users<true, false>(1, 1).run() == 0);
    CHECK(users<true, false>(4, 2).run() == 0);
}

TEST_CASE("try_acquire allocates nothing", "[alloc][pool]")
{
    asio::io_context context;
    resil::connection_pool<connector<false>> pool{context, connector<false>(), {.min_idle = 1}};
    context.run();
    pool.try_acquire();

    CHECK(allocated_by([&] {
              for (int i = 0; i < measured; ++i) {
                  pool.try_acquire();
              }
          }) == 0);
}
