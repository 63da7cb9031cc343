// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_STRESS_TOGETHER_HPP
#define RESIL_TESTS_STRESS_TOGETHER_HPP

#include <barrier>
#include <thread>
#include <vector>

namespace stress {

constexpr int threads = 8;

/// Runs a function on eight threads that start together; it is told which one it is.
template <class Function>
void together(Function function)
{
    std::barrier begin(threads);
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i) {
        running.emplace_back([&, i] {
            begin.arrive_and_wait();
            function(i);
        });
    }
}

} // namespace stress

#endif // RESIL_TESTS_STRESS_TOGETHER_HPP
