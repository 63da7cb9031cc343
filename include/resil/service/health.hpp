// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_HEALTH_HPP
#define RESIL_SERVICE_HEALTH_HPP

#include <resil/core/health_options.hpp>
#include <resil/core/health_report.hpp>
#include <resil/core/saturate.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/error.hpp>
#include <resil/service/detail/check_function.hpp>
#include <resil/service/detail/health_state.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <string>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::service {

/// What `health` runs: a function that is given a handler, a coroutine, or what is known at once.
template <class Check>
concept health_check = detail::checks<Check>;

/**
 * Checks what a service depends on, and says whether it is ready.
 *
 * Each check is run by itself, in the background, a little more often than its `ttl`; an answer is what is in memory. It
 * is `ok`, `failing`, or `unknown` before the first result and when the last one is three times as old as it should be.
 * The service is ready while its lifecycle says so and every hard check is `ok`; a soft one that is not makes it
 * degraded, and ready. A failure is confirmed within moments (`fail_after`, `confirm_after`), so that one lost packet
 * changes nothing, and bad news are still no older than `ttl`, plus what runs take that hang until their timeout.
 *
 * A check is
 *
 *     void(any_io_executor const&, handler)     // calls handler(error_code), once
 *     awaitable<void>()                         // or throws
 *     error_code()                              // what is known anyway, as a pool's numbers
 *
 * Only one run of a check is ever in flight: one whose time is up counts as failed, is cancelled (`terminal`), and as
 * long as it does not end all the same no other is started.
 *
 * A handle: copies share the checks, which end with the last one.
 *
 * Executor: checks run on a strand of the one that is given.
 * Lifetimes: the execution context must outlive it. Background checks do not keep `run()` from returning, but for those
 * that run.
 * Thread safety: safe, shared objects too.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`, and what the system's random source throws where no seed is
 * given. What a check throws is a failure: the code of a `system_error`, else `errc::operation_threw`.
 * Calls: the checks, outside of any lock.
 * Cost: `ready()` is an atomic read and one of the coarse clock, some nanoseconds; nothing is shared with requests.
 *
 * Example:
 *
 *     resil::service::health health(context.get_executor());
 *     health.add("orders", resil::criticality::hard, ask_orders);
 *     health.add("prices", resil::criticality::soft, ask_prices, {.timeout = 300ms});
 *     health.start();
 *     health.set_lifecycle(resil::lifecycle::ready); // warmed up
 *     leaving.on_not_ready([health] { health.set_lifecycle(resil::lifecycle::draining); });
 */
class health
{
    using state = detail::health_state;

public:
    /// Has no checks yet, and is `lifecycle::starting`. Throws `invalid_option`, `bad_alloc`.
    health(boost::asio::any_io_executor const& ex, health_options const& options)
        : handle_(std::make_shared<handle>((options.validate(), std::make_shared<state>(ex, options))))
    {
    }

    /// The same, with the default options.
    explicit health(boost::asio::any_io_executor const& ex) : health(ex, health_options()) {}

    /**
     * Adds a check, at any time.
     *
     * Throws `invalid_option` for options out of range, for a name that is none (1 to 64 letters, digits, `_-.:/`), or that
     * another check has; `bad_alloc`.
     */
    template <health_check Check>
    void add(std::string name, criticality critical, Check check, health_check_options const& options) const
    {
        handle_->shared->add(std::move(name), critical, detail::as_check_function(std::move(check)), options);
    }

    /// The same, with the default options.
    template <health_check Check>
    void add(std::string name, criticality critical, Check check) const
    {
        add(std::move(name), critical, std::move(check), health_check_options());
    }

    /// Begins to check. Throws `bad_alloc`.
    void start() const { handle_->shared->start(); }

    /// Runs no check any more, for good, and cancels what runs; what is known grows old. Throws `bad_alloc`.
    void stop() const { handle_->shared->stop(); }

    /// Says where the service is in its life. Throws what a mutex throws.
    void set_lifecycle(lifecycle where) const { handle_->shared->set(where); }

    /// Says whether the service takes requests now: what a readiness probe asks. Throws nothing.
    bool ready() const noexcept { return handle_->shared->ready(); }

    /// Says whether it was ready once: what a startup probe asks. Throws nothing.
    bool started() const noexcept { return handle_->shared->has_started(); }

    /// Returns what is known. Throws `bad_alloc`.
    health_report report() const { return handle_->shared->report(); }

    /**
     * Returns what is known after what was too old has been checked anew, or `answer_within` has passed.
     *
     * All who ask at one time share a run. It is nobody's in particular: who gives up ends their own waiting, not the
     * run. With `health_refresh::on_demand` this is what runs checks; in the background there is mostly nothing to wait for.
     *
     * Executor: that of the coroutine.
     * Cancellation: all three types; ends the waiting.
     * Errors: none but that.
     * Lifetimes: the object may be gone before it ends.
     * Exceptions: `system_error` with `operation_aborted` if it was cancelled; `bad_alloc`.
     * Cost: three allocations, and the report.
     */
    boost::asio::awaitable<health_report> fresh_report() const
    {
        auto const kept = handle_;
        state& s = *kept->shared;
        s.demand();
        time_point const until = core::plus(s.clock().now(), s.options.answer_within);
        auto const is_settled = [&s] { return s.is_settled(); };
        auto const token = boost::asio::as_tuple(boost::asio::use_awaitable);
        auto const [ec] = co_await s.settled.async_wait(is_settled, until, token);
        if (ec && ec != errc::timed_out) {
            throw boost::system::system_error(ec);
        }
        co_return s.report();
    }

private:
    /// What the copies share; at its end the checks end.
    struct handle
    {
        explicit handle(std::shared_ptr<state> s) : shared(std::move(s)) {}
        handle(handle const&) = delete;
        handle& operator=(handle const&) = delete;

        ~handle()
        {
            try {
                shared->stop();
            } catch (...) {
                // Without memory to cancel it, what runs ends by itself.
            }
        }

        std::shared_ptr<state> const shared;
    };

    std::shared_ptr<handle> handle_;
};

} // namespace resil::service

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_SERVICE_HEALTH_HPP
