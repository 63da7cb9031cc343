// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_SHUTDOWN_HPP
#define RESIL_SERVICE_SHUTDOWN_HPP

#include <resil/core/shutdown_options.hpp>
#include <resil/core/shutdown_plan.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/error.hpp>
#include <resil/service/detail/shutdown_state.hpp>
#include <resil/service/in_flight.hpp>
#include <resil/service/stop_notice.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::service {

/// A server that takes leave in steps, as `http::server` does.
template <class Server>
concept takes_leave = requires(Server const& s) {
    s.close_politely();
    s.stop();
    s.cancel_streams();
    s.cancel();
    { s.counts().accepted } -> std::convertible_to<std::size_t>;
};

/// A pool that can be drained, as `connection_pool` can.
template <class Pool>
concept drains = requires(Pool const& p) { p.async_drain(duration(), resil::service::detail::drained_token()); };

/**
 * Ends a process without losing what it has taken on.
 *
 * | phase | what happens | ends |
 * |---|---|---|
 * | not ready | `on_not_ready`; background work is told | at once |
 * | balancer | servers serve, and say `Connection: close` | when no connection has arrived for `quiet`, or after `balancer_wait` |
 * | drain | servers stop; streams are told, and cancelled after `stream_grace` | when nothing is in flight |
 * | cancel | what is left is cancelled; only if the drain has run out of time | with it, or after `cancel_grace` |
 * | close | pools, metrics, hooks, in reverse order of their registration | each when it is done; none after `budget` |
 *
 * All of it is bounded by one `budget`, counted from the first signal. A second signal goes on to the cancellation at
 * once, and a third ends the process there and then, with `_exit`. Signals that come while the process still starts are
 * kept, and obeyed by `run`.
 *
 * Executor: callbacks, workers and hooks run on the one that is given; make it a strand if the context has several threads.
 * Lifetimes: servers and pools must outlive it; the execution context too.
 * Thread safety: `request` from any thread, at any time; everything else before `run`, from one thread.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`. What a callback or a hook throws counts as work cut
 * short, and the shutdown goes on.
 * Calls: what was registered.
 * Cost: an allocation for each thing that is registered.
 *
 * Example:
 *
 *     resil::service::shutdown leaving(context.get_executor(), {.budget = 25s});
 *     leaving.on_signals();
 *     leaving.on_not_ready([&] { ready = false; }); // the readiness probe says 503 from now on
 *     leaving.add_server(site);
 *     leaving.add_worker("prices", refresh);
 *     leaving.add_worker("peers", tell_peers);
 *     leaving.add_hook("metrics", flush_metrics); // the last that was added is the first to run
 *     asio::co_spawn(context, leaving.run(), [&](std::exception_ptr, int code) { exit_code = code; });
 */
class shutdown
{
    using state = detail::shutdown_state;

public:
    /// Background work: comes to an end after it was told to.
    using worker = std::function<boost::asio::awaitable<void>(stop_notice)>;
    /// What is done in the end, with the time that is left for it.
    using hook = std::function<boost::asio::awaitable<void>(duration)>;

    /// Waits for nothing yet. Throws `invalid_option`, `bad_alloc`.
    shutdown(boost::asio::any_io_executor const& ex, shutdown_options const& options)
        : notice_(ex), state_(std::make_shared<state>(ex, options))
    {
        options.validate();
    }

    /// The same, with the default options.
    explicit shutdown(boost::asio::any_io_executor const& ex) : shutdown(ex, shutdown_options()) {}

    shutdown(shutdown const&) = delete;
    shutdown& operator=(shutdown const&) = delete;

    /// Ends the wait for signals.
    ~shutdown() { state_->ignore_signals(); }

    /// Obeys SIGTERM and SIGINT from now on, and ignores SIGPIPE. Throws `system_error`, `bad_alloc`.
    void on_signals() { state_->obey_signals(); }

    /// Adds a function that makes readiness say no; several are called in their order. Throws `bad_alloc`.
    void on_not_ready(std::function<void()> told) { state_->not_ready.push_back(std::move(told)); }

    /// Adds a function that cancels work which no server, worker or pool knows of. Throws `bad_alloc`.
    void on_cancel(std::function<void()> cancel) { state_->cancellers.push_back(std::move(cancel)); }

    /// Adds a server. Throws `bad_alloc`.
    template <takes_leave Server>
    void add_server(Server const& server)
    {
        state_->servers.push_back({
            [&server] { server.close_politely(); },
            [&server] { server.stop(); },
            [&server] { server.cancel_streams(); },
            [&server] { server.cancel(); },
            [&server] { return static_cast<std::size_t>(server.counts().accepted); },
            [&server](duration patience, detail::drained_handler done) { server.async_drain(patience, std::move(done)); },
        });
    }

    /// Adds work that is waited for; the gate is closed when servers stop. Throws `bad_alloc`.
    void add_gate(in_flight gate) { state_->gates.push_back(std::move(gate)); }

    /**
     * Starts background work, which is waited for as requests are, and cancelled (`terminal`) as they are.
     *
     * A worker that throws before it was told to stop is a process that does half of its work: it is a request to shut
     * down, and the exit code is 1. Throws `bad_alloc`.
     */
    void add_worker(std::string name, worker work) { state_->start_worker(std::move(name), std::move(work), notice_); }

    /// Drains a pool in the end, and closes it if that takes longer than what is left of the budget. Throws `bad_alloc`.
    template <drains Pool>
    void add_pool(std::string name, Pool pool)
    {
        add_hook(std::move(name), [pool = std::move(pool)](duration rest) { return detail::drain_pool(pool, rest); });
    }

    /// Adds what is done in the end: last come, first served.
    /// What is left of the budget is shared by those that are left; a hook is cancelled when its share is over. Throws `bad_alloc`.
    void add_hook(std::string name, hook last) { state_->hooks.push_back({std::move(name), std::move(last)}); }

    /// Says that the service has become ready: from now on there is a balancer to wait for. Throws nothing.
    void started() noexcept { state_->serves.store(true, std::memory_order_release); }

    /// Begins, as a first signal does; later requests change nothing. Throws `bad_alloc`.
    void request() const { state_->request(); }

    /// Returns what background work is told by. Throws nothing.
    stop_notice notice() const noexcept { return notice_; }

    /// Returns the names of what was cut short, for the log; complete when `run` has ended. Throws `bad_alloc`.
    std::vector<std::string> cut_short() const { return state_->cut_short; }

    /**
     * Waits for a signal or a request, then ends everything in order; returns the exit code: 0 if all was drained, 1 if
     * something was cut short or a worker failed, 128 + N if a second signal came.
     *
     * Executor: must be awaited on the executor that was given.
     * Cancellation: none while the shutdown lasts.
     * Errors: none.
     * Lifetimes: this object must live until it has ended.
     * Exceptions: `bad_alloc`.
     * Cost: some allocations a phase.
     */
    boost::asio::awaitable<int> run()
    {
        auto const s = state_;
        co_await s->wait_for_request();
        core::shutdown_plan const plan(s->options, s->clock().now());
        s->call_all(s->not_ready, "on_not_ready");
        notice_.request();
        co_await s->wait_for_balancer(plan);
        co_await s->drain(plan);
        co_await s->cancel_rest(plan);
        co_await s->close(plan);
        s->ignore_signals();
        co_return core::shutdown_exit_code(!s->cut_short.empty(), s->hurrying_signal());
    }

private:
    stop_notice notice_;
    std::shared_ptr<state> state_;
};

} // namespace resil::service

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_SERVICE_SHUTDOWN_HPP
