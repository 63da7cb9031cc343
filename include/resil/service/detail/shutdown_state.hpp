// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_DETAIL_SHUTDOWN_STATE_HPP
#define RESIL_SERVICE_DETAIL_SHUTDOWN_STATE_HPP

#include <resil/attempt.hpp>
#include <resil/core/shutdown_options.hpp>
#include <resil/core/shutdown_plan.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/detail/occasion.hpp>
#include <resil/error.hpp>
#include <resil/service/in_flight.hpp>
#include <resil/service/stop_notice.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::service::detail {

using drained_handler = boost::asio::any_completion_handler<void(error_code)>;

/// What `async_drain` of a pool is asked with, to see whether it has one.
using drained_token = boost::asio::as_tuple_t<boost::asio::use_awaitable_t<>>;

template <class Pool>
boost::asio::awaitable<void> drain_pool(Pool pool, duration patience)
{
    auto const token = drained_token();
    auto const outcome = co_await pool.async_drain(patience, token);
    if (error_code const ec = std::get<0>(outcome)) {
        throw boost::system::system_error(ec);
    }
}

/// What a shutdown and all that it waits for share; on its executor, but for `request`.
class shutdown_state : public std::enable_shared_from_this<shutdown_state>
{
    struct server_steps
    {
        std::function<void()> close_politely;
        std::function<void()> stop;
        std::function<void()> cancel_streams;
        std::function<void()> cancel;
        std::function<std::size_t()> accepted;
        std::function<void(duration, drained_handler)> drain;
    };

    struct named_hook
    {
        std::string name;
        std::function<boost::asio::awaitable<void>(duration)> run;
    };

    struct background
    {
        std::string name;
        std::function<boost::asio::awaitable<void>(stop_notice)> work;
        boost::asio::cancellation_signal cancel{};
    };

    using awaitable = boost::asio::awaitable<void>;

public:
    shutdown_state(boost::asio::any_io_executor const& e, shutdown_options const& o)
        : options(o), ex_(e), asked_(e), progress_(e)
    {
    }

    timer_service& clock() const { return progress_.clock(); }

    int hurrying_signal() const noexcept { return hurrying_; }

    // Signals. Asio hands them over outside of the signal's context, so everything may be done there.

    void obey_signals()
    {
        std::signal(SIGPIPE, SIG_IGN); // a peer that is gone is an error of the write
        signals_.emplace(ex_, SIGINT, SIGTERM);
        wait_for_signal();
    }

    void ignore_signals()
    {
        if (signals_) {
            error_code ignored;
            signals_->cancel(ignored);
        }
    }

    void request()
    {
        requested_.store(true, std::memory_order_release);
        asked_.happen();
    }

    // The phases.

    awaitable wait_for_request()
    {
        auto const asked = [this] { return requested_.load(std::memory_order_acquire); };
        co_await asked_.async_wait(asked, time_point::max(), drained_token());
    }

    awaitable wait_for_balancer(core::shutdown_plan const& plan)
    {
        each_server(&server_steps::close_politely);
        if (!serves.load(std::memory_order_acquire)) {
            co_return;
        }
        auto const hurried = [this] { return is_hurried(); };
        std::size_t before = accepted();
        time_point until = plan.quiet_at(clock().now());
        bool quiet = false;
        while (!quiet) {
            co_await wait_until(hurried, until);
            std::size_t const now_accepted = accepted();
            bool const late = is_hurried() || clock().now() >= plan.accept_until();
            quiet = late || now_accepted == before;
            before = now_accepted;
            until = plan.quiet_at(clock().now());
        }
    }

    awaitable drain(core::shutdown_plan const& plan)
    {
        begin_drain(plan);
        auto const ended = [this] { return is_drained() || is_hurried(); };
        time_point const streams_until = plan.stream_until(clock().now());
        co_await wait_until(ended, streams_until);
        if (is_drained()) {
            co_return;
        }
        if (!is_hurried()) {
            each_server(&server_steps::cancel_streams);
        }
        co_await wait_until(ended, plan.drain_until());
    }

    awaitable cancel_rest(core::shutdown_plan const& plan)
    {
        if (is_drained()) {
            co_return;
        }
        note_unfinished();
        each_server(&server_steps::cancel);
        for (auto& each : workers_) {
            each.cancel.emit(boost::asio::cancellation_type::terminal);
        }
        call_all(cancellers, "on_cancel");
        auto const drained = [this] { return is_drained(); };
        time_point const until = plan.cancel_until(clock().now());
        co_await wait_until(drained, until);
    }

    awaitable close(core::shutdown_plan const& plan)
    {
        while (!hooks.empty()) {
            named_hook const last = std::move(hooks.back());
            duration const share = plan.rest(clock().now()) / static_cast<int>(hooks.size());
            hooks.pop_back();
            co_await close_one(last, share);
        }
    }

    // What is waited for.

    void start_worker(std::string name, std::function<awaitable(stop_notice)> work, stop_notice const& notice)
    {
        workers_.emplace_back(std::move(name), std::move(work));
        background& started = workers_.back();
        ++working_;
        boost::asio::co_spawn(ex_, started.work(notice),
                              boost::asio::bind_cancellation_slot(
                                  started.cancel.slot(),
                                  [self = shared_from_this(), &started, notice](std::exception_ptr failure) {
                                      self->worker_ended(started.name, failure && !notice.requested());
                                  }));
    }

    void call_all(std::vector<std::function<void()>> const& callbacks, char const* what)
    {
        for (auto const& each : callbacks) {
            try {
                each();
            } catch (...) {
                cut_short.emplace_back(what);
            }
        }
    }

    shutdown_options const options;
    std::atomic<bool> serves = false;
    std::vector<std::function<void()>> not_ready{};
    std::vector<std::function<void()>> cancellers{};
    std::vector<server_steps> servers{};
    std::vector<in_flight> gates{};
    std::vector<named_hook> hooks{};
    std::vector<std::string> cut_short{};

private:
    bool is_hurried() const noexcept { return hurrying_signal() != 0; }

    bool is_drained() const noexcept { return draining_ == 0 && working_ == 0; }

    void wait_for_signal()
    {
        signals_->async_wait([self = shared_from_this()](error_code ec, int signal) {
            if (!ec) {
                self->obey(signal);
                self->wait_for_signal();
            }
        });
    }

    void obey(int signal)
    {
        ++signals_seen_;
        if (signals_seen_ == 1) {
            return request();
        }
        if (signals_seen_ > 2) {
            std::_Exit(128 + signal);
        }
        hurrying_ = signal;
        progress_.happen();
    }

    std::size_t accepted() const
    {
        std::size_t all = 0;
        for (auto const& each : servers) {
            all += each.accepted();
        }
        return all;
    }

    void each_server(std::function<void()> server_steps::*step)
    {
        for (auto const& each : servers) {
            (each.*step)();
        }
    }

    void begin_drain(core::shutdown_plan const& plan)
    {
        draining_ = servers.size() + gates.size();
        each_server(&server_steps::stop);
        for (auto const& each : servers) {
            each.drain(plan.rest(clock().now()), ended_one());
        }
        for (auto const& each : gates) {
            each.close();
            each.async_wait_idle(plan.over_at(), ended_one());
        }
    }

    /// What is told that something was drained. One that was not is given up when the budget is over.
    drained_handler ended_one()
    {
        return drained_handler(boost::asio::bind_executor(ex_, [self = shared_from_this()](error_code ec) {
            if (!ec) {
                --self->draining_;
                self->progress_.happen();
            }
        }));
    }

    void worker_ended(std::string const& name, bool failed)
    {
        --working_;
        if (failed) {
            cut_short.push_back(name);
            request();
        }
        progress_.happen();
    }

    void note_unfinished()
    {
        if (draining_ > 0) {
            cut_short.emplace_back("work in flight");
        }
        if (working_ > 0) {
            cut_short.emplace_back("background work");
        }
    }

    template <class Condition>
    awaitable wait_until(Condition is_so, time_point until)
    {
        bool over = is_so();
        while (!over) {
            auto const [ec] = co_await progress_.async_wait(is_so, until, drained_token());
            over = ec == errc::timed_out || is_so();
        }
    }

    awaitable close_one(named_hook const& last, duration rest)
    {
        if (rest == duration::zero()) {
            cut_short.push_back(last.name);
            co_return;
        }
        timeout const bounded(rest);
        auto const run = [&last, rest](attempt const&) { return last.run(rest); };
        auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
        auto const [failure] = co_await bounded.async_call(run, std::move(token));
        if (failure) {
            cut_short.push_back(last.name);
        }
    }

    boost::asio::any_io_executor ex_;
    resil::detail::occasion asked_;
    resil::detail::occasion progress_;
    std::optional<boost::asio::signal_set> signals_{};
    std::atomic<bool> requested_ = false;
    int signals_seen_ = 0;
    int hurrying_ = 0; // the second signal
    std::list<background> workers_{};
    std::size_t draining_ = 0;
    std::size_t working_ = 0;
};

} // namespace resil::service::detail

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_SERVICE_DETAIL_SHUTDOWN_STATE_HPP
