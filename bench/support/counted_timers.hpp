// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef BENCH_SUPPORT_COUNTED_TIMERS_HPP
#define BENCH_SUPPORT_COUNTED_TIMERS_HPP

#include <cstddef>

namespace bench {

/// Returns how often this program has set a timer of the kernel (`timerfd_settime`) until now.
std::size_t timers_set_so_far() noexcept;

} // namespace bench

#endif // BENCH_SUPPORT_COUNTED_TIMERS_HPP
