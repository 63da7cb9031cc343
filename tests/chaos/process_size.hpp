// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CHAOS_PROCESS_SIZE_HPP
#define RESIL_TESTS_CHAOS_PROCESS_SIZE_HPP

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <malloc.h>
#include <stdexcept>
#include <string>

namespace soak {

/// What this process has of the system, after it has given back what it has freed.
struct process_size
{
    std::size_t descriptors = 0;
    std::size_t resident_kb = 0;
};

inline process_size measure_this_process()
{
    ::malloc_trim(0);
    process_size size;
    auto const count = std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
    size.descriptors = static_cast<std::size_t>(count);
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == "VmRSS:" && status >> size.resident_kb) {
            return size;
        }
    }
    throw std::runtime_error("/proc/self/status does not tell the resident size");
}

} // namespace soak

#endif // RESIL_TESTS_CHAOS_PROCESS_SIZE_HPP
