// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_TIMER_WHEEL_HPP
#define RESIL_CORE_TIMER_WHEEL_HPP

#include <resil/config.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace resil::core {

/// A link of a circular list.
struct wheel_link
{
    wheel_link* prev = nullptr;
    wheel_link* next = nullptr;
};

/// A point in time that a wheel keeps; lives in the object that waits for it.
class wheel_timer : wheel_link
{
public:
    wheel_timer() = default;
    wheel_timer(wheel_timer const&) = delete;
    wheel_timer& operator=(wheel_timer const&) = delete;

    /// Returns the point in time that was last asked for.
    time_point at() const noexcept { return at_; }

    /// Says whether a wheel keeps it now.
    bool is_armed() const noexcept { return next != nullptr; }

protected:
    ~wheel_timer() = default;

private:
    friend class timer_wheel;

    time_point at_{};
};

/**
 * Keeps any number of timers, and finds those that are due: a hierarchy of timing wheels.
 *
 * Time is cut into ticks of a quarter of a millisecond. A wheel of 64 slots holds the timers of the 64 ticks
 * that begin where its hand stands; one slot of the next wheel holds as much as the whole wheel below, and is dealt
 * out to it when the hand gets there. A timer is dealt out at most once a wheel. It is due at the first tick that
 * does not begin before its time, so never early, and less than a tick late.
 *
 * Adding and removing take constant time, however many timers there are. `take_due` does a bounded piece of
 * work at a time, and steps over any gap in time at once. Timers of one time are due in the order in which they
 * were added.
 *
 * Source: G. Varghese and A. Lauck, "Hashed and Hierarchical Timing Wheels", scheme 7.
 *
 * Thread safety: none. Cost: no allocation; 8 KiB a wheel, and 24 bytes a timer in its own object.
 */
class timer_wheel
{
public:
    /// The precision: timers are due at multiples of it. A power of two, so that no division is needed.
    static constexpr duration tick_length = duration(1 << 18);

    RESIL_DECL timer_wheel() noexcept;

    timer_wheel(timer_wheel const&) = delete;
    timer_wheel& operator=(timer_wheel const&) = delete;

    /// Sets the hand of an empty wheel, so that what is added next finds its place at once.
    void begin(time_point now) noexcept { hand_ = tick_of(now); }

    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }

    /// Returns when a timer for `at` is due: at the first tick that does not begin before it.
    static constexpr time_point due_time(time_point at) noexcept
    {
        return begin_of(first_tick_not_before(at));
    }

    /// Adds a timer that no wheel keeps.
    RESIL_DECL void add(wheel_timer& timer, time_point at) noexcept;

    /// Removes a timer that this wheel keeps.
    RESIL_DECL void remove(wheel_timer& timer) noexcept;

    /// Returns when there will be something to do for `take_due`; `time_point::max()` if never.
    RESIL_DECL time_point next_event() const noexcept;

    /**
     * Removes and returns a timer that is due at `now`; null if there is none, or the work is used up.
     *
     * Every step of work moves one timer, out of the wheel or to a finer place in it, and takes one from `steps`.
     */
    RESIL_DECL wheel_timer* take_due(time_point now, int& steps) noexcept;

    /// Returns the timer of the earliest time, to the nanosecond; null if there is none. For clocks that stand
    /// still: looks at every timer of a tick.
    RESIL_DECL wheel_timer* earliest() noexcept;

private:
    static constexpr int bits_of_a_level = 6;
    static constexpr std::size_t slots_of_a_level = 1U << bits_of_a_level;
    static constexpr int bits_of_a_tick = std::countr_zero(std::uint64_t(tick_length.count()));
    static constexpr std::size_t level_count = 8; // 46 bits of ticks are all the time there is
    static constexpr std::uint64_t last_tick = ~std::uint64_t(0) >> bits_of_a_tick;

    /// A slot that holds timers, and the tick at which the hand reaches it.
    struct where
    {
        std::size_t level;
        std::size_t slot;
        std::uint64_t tick;
    };

    // Ticks are counted from the smallest point in time.
    static constexpr std::uint64_t since_smallest(time_point t) noexcept
    {
        return static_cast<std::uint64_t>(t.time_since_epoch().count()) ^ (std::uint64_t(1) << 63);
    }

    static constexpr std::uint64_t tick_of(time_point t) noexcept
    {
        return since_smallest(t) >> bits_of_a_tick;
    }

    static constexpr std::uint64_t first_tick_not_before(time_point t) noexcept
    {
        bool const begins_one = (since_smallest(t) & std::uint64_t(tick_length.count() - 1)) == 0;
        return std::min(tick_of(t) + std::uint64_t(!begins_one), last_tick);
    }

    static constexpr time_point begin_of(std::uint64_t tick) noexcept
    {
        auto const count = (tick << bits_of_a_tick) ^ (std::uint64_t(1) << 63);
        return time_point(duration(static_cast<duration::rep>(count)));
    }

    static constexpr int shift_of(std::size_t level) noexcept
    {
        return bits_of_a_level * static_cast<int>(level);
    }

    static constexpr std::size_t slot_of(std::uint64_t tick, std::size_t level) noexcept
    {
        return std::size_t(tick >> shift_of(level)) % slots_of_a_level;
    }

    /// Returns the level whose slots tell a later tick from the hand's own.
    RESIL_DECL std::size_t level_of(std::uint64_t tick) const noexcept;

    RESIL_DECL void place(wheel_timer& timer) noexcept;

    RESIL_DECL void place_again(wheel_link& slot) noexcept;

    // A slot at which the hand stands is dealt out before anything else: what it holds may be due first.
    RESIL_DECL where first_place() const noexcept;

    RESIL_DECL static wheel_timer& front(wheel_link& slot) noexcept;

    RESIL_DECL static void link_before(wheel_link& successor, wheel_link& link) noexcept;

    // The last one of a slot has the slot itself on both sides.
    RESIL_DECL void unlink(wheel_link& link) noexcept;

    RESIL_DECL void forget(wheel_link const& slot) noexcept;

    std::array<std::uint64_t, level_count> occupied_{}; // a bit a slot that is not empty
    std::uint64_t hand_ = 0;                            // nothing is kept for a tick before it
    std::size_t size_ = 0;
    std::array<std::array<wheel_link, slots_of_a_level>, level_count> slots_;
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/timer_wheel.ipp>
#endif

#endif // RESIL_CORE_TIMER_WHEEL_HPP
