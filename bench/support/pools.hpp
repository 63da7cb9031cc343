// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Pools of connections to nowhere: what is measured is the lending, not the connections.

#ifndef BENCH_SUPPORT_POOLS_HPP
#define BENCH_SUPPORT_POOLS_HPP

#include <resil/connection_pool.hpp>

#include "support/world.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace bench {

/// Leads nowhere.
struct null_connection
{
    explicit null_connection(asio::any_io_executor const& ex) : executor(ex) {}

    asio::any_io_executor executor;
    bool usable = true;
};

/// Whatever is asked of its connections succeeds on the next turn of the loop.
template <bool Resets>
class basic_null_connector
{
public:
    using connection = null_connection;

    template <class Token>
    auto async_connect(connection& c, Token&& token) const
    {
        return succeed(c, std::forward<Token>(token));
    }

    template <class Token>
    auto async_ping(connection& c, Token&& token) const
    {
        return succeed(c, std::forward<Token>(token));
    }

    template <class Token>
    requires Resets auto async_reset(connection& c, Token&& token) const
    {
        return succeed(c, std::forward<Token>(token));
    }

    template <class Token>
    auto async_close(connection& c, Token&& token) const
    {
        return succeed(c, std::forward<Token>(token));
    }

    bool is_reusable(connection const& c) const noexcept { return c.usable; }

private:
    template <class Token>
    static auto succeed(connection& c, Token&& token)
    {
        return asio::post(c.executor, asio::append(std::forward<Token>(token), error_code()));
    }
};

using null_connector = basic_null_connector<false>;
using resetting_connector = basic_null_connector<true>;

/// Runs a context until a pool has so many idle connections.
template <class Connector>
void fill(asio::io_context& context, resil::connection_pool<Connector> const& pool,
          std::size_t connections)
{
    pool.async_warm_up(connections, std::chrono::seconds(10), asio::detached);
    context.restart();
    while (pool.snapshot().idle < connections) {
        if (context.run_one_for(std::chrono::seconds(10)) == 0) {
            throw std::runtime_error("the pool did not fill");
        }
    }
}

/// A pool with so many idle connections, and nothing but the defaults else.
template <class Connector>
class full_pool : public resil::connection_pool<Connector>
{
public:
    full_pool(asio::io_context& context, std::size_t connections, Connector connector = {})
        : resil::connection_pool<Connector>(context, std::move(connector),
                                            {.max_size = connections})
    {
        fill(context, *this, connections);
    }
};

// --- users -----------------------------------------------------------------------------------

/// Takes a connection, gives it back, and takes one again, on the context's executor.
///
/// `Lender` has `lend(user)`, which completes it with an error code and a loan, and
/// `give_back(loan)`.
template <class Lender>
class user
{
public:
    using executor_type = asio::io_context::executor_type;

    user(world& w, Lender& lender, int loans) : world_(&w), lender_(&lender), left_(loans) {}

    executor_type get_executor() const noexcept { return world_->context().get_executor(); }

    /// Takes the first one, or the next.
    void operator()()
    {
        if (left_-- > 0) {
            lender_->lend(user(*this));
        } else {
            world_->lane_done();
        }
    }

    template <class Loan>
    void operator()(error_code ec, Loan loan)
    {
        if (ec) {
            throw boost::system::system_error(ec);
        }
        lender_->give_back(loan);
        (*this)();
    }

private:
    world* world_;
    Lender* lender_;
    int left_;
};

/// Measures a loan, with so many users at a time.
template <class Lender>
void measure_users(benchmark::State& state, world& w, Lender& lender, int users,
                   int threads = 1)
{
    measure(state, users, [&](int loans) {
        for (int i = 0; i < users; ++i) {
            asio::post(w.context(), user<Lender>(w, lender, loans));
        }
        w.run(users, threads);
    });
}

/// Lends from a pool.
template <class Connector>
struct pool_lender
{
    resil::connection_pool<Connector> pool;

    void lend(user<pool_lender> to) { pool.async_acquire(std::move(to)); }
    void give_back(resil::lease<Connector>& loan) { loan.release_without_reset(); }
};

// --- the floor -------------------------------------------------------------------------------

/// The floor: a mutex and the free connections. Tests nothing, times nothing, bounds nothing.
class free_list
{
public:
    explicit free_list(std::size_t connections)
    {
        for (std::size_t i = 0; i < connections; ++i) {
            free_.push_back(i);
        }
    }

    std::size_t acquire()
    {
        std::lock_guard lock(mutex_);
        std::size_t const taken = free_.back();
        free_.pop_back();
        return taken;
    }

    void give_back(std::size_t connection)
    {
        std::lock_guard lock(mutex_);
        free_.push_back(connection);
    }

private:
    std::mutex mutex_;
    std::deque<std::size_t> free_;
};

/// The same with those who wait, first come first served.
class list_lender
{
public:
    explicit list_lender(std::size_t connections)
    {
        for (std::size_t i = 0; i < connections; ++i) {
            free_.push_back(i);
        }
    }

    void lend(user<list_lender> to)
    {
        std::unique_lock lock(mutex_);
        if (free_.empty()) {
            waiting_.push_back(std::move(to));
            return;
        }
        std::size_t const taken = free_.back();
        free_.pop_back();
        lock.unlock();
        deliver(std::move(to), taken);
    }

    void give_back(std::size_t connection)
    {
        std::unique_lock lock(mutex_);
        if (waiting_.empty()) {
            free_.push_back(connection);
            return;
        }
        user<list_lender> first = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        deliver(std::move(first), connection);
    }

private:
    static void deliver(user<list_lender> to, std::size_t connection)
    {
        auto const ex = to.get_executor();
        asio::post(ex, [u = std::move(to), connection]() mutable { u({}, connection); });
    }

    std::mutex mutex_;
    std::deque<std::size_t> free_;
    std::deque<user<list_lender>> waiting_;
};

} // namespace bench

#endif // BENCH_SUPPORT_POOLS_HPP
