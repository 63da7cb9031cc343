// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_DETAIL_HEALTH_STATE_HPP
#define RESIL_SERVICE_DETAIL_HEALTH_STATE_HPP

#include <resil/core/health_machine.hpp>
#include <resil/core/health_options.hpp>
#include <resil/core/health_report.hpp>
#include <resil/core/random.hpp>
#include <resil/core/saturate.hpp>
#include <resil/detail/entropy.hpp>
#include <resil/detail/occasion.hpp>
#include <resil/error.hpp>
#include <resil/service/detail/quiet_alarm.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace resil::service::detail {

using check_handler = boost::asio::any_completion_handler<void(error_code)>;
using check_function = std::function<void(boost::asio::any_io_executor const&, check_handler)>;

/**
 * What the copies of a health object and its runs share.
 *
 * Runs are started, cancelled and ended on a strand. The mutex guards what reports read; no check is called under it.
 */
class health_state : public std::enable_shared_from_this<health_state>
{
    using executor = boost::asio::any_io_executor;

    struct check
    {
        check(std::string n, criticality c, check_function f, health_check_options const& o, time_point now)
            : name(std::move(n)), critical(c), function(std::move(f)), machine(o, now)
        {
        }

        std::string const name;
        criticality const critical;
        check_function const function;
        core::health_machine machine;
        boost::asio::cancellation_signal cancel{};
        std::uint64_t run = 0; // tells an end from that of an earlier run
        bool wanted = false;   // where checks run on demand
    };

public:
    health_state(executor const& ex, health_options const& o)
        : options(o), settled(ex), ex_(boost::asio::make_strand(ex)), random_(o.seed ? *o.seed : first_word())
    {
    }

    timer_service& clock() const noexcept { return settled.clock(); }

    void add(std::string name, criticality critical, check_function function, health_check_options const& o)
    {
        core::require_check_name(name);
        o.validate();
        {
            std::lock_guard const lock(mutex_);
            for (auto const& each : checks_) {
                if (each.name == name) {
                    throw invalid_option("health.name", name, "a name that no other check has");
                }
            }
            checks_.emplace_back(std::move(name), critical, std::move(function), o, clock().now());
            publish();
        }
        if (started_.load(std::memory_order_acquire)) {
            tick_soon();
        }
    }

    void start()
    {
        {
            std::lock_guard const lock(mutex_);
            if (!alarm_) {
                alarm_ = std::make_unique<quiet_alarm>(ex_, [weak = weak_from_this()] {
                    if (auto const self = weak.lock()) {
                        self->tick();
                    }
                });
            }
        }
        started_.store(true, std::memory_order_release);
        tick_soon();
    }

    void stop()
    {
        std::vector<check*> running;
        {
            std::lock_guard const lock(mutex_);
            stopped_ = true;
            if (alarm_) {
                alarm_->close();
            }
            for (auto& each : checks_) {
                if (each.machine.running()) {
                    running.push_back(&each);
                }
            }
        }
        if (!running.empty()) {
            boost::asio::post(ex_, [self = shared_from_this(), running = std::move(running)] {
                for (check* const each : running) {
                    each->cancel.emit(boost::asio::cancellation_type::terminal);
                }
            });
        }
    }

    void set(lifecycle where)
    {
        std::lock_guard const lock(mutex_);
        where_ = where;
        publish();
    }

    bool ready() const noexcept { return clock().recent().time_since_epoch().count() < ready_until_.load(); }

    bool has_started() const noexcept { return latched_.load(std::memory_order_acquire); }

    health_report report() const
    {
        health_report made;
        std::lock_guard const lock(mutex_);
        time_point const now = clock().now();
        made.checks.reserve(checks_.size());
        for (auto const& each : checks_) {
            auto const& m = each.machine;
            auto const age = m.last_ok() ? std::optional<duration>(core::until(*m.last_ok(), now)) : std::nullopt;
            made.checks.push_back({each.name, each.critical, m.status(now), age, m.latency(), m.error()});
        }
        made.where = where_;
        made.status = core::overall(made.checks);
        made.started = has_started();
        return made;
    }

    /// Lets those run whose results are too old.
    void demand()
    {
        bool any = false;
        {
            std::lock_guard const lock(mutex_);
            time_point const now = clock().now();
            for (auto& each : checks_) {
                each.wanted = !each.machine.is_fresh(now) || each.wanted;
                any = any || each.wanted;
            }
        }
        if (any && started_.load(std::memory_order_acquire)) {
            tick_soon();
        }
    }

    /// Says whether all results are fresh, and none is still to be confirmed.
    bool is_settled() const
    {
        std::lock_guard const lock(mutex_);
        time_point const now = clock().now();
        return std::all_of(checks_.begin(), checks_.end(), [&](check const& c) {
            return c.machine.is_fresh(now) && c.machine.settled();
        });
    }

    health_options const options;
    resil::detail::occasion settled;

private:
    static std::uint64_t first_word() { return resil::detail::random_words()[0]; }

    void tick_soon()
    {
        boost::asio::post(ex_, [self = shared_from_this()] { self->tick(); });
    }

    // On the strand, as all that follows.
    void tick()
    {
        std::vector<check*> to_start;
        std::vector<check*> to_cancel;
        {
            std::lock_guard const lock(mutex_);
            if (stopped_) {
                return;
            }
            time_point const now = clock().now();
            for (auto& each : checks_) {
                if (!is_looked_after(each)) {
                    continue;
                }
                switch (each.machine.poll(now, random_.unit())) {
                case core::health_step::start: to_start.push_back(&each); break;
                case core::health_step::cancel: to_cancel.push_back(&each); break;
                case core::health_step::wait: break;
                }
            }
            follow();
        }
        for (check* const each : to_cancel) {
            each->cancel.emit(boost::asio::cancellation_type::terminal);
        }
        for (check* const each : to_start) {
            run(*each);
        }
        tell_settled();
    }

    bool is_looked_after(check const& c) const
    {
        return options.refresh == health_refresh::background || c.wanted || c.machine.running();
    }

    void run(check& c)
    {
        std::uint64_t const number = ++c.run;
        auto const ended = [self = shared_from_this(), &c, number](error_code ec) {
            boost::asio::post(self->ex_, [self, &c, number, ec] { self->ended(c, number, ec); });
        };
        auto const bound = boost::asio::bind_executor(ex_, ended);
        try {
            c.function(ex_, boost::asio::bind_cancellation_slot(c.cancel.slot(), bound));
        } catch (...) {
            ended(errc::operation_threw);
        }
    }

    void ended(check& c, std::uint64_t number, error_code ec)
    {
        {
            std::lock_guard const lock(mutex_);
            if (number != c.run) {
                return; // it threw, and completed all the same
            }
            ++c.run;
            c.machine.ended(ec, clock().now(), random_.unit());
            c.wanted = c.wanted && !c.machine.settled();
            publish();
        }
        tick();
    }

    // What follows from a change; under the lock.
    void follow()
    {
        publish();
        time_point next = time_point::max();
        for (auto const& each : checks_) {
            if (is_looked_after(each)) {
                next = std::min(next, each.machine.next_at());
            }
        }
        if (next != time_point::max()) {
            alarm_->set(next);
        }
    }

    void publish()
    {
        time_point until = where_ == lifecycle::ready ? time_point::max() : time_point::min();
        for (auto const& each : checks_) {
            if (each.critical == criticality::hard) {
                bool const well = each.machine.believed() == health_status::ok;
                until = std::min(until, well ? each.machine.good_until() : time_point::min());
            }
        }
        ready_until_.store(until.time_since_epoch().count());
        if (ready()) {
            latched_.store(true, std::memory_order_release);
        }
    }

    void tell_settled() const
    {
        if (is_settled()) {
            settled.happen();
        }
    }

    executor const ex_;
    mutable std::mutex mutex_{};
    std::deque<check> checks_{}; // stay where they are
    core::generator random_;
    std::unique_ptr<quiet_alarm> alarm_{};
    lifecycle where_ = lifecycle::starting;
    bool stopped_ = false;
    std::atomic<bool> started_{false};
    std::atomic<bool> latched_{false};
    std::atomic<duration::rep> ready_until_{time_point::min().time_since_epoch().count()};
};

} // namespace resil::service::detail

#endif // RESIL_SERVICE_DETAIL_HEALTH_STATE_HPP
