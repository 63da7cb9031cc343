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
// fields, body. Two sorted sets, of all records and of those of the tenant, hold their keys by the time at which they
// expire: how many there are. Scripts are atomic; Redis's clock counts, so processes need not agree on the time.

// KEYS: the record, the set of all, that of the tenant.
inline constexpr std::string_view script_begin = R"(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function keep(ms)
  local expires = string.format('%.0f', now + ms)
  redis.call('PEXPIREAT', KEYS[1], expires)
  for i = 2, 3 do
    redis.call('ZADD', KEYS[i], expires, KEYS[1])
    if redis.call('PTTL', KEYS[i]) < tonumber(ms) then
      redis.call('PEXPIREAT', KEYS[i], expires)
    end
  end
end
)";

// ARGV: payload, lease, its length and that of a record in flight, in ms, the most records of all and of a tenant. A new
// record removes up to 100 from the sets that have expired: enough, as each adds only one.
inline constexpr std::string_view begin_script = R"(
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
if not r[1] then
  for i = 2, 3 do
    local before = '(' .. string.format('%.0f', now)
    local gone = redis.call('ZRANGEBYSCORE', KEYS[i], '-inf', before, 'LIMIT', 0, 100)
    if #gone > 0 then
      redis.call('ZREM', KEYS[i], unpack(gone))
    end
    if redis.call('ZCARD', KEYS[i]) >= tonumber(ARGV[i + 3]) then
      return {'full'}
    end
  end
end
redis.call('HSET', KEYS[1], 'payload', ARGV[1], 'lease', ARGV[2], 'until', string.format('%.0f', now + ARGV[3]))
keep(ARGV[4])
return {'begun'}
)";

// ARGV: lease, status, fields, body, the lifetime in ms.
inline constexpr std::string_view complete_script = R"(
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then
  return 0
end
redis.call('HDEL', KEYS[1], 'lease', 'until')
redis.call('HSET', KEYS[1], 'status', ARGV[2], 'fields', ARGV[3], 'body', ARGV[4])
keep(ARGV[5])
return 1
)";

// ARGV: lease.
inline constexpr std::string_view abandon_script = R"(
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then
  return 0
end
redis.call('ZREM', KEYS[2], KEYS[1])
redis.call('ZREM', KEYS[3], KEYS[1])
return redis.call('DEL', KEYS[1])
)";

/// At least one: Redis deletes what expires in none.
inline std::string milliseconds(duration d)
{
    using std::chrono::milliseconds;
    return std::to_string(std::max(std::chrono::ceil<milliseconds>(d), milliseconds(1)).count());
}

/// What a script works on.
struct script_keys
{
    std::string record;
    std::string all;
    std::string of_tenant;
};

/// Lengths stand before the parts, so that no two names make the same key. The braces put all keys of a store into one slot
/// of a cluster, as a script needs it.
inline script_keys keys_of(std::string const& prefix, execution_name const& name)
{
    std::string const store = "{" + prefix + "}";
    script_keys keys{store, store + ":all", store + ":of:" + name.tenant};
    for (std::string const* const part : {&name.tenant, &name.endpoint, &name.key}) {
        keys.record += ":" + std::to_string(part->size()) + ":" + *part;
    }
    return keys;
}

template <class... Arguments>
boost::redis::request evaluate(std::string_view script, script_keys const& keys, Arguments const&... arguments)
{
    std::string whole(script_begin);
    whole += script;
    boost::redis::request made;
    made.push("EVAL", whole, "3", keys.record, keys.all, keys.of_tenant, arguments...);
    return made;
}

inline boost::redis::request begin_request(script_keys const& keys, payload_fingerprint const& payload,
                                           std::uint64_t lease, idempotency_options const& options)
{
    std::string const bytes(payload.begin(), payload.end());
    return evaluate(begin_script, keys, bytes, std::to_string(lease), milliseconds(options.lease),
                    milliseconds(std::max(options.lease, options.lifetime)), std::to_string(options.max_keys),
                    std::to_string(options.max_keys_per_tenant));
}

inline boost::redis::request complete_request(script_keys const& keys, std::uint64_t lease, stored_answer const& answer,
                                              idempotency_options const& options)
{
    resil::detail::written_answer const written = resil::detail::write_answer(answer, options.max_answer_bytes);
    return evaluate(complete_script, keys, std::to_string(lease), std::to_string(written.status), written.fields,
                    written.body, milliseconds(options.lifetime));
}

inline boost::redis::request abandon_request(script_keys const& keys, std::uint64_t lease)
{
    return evaluate(abandon_script, keys, std::to_string(lease));
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
    if (state == "full") {
        return {claim_state::full};
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
