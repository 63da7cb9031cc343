// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_LANE_HPP
#define RESIL_CORE_CIRCUIT_LANE_HPP

#include <resil/core/cache_line.hpp>
#include <resil/core/circuit_admission.hpp>
#include <resil/core/circuit_machine.hpp>
#include <resil/error.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace resil::core {

/// Returns a number for the calling thread; threads are numbered as they come.
inline std::size_t thread_number() noexcept
{
    static std::atomic<std::size_t> last{0};
    static thread_local std::size_t number = 0; // zero: none yet
    if (number == 0) {
        number = last.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    return number;
}

/**
 * Lets calls pass a circuit that admits everything, and counts their successes, without a lock.
 *
 * A plain success, one that was not slow, never opens a circuit. So between two questions to
 * the machine successes may be counted in any order and place: here, each thread on a cache
 * line of its own. All else goes to the machine, under the mutex that guards it, as
 *
 *     lane.drain(machine);        // what passed so far is older than the question
 *     machine.record(...);
 *     lane.follow(machine);       // what passes from now on belongs to the new state
 *
 * Each count carries the generation that it belongs to, in the same word, so that a success of
 * an old generation is not counted in a new one: with a new generation `follow` drops what came
 * after the change, late as the machine's own late results are. (A thread that sleeps within
 * `record_success` for exactly 2^32 changes of state may count one success wrongly.)
 *
 * In a time window the lane counts for the current bucket only; a success after its end goes to
 * the machine, which begins the next one.
 *
 * Thread safety: `admit`, `admit_untimed`, `record_success` and `times_calls` from any threads;
 * `drain` and `follow` under the machine's mutex. Nothing allocates, nothing throws.
 * Cost: one atomic addition for an admission, and one for a success.
 */
class circuit_lane
{
public:
    /// Follows a new machine.
    explicit circuit_lane(circuit_machine const& machine) noexcept { follow(machine); }

    circuit_lane(circuit_lane const&) = delete;
    circuit_lane& operator=(circuit_lane const&) = delete;

    /// Admits a call if all are admitted; else the machine has to decide.
    std::optional<circuit_permit> admit() noexcept
    {
        auto const generation = gate_.load(relaxed);
        if (generation == shut) {
            return {};
        }
        mine().admitted.fetch_add(1, relaxed);
        return circuit_permit{generation, 0};
    }

    /// Admits a call if, besides, nobody will ask when it was admitted should it succeed.
    std::optional<circuit_permit> admit_untimed() noexcept
    {
        bool const timed = bucket_end_.load(relaxed) != time_point::max() || times_calls();
        return timed ? std::nullopt : admit();
    }

    /// Says whether a success may be slow, so that it matters how long it took.
    bool times_calls() const noexcept { return slow_after_.load(relaxed) > duration::zero(); }

    /// Counts a success; false, and nothing happens, if it is for the machine: a slow one, a
    /// probe's, one of another generation, or one after the current bucket of a time window.
    bool record_success(circuit_permit permit, duration elapsed, time_point now) noexcept
    {
        bool const slow = times_calls() && elapsed >= slow_after_.load(relaxed);
        if (permit.probe != 0 || slow || now >= bucket_end_.load(relaxed)) {
            return false;
        }
        auto& successes = mine().successes;
        auto before = successes.load(relaxed);
        while (belongs_to(permit.generation, before) && count(before) != count_mask) {
            if (successes.compare_exchange_weak(before, before + 1, relaxed)) {
                return true;
            }
        }
        return false;
    }

    /// Tells the machine what was counted since the last time.
    void drain(circuit_machine& machine) noexcept
    {
        std::uint64_t admitted = 0;
        std::uint64_t successes = 0;
        for (auto& s : shards_) {
            admitted += take(s.admitted, 0);
            successes += count(take(s.successes, none_of(generation_)));
        }
        machine.count_admitted(admitted);
        machine.record_successes(successes);
    }

    /// Opens or shuts, as befits the state that the machine has now.
    void follow(circuit_machine const& machine) noexcept
    {
        set(slow_after_, machine.options().slow_call_duration);
        set(bucket_end_, machine.bucket_end());
        if (machine.generation() != generation_) {
            generation_ = machine.generation();
            for (auto& s : shards_) {
                s.successes.store(none_of(generation_), relaxed);
            }
        }
        set(gate_, machine.admits_all() ? generation_ : shut);
    }

private:
    // Every word stands for itself: nothing else is published through one.
    static constexpr auto relaxed = std::memory_order_relaxed;

    static constexpr std::uint64_t shut = std::numeric_limits<std::uint64_t>::max();
    static constexpr std::uint64_t count_mask = std::numeric_limits<std::uint32_t>::max();
    static constexpr int count_bits = 32;
    static constexpr std::size_t shard_count = 8;

    struct alignas(cache_line) shard
    {
        std::atomic<std::uint64_t> successes{0}; // above the count: the generation's lower half
        std::atomic<std::uint64_t> admitted{0};
    };

    shard& mine() noexcept { return shards_[thread_number() % shard_count]; }

    static std::uint64_t count(std::uint64_t word) noexcept { return word & count_mask; }

    static std::uint64_t none_of(std::uint64_t generation) noexcept
    {
        return generation << count_bits;
    }

    static bool belongs_to(std::uint64_t generation, std::uint64_t word) noexcept
    {
        return word - count(word) == none_of(generation);
    }

    // Most questions find most words as they left them; a look does not take the line away.
    static std::uint64_t take(std::atomic<std::uint64_t>& word, std::uint64_t none) noexcept
    {
        return word.load(relaxed) == none ? none : word.exchange(none, relaxed);
    }

    template <class T>
    static void set(std::atomic<T>& word, T value) noexcept
    {
        if (word.load(relaxed) != value) {
            word.store(value, relaxed);
        }
    }

    std::array<shard, shard_count> shards_{};

    // Read by every call, and written when the state or the bucket changes.
    alignas(cache_line) std::atomic<std::uint64_t> gate_{shut};
    std::atomic<duration> slow_after_{duration::zero()};
    std::atomic<time_point> bucket_end_{time_point::min()};
    std::uint64_t generation_ = 0; // of the counts; under the mutex
};

} // namespace resil::core

#endif // RESIL_CORE_CIRCUIT_LANE_HPP
