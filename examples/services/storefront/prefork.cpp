// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "prefork.hpp"

#include "log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace storefront {

using namespace std::chrono_literals;

namespace {

constexpr int all_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

volatile std::sig_atomic_t told_to_end = 0;
volatile std::sig_atomic_t told_to_replace = 0;

void note_signal(int signal)
{
    if (signal == SIGHUP) {
        told_to_replace = 1;
    } else if (signal != SIGCHLD) { // that one only ends a wait
        told_to_end = 1;
    }
}

void handle_signals(void (*how)(int))
{
    struct sigaction action{};
    action.sa_handler = how;
    for (int const signal : all_signals) {
        sigaction(signal, &action, nullptr);
    }
}

[[noreturn]] void fail(char const* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

} // namespace

void foreman::say(char word) const
{
    [[maybe_unused]] auto const said = write(pipe_, &word, 1);
}

prefork::prefork(prefork_options const& options, work what) : options_(options), work_(std::move(what)) {}

int prefork::run()
{
    sigset_t listened_to;
    sigemptyset(&listened_to);
    for (int const signal : all_signals) {
        sigaddset(&listened_to, signal);
    }
    sigprocmask(SIG_BLOCK, &listened_to, &usual_signals_); // they come while it waits, and at no other time
    handle_signals(note_signal);
    while (!stopping_ || !workers_.empty()) {
        fill_up();
        wait_for_news();
        obey_signals();
        std::ranges::for_each(workers_, [this](worker& each) { listen_to(each); });
        bury_the_dead();
        kill_the_stalled();
        replace_next();
    }
    return exit_code_;
}

void prefork::fill_up()
{
    auto const counts = [](worker const& w) { return !w.leaving && w.predecessor == 0; };
    auto staying = static_cast<std::size_t>(std::ranges::count_if(workers_, counts));
    while (!stopping_ && staying < options_.workers && clock::now() >= no_start_before_) {
        start_worker(0);
        ++staying;
    }
}

void prefork::start_worker(pid_t predecessor)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        fail("pipe");
    }
    pid_t const pid = fork();
    if (pid == -1) {
        fail("fork");
    }
    if (pid == 0) {
        close(ends[0]);
        _exit(be_worker(ends[1]));
    }
    close(ends[1]);
    worker started{pid, ends[0]};
    started.predecessor = predecessor;
    started.give_up_at = clock::now() + options_.stalled_after;
    workers_.push_back(started);
}

int prefork::be_worker(int pipe) const
try {
    std::ranges::for_each(workers_, [](worker const& sibling) { close(sibling.pipe); });
    handle_signals(SIG_DFL);
    setpgid(0, 0); // Ctrl-C is for the first process alone, which tells the others
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGTERM); // nobody looks after it any more
#endif
    sigprocmask(SIG_SETMASK, &usual_signals_, nullptr);
    return work_(foreman(pipe));
} catch (std::exception const& e) {
    log(e.what());
    return 1;
}

/// A signal, or a worker that says something.
void prefork::wait_for_news() const
{
    std::vector<pollfd> pipes;
    for (worker const& each : workers_) {
        pipes.push_back({each.pipe, POLLIN, 0});
    }
    timespec const longest{0, 250'000'000};
    ppoll(pipes.data(), pipes.size(), &longest, &usual_signals_);
}

void prefork::obey_signals()
{
    if (std::exchange(told_to_end, 0) != 0) {
        stop();
    }
    if (std::exchange(told_to_replace, 0) != 0) {
        log("replacing all workers");
        std::ranges::for_each(workers_, [](worker& each) { each.is_worn_out = true; });
    }
}

void prefork::stop()
{
    stopping_ = true;
    std::ranges::for_each(workers_, [this](worker& each) { tell_to_leave(each); });
}

/// Says whether that is news.
bool prefork::note_leaving(worker& old) const
{
    bool const is_news = !std::exchange(old.leaving, true);
    if (is_news) {
        old.give_up_at = clock::now() + options_.grace;
    }
    return is_news;
}

/// Whoever leaves already is not told again: that would be a second signal, which means "at once".
void prefork::tell_to_leave(worker& old) const
{
    if (note_leaving(old)) {
        kill(old.pid, SIGTERM);
    }
}

void prefork::listen_to(worker& each)
{
    char words[64];
    auto const size = read(each.pipe, words, sizeof words);
    for (ssize_t i = 0; i < size; ++i) {
        hear(each, words[i]);
    }
}

void prefork::hear(worker& from, char word)
{
    if (!from.leaving) {
        from.give_up_at = clock::now() + options_.stalled_after;
    }
    if (word == 'x') {
        from.is_worn_out = true;
    } else if (word == 'l') {
        note_leaving(from);
    } else if (word == 'r') {
        log(fmt::format("worker {} is ready", from.pid));
        failures_ = 0;
        auto const old = std::ranges::find(workers_, std::exchange(from.predecessor, 0), &worker::pid);
        if (old != workers_.end()) {
            tell_to_leave(*old);
        }
    }
}

void prefork::bury_the_dead()
{
    int status = 0;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
        auto const dead = std::ranges::find(workers_, pid, &worker::pid);
        if (dead != workers_.end()) {
            mourn(*dead, status);
            close(dead->pipe);
            workers_.erase(dead);
        }
    }
}

void prefork::mourn(worker const& dead, int status)
{
    int const code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    log(fmt::format("worker {} ended with {}", dead.pid, code));
    if (stopping_) {
        exit_code_ = std::max(exit_code_, code);
    } else if (code != 0) {
        no_start_before_ = clock::now() + 100ms * (1 << std::min(failures_++, 7));
    }
}

void prefork::kill_the_stalled() const
{
    for (worker const& each : workers_) {
        if (clock::now() >= each.give_up_at) {
            log(fmt::format("worker {} {}", each.pid, each.leaving ? "does not end" : "is stalled"));
            kill(each.pid, SIGKILL);
        }
    }
}

/// One at a time: none is replaced before the successor of the one before it is ready.
void prefork::replace_next()
{
    auto const is_successor = [](worker const& w) { return w.predecessor != 0; };
    auto const should_go = [](worker const& w) { return w.is_worn_out && !w.leaving; };
    auto const old = std::ranges::find_if(workers_, should_go);
    if (!stopping_ && old != workers_.end() && std::ranges::none_of(workers_, is_successor) &&
        clock::now() >= no_start_before_) {
        start_worker(old->pid);
    }
}

} // namespace storefront
