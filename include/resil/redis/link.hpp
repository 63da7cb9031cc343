// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_REDIS_LINK_HPP
#define RESIL_REDIS_LINK_HPP

#include <resil/config.hpp>
#include <resil/core/option_check.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/error.hpp>
#include <resil/redis/detail/link_state.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/redis/config.hpp>
#include <boost/redis/error.hpp>
#include <boost/redis/request.hpp>
#include <boost/redis/response.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <memory>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

/// The adapter for Redis, on Boost.Redis: a connection that is opened anew, and a store of idempotency keys.
namespace resil::redis {

/// How a `link` keeps its connection.
struct link_options
{
    /// How long opening may take, > 0: to find the name, connect, shake hands, and be greeted. Source: resil's own.
    duration open_within = std::chrono::seconds(5);

    /// How long an answer may take, > 0; then `errc::timed_out`. Source: resil's own.
    duration answer_within = std::chrono::seconds(2);

    /// The rest after a connection was lost or refused, > 0. Source: resil's own.
    duration between_connects = std::chrono::milliseconds(100);

    /// The rest between two `PING`s that watch the connection, > 0. Source: resil's own.
    duration between_pings = std::chrono::seconds(1);

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        core::require_more_than("redis.open_within", open_within, duration::zero());
        core::require_more_than("redis.answer_within", answer_within, duration::zero());
        core::require_more_than("redis.between_connects", between_connects, duration::zero());
        core::require_more_than("redis.between_pings", between_pings, duration::zero());
    }
};

/**
 * Keeps one connection to Redis, which all requests share, and opens it anew when it is lost.
 *
 * Boost.Redis by itself gives up when opening anew fails, as it does while Redis is restarted, and does not recover from
 * the `LOADING` of a Redis that has just started. A link makes a new connection each time. A connection counts once Redis
 * has taken name, password and database, and answers a `PING`: nothing is sent as somebody else. Without one, a request
 * fails at once, also if the link is new: `async_wait_connected` waits. A request that was cut off may have been
 * executed.
 *
 * A handle: copies are the same link. The connection is closed with the last of them.
 *
 * Lifetimes: no longer than the context of the executor.
 * Thread safety: none; make it, use it, and let the last copy go on its executor, of one thread or a strand.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`.
 * Cost: a connection, a `PING` now and then.
 *
 * Example:
 *
 *     boost::redis::request greeting;
 *     greeting.push("PING", "hello");
 *     boost::redis::generic_response const answer = co_await link.exchange(greeting);
 */
class link
{
public:
    /// Begins to connect. `server` says where, and as whom; its intervals of health checks and of reconnects are not used. A
    /// password needs a user name, which is "default" unless said otherwise; without one it is not sent. The user must be
    /// allowed to say `PING`.
    link(boost::asio::any_io_executor const& ex, boost::redis::config server, link_options const& options = {})
    {
        options.validate();
        auto const state = std::make_shared<detail::link_state>(ex, std::move(server), options.open_within,
                                                                options.answer_within, options.between_connects,
                                                                options.between_pings);
        owner_ = std::make_shared<detail::link_owner>(state);
        boost::asio::co_spawn(ex, detail::link_state::keep_open(state), boost::asio::detached);
    }

    /**
     * Sends a request, and returns the answers to its commands; of several of which one is refused, the first refusal.
     *
     * Executor: that of the coroutine that awaits it.
     * Cancellation: all three types; the request may have been executed.
     * Errors: those of Boost.Redis, as `error::not_connected`; `errc::timed_out`.
     * Exceptions: these errors, as `system_error`; `bad_alloc`. An error that Redis itself answers is in the answer.
     * Cost: an allocation for request and answer, and those of Boost.Redis.
     */
    boost::asio::awaitable<boost::redis::generic_response> exchange(boost::redis::request request) const
    {
        auto const kept = owner_;
        if (!kept->state->is_connected()) {
            throw boost::system::system_error(boost::redis::error::not_connected);
        }
        detail::exchange const asked(kept->state->now(), std::move(request));
        co_await kept->state->patience().async_call(asked, boost::asio::use_awaitable);
        co_return std::move(asked.answer());
    }

    /**
     * Waits until there is a connection; completes at once, but not inside of the call, if there is.
     *
     * It waits for as long as it takes, through connects that are refused: put a `timeout` around it. A connection that
     * it has told of may be lost again by the time that a request is sent. While it waits, it is a handle of the link.
     *
     * Completion signature: `void(error_code)`.
     * Executor: completes on that of the handler; it must be called on the link's.
     * Cancellation: all three types, with no other effect.
     * Errors: `asio::error::operation_aborted` if it was cancelled.
     * Exceptions: those of the token; `bad_alloc`.
     * Cost: an allocation, from the handler's allocator where it has one.
     *
     * Example:
     *
     *     auto const connected = [&](auto token) { return link.async_wait_connected(std::move(token)); };
     *     co_await resil::timeout(5s).async_call(connected, asio::use_awaitable);
     */
    template <boost::asio::completion_token_for<void(error_code)> Token>
    auto async_wait_connected(Token&& token) const
    {
        return boost::asio::async_compose<Token, void(error_code)>(detail::connection_wait(owner_), token,
                                                                   owner_->state->executor());
    }

private:
    std::shared_ptr<detail::link_owner const> owner_;
};

} // namespace resil::redis

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_REDIS_LINK_HPP
