// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Keeps a second thread alive: in a process that has only one, glibc's mutexes and libstdc++'s
// shared pointers skip their atomic instructions, and everything looks cheaper than it will be.

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace {

void wait_for(std::stop_token stop)
{
    std::mutex guard;
    std::condition_variable_any never;
    std::unique_lock lock(guard);
    never.wait(lock, stop, [] { return false; });
}

std::jthread const idle(wait_for);

} // namespace
