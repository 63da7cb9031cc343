// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Counts the system calls by which Asio's reactor sets its timer.

#include "support/counted_timers.hpp"

#include <atomic>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

std::atomic<std::size_t> timers_set{0};

} // namespace

std::size_t bench::timers_set_so_far() noexcept
{
    return timers_set.load(std::memory_order_relaxed);
}

extern "C" int timerfd_settime(int fd, int flags, itimerspec const* to,
                               itimerspec* from) noexcept
{
    timers_set.fetch_add(1, std::memory_order_relaxed);
    return int(::syscall(SYS_timerfd_settime, fd, flags, to, from));
}
