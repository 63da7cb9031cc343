// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_LIVENESS_HPP
#define RESIL_SERVICE_LIVENESS_HPP

#include <resil/core/option_check.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>
#include <resil/service/detail/quiet_alarm.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <chrono>
#include <memory>

namespace resil::service {

/// When an event loop counts as stuck.
struct liveness_options
{
    /// How long it may not have answered; > `period`, <= 1 h. Source: resil's own; a loop that stands still for
    /// so long serves nobody, and a restart is dear.
    duration stall_limit = std::chrono::seconds(30);

    /// How often it is asked; >= 1 ms. Source: resil's own.
    duration period = std::chrono::seconds(1);

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        using namespace core;
        require_at_least("liveness.period", period, duration(std::chrono::milliseconds(1)));
        require_more_than("liveness.stall_limit", stall_limit, period);
        require_between("liveness.stall_limit", stall_limit, period, duration(std::chrono::hours(1)));
    }
};

/**
 * Watches an event loop: says whether it still runs what is posted to it.
 *
 * Every `period` a timer of the loop posts a function that does nothing but note the time. As long as that was less than
 * `stall_limit` ago the process is alive. Nothing else can make it say no, least of all a dependency that is down: a
 * restart does not bring that back.
 *
 * A loop that is stuck cannot answer its own probe: it is the time limit of the probe that notices, unless a thread of
 * its own answers, which can ask here too.
 *
 * Lifetimes: the execution context must outlive it. It does not keep `run()` from returning.
 * Thread safety: `alive` and `last_answer_age` from any thread, without a lock; making and destroying it too.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`.
 * Cost: `alive` is an atomic read and one of the coarse clock; watching, a timer and a message each `period`.
 *
 * Example:
 *
 *     resil::service::liveness const loop(context.get_executor());
 */
class liveness
{
public:
    /// Begins to watch; counts as alive until the first `stall_limit` is over. Throws `invalid_option`, `bad_alloc`.
    liveness(boost::asio::any_io_executor const& ex, liveness_options const& options)
        : state_(std::make_shared<state>(ex, (options.validate(), options)))
    {
        state_->begin();
    }

    /// The same, with the default options.
    explicit liveness(boost::asio::any_io_executor const& ex) : liveness(ex, liveness_options()) {}

    liveness(liveness const&) = delete;
    liveness& operator=(liveness const&) = delete;
    /// Ends the watch.
    ~liveness() { state_->alarm->close(); }

    /// Says whether the loop has answered within `stall_limit`. Throws nothing.
    bool alive() const noexcept { return last_answer_age() < state_->options.stall_limit; }

    /// Returns how long ago the loop answered last. Throws nothing.
    duration last_answer_age() const noexcept
    {
        time_point const answered{duration(state_->answered.load(std::memory_order_relaxed))};
        return core::until(answered, state_->alarm->clock().recent());
    }

private:
    struct state : std::enable_shared_from_this<state>
    {
        state(boost::asio::any_io_executor const& e, liveness_options const& o) : options(o), ex(e) {}

        void begin()
        {
            alarm = std::make_unique<detail::quiet_alarm>(ex, [weak = weak_from_this()] {
                if (auto const self = weak.lock()) {
                    self->answer();
                }
            });
            answer();
        }

        void answer()
        {
            time_point const now = alarm->clock().now();
            answered.store(now.time_since_epoch().count(), std::memory_order_relaxed);
            alarm->set(core::plus(now, options.period));
        }

        liveness_options const options;
        boost::asio::any_io_executor const ex;
        std::atomic<duration::rep> answered{0};
        std::unique_ptr<detail::quiet_alarm> alarm{};
    };

    std::shared_ptr<state> state_;
};

} // namespace resil::service

#endif // RESIL_SERVICE_LIVENESS_HPP
