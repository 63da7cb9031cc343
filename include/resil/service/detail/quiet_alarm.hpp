// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_DETAIL_QUIET_ALARM_HPP
#define RESIL_SERVICE_DETAIL_QUIET_ALARM_HPP

#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace resil::service::detail {

/**
 * Calls a function on an executor at a point in time; gives its context no work.
 *
 * From any thread. It is called once for each time that was set, or once for several; never after `close`, but for a
 * call that is on its way.
 */
class quiet_alarm
{
public:
    quiet_alarm(boost::asio::any_io_executor const& ex, std::function<void()> rings)
        : block_(std::make_shared<block>(ex, std::move(rings)))
    {
    }

    quiet_alarm(quiet_alarm const&) = delete;
    quiet_alarm& operator=(quiet_alarm const&) = delete;
    ~quiet_alarm() { close(); }

    timer_service& clock() const noexcept { return block_->clock; }

    /// Rings at `at`, or earlier.
    void set(time_point at) const
    {
        std::lock_guard const lock(block_->mutex);
        block_->set(at);
    }

    /// Rings no more.
    void close() const noexcept
    {
        std::shared_ptr<block> keep; // outlives the lock
        std::lock_guard const lock(block_->mutex);
        block_->closed = true;
        if (block_->self && block_->clock.disarm(*block_)) {
            keep = std::move(block_->self);
        }
    }

private:
    // Keeps itself alive while it is armed, or an expiry is under way.
    struct block : timer_service::timer, std::enable_shared_from_this<block>
    {
        block(boost::asio::any_io_executor const& e, std::function<void()> r)
            : timer(told),
              ex(e),
              clock(timer_service::of(boost::asio::query(e, boost::asio::execution::context))),
              rings(std::move(r))
        {
        }

        void set(time_point when)
        {
            bool const soon_enough = self && (when >= at() || !clock.disarm(*this));
            if (closed || soon_enough) {
                return;
            }
            self.reset(); // the owner keeps it
            clock.arm(*this, when, ex);
            self = shared_from_this();
        }

        boost::asio::any_io_executor const ex;
        timer_service& clock;
        std::function<void()> const rings;
        std::mutex mutex{};
        std::shared_ptr<block> self{};
        bool closed = false;
    };

    static std::shared_ptr<block> take(timer_service::timer& t)
    {
        auto& b = static_cast<block&>(t);
        std::lock_guard const lock(b.mutex);
        return std::move(b.self);
    }

    static void on_expired(timer_service::timer& t)
    {
        auto const b = take(t);
        boost::asio::post(b->ex, [b] {
            if (!is_closed(*b)) {
                b->rings();
            }
        });
    }

    static bool is_closed(block& b)
    {
        std::lock_guard const lock(b.mutex);
        return b.closed;
    }

    static void on_orphaned(timer_service::timer& t) noexcept { take(t).reset(); }

    static constexpr timer_service::timer::callbacks told{&quiet_alarm::on_expired, &quiet_alarm::on_orphaned, true};

    std::shared_ptr<block> block_;
};

} // namespace resil::service::detail

#endif // RESIL_SERVICE_DETAIL_QUIET_ALARM_HPP
