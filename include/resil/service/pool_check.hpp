// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_POOL_CHECK_HPP
#define RESIL_SERVICE_POOL_CHECK_HPP

#include <resil/connection_pool.hpp>
#include <resil/core/pool_health.hpp>
#include <resil/core/pool_health_machine.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace resil::service {

/**
 * Checks a pool by its own numbers, and never borrows from it: a busy pool is not broken, and is not made busier.
 *
 * | the pool is | when | the check says |
 * |---|---|---|
 * | `ok` | none of the following | success |
 * | `busy` | all connections are lent | success |
 * | `stuck` | the same, and none has come back for `stuck_after` | `errc::pool_timed_out` |
 * | `unreachable` | it has no connection, and the last connect failed | the error of that connect |
 * | `closed` | it is paused, or drains | `errc::pool_unavailable`, `errc::pool_draining` |
 *
 * A pool that is unreachable is asked to open a connection (`async_warm_up`), as nobody else will while the service is not
 * ready; the check does not wait for that, and finds it the next time.
 *
 * A pool that nobody uses knows nothing of its peer. Where that matters, check the peer too, over a connection of its own.
 *
 * Lifetimes: holds a copy of the pool's handle.
 * Thread safety: safe; copies share what they have seen.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`.
 * Calls: the pool.
 * Cost: reading the pool's numbers, without a lock.
 *
 * Example:
 *
 *     health.add("database", resil::criticality::hard, resil::service::pool_check(pool));
 */
template <class Connector>
class pool_check
{
public:
    /// Looks at a pool. Throws `invalid_option`, `bad_alloc`.
    explicit pool_check(connection_pool<Connector> pool, pool_health_options options = {})
        : state_((options.validate(), std::make_shared<state>(std::move(pool), options)))
    {
    }

    /// Says how the pool is now. Throws what a mutex throws.
    pool_health look() const { return state_->look(state_->pool.snapshot()); }

    /// Checks the pool, and completes on `ex`: what `health` calls. Throws `bad_alloc`.
    template <class Handler>
    void operator()(boost::asio::any_io_executor const& ex, Handler handler) const
    {
        pool_snapshot const seen = state_->pool.snapshot();
        pool_health const how = state_->look(seen);
        if (how == pool_health::unreachable) {
            state_->reconnect(ex);
        }
        boost::asio::post(ex, boost::asio::append(std::move(handler), error_of(how, seen)));
    }

private:
    struct state : std::enable_shared_from_this<state>
    {
        state(connection_pool<Connector> p, pool_health_options const& o)
            : pool(std::move(p)), options(o), machine(o)
        {
        }

        pool_health look(pool_snapshot const& seen)
        {
            auto& clock = timer_service::of(boost::asio::query(pool.get_executor(), boost::asio::execution::context));
            std::lock_guard const lock(mutex);
            return machine.look(seen, clock.now());
        }

        void reconnect(boost::asio::any_io_executor const& ex)
        {
            if (reconnecting.exchange(true)) {
                return;
            }
            auto const ended = [weak = this->weak_from_this()](error_code, std::size_t) {
                if (auto const s = weak.lock()) {
                    s->reconnecting = false;
                }
            };
            try {
                pool.async_warm_up(1, options.reconnect_within, boost::asio::bind_executor(ex, ended));
            } catch (...) {
                reconnecting = false;
                throw;
            }
        }

        connection_pool<Connector> pool;
        pool_health_options const options;
        std::atomic<bool> reconnecting{false};
        std::mutex mutex{};
        core::pool_health_machine machine;
    };

    static error_code error_of(pool_health how, pool_snapshot const& seen) noexcept
    {
        switch (how) {
        case pool_health::ok:
        case pool_health::busy: return {};
        case pool_health::stuck: return errc::pool_timed_out;
        case pool_health::unreachable: return seen.last_connect_error;
        case pool_health::closed: return seen.draining ? errc::pool_draining : errc::pool_unavailable;
        }
        return errc::pool_unavailable;
    }

    std::shared_ptr<state> state_;
};

} // namespace resil::service

#endif // RESIL_SERVICE_POOL_CHECK_HPP
