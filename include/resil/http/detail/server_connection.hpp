// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_SERVER_CONNECTION_HPP
#define RESIL_HTTP_DETAIL_SERVER_CONNECTION_HPP

#include <resil/attempt.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/error.hpp>
#include <resil/http/detail/request_check.hpp>
#include <resil/http/detail/server_io.hpp>
#include <resil/http/detail/server_state.hpp>
#include <resil/http/exchange.hpp>
#include <resil/http/string_message.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::http::detail {

using request_handler = std::function<boost::asio::awaitable<string_response>(exchange&)>;

// No `co_await` below stands in a condition, or has a temporary for an operand: GCC 12 miscompiles some of those.

/// Serves one connection: a request, its answer, and the next.
class server_connection
{
    using status = boost::beast::http::status;
    using parser_type = boost::beast::http::request_parser<boost::beast::http::string_body>;

public:
    server_connection(std::shared_ptr<server_state> state, std::shared_ptr<server_session> session,
                      std::shared_ptr<request_handler const> handler)
        : state_(std::move(state)), session_(std::move(session)), handler_(std::move(handler))
    {
    }

    /// Serves until the connection has ended. What ended it is nobody's business: the peer is gone.
    static boost::asio::awaitable<void> run(std::unique_ptr<server_connection> self)
    {
        try {
            co_await self->serve();
        } catch (std::exception const&) {
        }
        error_code ignored;
        self->session_->socket.close(ignored);
        self->state_->left(self->session_);
    }

private:
    boost::asio::awaitable<void> serve()
    {
        bool more = co_await is_asked(true);
        while (more) {
            more = co_await answer();
            if (more) {
                more = co_await is_asked(false);
            }
        }
        co_await linger();
    }

    /// Waits for the first byte of a request.
    boost::asio::awaitable<bool> is_asked(bool fresh)
    {
        if (session_->unread.size() > 0) {
            co_return true;
        }
        if (!state_->is_stopping()) {
            co_await readable(state_->options.idle_time);
        }
        if (fresh && state_->is_stopping()) {
            co_await readable(rest_of_first_time());
        }
        error_code ec;
        co_return session_->socket.available(ec) > 0 && !ec;
    }

    duration rest_of_first_time() const
    {
        auto const silent = state_->closing.clock().now() - session_->accepted_at;
        return state_->options.first_time - silent;
    }

    boost::asio::awaitable<void> readable(duration time)
    {
        if (time <= duration::zero()) {
            co_return;
        }
        timeout const bounded(time);
        auto const wait = [this](auto token) {
            return session_->socket.async_wait(boost::asio::ip::tcp::socket::wait_read, std::move(token));
        };
        auto const slot = session_->waiting.slot();
        auto token = boost::asio::as_tuple(boost::asio::bind_cancellation_slot(slot, boost::asio::use_awaitable));
        co_await bounded.async_call(wait, std::move(token));
    }

    /// Answers a request whose first byte is there; returns whether another may follow.
    boost::asio::awaitable<bool> answer()
    {
        struct in_flight
        {
            explicit in_flight(server_state& s) : state(s) { state.began(); }
            ~in_flight() { state.ended(); }
            server_state& state;
        };
        in_flight const counted(*state_);
        parser_type parser;
        parser.header_limit(static_cast<std::uint32_t>(state_->options.max_header));
        parser.body_limit(state_->options.max_body);
        std::optional<status> const refusal = co_await read(parser);
        if (refusal) {
            co_await refuse(*refusal);
        }
        if (!parser.is_done() || refusal) {
            co_return false;
        }
        bool const kept = co_await handle(parser.release());
        co_return kept;
    }

    /// Reads a request; returns how to refuse it. One that is neither refused nor complete has no reader.
    boost::asio::awaitable<std::optional<status>> read(parser_type& parser)
    {
        error_code ec = co_await read_header(parser);
        if (ec) {
            co_return status_of_unread(ec);
        }
        std::optional<status> const refused = status_of_refused(parser.get());
        if (refused) {
            co_return refused;
        }
        if (!parser.is_done() && expects_continue(parser.get()) && session_->unread.size() == 0) {
            auto const go_on = boost::asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25);
            co_await write_buffers(*session_, go_on, state_->options.write_time);
        }
        ec = co_await read_body(parser);
        co_return ec ? status_of_unread(ec) : std::nullopt;
    }

    boost::asio::awaitable<error_code> read_header(parser_type& parser)
    {
        timeout const bounded(state_->options.header_time);
        auto const header = [&](auto token) {
            return boost::beast::http::async_read_header(session_->socket, session_->unread, parser, std::move(token));
        };
        auto const [ec, size] = co_await bounded.async_call(header, as_outcome);
        co_return ec;
    }

    boost::asio::awaitable<error_code> read_body(parser_type& parser)
    {
        timeout const bounded(state_->options.body_time);
        auto const body = [&](auto token) {
            return boost::beast::http::async_read(session_->socket, session_->unread, parser, std::move(token));
        };
        auto const [ec, size] = co_await bounded.async_call(body, as_outcome);
        co_return ec;
    }

    boost::asio::awaitable<void> refuse(status why)
    {
        string_response refusal(why, 11);
        refusal.set(boost::beast::http::field::content_type, "text/plain");
        refusal.body() = std::string(boost::beast::http::obsolete_reason(why)) + "\n";
        refusal.prepare_payload();
        prepare(refusal, 11, false);
        co_await write_whole(*session_, refusal, state_->options.write_time);
    }

    /// Lets the handler answer; returns whether another request may follow.
    boost::asio::awaitable<bool> handle(string_request request)
    {
        bool const keeps = request.keep_alive() && state_->phase() < server_phase::polite;
        exchange told(state_, session_, std::move(request), keeps);
        string_response response;
        std::exception_ptr thrown;
        try {
            string_response answered = co_await (*handler_)(told);
            response = std::move(answered);
        } catch (...) {
            thrown = std::current_exception();
        }
        session_->streams = false;
        auto const cancellation = co_await boost::asio::this_coro::cancellation_state;
        bool const given_up = cancellation.cancelled() != boost::asio::cancellation_type::none;
        if (thrown && (given_up || told.has_begun())) {
            std::rethrow_exception(thrown); // half an answer ends with its connection
        }
        if (thrown) {
            response = string_response(status::internal_server_error, 11);
            response.body() = "internal error\n";
        }
        bool const kept = co_await finish(told, response);
        co_return kept;
    }

    boost::asio::awaitable<bool> finish(exchange& told, string_response& response)
    {
        bool const asks_head = told.request().method() == boost::beast::http::verb::head;
        if (told.has_begun()) {
            if (told.chunked_ && !asks_head) {
                co_await write_last_chunk(*session_, state_->options.write_time);
            }
            co_return told.keep_;
        }
        bool const keeps = told.keep_ && response.keep_alive() && state_->phase() < server_phase::polite;
        if (has_no_body(response.result_int())) {
            response.body().clear();
        }
        response.prepare_payload();
        prepare(response, told.request().version(), keeps);
        if (asks_head) {
            co_await write_header(*session_, response, state_->options.write_time);
        } else {
            co_await write_whole(*session_, response, state_->options.write_time);
        }
        co_return keeps;
    }

    static bool has_no_body(unsigned code) { return code < 200 || code == 204 || code == 304; }

    /// Takes in what the peer still sends: a connection that is closed with bytes unread is reset, and the peer might
    /// not see the answer.
    boost::asio::awaitable<void> linger()
    {
        error_code ec;
        session_->socket.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ec);
        if (ec || state_->options.linger_time == duration::zero()) {
            co_return;
        }
        timeout const bounded(state_->options.linger_time);
        auto const rest = [this](attempt const&) { return swallow(); };
        auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
        co_await bounded.async_call(rest, std::move(token));
    }

    boost::asio::awaitable<void> swallow()
    {
        std::array<char, 4096> bytes;
        error_code ec;
        while (!ec) {
            auto const [outcome, size] = co_await session_->socket.async_read_some(boost::asio::buffer(bytes), as_outcome);
            ec = outcome;
        }
    }

    std::shared_ptr<server_state> state_;
    std::shared_ptr<server_session> session_;
    std::shared_ptr<request_handler const> handler_;
};

} // namespace resil::http::detail

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_HTTP_DETAIL_SERVER_CONNECTION_HPP
