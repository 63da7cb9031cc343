// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_TALLY_HPP
#define RESIL_CORE_TALLY_HPP

#include <resil/config.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace resil::core {

/**
 * A number that one thread at a time changes, under some lock, and any thread may read without.
 *
 * It is used like a plain number, and costs as much: a change is a load and a store, not a
 * locked instruction. A reader sees it as it was at some moment; several are not seen at one.
 */
template <class T>
class relaxed
{
public:
    constexpr relaxed(T value = T()) noexcept : value_(value) {}

    relaxed(relaxed const&) = delete;

    operator T() const noexcept { return value_.load(std::memory_order_relaxed); }

    relaxed& operator=(relaxed const&) = delete;

    relaxed& operator=(T value) noexcept
    {
        value_.store(value, std::memory_order_relaxed);
        return *this;
    }

    relaxed& operator+=(T more) noexcept { return *this = static_cast<T>(*this + more); }
    relaxed& operator-=(T less) noexcept { return *this = static_cast<T>(*this - less); }
    relaxed& operator++() noexcept { return *this += 1; }
    relaxed& operator--() noexcept { return *this -= 1; }

private:
    std::atomic<T> value_;
};

/// A counter, or a gauge.
using tally = relaxed<std::uint64_t>;

/**
 * A value of more than one word that one thread at a time changes, and any thread may read.
 *
 * There are two places: one is read while the other is written. A reader starts again if a
 * change was finished meanwhile, so it never waits for a writer.
 */
template <class T>
    requires std::is_trivially_copyable_v<T>
class published
{
public:
    published() noexcept { set(T()); }

    published(published const&) = delete;
    published& operator=(published const&) = delete;

    /// Changes it; one thread at a time.
    void set(T const& value) noexcept
    {
        std::uint64_t const version = version_.load(std::memory_order_relaxed) + 1;
        std::array<std::uint64_t, words> copy{};
        std::memcpy(copy.data(), &value, sizeof(T));
        for (std::size_t i = 0; i < words; ++i) {
            places_[version % 2][i].store(copy[i], std::memory_order_release);
        }
        version_.store(version, std::memory_order_release);
    }

    /// Returns what was set last.
    T get() const noexcept
    {
        // A word of a later change brings the version before that change along with it, and so
        // gives the mixture away.
        for (;;) {
            std::uint64_t const version = version_.load(std::memory_order_acquire);
            std::array<std::uint64_t, words> copy{};
            for (std::size_t i = 0; i < words; ++i) {
                copy[i] = places_[version % 2][i].load(std::memory_order_acquire);
            }
            if (version_.load(std::memory_order_relaxed) == version) {
                T value;
                std::memcpy(static_cast<void*>(&value), copy.data(), sizeof(T));
                return value;
            }
        }
    }

private:
    static constexpr std::size_t words = (sizeof(T) + 7) / 8;

    std::array<std::array<std::atomic<std::uint64_t>, words>, 2> places_{};
    std::atomic<std::uint64_t> version_{0};
};

} // namespace resil::core

#endif // RESIL_CORE_TALLY_HPP
