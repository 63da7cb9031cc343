// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CHAOS_WRITERS_HPP
#define RESIL_TESTS_CHAOS_WRITERS_HPP

#include <resil/attempt.hpp>
#include <resil/connection_pool.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/postgres/classify.hpp>
#include <resil/postgres/connector.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "chaos/ledger.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace soak {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Every third connection goes to the server through a proxy that mistreats it.
struct mixed_connector : resil::postgres::connector
{
    mixed_connector(resil::postgres::connector direct, resil::postgres::connector proxied)
        : resil::postgres::connector(std::move(direct)), through_chaos(std::move(proxied))
    {
    }

    template <class Token>
    auto async_connect(connection& c, Token&& token) const
    {
        resil::postgres::connector const& here = *this;
        auto const& way = (*made)++ % 3 == 0 ? through_chaos : here;
        return way.async_connect(c, std::forward<Token>(token));
    }

    resil::postgres::connector through_chaos;
    std::shared_ptr<std::atomic<unsigned>> made = std::make_shared<std::atomic<unsigned>>(0);
};

using pool = resil::connection_pool<mixed_connector>;

/// What every call goes through.
inline auto policies()
{
    return resil::pipeline{
        resil::judged_by{resil::postgres::judge_error{}},
        resil::deadline{10s},
        resil::retry{{.max_attempts = 100,
                      .backoff = resil::backoff::exponential(10ms, 300ms),
                      .idempotency = resil::idempotency::keyed}},
        resil::timeout{750ms},
    };
}

/// Users that write, each one row after the other, until they are told to stop.
class writers
{
public:
    writers(asio::thread_pool& threads, pool p, int first, int count) : pool_(std::move(p))
    {
        for (int i = 0; i < count; ++i) {
            accounts_.push_back(
                asio::co_spawn(threads, work({.writer = first + i}), asio::use_future));
        }
    }

    writers(writers const&) = delete;
    writers& operator=(writers const&) = delete;

    ~writers()
    {
        stop_ = true;
        for (auto const& a : accounts_) {
            if (a.valid()) {
                a.wait(); // also if something threw: they refer to this
            }
        }
    }

    /// Lets each finish the call it is in, and returns what they know.
    std::vector<account> stop()
    {
        stop_ = true;
        std::vector<account> all;
        for (auto& a : accounts_) {
            all.push_back(a.get());
        }
        return all;
    }

    /// How many attempts were made for a call that had had one.
    std::size_t repetitions() const { return repetitions_; }

    /// How often which error ended a call.
    std::map<std::string, int> const& failures() const { return failures_; }

private:
    asio::awaitable<account> work(account mine)
    {
        asio::steady_timer pause(co_await asio::this_coro::executor);
        while (!stop_) {
            ++mine.made;
            try {
                mine.wrong_reply += co_await write_one(mine.writer, mine.made) ? 0 : 1;
            } catch (boost::system::system_error const& e) {
                mine.failed.push_back(mine.made);
                std::lock_guard const lock(mutex_);
                ++failures_[e.what()];
            }
            pause.expires_after(5ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        co_return mine;
    }

    /// Writes a row; says whether the answer was the one to this attempt.
    asio::awaitable<bool> write_one(int writer, int number)
    {
        co_return co_await calls_.async_call(
            [&](resil::attempt const& a) -> asio::awaitable<bool> {
                repetitions_ += a.number() > 1 ? 1 : 0;
                auto const token = fmt::format("{}:{}:{}", writer, number, a.number());
                auto db = co_await pool_.async_acquire(resil::within(a), asio::use_awaitable);
                auto const answer = co_await db->async_query(
                    write, {a.idempotency_key(), writer, number, token}, asio::use_awaitable);
                co_return answer.at(0, 0) == token;
            },
            asio::use_awaitable);
    }

    pool pool_;
    decltype(policies()) calls_ = policies();
    std::atomic<bool> stop_{false};
    std::atomic<std::size_t> repetitions_{0};
    std::mutex mutex_{};
    std::map<std::string, int> failures_{};
    std::vector<std::future<account>> accounts_{};
};

} // namespace soak

#endif // RESIL_TESTS_CHAOS_WRITERS_HPP
