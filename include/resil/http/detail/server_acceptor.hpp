// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_SERVER_ACCEPTOR_HPP
#define RESIL_HTTP_DETAIL_SERVER_ACCEPTOR_HPP

#include <resil/detail/coroutine_warnings.hpp>
#include <resil/error.hpp>
#include <resil/http/detail/server_connection.hpp>
#include <resil/http/detail/server_io.hpp>
#include <resil/http/detail/server_state.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <memory>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::http::detail {

/// Accepts connections until the server stops.
class server_acceptor : public std::enable_shared_from_this<server_acceptor>
{
    using tcp = boost::asio::ip::tcp;

public:
    server_acceptor(std::shared_ptr<server_state> state, std::shared_ptr<request_handler const> handler,
                    tcp::acceptor listening, bool own)
        : state_(std::move(state)),
          handler_(std::move(handler)),
          turns_(boost::asio::make_strand(listening.get_executor())),
          listening_(std::move(listening)),
          own_(own)
    {
    }

    void start()
    {
        state_->set_accepting(true);
        boost::asio::co_spawn(turns_, run(shared_from_this()), boost::asio::detached);
    }

    /// Ends the wait for a connection, if the server has stopped.
    void wake()
    {
        boost::asio::post(turns_, [self = shared_from_this()] {
            error_code ignored;
            self->listening_.cancel(ignored);
        });
    }

private:
    static boost::asio::awaitable<void> run(std::shared_ptr<server_acceptor> self)
    {
        while (!self->state_->is_stopping()) {
            co_await self->accept_one();
        }
        self->end();
    }

    boost::asio::awaitable<void> accept_one()
    {
        auto const may_go_on = [s = state_.get()] { return s->has_room() || s->is_stopping(); };
        auto const [waited] = co_await state_->changed.async_wait(may_go_on, time_point::max(), as_outcome);
        if (waited || !state_->has_room() || state_->is_stopping()) {
            co_return;
        }
        auto const strand = boost::asio::make_strand(listening_.get_executor());
        boost::asio::any_io_executor const ex = strand;
        auto [ec, socket] = co_await listening_.async_accept(ex, as_outcome);
        if (!ec) {
            begin(std::move(socket));
        } else if (!state_->is_stopping()) {
            co_await rest();
        }
    }

    // Descriptors or memory are short: what comes next would fail as well.
    boost::asio::awaitable<void> rest()
    {
        co_await wait_for_phase(*state_, server_phase::stopping, std::chrono::milliseconds(50));
    }

    void begin(tcp::socket socket)
    {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        socket.non_blocking(true, ignored);
        constexpr std::size_t piece = 16 * 1024;
        auto const session = std::make_shared<server_session>(
            std::move(socket), state_->options.max_header + piece, state_->closing.clock().now());
        auto const ex = session->socket.get_executor();
        state_->joined(session);
        boost::asio::co_spawn(
            ex, server_connection::run(std::make_unique<server_connection>(state_, session, handler_)),
            boost::asio::bind_cancellation_slot(session->working.slot(), boost::asio::detached));
    }

    /// Who waits in the queue of a socket that is closed is refused: they are accepted first.
    void end()
    {
        error_code ec;
        while (own_ && !ec && state_->phase() < server_phase::cancelled) {
            boost::asio::any_io_executor const ex = boost::asio::make_strand(listening_.get_executor());
            tcp::socket socket(ex);
            listening_.accept(socket, ec);
            if (!ec) {
                begin(std::move(socket));
            }
        }
        listening_.close(ec);
        state_->set_accepting(false);
    }

    std::shared_ptr<server_state> state_;
    std::shared_ptr<request_handler const> handler_;
    boost::asio::any_io_executor turns_;
    tcp::acceptor listening_;
    bool const own_;
};

} // namespace resil::http::detail

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_HTTP_DETAIL_SERVER_ACCEPTOR_HPP
