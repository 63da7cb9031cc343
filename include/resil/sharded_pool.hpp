// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SHARDED_POOL_HPP
#define RESIL_SHARDED_POOL_HPP

#include <resil/attempt.hpp>
#include <resil/connection_pool.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

#include <optional>
#include <source_location>
#include <span>
#include <utility>
#include <vector>

namespace resil {

/**
 * Keeps one pool for each execution context, for programs that run one context on each thread.
 *
 * A connection stays with the context on which it was opened, and whoever asks gets one of their
 * own context: of the shard whose context is that of the completion handler's executor. A handler
 * of any other context is served by the first shard. Shards share nothing, no lock and no
 * connection, so a waiter of one is not served by what is idle in another: let each be large
 * enough for its own thread.
 *
 * A handle, as `connection_pool` is.
 *
 * Executor: as that of `connection_pool`, of the shard that serves.
 * Lifetimes: every context must outlive its leases. With a token that starts an operation later, such as `deferred`,
 * this very object must exist then.
 * Thread safety: safe, shared objects too.
 * Exceptions: making one throws `invalid_option` and `bad_alloc`; copying one, `bad_alloc`.
 * Cost: an acquire looks for its shard among all; else what a `connection_pool` costs.
 *
 * Example:
 *
 *     std::vector<asio::any_io_executor> const threads{one.get_executor(), two.get_executor()};
 *     resil::sharded_pool const pool(threads, connector, {.max_size = 5}); // five on each
 *     auto line = co_await pool.async_acquire(asio::use_awaitable); // of this coroutine's context
 */
template <class Connector>
class sharded_pool
{
public:
    /// Where connections live.
    using executor_type = boost::asio::any_io_executor;
    /// The pool of one context.
    using shard_type = connection_pool<Connector>;
    /// What `async_acquire` completes with.
    using lease_type = lease<Connector>;

    /// Makes a shard for each executor, with `options` each: `max_size` is of one shard. Throws
    /// `invalid_option` if there is no executor, two have one context, or an option makes no
    /// sense.
    sharded_pool(std::span<executor_type const> executors, Connector const& connector,
                 connection_pool_options const& options = {})
    {
        if (executors.empty()) {
            throw invalid_option("sharded_pool.executors", "empty", "at least one");
        }
        shards_.reserve(executors.size());
        for (executor_type const& ex : executors) {
            if (find(&context_of(ex)) != nullptr) {
                throw invalid_option("sharded_pool.executors", "twice of one context",
                                     "of different contexts");
            }
            shards_.emplace_back(ex, connector, options);
        }
    }

    /// Borrows a connection of the context of the handler's executor; otherwise as
    /// `connection_pool::async_acquire`.
    template <class Token>
    auto async_acquire(Token&& token,
                       std::source_location where = std::source_location::current()) const
    {
        return async_acquire(call{}, std::forward<Token>(token), where);
    }

    /// The same, bounded by the deadline of an outer call as well: `resil::within(attempt)`.
    template <class Token>
    auto async_acquire(call const& outer, Token&& token,
                       std::source_location where = std::source_location::current()) const
    {
        return boost::asio::async_initiate<Token, void(error_code, lease_type)>(
            initiate_acquire{this}, token, outer.deadline, where);
    }

    /// Borrows a connection of a context if that takes neither a wait nor a ping; else empty.
    lease_type try_acquire(executor_type const& ex,
                           std::source_location where = std::source_location::current()) const
    {
        return shard_of(ex).try_acquire(where);
    }

    /// Returns the shard of an executor's context, or the first: for all that a pool can do.
    shard_type const& shard_of(executor_type const& ex) const noexcept
    {
        shard_type const* const found = find(&context_of(ex));
        return found != nullptr ? *found : shards_.front();
    }

    /// Returns all shards, in the order of their executors.
    std::span<shard_type const> shards() const noexcept { return shards_; }

    /// Declares all connections of all shards dead.
    void invalidate() const noexcept
    {
        for (shard_type const& each : shards_) {
            each.invalidate();
        }
    }

private:
    struct initiate_acquire
    {
        using executor_type = boost::asio::any_io_executor;

        sharded_pool const* self;

        executor_type get_executor() const noexcept
        {
            return self->shards_.front().get_executor();
        }

        template <class Handler>
        void operator()(Handler&& handler, std::optional<time_point> deadline,
                        std::source_location where) const
        {
            auto const ex = boost::asio::get_associated_executor(handler, get_executor());
            self->shard_for(ex).async_acquire(call{.deadline = deadline},
                                              std::forward<Handler>(handler), where);
        }
    };

    static boost::asio::execution_context& context_of(executor_type const& ex) noexcept
    {
        return boost::asio::query(ex, boost::asio::execution::context);
    }

    shard_type const* find(boost::asio::execution_context const* context) const noexcept
    {
        for (shard_type const& each : shards_) {
            if (&context_of(each.get_executor()) == context) {
                return &each;
            }
        }
        return nullptr;
    }

    // Executors that have no context, or one that runs nothing, get the first shard.
    template <class Executor>
    shard_type const& shard_for(Executor const& ex) const noexcept
    {
        if constexpr (boost::asio::can_query<Executor const&,
                                             boost::asio::execution::context_t>::value) {
            boost::asio::execution_context const& context =
                boost::asio::query(ex, boost::asio::execution::context);
            shard_type const* const found = find(&context);
            return found != nullptr ? *found : shards_.front();
        } else {
            return shards_.front();
        }
    }

    std::vector<shard_type> shards_;
};

} // namespace resil

#endif // RESIL_SHARDED_POOL_HPP
