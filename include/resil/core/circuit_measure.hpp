// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_MEASURE_HPP
#define RESIL_CORE_CIRCUIT_MEASURE_HPP

#include <resil/core/circuit_options.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace resil::core {

/// How many calls there were, and what became of them.
struct circuit_totals
{
    std::uint64_t calls = 0;
    std::uint64_t failures = 0;
    std::uint64_t slow = 0;

    constexpr circuit_totals& operator+=(circuit_totals const& other) noexcept
    {
        calls += other.calls;
        failures += other.failures;
        slow += other.slow;
        return *this;
    }

    constexpr circuit_totals& operator-=(circuit_totals const& other) noexcept
    {
        calls -= other.calls;
        failures -= other.failures;
        slow -= other.slow;
        return *this;
    }

    friend bool operator==(circuit_totals const&, circuit_totals const&) = default;
};

/**
 * Counts the calls of a circuit breaker's window, and forgets those that left it.
 *
 * A time window is a ring of buckets: a call belongs to the bucket of its moment, and the
 * window is the newest bucket and those before it. A count window is a ring of calls. In
 * consecutive mode, all calls since `clear` are counted.
 *
 * Thread safety: none. Allocates in the constructor and in `resized` only. Recording takes
 * constant time, apart from emptying the buckets that passed since the last call.
 */
class circuit_measure
{
public:
    /// Starts empty; the window has been validated.
    explicit circuit_measure(circuit_window window) : window_(window)
    {
        auto const size = static_cast<std::size_t>(window.size());
        if (window.what() == circuit_window::kind::time) {
            buckets_.resize(size);
        }
        if (window.what() == circuit_window::kind::count) {
            calls_.resize(size);
        }
    }

    /// Counts a call that ended at `now`, which does not go backwards.
    void record(bool failed, bool slow, time_point now) noexcept
    {
        circuit_totals const one{1, failed, slow};
        switch (window_.what()) {
        case circuit_window::kind::time: add(one, tick(now)); break;
        case circuit_window::kind::count: push(one); break;
        case circuit_window::kind::consecutive: totals_ += one; break;
        }
    }

    /// Counts so many calls that succeeded, at once. Takes as many steps, or as the window has
    /// if that is less.
    void record_successes(std::uint64_t calls, time_point now) noexcept
    {
        circuit_totals const some{calls, 0, 0};
        switch (window_.what()) {
        case circuit_window::kind::time: add(some, tick(now)); break;
        case circuit_window::kind::count:
            for (auto left = std::min<std::uint64_t>(calls, calls_.size()); left > 0; --left) {
                push({1, 0, 0});
            }
            break;
        case circuit_window::kind::consecutive: totals_ += some; break;
        }
    }

    /// Returns the end of the bucket that a moment belongs to, or less: a call from then on may
    /// belong to another one, a call before does not. Without buckets there is no end.
    time_point bucket_end(time_point t) const noexcept
    {
        if (window_.what() != circuit_window::kind::time) {
            return time_point::max();
        }
        auto const nearest_to_epoch = time_point(width() * tick(t));
        return t < time_point() ? nearest_to_epoch : plus(nearest_to_epoch, width());
    }

    /// Returns what the window held when the last call was recorded.
    circuit_totals const& totals() const noexcept { return totals_; }

    /// Returns what the window holds at a later moment. Looks at every bucket.
    circuit_totals totals(time_point now) const noexcept
    {
        if (window_.what() != circuit_window::kind::time) {
            return totals_;
        }
        circuit_totals sum;
        auto const passed = std::max<std::int64_t>(tick(now) - newest_, 0);
        for (std::int64_t age = 0; age < window_.size() - passed; ++age) {
            sum += buckets_[index(newest_ - age)];
        }
        return sum;
    }

    /// Forgets all calls.
    void clear() noexcept
    {
        totals_ = {};
        std::fill(buckets_.begin(), buckets_.end(), circuit_totals());
        oldest_ = 0;
    }

    /// Returns a measure of another window that holds the same calls, as far as they fit into
    /// it; of another kind of window: none. What a bucket held counts as having ended when it
    /// began.
    circuit_measure resized(circuit_window window) const
    {
        circuit_measure made(window);
        if (window.what() != window_.what()) {
            return made;
        }
        switch (window.what()) {
        case circuit_window::kind::time:
            for (std::int64_t age = window_.size() - 1; age >= 0; --age) {
                auto const began = time_point(width() * (newest_ - age));
                made.add(buckets_[index(newest_ - age)], made.tick(began));
            }
            break;
        case circuit_window::kind::count:
            for (std::size_t i = 0; i < totals_.calls; ++i) {
                made.push(unpack(calls_[(oldest_ + i) % calls_.size()]));
            }
            break;
        case circuit_window::kind::consecutive: made.totals_ = totals_; break;
        }
        return made;
    }

private:
    duration width() const noexcept { return window_.span() / window_.size(); }

    std::int64_t tick(time_point t) const noexcept { return t.time_since_epoch() / width(); }

    std::size_t index(std::int64_t tick) const noexcept
    {
        std::int64_t const size = window_.size();
        return static_cast<std::size_t>((tick % size + size) % size);
    }

    // An empty window may start anywhere; else all buckets that passed are emptied.
    void add(circuit_totals const& some, std::int64_t tick) noexcept
    {
        if (totals_.calls == 0) {
            newest_ = tick;
        }
        std::int64_t const passed = std::min<std::int64_t>(tick - newest_, window_.size());
        for (std::int64_t i = 1; i <= passed; ++i) {
            totals_ -= std::exchange(buckets_[index(newest_ + i)], {});
        }
        newest_ = std::max(newest_, tick);
        buckets_[index(newest_)] += some;
        totals_ += some;
    }

    // Until the ring is full, `oldest_` stays at its first place.
    void push(circuit_totals const& one) noexcept
    {
        if (totals_.calls < calls_.size()) {
            calls_[static_cast<std::size_t>(totals_.calls)] = pack(one);
        } else {
            totals_ -= unpack(std::exchange(calls_[oldest_], pack(one)));
            oldest_ = (oldest_ + 1) % calls_.size();
        }
        totals_ += one;
    }

    static constexpr unsigned char pack(circuit_totals const& one) noexcept
    {
        return static_cast<unsigned char>(one.failures | one.slow << 1);
    }

    static constexpr circuit_totals unpack(std::uint64_t bits) noexcept
    {
        return {1, bits & 1U, bits >> 1U};
    }

    circuit_window window_;
    circuit_totals totals_{};
    std::vector<circuit_totals> buckets_{}; // time
    std::int64_t newest_ = 0;               // the tick of the newest bucket
    std::vector<unsigned char> calls_{};    // count: bit 0 failed, bit 1 slow
    std::size_t oldest_ = 0;                // the place of the oldest call in a full ring
};

} // namespace resil::core

#endif // RESIL_CORE_CIRCUIT_MEASURE_HPP
