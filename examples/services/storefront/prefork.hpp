// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_PREFORK_HPP
#define STOREFRONT_PREFORK_HPP

#include <chrono>
#include <csignal>
#include <functional>
#include <vector>

#include <sys/types.h>

namespace storefront {

/// How a worker talks to the process that looks after it. One that is gone is no matter.
class foreman
{
public:
    explicit foreman(int pipe) : pipe_(pipe) {}

    void ready() const { say('r'); }      ///< It takes connections.
    void alive() const { say('a'); }      ///< To be said more often than `prefork_options::stalled_after`.
    void replace_me() const { say('x'); } ///< It is worn out: a successor should be started.
    void leaving() const { say('l'); }    ///< It was told to end, by whomever.

private:
    void say(char word) const;

    int pipe_;
};

struct prefork_options
{
    std::size_t workers;
    std::chrono::steady_clock::duration stalled_after; ///< A worker that was not heard of for so long is killed.
    std::chrono::steady_clock::duration grace;         ///< So is one that was told to end, and did not.
};

/// Keeps a number of worker processes.
///
/// | signal | to it | to a worker |
/// |---|---|---|
/// | SIGTERM, SIGINT | all workers are told to end, and it ends with them | it is replaced |
/// | SIGHUP | all workers are replaced, one by one: an old one goes when its successor is ready | |
///
/// A worker that is about to end is replaced at once; after one that failed there is a pause, longer each time.
class prefork
{
public:
    /// What a worker does; returns its exit code.
    using work = std::function<int(foreman const&)>;

    prefork(prefork_options const& options, work what);

    /// Returns the exit code: 0 if all workers ended with 0 when they were told to.
    int run();

private:
    using clock = std::chrono::steady_clock;

    struct worker
    {
        pid_t pid;
        int pipe;
        bool is_worn_out = false;
        pid_t predecessor = 0; ///< Is told to end when this one is ready.
        bool leaving = false;
        clock::time_point give_up_at{};
    };

    void fill_up();
    void start_worker(pid_t predecessor);
    int be_worker(int pipe) const;
    void wait_for_news() const;
    void obey_signals();
    void stop();
    void replace_next();
    bool note_leaving(worker& old) const;
    void tell_to_leave(worker& old) const;
    void bury_the_dead();
    void mourn(worker const& dead, int status);
    void listen_to(worker& each);
    void hear(worker& from, char word);
    void kill_the_stalled() const;

    prefork_options options_;
    work work_;
    std::vector<worker> workers_;
    bool stopping_ = false;
    int exit_code_ = 0;
    int failures_ = 0; ///< In a row.
    clock::time_point no_start_before_{};
    sigset_t usual_signals_{};
};

} // namespace storefront

#endif // STOREFRONT_PREFORK_HPP
