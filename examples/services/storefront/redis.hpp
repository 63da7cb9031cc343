// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_REDIS_HPP
#define STOREFRONT_REDIS_HPP

#include <resil/connection_pool.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// As much of a Redis client as a cache needs, and what a connection pool must know of it. Where Boost is 1.84 or
// later, Boost.Redis has all of it.
namespace storefront::redis {

namespace asio = boost::asio;

/// Where a server is.
struct address
{
    std::string host;
    std::string port;
};

/// One connection; one command at a time.
class connection
{
public:
    explicit connection(asio::any_io_executor const& ex) : socket_(ex), resolver_(ex) {}

    /// Sends a command, and returns the answer; nothing for nil. Throws `system_error`, also for an error that the
    /// server reports.
    asio::awaitable<std::optional<std::string>> command(std::vector<std::string> words);

    template <class Token>
    auto async_connect(address const& to, Token&& token)
    {
        return asio::async_compose<Token, void(resil::error_code)>(connecting{*this, to}, token, socket_);
    }

    /// Says whether nothing of an answer is still to come.
    bool is_quiet() const noexcept { return quiet_ && received_.empty(); }

private:
    struct connecting
    {
        connection& c;
        address to;

        template <class Self>
        void operator()(Self& self)
        {
            c.resolver_.async_resolve(to.host, to.port, std::move(self));
        }

        template <class Self>
        void operator()(Self& self, resil::error_code ec, asio::ip::tcp::resolver::results_type const& found)
        {
            if (ec) {
                self.complete(ec);
            } else {
                asio::async_connect(c.socket_, found, std::move(self));
            }
        }

        template <class Self>
        void operator()(Self& self, resil::error_code ec, asio::ip::tcp::endpoint const&)
        {
            self.complete(ec);
        }
    };

    asio::awaitable<std::string> read_line();
    asio::awaitable<std::string> read_bytes(std::size_t count);

    asio::ip::tcp::socket socket_;
    asio::ip::tcp::resolver resolver_;
    std::string received_;
    bool quiet_ = true;
};

/// Tells a pool how to connect.
struct connector
{
    using connection = redis::connection;

    address server;

    template <class Token>
    auto async_connect(connection& c, Token&& token) const
    {
        return c.async_connect(server, std::forward<Token>(token));
    }

    bool is_reusable(connection const& c) const noexcept { return c.is_quiet(); }
};

} // namespace storefront::redis

#endif // STOREFRONT_REDIS_HPP
