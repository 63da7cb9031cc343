// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SUPPORT_SCRIPTED_CONNECTOR_HPP
#define RESIL_TESTS_SUPPORT_SCRIPTED_CONNECTOR_HPP

#include <resil/connection_fault.hpp>
#include <resil/connection_pool.hpp>
#include <resil/error.hpp>
#include <resil/testing/scripted_operation.hpp>

#include "support/world.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace support {

/// The peer of scripted connections: how it answers, and how many connections it has seen.
struct scripted_peer
{
    scripted_operation<> connects{};
    scripted_operation<> pings{};
    scripted_operation<> resets{};
    scripted_operation<> closes{};
    std::size_t alive = 0;      ///< Connections that exist.
    std::size_t most_alive = 0; ///< The most there ever were at once.
    int made = 0;               ///< Connections ever made.
    int forced = 0;             ///< Connections whose use was cut short.
    error_code permanent = net::access_denied;
    error_code read_only = net::no_permission;
};

/// A connection to it; the number says which.
class scripted_connection
{
public:
    explicit scripted_connection(std::shared_ptr<scripted_peer> peer)
        : number(++peer->made), peer_(std::move(peer))
    {
        peer_->most_alive = std::max(peer_->most_alive, ++peer_->alive);
    }

    scripted_connection(scripted_connection const&) = delete;
    scripted_connection& operator=(scripted_connection const&) = delete;
    ~scripted_connection() { --peer_->alive; }

    int const number;
    bool reusable = true;

private:
    std::shared_ptr<scripted_peer> peer_;
};

/// Makes them; `Resets`: it has something to reset, too.
template <bool Resets>
class basic_scripted_connector
{
public:
    using connection = scripted_connection;

    explicit basic_scripted_connector(std::shared_ptr<scripted_peer> peer)
        : peer_(std::move(peer))
    {
    }

    std::unique_ptr<connection> make(asio::any_io_executor const&) const
    {
        return std::make_unique<connection>(peer_);
    }

    template <class Token>
    auto async_connect(connection&, Token&& token) const
    {
        return peer_->connects(std::forward<Token>(token));
    }

    template <class Token>
    auto async_ping(connection&, Token&& token) const
    {
        return peer_->pings(std::forward<Token>(token));
    }

    template <class Token>
        requires Resets
    auto async_reset(connection&, Token&& token) const
    {
        return peer_->resets(std::forward<Token>(token));
    }

    template <class Token>
    auto async_close(connection&, Token&& token) const
    {
        return peer_->closes(std::forward<Token>(token));
    }

    bool is_reusable(connection const& c) const noexcept { return c.reusable; }

    resil::connection_fault classify(error_code ec) const noexcept
    {
        using resil::connection_fault;
        return ec == peer_->permanent        ? connection_fault::permanent
               : ec == peer_->read_only      ? connection_fault::read_only
               : ec == net::connection_reset ? connection_fault::disconnected
                                             : connection_fault::transient;
    }

    void force_close(connection& c) const noexcept
    {
        c.reusable = false;
        ++peer_->forced;
    }

private:
    std::shared_ptr<scripted_peer> peer_;
};

using scripted_connector = basic_scripted_connector<false>;
using resetting_connector = basic_scripted_connector<true>;

/// What became of an acquire, and the means to cancel it.
template <class Connector>
struct acquired
{
    struct state
    {
        int count = 0;
        int dropped = 0;
        bool initiating = true;
        error_code code{};
        resil::lease<Connector> lease{};
        resil::time_point at{};
        resil::testing::virtual_time const* time = nullptr;
        asio::cancellation_signal signal{};
    };

    /// Notes how it was completed; on the executor of its context.
    class handler
    {
    public:
        using executor_type = asio::io_context::executor_type;
        using cancellation_slot_type = asio::cancellation_slot;

        handler(asio::io_context& context, std::shared_ptr<state> s)
            : executor_(context.get_executor()), state_(std::move(s))
        {
        }

        handler(handler&&) = default;
        handler& operator=(handler&&) = delete;

        ~handler()
        {
            if (state_) {
                ++state_->dropped;
            }
        }

        void operator()(error_code ec, resil::lease<Connector> lease)
        {
            auto const s = std::exchange(state_, nullptr);
            CHECK(!s->initiating);
            CHECK(executor_.running_in_this_thread());
            ++s->count;
            s->code = ec;
            s->lease = std::move(lease);
            s->at = s->time->now();
        }

        executor_type get_executor() const noexcept { return executor_; }
        cancellation_slot_type get_cancellation_slot() const noexcept
        {
            return state_->signal.slot();
        }

    private:
        executor_type executor_;
        std::shared_ptr<state> state_;
    };

    bool done() const { return to->count == 1; }
    bool ok() const { return done() && !to->code && to->lease; }
    error_code code() const
    {
        CHECK(done());
        return to->code;
    }
    resil::lease<Connector>& lease() const { return to->lease; }
    int number() const { return to->lease->number; }
    void release() const { to->lease.release(); }
    void cancel(asio::cancellation_type_t type = asio::cancellation_type::terminal) const
    {
        to->signal.emit(type);
    }

    std::shared_ptr<state> to = std::make_shared<state>();
};

/// A pool of scripted connections in virtual time.
template <class Connector>
class pool_world : public world
{
public:
    using pool_type = resil::connection_pool<Connector>;

    explicit pool_world(resil::connection_pool_options options = {})
        : pool(std::in_place, context, Connector(peer), with_seed(std::move(options)))
    {
    }

    ~pool_world() { close(); }

    /// Lets go of the pool, and runs what follows.
    void close()
    {
        pool.reset();
        time.run_ready();
    }

    /// Asks for a connection, and runs nothing.
    acquired<Connector> ask(resil::call const& outer = {})
    {
        acquired<Connector> a;
        a.to->time = &time;
        pool->async_acquire(outer, typename acquired<Connector>::handler(context, a.to));
        a.to->initiating = false;
        return a;
    }

    /// Asks for a connection, and runs what is ready.
    acquired<Connector> acquire(resil::call const& outer = {})
    {
        auto a = ask(outer);
        time.run_ready();
        return a;
    }

    std::vector<acquired<Connector>> acquire_many(int n)
    {
        std::vector<acquired<Connector>> all;
        for (int i = 0; i < n; ++i) {
            all.push_back(acquire());
        }
        return all;
    }

    resil::pool_snapshot seen() const { return pool->snapshot(); }

    std::shared_ptr<scripted_peer> peer = std::make_shared<scripted_peer>();
    std::optional<pool_type> pool;

private:
    static resil::connection_pool_options with_seed(resil::connection_pool_options options)
    {
        options.seed = options.seed.value_or(1);
        return options;
    }
};

using plain_pool = pool_world<scripted_connector>;
using resetting_pool = pool_world<resetting_connector>;

} // namespace support

#endif // RESIL_TESTS_SUPPORT_SCRIPTED_CONNECTOR_HPP
