// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_GENERATIONS_HPP
#define RESIL_CORE_POOL_GENERATIONS_HPP

#include <resil/config.hpp>
#include <resil/core/tally.hpp>

#include <cstdint>

namespace resil::core {

/// What the loss of a connection says of others.
enum class pool_alarm
{
    none,    ///< Nothing.
    suspect, ///< Those of its time have become suspect.
    dead,    ///< Those of its time are dead.
};

/**
 * Knows which connections are dead and which are suspect, by integers, not by clocks.
 *
 * A connection carries the generation in which it was last known to be alive. The first loss of
 * a connection that nobody suspected makes all others of its time suspect: they are to be
 * pinged. The loss of a suspect one, with no proof of life of another between, makes all
 * suspects dead. So one flaky socket costs pings, not a hundred healthy connections; an outage
 * costs two failures; and what an older connection reports later changes nothing.
 */
class pool_generations
{
public:
    /// Returns the generation of a connection that begins to open, or to be pinged, now. May be
    /// called from any thread.
    std::uint64_t current() const noexcept { return current_; }

    /// Says whether connections of a generation must not be lent any more.
    bool dead(std::uint64_t generation) const noexcept { return generation <= dead_; }

    /// Says whether connections of a generation must be pinged before they are lent.
    bool suspect(std::uint64_t generation) const noexcept { return generation <= suspect_; }

    /// Returns the earliest generation that nobody suspects.
    std::uint64_t trusted_from() const noexcept { return suspect_ + 1; }

    /// Hears that a connection was lost.
    RESIL_DECL pool_alarm lost(std::uint64_t generation) noexcept;

    /// Hears that a suspect connection answered.
    void answered() noexcept { accused_ = false; }

    /// Declares all connections dead, unless `generation` is not the current one any more.
    RESIL_DECL bool invalidate(std::uint64_t generation) noexcept;

private:
    tally current_{1};
    std::uint64_t suspect_ = 0;
    std::uint64_t dead_ = 0;
    bool accused_ = false; // while some are suspect: one was lost, and none has answered since
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_generations.ipp>
#endif

#endif // RESIL_CORE_POOL_GENERATIONS_HPP
