// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POOL_SET_HPP
#define RESIL_POOL_SET_HPP

#include <resil/attempt.hpp>
#include <resil/connection_pool.hpp>
#include <resil/core/option_check.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/recent_table.hpp>
#include <resil/detail/pool_questions.hpp>
#include <resil/detail/pool_wait.hpp>
#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

namespace resil {

/// How many pools there may be, and what each is like.
struct pool_set_options
{
    /// The most endpoints with a pool at once; >= 1. Together with `each.max_size` it bounds the
    /// connections to all of them. Source: resil's own.
    std::size_t max_endpoints = 100;

    /// The options of every pool.
    connection_pool_options each{};

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        core::require_at_least("pool_set.max_endpoints", max_endpoints, std::size_t(1));
        each.validate();
    }
};

/**
 * Keeps one pool for each endpoint, made when it is first asked for.
 *
 * There are never more than `max_endpoints` pools, and so never more than `max_endpoints` times
 * `each.max_size` connections. A new endpoint takes the place of the one that was asked for
 * longest ago among those of which nothing is lent and for which nobody waits; if there is none,
 * the acquire fails with `errc::pool_queue_full`. One that comes in the very moment in which its
 * endpoint loses its place may fail with `errc::pool_draining`.
 *
 * A handle: copies share the pools.
 *
 * Executor: as that of `connection_pool`.
 * Lifetimes: as those of `connection_pool`; an acquire keeps the set until it has found its pool.
 * Thread safety: safe, shared objects too; a mutex is held while a pool is looked for, made or forgotten.
 * Exceptions: making one throws `invalid_option` and `bad_alloc`; what needs a pool throws what making it throws.
 * Calls: the function that makes connectors, on the thread that asks for a new endpoint; if two ask at once it is
 * called twice, and one of the connectors is dropped.
 * Cost: that of an acquire of `connection_pool`, and the look-up; a new endpoint allocates a pool.
 *
 * Example:
 *
 *     resil::pool_set<unsigned short, line_connector> const hosts(
 *         context.get_executor(), [](unsigned short port) {
 *             return line_connector{tcp::endpoint(asio::ip::address_v4::loopback(), port)};
 *         });
 *     auto line = co_await hosts.async_acquire(wanted, asio::use_awaitable);
 */
template <class Key, class Connector, class Hash = std::hash<Key>>
class pool_set
{
public:
    /// Where connections live.
    using executor_type = boost::asio::any_io_executor;
    /// What each endpoint has.
    using pool_type = connection_pool<Connector>;
    /// What `async_acquire` completes with.
    using lease_type = lease<Connector>;
    /// What makes the connector of an endpoint.
    using factory_type = std::function<Connector(Key const&)>;

    /// Takes a function that makes the connector of an endpoint. Throws `invalid_option`.
    pool_set(executor_type const& ex, factory_type make, pool_set_options options)
        : shared_((options.validate(),
                   std::make_shared<shared>(ex, std::move(make), std::move(options))))
    {
    }

    /// The same, with the default options; see `connection_pool` for why they are no default argument.
    pool_set(executor_type const& ex, factory_type make)
        : pool_set(ex, std::move(make), pool_set_options())
    {
    }

    /**
     * Borrows a connection to an endpoint; otherwise as `connection_pool::async_acquire`.
     *
     * Completion signature: `void(error_code, lease<Connector>)`.
     * Errors: `errc::pool_queue_full` also if there is no room for the endpoint.
     */
    template <class Token>
    auto async_acquire(Key const& key, Token&& token,
                       std::source_location where = std::source_location::current()) const
    {
        return async_acquire(call{}, key, std::forward<Token>(token), where);
    }

    /// The same, bounded by the deadline of an outer call as well: `resil::within(attempt)`.
    template <class Token>
    auto async_acquire(call const& outer, Key const& key, Token&& token,
                       std::source_location where = std::source_location::current()) const
    {
        return boost::asio::async_initiate<Token, void(error_code, lease_type)>(
            initiate_acquire{shared_}, token, outer.deadline, key, where);
    }

    /// Returns the pool of an endpoint, making it if there is room; else nothing.
    std::optional<pool_type> pool(Key const& key) const { return shared_->pool(key); }

    /// Declares all connections to an endpoint dead: after a failover, for example.
    void invalidate(Key const& key) const
    {
        if (auto const found = shared_->find(key)) {
            found->invalidate();
        }
    }

    /// Forgets an endpoint; its connections are closed, those that are lent as they come back.
    void erase(Key const& key) const { shared_->erase(key); }

    /// Returns how many endpoints have a pool.
    std::size_t size() const { return shared_->size(); }

private:
    class shared
    {
    public:
        shared(executor_type const& ex, factory_type make, pool_set_options options)
            : ex_(ex), make_(std::move(make)), options_(std::move(options))
        {
        }

        executor_type const& executor() const noexcept { return ex_; }

        std::optional<pool_type> pool(Key const& key)
        {
            if (auto known = use(key)) {
                return known;
            }
            Connector connector = make_(key);
            std::optional<pool_type> evicted; // closed outside of the lock
            std::lock_guard lock(mutex_);
            if (auto const* const known = pools_.use(key, always)) {
                return *known; // another thread was faster
            }
            if (pools_.size() == options_.max_endpoints) {
                evicted = pools_.take_oldest(&shared::is_idle);
                if (!evicted) {
                    return std::nullopt;
                }
            }
            return pools_.add(key, pool_type(ex_, std::move(connector), options_.each), always);
        }

        std::optional<pool_type> find(Key const& key)
        {
            std::lock_guard lock(mutex_);
            return copy_of(pools_.find(key));
        }

        void erase(Key const& key)
        {
            std::optional<pool_type> erased;
            std::lock_guard lock(mutex_);
            erased = pools_.take(key);
        }

        std::size_t size()
        {
            std::lock_guard lock(mutex_);
            return pools_.size();
        }

    private:
        static constexpr time_point always{}; // only the order of uses counts here

        /// Returns the pool of an endpoint that is known, which is then the last that was asked for.
        std::optional<pool_type> use(Key const& key)
        {
            std::lock_guard lock(mutex_);
            return copy_of(pools_.use(key, always));
        }

        static std::optional<pool_type> copy_of(pool_type const* found)
        {
            return found ? std::optional(*found) : std::nullopt;
        }

        static bool is_idle(pool_type const& pool)
        {
            auto const seen = pool.snapshot();
            return seen.in_use == 0 && seen.waiters == 0;
        }

        executor_type const ex_;
        factory_type const make_;
        pool_set_options const options_;
        std::mutex mutex_;
        core::recent_table<Key, pool_type, Hash> pools_;
    };

    struct initiate_acquire
    {
        using executor_type = boost::asio::any_io_executor;

        std::shared_ptr<shared> set;

        executor_type get_executor() const noexcept { return set->executor(); }

        template <class Handler>
        void operator()(Handler&& handler, std::optional<time_point> deadline, Key const& key,
                        std::source_location where) const
        {
            using handler_type = std::decay_t<Handler>;
            if (auto const found = set->pool(key)) {
                return found->async_acquire(call{.deadline = deadline},
                                            std::forward<Handler>(handler), where);
            }
            detail::reply_at_once(
                handler_type(std::forward<Handler>(handler)),
                detail::pool_answer<lease_type>{errc::pool_queue_full, {}, {}},
                set->executor());
        }
    };

    std::shared_ptr<shared> shared_;
};

} // namespace resil

#endif // RESIL_POOL_SET_HPP
