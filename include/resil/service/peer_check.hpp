// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_PEER_CHECK_HPP
#define RESIL_SERVICE_PEER_CHECK_HPP

#include <resil/config.hpp>
#include <resil/detail/coroutine_warnings.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::service {

/**
 * Checks that a peer accepts connections: looks its name up, connects, and closes.
 *
 * It says nothing of what stands behind the socket; where the peer speaks a protocol that can be asked, ask.
 *
 * Executor: that of the coroutine.
 * Cancellation: all three types, but for a look-up that the system does not interrupt.
 * Errors: the resolver's, the socket's; thrown as `system_error`.
 * Thread safety: a value.
 * Exceptions: making one throws `bad_alloc`.
 * Cost: a connection a run.
 *
 * Example:
 *
 *     health.add("mail", resil::criticality::soft, resil::service::tcp_check("127.0.0.1", port));
 */
class tcp_check
{
public:
    /// Takes a name or an address, and a port.
    tcp_check(std::string host, std::uint16_t port) : host_(std::move(host)), port_(port) {}

    /// Connects, or throws: what `health` calls.
    boost::asio::awaitable<void> operator()() const
    {
        co_await connect();
    }

protected:
    /// Connects, or throws.
    boost::asio::awaitable<boost::asio::ip::tcp::socket> connect() const
    {
        using boost::asio::ip::tcp;
        boost::asio::any_io_executor const ex = co_await boost::asio::this_coro::executor;
        std::string const service = std::to_string(port_);
        tcp::resolver resolver(ex);
        auto const found = co_await resolver.async_resolve(host_, service, boost::asio::use_awaitable);
        tcp::socket socket(ex);
        co_await boost::asio::async_connect(socket, found, boost::asio::use_awaitable);
        co_return socket;
    }

private:
    std::string host_;
    std::uint16_t port_;
};

/**
 * Checks that a Redis server answers `PING` with `PONG`, over a connection of its own.
 *
 * A server that still loads its data, or wants a password first, does not, and has failed with `protocol_error`.
 *
 * Executor: that of the coroutine.
 * Cancellation: that of `tcp_check`.
 * Errors: those of `tcp_check`; `asio::error::eof`; `protocol_error`.
 * Thread safety: a value.
 * Exceptions: making one throws `bad_alloc`.
 * Cost: a connection and a round trip a run.
 *
 * Example:
 *
 *     health.add("cache", resil::criticality::soft, resil::service::redis_check("127.0.0.1", port));
 */
class redis_check : tcp_check
{
public:
    /// Takes a name or an address, and a port.
    using tcp_check::tcp_check;

    /// Asks, or throws: what `health` calls.
    boost::asio::awaitable<void> operator()() const
    {
        constexpr std::string_view ping = "PING\r\n";
        constexpr std::string_view pong = "+PONG\r\n";
        boost::asio::ip::tcp::socket socket = co_await connect();
        auto const sent = boost::asio::buffer(ping);
        co_await boost::asio::async_write(socket, sent, boost::asio::use_awaitable);
        std::array<char, pong.size()> answer{}; // an error is never shorter
        auto const received = boost::asio::buffer(answer);
        co_await boost::asio::async_read(socket, received, boost::asio::use_awaitable);
        if (std::string_view(answer.data(), answer.size()) != pong) {
            throw boost::system::system_error(boost::system::errc::make_error_code(boost::system::errc::protocol_error));
        }
    }
};

} // namespace resil::service

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_SERVICE_PEER_CHECK_HPP
