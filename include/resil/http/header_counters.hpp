// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_HEADER_COUNTERS_HPP
#define RESIL_HTTP_HEADER_COUNTERS_HPP

#include <resil/config.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace resil::http {

/**
 * Counts the headers that were ignored because they were malformed.
 *
 * A cheap handle: copies share their counts, and whoever counts keeps them alive. A peer whose
 * headers are ignored works worse than it could, and nothing else says so: read it now and
 * then.
 *
 * Thread safety: every member, and copies, may be used from any threads at any time.
 * Exceptions: making one throws `bad_alloc`; nothing else throws.
 * Cost: making one allocates once; counting is one relaxed atomic addition.
 *
 * Example:
 *
 *     resil::http::header_counters counters;
 *     resil::http::judge_response judge{{.counters = counters}};
 *
 *     // For your metrics: grows when the peer sends a Retry-After that nobody can read.
 *     std::uint64_t unreadable() const { return counters.malformed_retry_after(); }
 */
class header_counters
{
public:
    /// Begins to count at zero.
    header_counters() : counts_(std::make_shared<counts>()) {}

    /// Shares the counts. Copied, never moved from: no handle is ever empty.
    header_counters(header_counters const&) noexcept = default;

    /// Shares the other's counts from now on.
    header_counters& operator=(header_counters const&) noexcept = default;

    /// Returns how many values of `Retry-After` were ignored.
    std::uint64_t malformed_retry_after() const noexcept { return load(counts_->retry_after); }

    /// Returns how many values of the remaining-time header were ignored.
    std::uint64_t malformed_remaining() const noexcept { return load(counts_->remaining); }

    /// Counts one malformed value of `Retry-After`.
    void count_malformed_retry_after() const noexcept { add_one(counts_->retry_after); }

    /// Counts one malformed value of the remaining-time header.
    void count_malformed_remaining() const noexcept { add_one(counts_->remaining); }

private:
    using counter = std::atomic<std::uint64_t>;

    struct counts
    {
        counter retry_after{0};
        counter remaining{0};
    };

    static std::uint64_t load(counter const& c) noexcept
    {
        return c.load(std::memory_order_relaxed);
    }

    static void add_one(counter& c) noexcept { c.fetch_add(1, std::memory_order_relaxed); }

    std::shared_ptr<counts> counts_;
};

} // namespace resil::http

#endif // RESIL_HTTP_HEADER_COUNTERS_HPP
