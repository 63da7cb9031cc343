// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_CONNECTION_STATE_HPP
#define RESIL_HTTP_DETAIL_CONNECTION_STATE_HPP

#include <resil/core/saturate.hpp>
#include <resil/error.hpp>
#include <resil/http/endpoint.hpp>
#include <resil/http/exchange_facts.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/query.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace resil::http::detail {

/// What a connection and its operation in flight share.
template <class Transport>
struct connection_state
{
    using executor = boost::asio::any_io_executor;

    enum class condition : unsigned char
    {
        unconnected,
        busy,  ///< An operation is in flight, or was given up.
        ready, ///< Between two exchanges.
        spent, ///< Of no further use.
    };

    /// How much is read at once.
    static constexpr std::size_t piece = 16 * 1024;

    connection_state(executor const& e, endpoint where, Transport over)
        : ex(e),
          peer(std::move(where)),
          transport(std::move(over)),
          clock(timer_service::of(boost::asio::query(e, boost::asio::execution::context))),
          unread(peer.limits.header + piece)
    {
    }

    /// Begins a new life.
    void open()
    {
        close();
        stream.emplace(transport.open(ex));
        unread.clear();
        facts = {};
        kept_until = time_point::max();
        now = condition::busy;
    }

    /// Makes a connected socket fit for exchanges.
    error_code adapt()
    {
        error_code ec;
        auto& socket = Transport::socket(*stream);
        socket.set_option(boost::asio::ip::tcp::no_delay(true), ec);
        return ec ? ec : socket.non_blocking(true, ec);
    }

    /// Begins an exchange: from now on the socket stays as it is, until `close`.
    void begin() noexcept
    {
        std::lock_guard const lock(mutex);
        facts = {};
        now = condition::busy;
        in_use = true;
    }

    void close() noexcept
    {
        std::lock_guard const lock(mutex);
        now = condition::spent;
        in_use = false;
        if (stream) {
            error_code ignored;
            Transport::socket(*stream).close(ignored);
        }
    }

    /// Ends the stream under an exchange; from any thread.
    void shut_down() noexcept
    {
        std::lock_guard const lock(mutex);
        if (in_use) {
            error_code ignored;
            auto& socket = Transport::socket(*stream);
            socket.shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
        }
    }

    /// Remembers how long the peer keeps the idle connection; less a second, for the request
    /// that is on its way when that time is over.
    void keep_for(std::optional<duration> told)
    {
        duration const margin = std::chrono::seconds(1);
        kept_until = told ? core::plus(clock.now(), std::max(*told, margin) - margin)
                          : time_point::max();
    }

    /// Says whether a request can be sent: nothing came that nobody asked for, not even an end.
    bool is_reusable() noexcept
    {
        if (now != condition::ready) {
            return false;
        }
        bool const kept = kept_until == time_point::max() || clock.now() < kept_until;
        if (!kept || !Transport::is_quiet(*stream)) {
            now = condition::spent; // what came may have been swallowed by the look
        }
        return now == condition::ready;
    }

    std::string service() const
    {
        return std::to_string(peer.port == 0 ? Transport::usual_port : peer.port);
    }

    executor const ex;
    endpoint const peer;
    Transport const transport;
    timer_service& clock;
    std::optional<typename Transport::stream> stream{};
    boost::beast::flat_buffer unread;
    exchange_facts facts{};
    time_point kept_until = time_point::max();
    condition now = condition::unconnected;

private:
    std::mutex mutex; // guards `in_use`
    bool in_use = false;
};

} // namespace resil::http::detail

#endif // RESIL_HTTP_DETAIL_CONNECTION_STATE_HPP
