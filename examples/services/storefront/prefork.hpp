// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_PREFORK_HPP
#define STOREFRONT_PREFORK_HPP

#include <csignal>
#include <functional>
#include <vector>

#include <sys/types.h>

namespace storefront {

/// Keeps a number of worker processes.
///
/// | signal | to it | to a worker |
/// |---|---|---|
/// | SIGTERM, SIGINT | all workers are told to end, and it ends with them | it is replaced |
/// | SIGHUP | all workers are replaced, one by one: an old one goes when its successor is ready | |
class prefork
{
public:
    /// What a worker does: calls `ready`, and returns its exit code.
    using work = std::function<int(std::function<void()> const& ready)>;

    prefork(std::size_t workers, work what);

    /// Returns the exit code: 0 if all workers ended with 0 when they were told to.
    int run();

private:
    struct worker
    {
        pid_t pid;
        int ready_pipe; ///< -1 once it has said so.
        int generation;
        pid_t predecessor; ///< Leaves when this one is ready; 0 for none.
        bool leaving = false;
    };

    void start_worker(pid_t predecessor);
    int be_worker(int ready_pipe) const;
    void wait_for_news();
    void obey(int signal);
    void look_for_the_dead();
    void mourn(worker const& dead, int status);
    void look_for_the_ready();
    void be_succeeded(pid_t predecessor);
    void replace_next();
    void stop();
    std::size_t staying() const;

    std::size_t size_;
    work work_;
    std::vector<worker> workers_; ///< The oldest first.
    int generation_ = 0;
    bool stopping_ = false;
    int exit_code_ = 0;
    sigset_t before_{};
    sigset_t listened_to_{};
};

} // namespace storefront

#endif // STOREFRONT_PREFORK_HPP
