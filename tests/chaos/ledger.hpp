// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CHAOS_LEDGER_HPP
#define RESIL_TESTS_CHAOS_LEDGER_HPP

/// @file The tables of the soak, and what they say about it afterwards.
///
/// Why duplicates are seen: `effects` takes any row as often as it comes, and says whose call
/// it belongs to by the writer's own count, of which resil knows nothing. One statement, hence
/// one transaction, adds the key of the call to `seen_keys`, and a row to `effects` only if
/// that key was not there yet. So a call leaves two rows if its attempts carried different
/// keys, and none if it carried the key of another call, or was acknowledged though it never
/// ran; `seen_keys` alone could tell none of these.

#include "chaos/witness.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <vector>

namespace soak {

inline constexpr char const* make_tables = R"(
    create table seen_keys (key text primary key);
    create table effects (writer int not null, number int not null);
)";

/// $1: the key; $2 and $3: whose call, and which of them; $4 comes back.
inline constexpr char const* write = R"(
    with fresh as (
        insert into seen_keys values ($1) on conflict do nothing returning key
    ), effect as (
        insert into effects select $2::int, $3::int from fresh
    )
    select $4::text
)";

/// What a writer knows of its calls: numbers 1 to `made`, all acknowledged but the failed ones.
struct account
{
    int writer = 0;
    int made = 0;
    std::vector<int> failed{};
    std::size_t wrong_reply = 0;

    std::size_t acknowledged() const { return static_cast<std::size_t>(made) - failed.size(); }
};

/// Returns how many acknowledged calls of an account left no row.
inline std::size_t count_missing(witness& server, account const& a)
{
    return server.count(
        fmt::format("select count(*) from generate_series(1, {}) as call(number) "
                    "where number <> all (array[{}]::int[]) and number not in "
                    "(select number from effects where writer = {})",
                    a.made, fmt::join(a.failed, ","), a.writer));
}

/// Returns how many calls, acknowledged or failed, left more than one row.
inline std::size_t count_duplicated(witness& server)
{
    return server.count("select count(*) from (select from effects group by writer, number "
                        "having count(*) > 1) as twice");
}

} // namespace soak

#endif // RESIL_TESTS_CHAOS_LEDGER_HPP
