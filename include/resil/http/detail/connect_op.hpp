// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_CONNECT_OP_HPP
#define RESIL_HTTP_DETAIL_CONNECT_OP_HPP

#include <resil/detail/connector_traits.hpp>
#include <resil/error.hpp>
#include <resil/http/detail/connection_state.hpp>
#include <resil/http/detail/name_lookup.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>
#include <utility>

namespace resil::http::detail {

/// Looks the name up, connects to the first address that answers, shakes hands.
template <class Transport>
class connect_op
{
    using state_type = connection_state<Transport>;
    using condition = typename state_type::condition;
    using tcp = boost::asio::ip::tcp;

public:
    explicit connect_op(std::shared_ptr<state_type> state) : state_(std::move(state)) {}

    /// Begins.
    template <class Self>
    void operator()(Self& self)
    {
        self.reset_cancellation_state(boost::asio::enable_total_cancellation());
        state_->open();
        lookup_ = std::make_shared<name_lookup>(state_->ex);
        auto const [state, lookup] = std::pair(state_, lookup_);
        lookup->async_wait(state->peer.name(), state->service(), std::move(self));
    }

    /// The name was looked up; or hands were shaken.
    template <class Self>
    void operator()(Self& self, error_code ec)
    {
        if (!lookup_) {
            return complete(self, ec);
        }
        auto const lookup = std::exchange(lookup_, nullptr);
        if (is_over(self) || lookup->error()) {
            return complete(self, lookup->error());
        }
        auto& socket = Transport::socket(*state_->stream);
        boost::asio::async_connect(socket, lookup->results(), std::move(self));
    }

    /// A connection is there.
    template <class Self>
    void operator()(Self& self, error_code ec, tcp::endpoint const&)
    {
        ec = ec || is_over(self) ? ec : state_->adapt();
        if constexpr (shakes_hands) {
            if (!ec && !is_over(self)) {
                auto const state = state_;
                return state->transport.async_handshake(*state->stream, state->peer.name(),
                                                        std::move(self));
            }
        }
        complete(self, ec);
    }

private:
    static constexpr bool shakes_hands =
        requires(Transport const& over, typename Transport::stream& s) {
            over.async_handshake(s, std::string(), resil::detail::any_handler());
        };

    // Cancelled, or the connection was closed or destroyed meanwhile.
    template <class Self>
    bool is_over(Self& self) const
    {
        return self.cancelled() != boost::asio::cancellation_type::none ||
               state_->now != condition::busy;
    }

    template <class Self>
    void complete(Self& self, error_code ec)
    {
        if (is_over(self)) {
            ec = boost::asio::error::operation_aborted;
        }
        if (ec) {
            state_->close();
        } else {
            state_->now = condition::ready;
        }
        state_.reset();
        self.complete(ec);
    }

    std::shared_ptr<state_type> state_;
    std::shared_ptr<name_lookup> lookup_{};
};

} // namespace resil::http::detail

#endif // RESIL_HTTP_DETAIL_CONNECT_OP_HPP
