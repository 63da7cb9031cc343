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

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace storefront {

namespace {

[[noreturn]] void fail(char const* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

} // namespace

prefork::prefork(std::size_t workers, work what) : size_(workers), work_(std::move(what))
{
    sigemptyset(&listened_to_);
    for (int const signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) {
        sigaddset(&listened_to_, signal);
    }
}

int prefork::run()
{
    sigprocmask(SIG_BLOCK, &listened_to_, &before_); // they are waited for
    while (!stopping_ || !workers_.empty()) {
        while (!stopping_ && staying() < size_) {
            start_worker(0);
        }
        wait_for_news();
    }
    return exit_code_;
}

std::size_t prefork::staying() const
{
    auto const stays = [](worker const& w) { return !w.leaving && w.predecessor == 0; };
    return static_cast<std::size_t>(std::ranges::count_if(workers_, stays));
}

void prefork::start_worker(pid_t predecessor)
{
    int ends[2];
    if (pipe(ends) != 0) {
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
    workers_.push_back({pid, ends[0], generation_, predecessor});
}

int prefork::be_worker(int ready_pipe) const
try {
    sigprocmask(SIG_SETMASK, &before_, nullptr);
    return work_([ready_pipe] {
        [[maybe_unused]] auto const told = write(ready_pipe, "r", 1);
        close(ready_pipe);
    });
} catch (std::exception const& e) {
    log(e.what());
    return 1;
}

/// A signal, or a worker that says that it is ready.
void prefork::wait_for_news()
{
    timespec const soon{0, 20'000'000}; // pipes are looked at between signals
    int const signal = sigtimedwait(&listened_to_, nullptr, &soon);
    if (signal > 0) {
        obey(signal);
    }
    look_for_the_ready();
}

void prefork::obey(int signal)
{
    switch (signal) {
    case SIGCHLD: look_for_the_dead(); break;
    case SIGHUP:
        log("replacing all workers");
        ++generation_;
        break;
    default: stop();
    }
}

void prefork::stop()
{
    stopping_ = true;
    for (worker& each : workers_) {
        each.leaving = true;
        kill(each.pid, SIGTERM);
    }
}

void prefork::look_for_the_dead()
{
    int status = 0;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
        auto const dead = std::ranges::find(workers_, pid, &worker::pid);
        if (dead != workers_.end()) {
            mourn(*dead, status);
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
    }
    if (dead.ready_pipe != -1) {
        close(dead.ready_pipe);
    }
}

void prefork::look_for_the_ready()
{
    for (worker& each : workers_) {
        pollfd pipe{each.ready_pipe, POLLIN, 0};
        if (each.ready_pipe != -1 && poll(&pipe, 1, 0) == 1) {
            close(each.ready_pipe);
            each.ready_pipe = -1;
            log(fmt::format("worker {} is ready", each.pid));
            be_succeeded(std::exchange(each.predecessor, 0));
        }
    }
    replace_next();
}

void prefork::be_succeeded(pid_t predecessor)
{
    auto const old = std::ranges::find(workers_, predecessor, &worker::pid);
    if (old != workers_.end() && !old->leaving) {
        old->leaving = true;
        kill(old->pid, SIGTERM);
    }
}

/// One at a time: none is replaced before the successor of the one before it is ready.
void prefork::replace_next()
{
    auto const is_successor = [](worker const& w) { return w.predecessor != 0; };
    auto const is_old = [this](worker const& w) { return w.generation != generation_ && !w.leaving; };
    auto const old = std::ranges::find_if(workers_, is_old);
    if (!stopping_ && old != workers_.end() && std::ranges::none_of(workers_, is_successor)) {
        start_worker(old->pid);
    }
}

} // namespace storefront
