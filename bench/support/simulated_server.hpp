// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// A server in virtual time, and connections to it: connecting takes a while; it can be down.

#ifndef BENCH_SUPPORT_SIMULATED_SERVER_HPP
#define BENCH_SUPPORT_SIMULATED_SERVER_HPP

#include <resil/connection_fault.hpp>
#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

namespace bench {

namespace asio = boost::asio;
using resil::error_code;

/// Waits for its time, and then tells its handler a result.
template <class Handler>
class nap final : resil::timer_service::timer
{
public:
    static void begin(asio::io_context& context, resil::duration length, error_code result,
                      Handler handler)
    {
        auto& service = asio::use_service<resil::timer_service>(context);
        auto* const self = new nap(context, result, std::move(handler));
        service.arm(*self, service.now() + length, context.get_executor());
    }

private:
    nap(asio::io_context& context, error_code result, Handler handler)
        : timer(told), context_(context), result_(result), handler_(std::move(handler))
    {
    }

    static void on_expired(timer& t)
    {
        std::unique_ptr<nap> const self(static_cast<nap*>(&t));
        auto const ex =
            asio::get_associated_executor(self->handler_, self->context_.get_executor());
        asio::post(ex, asio::append(std::move(self->handler_), self->result_));
    }

    static void on_orphaned(timer& t) noexcept { delete static_cast<nap*>(&t); }

    static constexpr callbacks told{&on_expired, &on_orphaned};

    asio::io_context& context_;
    error_code result_;
    Handler handler_;
};

/// Completes with a result after a while.
template <class Token>
auto async_nap(asio::io_context& context, resil::duration length, error_code result,
               Token&& token)
{
    return asio::async_initiate<Token, void(error_code)>(
        [&context, length, result](auto handler) {
            nap<decltype(handler)>::begin(context, length, result, std::move(handler));
        },
        token);
}

/// What connections lead to.
struct simulated_server
{
    asio::io_context& context;
    resil::duration connect_time;
    bool up = true;
    int life = 0; ///< Connections of an earlier one are dead.
    std::size_t connecting = 0;
    std::size_t most_connecting = 0;
    std::size_t refused = 0;
    std::size_t opened = 0;
    resil::duration refusal_time = std::chrono::milliseconds(1);

    void go_down() noexcept
    {
        up = false;
        ++life;
    }

    template <class Token>
    auto async_connect(int& life_of_connection, Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(
            [this, &life_of_connection](auto handler) {
                most_connecting = std::max(most_connecting, ++connecting);
                error_code const result =
                    up ? error_code() : error_code(asio::error::connection_refused);
                ++(up ? opened : refused);
                life_of_connection = life;
                auto const ex = asio::get_associated_executor(handler, context.get_executor());
                auto connected = [this, h = std::move(handler)](error_code ec) mutable {
                    --connecting;
                    std::move(h)(ec);
                };
                async_nap(context, up ? connect_time : refusal_time, result,
                          asio::bind_executor(ex, std::move(connected)));
            },
            token);
    }

    /// A query that takes so long, or fails since the connection is dead.
    template <class Token>
    auto async_query(int life_of_connection, resil::duration length, Token&& token)
    {
        bool const dead = life_of_connection != life;
        return async_nap(context, dead ? resil::duration::zero() : length,
                         dead ? error_code(asio::error::connection_reset) : error_code(),
                         std::forward<Token>(token));
    }
};

/// Connects to it.
class simulated_connector
{
public:
    /// Knows the life of the server that it belongs to.
    struct connection
    {
        explicit connection(asio::any_io_executor const&) {}
        int life = 0;
    };

    explicit simulated_connector(simulated_server& server) : server_(&server) {}

    template <class Token>
    auto async_connect(connection& c, Token&& token) const
    {
        return server_->async_connect(c.life, std::forward<Token>(token));
    }

    template <class Token>
    auto async_ping(connection& c, Token&& token) const
    {
        return server_->async_query(c.life, std::chrono::microseconds(200),
                                    std::forward<Token>(token));
    }

private:
    simulated_server* server_;
};

} // namespace bench

#endif // BENCH_SUPPORT_SIMULATED_SERVER_HPP
