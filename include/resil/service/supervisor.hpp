// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_SUPERVISOR_HPP
#define RESIL_SERVICE_SUPERVISOR_HPP

#include <resil/core/supervisor_options.hpp>
#include <resil/service/detail/supervised_processes.hpp>
#include <resil/service/worker_link.hpp>

#include <functional>
#include <string>
#include <utility>

namespace resil::service {

/**
 * Keeps a number of worker processes, which serve from one address (POSIX).
 *
 * What they listen on is opened before `run`, and all inherit it: see `listening_sockets`. The supervisor keeps it open, so
 * a worker can go without a connection being refused.
 *
 * | what happens | what it does |
 * |---|---|
 * | a worker crashes | starts another, after a delay that doubles with each crash until one is ready |
 * | a worker leaves, because somebody told it to, or is worn out | starts another at once |
 * | a worker was not heard of for `stall` | kills it, and starts another |
 * | SIGHUP | replaces all, one by one: each old one is told to end when its successor is ready |
 * | SIGTERM, SIGINT | tells all to end, waits, kills those that do not end within `grace`, and ends |
 * | the same again | tells them again, which means "at once" to a `shutdown` |
 *
 * A worker is told to end by SIGTERM, and is told so too if its supervisor ends (Linux).
 *
 * Lifetimes: what the work refers to lives in each worker as it was when that worker was forked.
 * Thread safety: none. No thread may run when `run` is called, nor anything of Asio: workers are forks.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`.
 * Calls: the work, in each worker; the listener, in the supervisor, and in a worker whose work throws.
 * Cost: a pipe for each worker.
 *
 * Example:
 *
 *     resil::service::supervisor workers({.workers = 2}, [&](resil::service::worker_link const& link) {
 *         return serve(sockets, link);
 *     });
 *     workers.on_event([](std::string const& what) { std::clog << what << "\n"; });
 *     return workers.run();
 */
class supervisor
{
public:
    /// What a worker does; returns its exit code.
    using work = std::function<int(worker_link const&)>;
    /// Is told in a sentence what happens to workers, for the log.
    using listener = std::function<void(std::string const&)>;

    /// Starts nothing yet. Throws `invalid_option`, `bad_alloc`.
    supervisor(supervisor_options const& options, work what) : options_(options), work_(std::move(what))
    {
        options.validate();
    }

    /// Has a function told what happens. Throws nothing.
    void on_event(listener told) noexcept { listener_ = std::move(told); }

    /**
     * Keeps workers until it is told to end; returns 0 if all of them ended with 0 then, else 1.
     *
     * Exceptions: `system_error` if signals cannot be listened to; `bad_alloc`. Workers then end by themselves.
     */
    int run() { return detail::supervised_processes(options_, work_, listener_).run(); }

private:
    supervisor_options options_;
    work work_;
    listener listener_{};
};

} // namespace resil::service

#endif // RESIL_SERVICE_SUPERVISOR_HPP
