// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_DETAIL_IDEMPOTENCY_SQL_HPP
#define RESIL_POSTGRES_DETAIL_IDEMPOTENCY_SQL_HPP

#include <resil/core/idempotency_options.hpp>
#include <resil/core/idempotency_record.hpp>
#include <resil/detail/entropy.hpp>
#include <resil/detail/stored_fields.hpp>
#include <resil/error.hpp>
#include <resil/postgres/parameters.hpp>
#include <resil/postgres/result.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace resil::postgres::detail {

/// The statements of an idempotency store on a table.
struct idempotency_sql
{
    explicit idempotency_sql(std::string const& table)
    {
        auto const is_allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
        if (table.empty() || table.size() > 40 || !std::ranges::all_of(table, is_allowed) || table[0] <= '9') {
            throw invalid_option("idempotency.table", "\"" + table + "\"", "1 to 40 of a-z, 0-9 and _, no digit first");
        }
        create = "create table if not exists " + table +
                 " (tenant text not null, endpoint text not null, key text not null, payload bytea not null, lease bigint "
                 "not null, leased_until timestamptz not null, expires timestamptz not null, status integer, fields text, "
                 "body bytea, primary key (tenant, endpoint, key))";
        create_index = "create index if not exists " + table + "_expires on " + table + " (expires)";
        begin = "insert into " + table +
                " as t (tenant, endpoint, key, payload, lease, leased_until, expires) values ($1, $2, $3, $4, $5, "
                "clock_timestamp() + $6 * interval '1 microsecond', clock_timestamp() + $7 * interval '1 microsecond') on "
                "conflict (tenant, endpoint, key) do update set payload = excluded.payload, lease = excluded.lease, "
                "leased_until = excluded.leased_until, expires = case when t.expires <= clock_timestamp() then "
                "excluded.expires else t.expires end, status = null, fields = null, body = null where (t.status is null "
                "and t.leased_until <= clock_timestamp() and t.payload = excluded.payload) or (t.expires <= "
                "clock_timestamp() and (t.status is not null or t.leased_until <= clock_timestamp())) returning lease";
        find = "select payload = $4, status, fields, body from " + table +
               " where tenant = $1 and endpoint = $2 and key = $3";
        complete = "update " + table +
                   " set status = $5, fields = $6, body = $7 where tenant = $1 and endpoint = $2 and key = $3 and lease = $4 "
                   "and status is null";
        abandon = "delete from " + table +
                  " where tenant = $1 and endpoint = $2 and key = $3 and lease = $4 and status is null";
        // now(), as an index is of no use to a clock that moves; skip locked, so that it waits for nobody.
        forget = "delete from " + table + " where ctid in (select ctid from " + table +
                 " where expires <= now() and leased_until <= now() order by expires limit $1 for update skip locked)";
    }

    std::string create;
    std::string create_index;
    std::string begin;
    std::string find;
    std::string complete;
    std::string abandon;
    std::string forget;
};

/// Drawn, not counted: processes share the table.
inline std::uint64_t new_lease()
{
    return resil::detail::random_words()[0] >> 1; // a bigint has a sign
}

inline std::int64_t microseconds(duration d)
{
    return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
}

inline std::span<std::byte const> bytes_of(payload_fingerprint const& payload)
{
    return std::as_bytes(std::span(payload));
}

inline std::span<std::byte const> bytes_of(std::string const& text)
{
    return std::as_bytes(std::span(text));
}

inline parameters begin_values(execution_name const& name, payload_fingerprint const& payload, std::uint64_t lease,
                               idempotency_options const& options)
{
    return {name.tenant, name.endpoint, name.key, bytes_of(payload), static_cast<std::int64_t>(lease),
            microseconds(options.lease), microseconds(options.lifetime)};
}

inline parameters find_values(execution_name const& name, payload_fingerprint const& payload)
{
    return {name.tenant, name.endpoint, name.key, bytes_of(payload)};
}

inline parameters lease_values(execution_name const& name, std::uint64_t lease)
{
    return {name.tenant, name.endpoint, name.key, static_cast<std::int64_t>(lease)};
}

inline parameters complete_values(execution_name const& name, std::uint64_t lease, stored_answer const& answer,
                                  std::size_t most)
{
    resil::detail::written_answer const written = resil::detail::write_answer(answer, most);
    return {name.tenant,
            name.endpoint,
            name.key,
            static_cast<std::int64_t>(lease),
            static_cast<int>(written.status),
            written.fields,
            bytes_of(written.body)};
}

/// What PostgreSQL writes for a `bytea`: `\x`, and two digits a byte.
inline std::string read_bytea(std::string_view text)
{
    std::string bytes;
    for (std::size_t at = 2; at + 1 < text.size(); at += 2) {
        unsigned byte = 0;
        std::from_chars(text.data() + at, text.data() + at + 2, byte, 16);
        bytes.push_back(static_cast<char>(byte));
    }
    return bytes;
}

inline execution_claim read_claim(result const& found)
{
    if (found.empty()) { // it was abandoned a moment ago
        return {claim_state::in_flight};
    }
    if (found.at(0, 0) != "t") {
        return {claim_state::different};
    }
    if (found.is_null(0, 1)) {
        return {claim_state::in_flight};
    }
    unsigned status = 0;
    std::string_view const written = *found.at(0, 1);
    std::from_chars(written.data(), written.data() + written.size(), status);
    if (status == resil::detail::forgotten_status) {
        return {claim_state::forgotten};
    }
    execution_claim claim{claim_state::done};
    claim.answer.status = status;
    resil::detail::read_fields(*found.at(0, 2), claim.answer);
    claim.answer.body = read_bytea(*found.at(0, 3));
    return claim;
}

} // namespace resil::postgres::detail

#endif // RESIL_POSTGRES_DETAIL_IDEMPOTENCY_SQL_HPP
