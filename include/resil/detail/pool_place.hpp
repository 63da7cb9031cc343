// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_POOL_PLACE_HPP
#define RESIL_DETAIL_POOL_PLACE_HPP

#include <resil/core/pool_lane.hpp>
#include <resil/core/pool_slot.hpp>
#include <resil/core/saturate.hpp>
#include <resil/detail/connection_task.hpp>
#include <resil/detail/connector_traits.hpp>
#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/error.hpp>

#include <atomic>
#include <memory>
#include <source_location>
#include <utility>

namespace resil::detail {

template <class Connector>
class shared_pool;

/// A place of a pool: its slot in the machine, its connection, and what is being done with it.
template <class Connector>
class pool_place : public core::lane_slot
{
public:
    using traits = connector_traits<Connector>;
    using connection_type = typename traits::connection;

    explicit pool_place(shared_pool<Connector>& pool)
        : pool_(pool), task_(*this, pool.executor())
    {
    }

    shared_pool<Connector>& pool() const noexcept { return pool_; }
    timer_service& service() const noexcept { return pool_.service(); }

    /// Does what the machine ordered; the end is told by `task_over`.
    void begin_task() noexcept
    {
        Connector const& connector = pool_.connector();
        auto const& options = pool_.options();
        switch (task) {
        case core::pool_task::open:
            return task_.run(options.connect_timeout, [this, &connector](auto token) {
                connection_ = traits::make(connector, pool_.executor());
                connector.async_connect(*connection_, std::move(token));
            });
        case core::pool_task::ping:
            if constexpr (traits::pings) {
                return task_.run(patience, [this, &connector](auto token) {
                    connector.async_ping(*connection_, std::move(token));
                });
            }
            return task_over({});
        case core::pool_task::reset:
            if constexpr (traits::resets) {
                return task_.run(options.reset_timeout, [this, &connector](auto token) {
                    connector.async_reset(*connection_, std::move(token));
                });
            }
            return task_over({});
        case core::pool_task::close:
            if constexpr (traits::closes) {
                return task_.run(options.close_timeout, [this, &connector](auto token) {
                    connector.async_close(*connection_, std::move(token));
                });
            }
            return task_over({});
        case core::pool_task::cut: return task_over({});
        }
    }

    /// Cancels what is being done; `keep` keeps the pool alive meanwhile.
    void stop_task(std::shared_ptr<void> keep) noexcept { task_.stop(std::move(keep)); }

    /// Hears how the task ended, and reports it; nothing of the place may be used afterwards.
    void task_over(error_code ec) noexcept
    {
        bool const closing = task == core::pool_task::close || task == core::pool_task::cut;
        if (!ec && !closing && !traits::is_reusable(pool_.connector(), *connection_)) {
            ec = boost::asio::error::connection_aborted;
        }
        if (ec || closing) {
            connection_.reset(); // before its place is free: the peer never counts too many
        }
        pool_.report(*this, ec);
    }

    connection_type* connection() const noexcept { return connection_.get(); }
    std::unique_ptr<connection_type> take_connection() noexcept
    {
        return std::move(connection_);
    }

    /// Notes for whom, and since when, it is lent; read by others while it is.
    void note_loan(time_point now, std::source_location where) noexcept
    {
        lent_at_.store(now, std::memory_order_relaxed);
        lent_to_.store(where, std::memory_order_relaxed);
    }

    /// Says, once for each loan, that it has lasted for too long; under the pool's lock.
    bool is_leak(time_point now, duration threshold) noexcept
    {
        bool const leaks = told_leak_ != lent_at() && now >= core::plus(lent_at(), threshold);
        told_leak_ = leaks ? lent_at() : told_leak_;
        return leaks;
    }

    time_point lent_at() const noexcept { return lent_at_.load(std::memory_order_relaxed); }
    std::source_location lent_to() const noexcept
    {
        return lent_to_.load(std::memory_order_relaxed);
    }

private:
    shared_pool<Connector>& pool_;
    std::unique_ptr<connection_type> connection_;
    std::atomic<time_point> lent_at_{};
    std::atomic<std::source_location> lent_to_{};
    time_point told_leak_ = time_point::min();
    connection_task<pool_place> task_;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_POOL_PLACE_HPP
