// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_REDIS_HEALTH_CHECK_HPP
#define RESIL_REDIS_HEALTH_CHECK_HPP

#include <resil/detail/coroutine_warnings.hpp>
#include <resil/redis/detail/answer_nodes.hpp>
#include <resil/redis/link.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/redis/request.hpp>

#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::redis {

/**
 * Checks that Redis answers, over a link, as whom the link says.
 *
 * One `PING`. What waits on the link, as a blocking read, is answered before it: give it a link that is not waited on.
 *
 * Executor: that of the coroutine, which must be the link's.
 * Cancellation: all three types.
 * Errors: those of `link::exchange`, and `error::resp3_simple_error` with what Redis says; thrown as `system_error`.
 * Thread safety: that of the link: none.
 * Exceptions: making one throws nothing.
 * Cost: a round trip a run.
 *
 * Example:
 *
 *     health.add("cache", resil::criticality::soft, resil::redis::health_check(link));
 */
class health_check
{
public:
    /// Takes the link that is asked.
    explicit health_check(link over) noexcept : over_(std::move(over)) {}

    /// Asks Redis, or throws: what `service::health` calls.
    boost::asio::awaitable<void> operator()() const
    {
        link const kept = over_;
        boost::redis::request ping;
        ping.push("PING");
        auto const answer = co_await kept.exchange(std::move(ping));
        detail::nodes_of(answer);
    }

private:
    link over_;
};

} // namespace resil::redis

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_REDIS_HEALTH_CHECK_HPP
