// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_EXCHANGE_OP_HPP
#define RESIL_HTTP_DETAIL_EXCHANGE_OP_HPP

#include <resil/error.hpp>
#include <resil/http/detail/connection_state.hpp>
#include <resil/http/detail/request_head.hpp>
#include <resil/http/detail/response_reader.hpp>
#include <resil/http/string_message.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace resil::http::detail {

/// Writes a request and reads the response to it.
template <class Transport>
class exchange_op
{
    using state_type = connection_state<Transport>;
    using condition = typename state_type::condition;

    enum class step : unsigned char
    {
        refusing,
        writing,
        reading,
    };

    struct job
    {
        job(std::shared_ptr<string_request const> m, message_limits const& limits)
            : message(std::move(m)), reader(limits, message->method() == verb::head)
        {
        }

        std::shared_ptr<string_request const> message;
        std::string head{};
        response_reader reader;
        error_code write_error{};
    };

public:
    exchange_op(std::shared_ptr<state_type> state,
                std::shared_ptr<string_request const> message)
        : state_(std::move(state)),
          job_(std::make_unique<job>(std::move(message), state_->peer.limits))
    {
    }

    /// Begins.
    template <class Self>
    void operator()(Self& self)
    {
        self.reset_cancellation_state(boost::asio::enable_partial_cancellation());
        if (error_code const refused = check()) {
            step_ = step::refusing;
            auto const ex = state_->ex;
            return boost::asio::post(ex, boost::asio::append(std::move(self), refused));
        }
        state_->begin();
        step_ = step::writing;
        job_->head = written_head(*job_->message);
        auto& stream = *state_->stream;
        std::array const bytes{boost::asio::buffer(std::as_const(job_->head)),
                               boost::asio::buffer(job_->message->body())};
        boost::asio::async_write(stream, bytes, std::move(self));
    }

    /// A step is over.
    template <class Self>
    void operator()(Self& self, error_code ec, std::size_t size = 0)
    {
        switch (step_) {
        case step::refusing: return complete(self, ec);
        case step::writing: return written(self, ec, size);
        case step::reading: return received(self, ec, size);
        }
    }

private:
    error_code check()
    {
        if (state_->now == condition::busy) {
            return boost::asio::error::in_progress;
        }
        state_->facts = {};
        if (state_->now != condition::ready) {
            return boost::asio::error::not_connected;
        }
        return check_request(*job_->message);
    }

    // A peer that refuses a long request may answer, and close, before it has read all of it.
    template <class Self>
    void written(Self& self, error_code ec, std::size_t size)
    {
        state_->facts.sent = size;
        state_->facts.request_written = !ec;
        job_->write_error = ec;
        if (is_cancelled(self) || ec == boost::asio::error::operation_aborted) {
            return fail(self, ec);
        }
        read(self);
    }

    template <class Self>
    void read(Self& self)
    {
        step_ = step::reading;
        auto& state = *state_;
        std::size_t const room = state.unread.max_size() - state.unread.size();
        if (room == 0) {
            return fail(self, boost::beast::http::error::buffer_overflow);
        }
        auto const space = state.unread.prepare(std::min(room, state_type::piece));
        state.stream->async_read_some(space, std::move(self));
    }

    template <class Self>
    void received(Self& self, error_code ec, std::size_t size)
    {
        auto& state = *state_;
        ec = understood(ec);
        state.unread.commit(size);
        state.facts.response_begun = state.facts.response_begun || size != 0;
        if (!ec) {
            ec = job_->reader.take(state.unread);
        } else if (ec == boost::asio::error::eof) {
            ec = end();
        }
        if (ec) {
            return fail(self, ec);
        }
        if (job_->reader.is_done()) {
            return succeed(self);
        }
        if (is_cancelled(self)) {
            return fail(self, ec);
        }
        read(self);
    }

    static error_code understood(error_code ec) noexcept
    {
        if constexpr (requires { Transport::as_socket_error(ec); }) {
            return Transport::as_socket_error(ec);
        } else {
            return ec;
        }
    }

    error_code end()
    {
        return state_->facts.response_begun
                   ? job_->reader.end()
                   : error_code(boost::beast::http::error::end_of_stream);
    }

    template <class Self>
    void succeed(Self& self)
    {
        auto& state = *state_;
        auto& reader = job_->reader;
        bool const survives = reader.keeps_alive() && job_->message->keep_alive() &&
                              state.facts.request_written && state.unread.size() == 0;
        if (survives) {
            state.keep_for(reader.keep_alive_timeout());
        }
        state.now = survives ? condition::ready : condition::spent;
        complete(self, {}, reader.release());
    }

    template <class Self>
    void fail(Self& self, error_code ec)
    {
        if (is_cancelled(self)) {
            ec = boost::asio::error::operation_aborted;
        } else if (job_->write_error && !state_->facts.response_begun) {
            ec = job_->write_error;
        }
        state_->now = condition::spent;
        complete(self, ec);
    }

    template <class Self>
    void complete(Self& self, error_code ec, string_response answer = {})
    {
        state_.reset();
        job_.reset();
        self.complete(ec, std::move(answer));
    }

    template <class Self>
    static bool is_cancelled(Self& self)
    {
        return self.cancelled() != boost::asio::cancellation_type::none;
    }

    std::shared_ptr<state_type> state_;
    std::unique_ptr<job> job_;
    step step_ = step::writing;
};

} // namespace resil::http::detail

#endif // RESIL_HTTP_DETAIL_EXCHANGE_OP_HPP
