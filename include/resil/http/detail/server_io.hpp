// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_SERVER_IO_HPP
#define RESIL_HTTP_DETAIL_SERVER_IO_HPP

#include <resil/core/saturate.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/error.hpp>
#include <resil/http/detail/server_state.hpp>
#include <resil/http/http_date.hpp>
#include <resil/http/string_message.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::http::detail {

class server_connection;

inline constexpr auto as_outcome = boost::asio::as_tuple(boost::asio::use_awaitable);

inline void throw_if(error_code ec)
{
    if (ec) {
        throw boost::system::system_error(ec);
    }
}

inline boost::asio::awaitable<void> wait_for_phase(server_state& state, server_phase phase, duration time)
{
    auto const until = core::plus(state.closing.clock().now(), time);
    auto const reached = [&state, phase] { return state.phase() >= phase; };
    auto const [ec] = co_await state.closing.async_wait(reached, until, as_outcome);
    if (ec != resil::errc::timed_out) {
        throw_if(ec);
    }
}

/// Enters what resil says about every answer.
inline void prepare(string_response& answer, unsigned version, bool keep)
{
    using boost::beast::http::field;
    answer.version(version >= 11 ? 11 : 10);
    answer.keep_alive(keep);
    if (answer.find(field::date) == answer.end()) {
        auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        answer.set(field::date, write_http_date(now));
    }
}

inline boost::asio::awaitable<void> write_header(server_session& session, string_response& answer, duration limit)
{
    boost::beast::http::response_serializer<boost::beast::http::string_body> written(answer);
    timeout const bounded(limit);
    auto const header = [&](auto token) {
        return boost::beast::http::async_write_header(session.socket, written, std::move(token));
    };
    auto const [ec, size] = co_await bounded.async_call(header, as_outcome);
    throw_if(ec);
}

inline boost::asio::awaitable<void> write_whole(server_session& session, string_response& answer, duration limit)
{
    boost::beast::http::response_serializer<boost::beast::http::string_body> written(answer);
    timeout const bounded(limit);
    auto const whole = [&](auto token) {
        return boost::beast::http::async_write(session.socket, written, std::move(token));
    };
    auto const [ec, size] = co_await bounded.async_call(whole, as_outcome);
    throw_if(ec);
}

template <class Buffers>
boost::asio::awaitable<void> write_buffers(server_session& session, Buffers const& bytes, duration limit)
{
    timeout const bounded(limit);
    auto const all = [&](auto token) {
        return boost::asio::async_write(session.socket, bytes, std::move(token));
    };
    auto const [ec, size] = co_await bounded.async_call(all, as_outcome);
    throw_if(ec);
}

inline boost::asio::awaitable<void> write_piece(server_session& session, std::string_view piece, bool chunked,
                                                duration limit)
{
    auto const bytes = boost::asio::buffer(piece.data(), piece.size());
    if (chunked) {
        auto const chunk = boost::beast::http::make_chunk(bytes);
        co_await write_buffers(session, chunk, limit);
    } else {
        co_await write_buffers(session, bytes, limit);
    }
}

inline boost::asio::awaitable<void> write_last_chunk(server_session& session, duration limit)
{
    auto const last = boost::beast::http::make_chunk_last();
    co_await write_buffers(session, last, limit);
}

} // namespace resil::http::detail

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_HTTP_DETAIL_SERVER_IO_HPP
