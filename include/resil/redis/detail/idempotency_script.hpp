// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_REDIS_DETAIL_IDEMPOTENCY_SCRIPT_HPP
#define RESIL_REDIS_DETAIL_IDEMPOTENCY_SCRIPT_HPP

#include <resil/config.hpp>
#include <resil/core/idempotency_options.hpp>
#include <resil/core/idempotency_record.hpp>
#include <resil/detail/stored_fields.hpp>
#include <resil/redis/detail/answer_nodes.hpp>

#include <boost/redis/error.hpp>
#include <boost/redis/request.hpp>
#include <boost/redis/resp3/node.hpp>
#include <boost/redis/response.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace resil::redis::detail {

// The record of an execution is a hash: payload, lease (while it is executed), until (the lease, in ms), and then status,
// fields, body. Scripts are atomic; Redis's clock counts, so processes need not agree on the time.

// KEYS: the record. ARGV: payload, lease, its length and that of a record in flight, in ms.
inline constexpr std::string_view begin_script = R"(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local r = redis.call('HMGET', KEYS[1], 'payload', 'lease', 'until', 'status', 'fields', 'body')
if r[1] and r[1] ~= ARGV[1] then
  return {'different'}
end
if r[1] and not r[2] then
  return {'done', r[4], r[5], r[6]}
end
if r[1] and tonumber(r[3]) > now then
  return {'in_flight'}
end
redis.call('HSET', KEYS[1], 'payload', ARGV[1], 'lease', ARGV[2], 'until', string.format('%.0f', now + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {'begun'}
)";

// ARGV: lease, status, fields, body, the lifetime in ms.
inline constexpr std::string_view complete_script = R"(
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then
  return 0
end
redis.call('HDEL', KEYS[1], 'lease', 'until')
redis.call('HSET', KEYS[1], 'status', ARGV[2], 'fields', ARGV[3], 'body', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
)";

// ARGV: lease.
inline constexpr std::string_view abandon_script = R"(
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then
  return 0
end
return redis.call('DEL', KEYS[1])
)";

/// At least one: Redis deletes what expires in none.
inline std::string milliseconds(duration d)
{
    using std::chrono::milliseconds;
    return std::to_string(std::max(std::chrono::ceil<milliseconds>(d), milliseconds(1)).count());
}

/// Lengths stand before the parts, so that no two names make the same key.
inline std::string key_of(std::string const& prefix, execution_name const& name)
{
    std::string key = prefix;
    for (std::string const* const part : {&name.tenant, &name.endpoint, &name.key}) {
        key += ":" + std::to_string(part->size()) + ":" + *part;
    }
    return key;
}

inline boost::redis::request begin_request(std::string const& key, payload_fingerprint const& payload, std::uint64_t lease,
                                           idempotency_options const& options)
{
    std::string const bytes(payload.begin(), payload.end());
    boost::redis::request made;
    made.push("EVAL", begin_script, "1", key, bytes, std::to_string(lease), milliseconds(options.lease),
              milliseconds(std::max(options.lease, options.lifetime)));
    return made;
}

inline boost::redis::request complete_request(std::string const& key, std::uint64_t lease, stored_answer const& answer,
                                              idempotency_options const& options)
{
    resil::detail::written_answer const written = resil::detail::write_answer(answer, options.max_answer_bytes);
    boost::redis::request made;
    made.push("EVAL", complete_script, "1", key, std::to_string(lease),
              std::to_string(written.status), written.fields, written.body, milliseconds(options.lifetime));
    return made;
}

inline boost::redis::request abandon_request(std::string const& key, std::uint64_t lease)
{
    boost::redis::request made;
    made.push("EVAL", abandon_script, "1", key, std::to_string(lease));
    return made;
}

/// Says whether a script did what it was asked to.
inline bool read_flag(boost::redis::generic_response const& answer)
{
    auto const& nodes = nodes_of(answer);
    return !nodes.empty() && nodes.front().value == "1";
}

inline execution_claim read_claim(boost::redis::generic_response const& answer, std::uint64_t lease)
{
    auto const& nodes = nodes_of(answer); // the array itself, then its elements
    std::string_view const state = nodes.size() > 1 ? std::string_view(nodes[1].value) : std::string_view();
    if (state == "begun") {
        return {claim_state::begun, lease};
    }
    if (state == "in_flight") {
        return {claim_state::in_flight};
    }
    if (state == "different") {
        return {claim_state::different};
    }
    if (state != "done" || nodes.size() != 5) {
        throw boost::system::system_error(boost::redis::error::incompatible_size, "idempotency store");
    }
    execution_claim claim{claim_state::done};
    std::from_chars(nodes[2].value.data(), nodes[2].value.data() + nodes[2].value.size(), claim.answer.status);
    if (claim.answer.status == resil::detail::forgotten_status) {
        return {claim_state::forgotten};
    }
    resil::detail::read_fields(nodes[3].value, claim.answer);
    claim.answer.body = nodes[4].value;
    return claim;
}

} // namespace resil::redis::detail

#endif // RESIL_REDIS_DETAIL_IDEMPOTENCY_SCRIPT_HPP
