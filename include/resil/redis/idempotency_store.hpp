// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_REDIS_IDEMPOTENCY_STORE_HPP
#define RESIL_REDIS_IDEMPOTENCY_STORE_HPP

#include <resil/core/idempotency_options.hpp>
#include <resil/core/idempotency_record.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/detail/entropy.hpp>
#include <resil/redis/detail/idempotency_script.hpp>
#include <resil/redis/link.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/redis/request.hpp>
#include <boost/redis/response.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::redis {

/**
 * Remembers in Redis what was executed for which `Idempotency-Key`, and how it was answered.
 *
 * Processes share it, and it outlives them. Each function is one script, which Redis executes as a whole. The key and the
 * effect are two things: a crash between them leaves a key in flight until its lease is over, and then the effect may
 * happen again. So may it if Redis loses what it was told: run it with `appendonly yes`, `appendfsync always` and
 * `maxmemory-policy noeviction`, and without failover to a replica that may be behind.
 *
 * Keys expire by themselves, and their number is bounded: by `max_keys` and `max_keys_per_tenant`, which all processes
 * count together, and each by `max_answer_bytes`. A store that is full refuses new keys; none is forgotten early.
 * `max_bytes` means nothing here. All of a store lies in one slot of a Redis Cluster, where the link must be to the node of
 * that slot.
 *
 * A handle: copies are the same store.
 *
 * Executor: completes on that of the coroutine that awaits.
 * Cancellation: all three types; what was sent may have been executed.
 * Thread safety: that of the link: none.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`. The functions throw the errors of `link::exchange`, and
 * `error::resp3_simple_error` with the text of an error that Redis answers, as `system_error`.
 * Cost: one round trip each; in Redis some operations on a hash and on two sorted sets of as many members as keys.
 *
 * Example:
 *
 *     resil::redis::idempotency_store const store(link, {.lease = 30s});
 *     resil::execution_claim const claim = co_await store.begin(name, payload);
 *     if (claim.state == resil::claim_state::begun) {
 *         resil::stored_answer const answer{201, {}, "ordered tea"};
 *         co_await store.complete(name, claim.lease, answer);
 *     }
 */
class idempotency_store
{
public:
    /// Uses keys that begin with `prefix` in braces and a colon.
    idempotency_store(link over, idempotency_options const& options, std::string prefix = "idempotency")
        : shared_(std::make_shared<shared const>(shared{std::move(over), options, std::move(prefix)}))
    {
        options.validate();
    }

    /// Says what is to be done with a request; `begun` is followed by `complete` or `abandon`.
    boost::asio::awaitable<execution_claim> begin(execution_name name, payload_fingerprint payload) const
    {
        auto const kept = shared_;
        std::uint64_t const lease = resil::detail::random_words()[0]; // drawn, not counted: processes share the store
        boost::redis::request asked = detail::begin_request(kept->keys_of(name), payload, lease, kept->options);
        auto const answer = co_await kept->over.exchange(std::move(asked));
        co_return detail::read_claim(answer, lease);
    }

    /// Keeps an answer; false if the lease was over, and another execution has begun.
    boost::asio::awaitable<bool> complete(execution_name name, std::uint64_t lease, stored_answer answer) const
    {
        auto const kept = shared_;
        boost::redis::request asked = detail::complete_request(kept->keys_of(name), lease, answer, kept->options);
        auto const answered = co_await kept->over.exchange(std::move(asked));
        co_return detail::read_flag(answered);
    }

    /// Forgets an execution that had no effect, so that the next request executes; false as of `complete`.
    boost::asio::awaitable<bool> abandon(execution_name name, std::uint64_t lease) const
    {
        auto const kept = shared_;
        boost::redis::request asked = detail::abandon_request(kept->keys_of(name), lease);
        auto const answered = co_await kept->over.exchange(std::move(asked));
        co_return detail::read_flag(answered);
    }

private:
    struct shared
    {
        detail::script_keys keys_of(execution_name const& name) const { return detail::keys_of(prefix, name); }

        link over;
        idempotency_options options;
        std::string prefix;
    };

    std::shared_ptr<shared const> shared_;
};

} // namespace resil::redis

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_REDIS_IDEMPOTENCY_STORE_HPP
