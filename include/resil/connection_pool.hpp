// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CONNECTION_POOL_HPP
#define RESIL_CONNECTION_POOL_HPP

#include <resil/attempt.hpp>
#include <resil/connection_fault.hpp>
#include <resil/core/option_check.hpp>
#include <resil/core/pool_event.hpp>
#include <resil/core/pool_histogram.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/saturate.hpp>
#include <resil/detail/pool_questions.hpp>
#include <resil/detail/pool_wait.hpp>
#include <resil/detail/shared_pool.hpp>
#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <source_location>
#include <string_view>
#include <utility>
#include <vector>

namespace resil {

template <class Connector>
class connection_pool;

/**
 * Holds a connection on loan from a pool; it goes back by itself.
 *
 * Its end does no I/O, waits for nothing, throws nothing, and may come on any thread. The
 * connection is reset, or lent to the next, by the pool; it is closed instead if the connector
 * does not call it reusable any more: in the middle of an operation, for example, because that
 * was cancelled or timed out.
 *
 * Lifetimes: it may outlive the pool, not the pool's execution context.
 * Thread safety: none for one lease, as for the connection in it.
 * Exceptions: nothing here throws.
 * Cost: giving back is one atomic operation if nobody waits, else a mutex; see `connection_pool`.
 *
 * Example:
 *
 *     auto line = co_await pool.async_acquire(resil::within(a), asio::use_awaitable);
 *     auto const [ec, answer] = co_await line->async_ask(
 *         "put " + key + " " + order, asio::as_tuple(asio::use_awaitable));
 *     if (ec) {
 *         line.mark_broken(ec); // the pool learns what happened
 *         throw boost::system::system_error(ec);
 *     }
 */
template <class Connector>
class lease
{
public:
    /// What is lent.
    using connection_type = typename Connector::connection;

    /// Holds nothing.
    lease() = default;

    /// Takes the connection over; the other one is empty.
    lease(lease&& other) noexcept
        : place_(std::exchange(other.place_, nullptr)), error_(other.error_), how_(other.how_)
    {
    }

    /// Gives back what it holds, and takes the connection over.
    lease& operator=(lease&& other) noexcept
    {
        if (this != &other) {
            release();
            place_ = std::exchange(other.place_, nullptr);
            error_ = other.error_;
            how_ = other.how_;
        }
        return *this;
    }

    /// Gives the connection back.
    ~lease() { release(); }

    /// Says whether it holds a connection.
    explicit operator bool() const noexcept { return place_ != nullptr; }

    /// Gives access to the connection; it must hold one.
    connection_type& operator*() const noexcept { return *place_->connection(); }
    /// Gives access to the connection; it must hold one.
    connection_type* operator->() const noexcept { return place_->connection(); }

    /// Says whether the connection was used, or idle, before: its peer may have closed it
    /// meanwhile. False for one that was opened for this loan, or has just answered a first ping.
    bool was_reused() const noexcept
    {
        return place_->uses > 1 || place_->alive_at < place_->since;
    }

    /**
     * States that the connection is of no further use: it is closed when it goes back.
     *
     * An error that the connector calls `disconnected` makes the pool suspect the connections
     * of the same time; one it calls `read_only` makes it replace all of them.
     */
    void mark_broken(error_code ec = {}) noexcept
    {
        how_ = condition::broken;
        error_ = ec;
    }

    /// Gives the connection back now; does nothing if there is none.
    void release() noexcept
    {
        if (place_ == nullptr) {
            return;
        }
        auto& place = *std::exchange(place_, nullptr);
        if (how_ == condition::broken) {
            return place.pool().give_back_broken(place, error_);
        }
        bool const reset = how_ == condition::used;
        place.pool().give_back(place, place.pool().condition(place, reset));
    }

    /// Gives the connection back now, without a reset: it was left as it was found.
    void release_without_reset() noexcept
    {
        how_ = how_ == condition::used ? condition::untouched : how_;
        release();
    }

    /// Takes the connection out of the pool for good; its place is free. The lease is empty.
    std::unique_ptr<connection_type> detach() noexcept
    {
        auto& place = *std::exchange(place_, nullptr);
        return place.pool().detach(place);
    }

private:
    using place_type = detail::pool_place<Connector>;
    friend class connection_pool<Connector>;
    template <class C, class L>
    friend class detail::acquire_question;
    template <class C, class L>
    friend class detail::initiate_acquire;

    enum class condition : unsigned char
    {
        used,
        untouched,
        broken,
    };

    explicit lease(place_type* place) noexcept : place_(place) {}

    place_type* place_ = nullptr;
    error_code error_{};
    condition how_ = condition::used;
};

/// What became of the connections of a pool that was drained.
struct drain_report
{
    std::size_t drained = 0; ///< Connections closed since the drain began.
    std::size_t forced = 0;  ///< Loans that were cut short when the time was up.
    std::vector<std::source_location> leaked{}; ///< Where what was lent then was acquired.
};

/**
 * Keeps connections and lends them: never a dead one, never out of turn, never to the forgotten.
 *
 * Who asks gets the idle connection that was used last, after a ping if it has been idle for
 * long; else waits in a queue, first come first served, for one that is given back or opened,
 * whichever is first. A connection that is given back goes to the head of the queue in the same
 * step. Connections are opened on the pool's own account: one that was opened for somebody who
 * gave up serves the next. A failed ping, an expired lifetime, a peer that went away: all of it
 * is mended inside the acquire, within its time.
 *
 * `Connector` says how connections of one kind are made:
 *
 *     using connection = ...;                           // stays where the pool made it
 *     std::unique_ptr<connection> make(any_io_executor) const; // else: connection(ex)
 *     auto async_connect(connection&, token) const;     // all: void(error_code)
 *     auto async_ping(connection&, token) const;        // else: never pinged
 *     auto async_reset(connection&, token) const;       // else: nothing to reset
 *     auto async_close(connection&, token) const;       // else: destroyed without a word
 *     bool is_reusable(connection const&) const noexcept;      // else: always
 *     connection_fault classify(error_code) const noexcept;    // else: by the usual codes
 *     void force_close(connection&) const noexcept;     // while it is used; see async_drain
 *     void after_fork(connection&) const noexcept;      // see abandon_after_fork
 *
 * The pool calls the operations one at a time for each connection, each bounded in time, on a
 * strand of its executor. It cancels (`terminal`) what takes too long, and waits for its end. A
 * connection may be destroyed with an operation in flight.
 *
 * A handle: copies share the connections. When the last one is gone everything idle is closed,
 * and the rest as it comes back; leases may outlive the pool.
 *
 * Executor: operations complete on the handler's executor, by default the pool's, and never
 * inside their initiation, unless the handler's immediate executor says that this is right.
 * Lifetimes: some copy must exist when an operation starts: with a token that starts it later,
 * such as `deferred`, then. The execution context must outlive the leases. If it is destroyed
 * before the pool, the connections go with it, and so do the handlers of those who wait, uncalled.
 * Idle connections do not keep `run()` from returning.
 * Thread safety: safe, shared objects too.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`, and what the system's random source throws where no seed
 * is given; what starts an operation throws `bad_alloc`, and then nothing has begun.
 * Calls: the listener, on the thread where something happened, outside of any lock; what it throws is dropped. The
 * connector's operations, on a strand of the pool's executor.
 * Cost: while connections are idle and nobody waits, one atomic operation to borrow and one to
 * give back (a mutex each, if the connector has `async_reset`), no allocation. Who waits
 * allocates one block, by the handler's allocator.
 *
 * Example:
 *
 *     lines(asio::io_context& context, tcp::endpoint server)
 *         : pool_(context, line_connector{server}, {.name = "lines", .max_size = 4})
 *     {
 *     }
 *
 *     asio::awaitable<std::string> ask(std::string question) const
 *     {
 *         auto line = co_await pool_.async_acquire(asio::use_awaitable);
 *         co_return co_await line->async_ask(question, asio::use_awaitable);
 *     } // the pool has it back here, and closes it if the answer is still outstanding
 */
template <class Connector>
class connection_pool
{
    using shared = detail::shared_pool<Connector>;

public:
    /// Where connections live.
    using executor_type = boost::asio::any_io_executor;
    /// What says how connections are made.
    using connector_type = Connector;
    /// What `async_acquire` completes with.
    using lease_type = lease<Connector>;

    /// Opens `min_idle` connections as soon as the executor runs. Throws `invalid_option`, and `bad_alloc`.
    connection_pool(executor_type const& ex, Connector connector, connection_pool_options options)
        : handle_(std::make_shared<handle>(
              std::make_shared<shared>(ex, std::move(connector), std::move(options))))
    {
    }

    /// The same, with the default options. Not a default argument: GCC 12 destroys one twice if another is a `co_await`.
    connection_pool(executor_type const& ex, Connector connector)
        : connection_pool(ex, std::move(connector), connection_pool_options())
    {
    }

    /// The same, on the executor of an execution context.
    template <class Context>
        requires requires(Context& c) { c.get_executor(); }
    connection_pool(Context& context, Connector connector, connection_pool_options options = {})
        : connection_pool(executor_type(context.get_executor()), std::move(connector),
                          std::move(options))
    {
    }

    /// Returns the executor on which connections are opened and looked after.
    executor_type get_executor() const noexcept { return pool().executor(); }

    /// Returns the name given in the options.
    std::string_view name() const noexcept { return pool().options().name; }

    /// Returns the options; without `async_ping` those of pings are off.
    connection_pool_options const& options() const noexcept { return pool().options(); }

    /// Returns the connector.
    Connector const& connector() const noexcept { return pool().connector(); }

    /**
     * Borrows a connection, waiting for one for `acquire_timeout` at most.
     *
     * Completion signature: `void(error_code, lease<Connector>)`.
     * Cancellation: all three types, at every moment, in the queue and while a connection is pinged or opened for it;
     * completes with `operation_aborted`, unless a connection was on its way already: that is delivered. What is being
     * opened serves the next.
     * Errors: `errc::pool_timed_out`; `errc::pool_queue_full`; `errc::pool_draining`;
     * `errc::pool_unavailable` if connecting has failed too often and there is no connection;
     * the connector's own error if it is permanent, as a wrong password is.
     */
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
            detail::initiate_acquire<Connector, lease_type>(handle_->pool), token,
            outer.deadline, where);
    }

    /// Borrows a connection that takes neither a wait nor a ping; empty if there is none.
    lease_type try_acquire(
        std::source_location where = std::source_location::current()) const noexcept
    {
        return lease_type(pool().try_take(where, false));
    }

    /**
     * Opens connections until `count` are there, idle or in use; before a service calls itself
     * ready.
     *
     * Completion signature: `void(error_code, std::size_t)`, with how many are there.
     * Cancellation: all three types; connections that are being opened are not given up.
     * Errors: `errc::pool_timed_out` after `patience`; the connector's own error if it is
     * permanent; `errc::pool_draining`. `invalid_option` is thrown if so many cannot be idle.
     * Cost: one block, by the handler's allocator.
     *
     * Example:
     *
     *     co_await pool.async_warm_up(2, 2s, asio::use_awaitable); // or throws: do not start
     */
    template <class Rep, class Period, class Token>
    auto async_warm_up(std::size_t count, std::chrono::duration<Rep, Period> patience,
                       Token&& token) const
    {
        using question = detail::warm_up_question<Connector>;
        core::require_between("pool.warm_up.count", count, std::size_t(0), most_idle());
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
            detail::initiate_question<Connector, question>(handle_->pool), token,
            core::saturated(patience), [count](auto pool, duration limit) {
                return question(std::move(pool), count, limit);
            });
    }

    /**
     * Ends the pool: lends nothing any more, closes what is idle, waits for what is lent.
     *
     * Whoever waits for a connection fails at once, or is served by what comes back:
     * `connection_pool_options::drain_waiters`. After `patience` whatever can be ended is: where
     * the connector has `force_close(connection&)`, it is called for what is still lent, while
     * its user may be using it, on any thread, under the pool's lock (`shutdown(2)` is right).
     * What comes back later is closed. Saying it again waits for the same end.
     *
     * Completion signature: `void(error_code, drain_report)`.
     * Cancellation: all three types; ends the waiting, not the drain.
     * Errors: `errc::pool_timed_out` if something was still lent when the time was up.
     * Cost: one block, by the handler's allocator, and the report.
     *
     * Example:
     *
     *     auto const [ec, report] =
     *         co_await pool.async_drain(100ms, asio::as_tuple(asio::use_awaitable));
     */
    template <class Rep, class Period, class Token>
    auto async_drain(std::chrono::duration<Rep, Period> patience, Token&& token) const
    {
        using question = detail::drain_question<Connector, drain_report>;
        return boost::asio::async_initiate<Token, void(error_code, drain_report)>(
            detail::initiate_question<Connector, question>(handle_->pool), token,
            core::saturated(patience),
            [](auto pool, duration limit) { return question(std::move(pool), limit); });
    }

    /// Lends and opens nothing until `resume`; who asks meanwhile waits, up to its time.
    void pause() const noexcept
    {
        pool().locked([this](time_point) { pool().machine().pause(); });
        pool().tell({.kind = pool_event_kind::paused});
    }

    /// Ends a pause; who has waited meanwhile is served in their order.
    void resume() const noexcept
    {
        pool().locked([this](time_point now) { pool().machine().resume(now); });
        pool().tell({.kind = pool_event_kind::resumed});
    }

    /// Changes how many connections there can be (>= 1). Fewer: idle ones are closed now, the
    /// others when they come back. Throws `invalid_option`, and `bad_alloc`.
    void resize(std::size_t max_size) const
    {
        connection_pool_options changed = options();
        changed.max_size = max_size;
        changed.validate();
        pool().resize(max_size);
    }

    /// Declares all connections dead: idle ones are closed now, the others when they come back.
    void invalidate() const noexcept
    {
        pool().locked([this](time_point now) { pool().machine().invalidate(now); });
    }

    /**
     * Drops all connections without a word to the peer, in the child of a `fork`: they are the parent's.
     *
     * To be called after the context's `notify_fork`. New ones are opened for the child. Where the end of a connection
     * says goodbye by itself, the connector's `after_fork(connection&)` has to prevent it.
     *
     * No other thread may use the pool while the process forks.
     */
    void abandon_after_fork() const noexcept { pool().abandon_after_fork(); }

    /// Returns the numbers of this moment, each for itself.
    pool_snapshot snapshot() const noexcept { return pool().snapshot(); }

    /// Returns how long those waited who then got a connection; not those who got one at once.
    pool_histogram const& waits_served() const noexcept
    {
        return pool().machine().waits_served();
    }

    /// Returns how long those waited in vain who were not rejected at once.
    pool_histogram const& waits_failed() const noexcept
    {
        return pool().machine().waits_failed();
    }

    /// Returns how long connections were lent; loans without a lock (see cost) are not measured.
    pool_histogram const& holds() const noexcept { return pool().machine().holds(); }

    /// Returns how long it took to open connections.
    pool_histogram const& connects() const noexcept { return pool().machine().connects(); }

private:
    /// What the copies share; at its end the pool begins to close.
    struct handle
    {
        explicit handle(std::shared_ptr<shared> p) : pool(std::move(p)) { pool->begin(); }
        handle(handle const&) = delete;
        handle& operator=(handle const&) = delete;
        ~handle() { pool->abandon(); }

        std::shared_ptr<shared> const pool;
    };

    shared& pool() const noexcept { return *handle_->pool; }

    std::size_t most_idle() const noexcept
    {
        std::size_t const size = pool().snapshot().max_size;
        return std::min(options().idle_limit(size), size);
    }

    std::shared_ptr<handle> handle_;
};

template <class Where, class Connector>
connection_pool(Where const&, Connector, connection_pool_options = {})
    -> connection_pool<Connector>;

} // namespace resil

#endif // RESIL_CONNECTION_POOL_HPP
