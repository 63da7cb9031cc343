// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_EVENT_HPP
#define RESIL_CORE_POOL_EVENT_HPP

#include <resil/core/pool_state.hpp>
#include <resil/error.hpp>

#include <cstdint>
#include <source_location>
#include <string_view>

namespace resil {

/// What happened to a pool.
enum class pool_event_kind
{
    opened,         ///< A connection was opened; `age` is how long that took.
    open_failed,    ///< A connect failed; see `error`.
    closed,         ///< A connection was closed; see `why`.
    ping_failed,    ///< A connection did not answer a ping; it is closed.
    leak_suspected, ///< A lease is out for too long: `age`, acquired at `where`.
    invalidated,    ///< All connections of a time were declared dead.
    suspected,      ///< A connection was lost; others of its time are pinged before use.
    paused,         ///< By hand: nothing is lent.
    resumed,        ///< By hand: the pause is over.
    resized,        ///< By hand: there may be more or fewer connections.
    draining,       ///< A drain has begun.
    drained,        ///< A drain is over: nothing is open, nobody waits.
    acquire_failed, ///< An acquire failed: see `failure`, and `age` for how long it waited.
};

/// Returns the name of a kind, as it is spelt in the enumeration.
constexpr std::string_view to_string(pool_event_kind kind) noexcept
{
    switch (kind) {
    case pool_event_kind::opened: return "opened";
    case pool_event_kind::open_failed: return "open_failed";
    case pool_event_kind::closed: return "closed";
    case pool_event_kind::ping_failed: return "ping_failed";
    case pool_event_kind::leak_suspected: return "leak_suspected";
    case pool_event_kind::invalidated: return "invalidated";
    case pool_event_kind::suspected: return "suspected";
    case pool_event_kind::paused: return "paused";
    case pool_event_kind::resumed: return "resumed";
    case pool_event_kind::resized: return "resized";
    case pool_event_kind::draining: return "draining";
    case pool_event_kind::drained: return "drained";
    case pool_event_kind::acquire_failed: return "acquire_failed";
    }
    return "unknown";
}

/// What happened, as it is told to the listener; valid during the call.
struct pool_event
{
    std::string_view pool{}; ///< The pool's name.
    pool_event_kind kind = pool_event_kind::opened; ///< Says which of the other members hold something.
    std::uint64_t connection = 0; ///< The number of the connection; zero if it is about none.
    error_code error{};           ///< Why a connect, a ping or an acquire failed, if known.
    pool_close why = pool_close::idle;         ///< With `closed`.
    pool_failure failure = pool_failure::none; ///< With `acquire_failed`.
    duration age{};               ///< How long it took, or has lasted; see the kinds.
    std::source_location where{}; ///< With `leak_suspected`: where it was acquired.
};

} // namespace resil

#endif // RESIL_CORE_POOL_EVENT_HPP
