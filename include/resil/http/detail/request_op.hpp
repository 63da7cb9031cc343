// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_REQUEST_OP_HPP
#define RESIL_HTTP_DETAIL_REQUEST_OP_HPP

#include <resil/attempt.hpp>
#include <resil/connection_fault.hpp>
#include <resil/connection_pool.hpp>
#include <resil/error.hpp>
#include <resil/http/connection.hpp>
#include <resil/http/detail/request_head.hpp>
#include <resil/http/exchange_facts.hpp>
#include <resil/http/string_message.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <optional>
#include <source_location>
#include <utility>

namespace resil::http::detail {

/// What bounds one request, and who wants to know how far it went.
struct request_frame
{
    std::optional<time_point> deadline{};
    attempt const* of = nullptr;
    std::source_location where{};
};

/// Connects a borrowed connection anew; an operation that takes a token.
template <class Connector>
struct renewal
{
    connection_pool<Connector> pool;
    typename Connector::connection* old;

    template <class Token>
    auto operator()(Token&& token) const
    {
        return pool.connector().async_connect(*old, std::forward<Token>(token));
    }
};

/// Borrows a connection, sends a request, and, where that is safe, sends it once more if the
/// connection turned out to be stale.
template <class Connector>
class request_op
{
    using lease_type = lease<Connector>;

    enum class step : unsigned char
    {
        refusing,
        acquiring,
        renewing,
        exchanging,
    };

public:
    request_op(connection_pool<Connector> pool, string_request message, request_frame frame)
        : pool_(std::move(pool)), frame_(frame)
    {
        complete_request(message, pool_.connector().authority());
        message_ = std::make_shared<string_request const>(std::move(message));
    }

    /// Begins.
    template <class Self>
    void operator()(Self& self)
    {
        self.reset_cancellation_state(boost::asio::enable_total_cancellation());
        if (error_code const refused = check_request(*message_)) {
            step_ = step::refusing;
            auto const ex = pool_.get_executor();
            return boost::asio::post(ex, boost::asio::append(std::move(self), refused));
        }
        acquire(self);
    }

    /// A connection was lent.
    template <class Self>
    void operator()(Self& self, error_code ec, lease_type lent)
    {
        lease_ = std::move(lent);
        if (ec || is_cancelled(self)) {
            lease_.release_without_reset();
            return fail(self, ec);
        }
        if (stale_ && lease_.was_reused()) {
            return renew(self);
        }
        exchange(self);
    }

    /// The request was refused, or a connection renewed.
    template <class Self>
    void operator()(Self& self, error_code ec)
    {
        if (step_ == step::refusing) {
            return complete(self, ec);
        }
        if (ec || is_cancelled(self)) {
            lease_.mark_broken(ec);
            lease_.release();
            return fail(self, ec);
        }
        exchange(self);
    }

    /// The exchange is over.
    template <class Self>
    void operator()(Self& self, error_code ec, string_response answer)
    {
        exchange_facts const facts = lease_->last_exchange();
        sent_ = sent_ || facts.sent != 0;
        if (!ec) {
            lease_.release();
            return complete(self, ec, std::move(answer));
        }
        bool const again = is_stale(ec, facts) && !is_cancelled(self);
        lease_.mark_broken(ec);
        lease_.release();
        if (!again) {
            return complete(self, ec);
        }
        stale_ = ec;
        acquire(self);
    }

private:
    template <class Self>
    void acquire(Self& self)
    {
        step_ = step::acquiring;
        auto const pool = pool_;
        auto const frame = frame_;
        pool.async_acquire(call{.deadline = frame.deadline}, std::move(self), frame.where);
    }

    template <class Self>
    void exchange(Self& self)
    {
        step_ = step::exchanging;
        self.reset_cancellation_state(boost::asio::enable_partial_cancellation());
        auto& peer = *lease_;
        auto const message = message_;
        peer.async_exchange(message, std::move(self));
    }

    // What the pool lends may be as old as the stale one: only a new one is above doubt.
    template <class Self>
    void renew(Self& self)
    {
        step_ = step::renewing;
        timeout const bounded(pool_.options().connect_timeout);
        renewal<Connector> again{pool_, &*lease_};
        bounded.async_call(std::move(again), std::move(self));
    }

    // The peer closed the idle connection before it saw the request, or so it seems; it cannot
    // be known, so the request must be one that may be seen twice.
    bool is_stale(error_code ec, exchange_facts const& facts) const
    {
        return !stale_ && lease_.was_reused() && !facts.response_begun &&
               pool_.connector().classify(ec) == connection_fault::disconnected &&
               is_repeatable(*message_);
    }

    // That there was no second connection proves nothing about the first.
    template <class Self>
    void fail(Self& self, error_code ec)
    {
        if (is_cancelled(self)) {
            ec = boost::asio::error::operation_aborted;
        } else if (stale_) {
            ec = stale_;
        }
        complete(self, ec);
    }

    template <class Self>
    void complete(Self& self, error_code ec, string_response answer = {})
    {
        if (ec && !sent_ && frame_.of != nullptr) {
            frame_.of->not_sent();
        }
        message_.reset();
        self.complete(ec, std::move(answer));
    }

    template <class Self>
    static bool is_cancelled(Self& self)
    {
        return self.cancelled() != boost::asio::cancellation_type::none;
    }

    connection_pool<Connector> pool_;
    lease_type lease_{};
    std::shared_ptr<string_request const> message_{};
    request_frame frame_;
    error_code stale_{}; // how the first exchange ended, if a second is made
    bool sent_ = false;
    step step_ = step::acquiring;
};

} // namespace resil::http::detail

#endif // RESIL_HTTP_DETAIL_REQUEST_OP_HPP
