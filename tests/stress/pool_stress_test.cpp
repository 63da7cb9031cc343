// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/connection_pool.hpp>
#include <resil/core/random.hpp>

#include "stress/together.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

using namespace resil;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using stress::threads;
using stress::together;

namespace {

/// What all connections share: how many there are, and whether two ever used one at once.
struct tallies
{
    std::atomic<int> alive{0};
    std::atomic<int> most{0};
    std::atomic<int> shared{0};
};

class connection
{
public:
    connection(asio::any_io_executor const& ex, tallies& seen) : timer(ex), seen_(seen)
    {
        int const now = ++seen_.alive;
        for (int most = seen_.most;
             now > most && !seen_.most.compare_exchange_weak(most, now);) {
        }
    }

    ~connection() { leave(); }

    /// Does not count as the pool's any more.
    void leave() { seen_.alive -= std::exchange(counts_, 0); }

    /// Notes somebody who uses it, and must be alone.
    void use()
    {
        seen_.shared += users_.fetch_add(1) != 0;
        ++unguarded; // the pool guards it
        users_.fetch_sub(1);
    }

    asio::steady_timer timer;
    std::uint64_t unguarded = 0;

private:
    tallies& seen_;
    std::atomic<int> users_{0};
    int counts_ = 1;
};

/// Connections that open, ping and close after a turn of the loop; some connects and pings fail.
template <bool Resets>
class connector
{
public:
    using connection = ::connection;

    explicit connector(tallies& seen) : seen_(&seen) {}

    std::unique_ptr<connection> make(asio::any_io_executor const& ex) const
    {
        return std::make_unique<connection>(ex, *seen_);
    }

    template <class Token>
    auto async_connect(connection& c, Token&& token) const
    {
        return soon(c, std::forward<Token>(token));
    }

    template <class Token>
    auto async_ping(connection& c, Token&& token) const
    {
        c.use();
        return soon(c, std::forward<Token>(token));
    }

    template <class Token>
        requires Resets
    auto async_reset(connection& c, Token&& token) const
    {
        c.use();
        return soon(c, std::forward<Token>(token));
    }

private:
    template <class Token>
    static auto soon(connection& c, Token&& token)
    {
        c.timer.expires_after(0s);
        return c.timer.async_wait(std::forward<Token>(token));
    }

    tallies* seen_;
};

/// Somebody who borrows again and again, and sometimes gives up.
template <bool Resets>
class user : public std::enable_shared_from_this<user<Resets>>
{
public:
    using pool_type = connection_pool<connector<Resets>>;

    user(asio::thread_pool& context, pool_type pool, std::uint64_t seed, int rounds)
        : strand_(asio::make_strand(context)),
          pool_(std::move(pool)),
          draw_(seed),
          left_(rounds)
    {
    }

    void begin()
    {
        asio::post(strand_, [self = this->shared_from_this()] { self->next(); });
    }

    std::atomic<int> completed{0};
    std::atomic<int> served{0};

private:
    void next()
    {
        if (left_-- == 0) {
            return;
        }
        if (draw_.next() % 4 == 0) {
            if (auto lease = pool_.try_acquire()) {
                use(lease);
            }
        }
        pool_.async_acquire(asio::bind_cancellation_slot(
            cancel_.slot(),
            asio::bind_executor(strand_, [self = this->shared_from_this()](
                                             error_code, lease<connector<Resets>> got) {
                ++self->completed;
                if (got) {
                    ++self->served;
                    self->use(got);
                }
                got.release();
                self->next();
            })));
        if (draw_.next() % 8 == 0) {
            asio::post(strand_, [self = this->shared_from_this()] {
                self->cancel_.emit(asio::cancellation_type::terminal);
            });
        }
    }

    void use(lease<connector<Resets>>& lease)
    {
        lease->use();
        auto const fate = draw_.next() % 64;
        if (fate == 0) {
            lease.mark_broken(asio::error::connection_reset);
        } else if (fate == 1) {
            lease.mark_broken();
        } else if (fate == 2) {
            lease->leave();
            lease.detach();
        }
    }

    asio::strand<asio::thread_pool::executor_type> strand_;
    pool_type pool_;
    core::generator draw_;
    int left_;
    asio::cancellation_signal cancel_;
};

template <bool Resets>
void acquire_cancel_resize_and_drain(int rounds)
{
    constexpr int users = 32;
    constexpr std::size_t largest = 8;
    tallies seen;
    {
        asio::thread_pool context(threads);
        connection_pool<connector<Resets>> pool{context.get_executor(),
                                                connector<Resets>(seen),
                                                {.max_size = largest,
                                                 .min_idle = 1,
                                                 .max_waiters = 1000,
                                                 .ping_after_idle = 0s,
                                                 .max_uses = 50}};
        std::vector<std::shared_ptr<user<Resets>>> all;
        for (int i = 0; i < users; ++i) {
            all.push_back(
                std::make_shared<user<Resets>>(context, pool, std::uint64_t(i), rounds));
            all.back()->begin();
        }
        core::generator draw(99);
        int done = 0;
        while (done < users * rounds / 2) {
            switch (draw.next() % 4) {
            case 0: pool.resize(1 + draw.next() % largest); break;
            case 1: pool.invalidate(); break;
            case 2:
                pool.pause();
                pool.resume();
                break;
            default: CHECK(pool.snapshot().size <= largest); break;
            }
            std::this_thread::sleep_for(200us);
            done = 0;
            for (auto const& each : all) {
                done += each->completed;
            }
        }
        pool.resize(largest);
        std::atomic<int> drained{0};
        pool.async_drain(10s, [&](error_code ec, drain_report) { drained += !ec; });
        context.join();

        int completed = 0;
        int served = 0;
        for (auto const& each : all) {
            completed += each->completed;
            served += each->served;
        }
        CHECK(completed == users * rounds);
        CHECK(served > 0);
        CHECK(drained == 1);
        CHECK(pool.snapshot().size == 0);
        CHECK(pool.snapshot().waiters == 0);
    }
    CHECK(seen.alive == 0);
    CHECK(seen.most <= int(largest));
    CHECK(seen.shared == 0);
}

} // namespace

TEST_CASE("eight threads acquire, return, cancel, resize and drain at once", "[pool][stress]")
{
    acquire_cancel_resize_and_drain<false>(1500);
}

TEST_CASE("eight threads do so with connections that are reset", "[pool][stress]")
{
    acquire_cancel_resize_and_drain<true>(1500);
}

TEST_CASE("eight threads borrow and give back idle connections without a lock",
          "[pool][stress]")
{
    auto const size = GENERATE(std::size_t(1), std::size_t(4), std::size_t(16));
    tallies seen;
    asio::thread_pool context(1);
    {
        connection_pool<connector<false>> pool{
            context.get_executor(), connector<false>(seen), {.max_size = size}};
        std::atomic<bool> warm{false};
        pool.async_warm_up(size, 10s, [&](error_code, std::size_t) { warm = true; });
        while (!warm) {
            std::this_thread::yield();
        }
        std::atomic<std::uint64_t> got{0};
        together([&](int which) {
            core::generator draw(std::uint64_t(which) + 1);
            for (int i = 0; i < 20'000; ++i) {
                if (auto lease = pool.try_acquire()) {
                    lease->use();
                    ++got;
                }
                if (which == 0 && draw.next() % 256 == 0) {
                    pool.resize(size); // an event in between
                }
            }
        });
        CHECK(got > 0);
        CHECK(pool.snapshot().acquired_at_once == got);
        CHECK(pool.snapshot().idle == size);
    }
    context.join();
    CHECK(seen.shared == 0);
    CHECK(seen.alive == 0);
}

TEST_CASE("a pool whose context has one thread is used from the thread of another", "[pool][stress]")
{
    constexpr int rounds = 300;
    tallies seen;
    int completed = 0;
    {
        asio::thread_pool of_pool(1);
        asio::thread_pool of_users(1);
        std::vector<std::shared_ptr<user<true>>> all;
        connection_pool<connector<true>> pool{of_pool.get_executor(),
                                              connector<true>(seen),
                                              {.max_size = 4, .ping_after_idle = 0s, .max_uses = 50}};
        for (int i = 0; i < 16; ++i) {
            all.push_back(std::make_shared<user<true>>(of_users, pool, std::uint64_t(i), rounds));
            all.back()->begin();
        }
        of_users.join();
        pool.async_drain(10s, [](error_code, drain_report) {});
        of_pool.join();
        for (auto const& each : all) {
            completed += each->completed;
        }
    }
    CHECK(completed == 16 * rounds);
    CHECK(seen.alive == 0);
    CHECK(seen.shared == 0);
}
