// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_NAME_LOOKUP_HPP
#define RESIL_HTTP_DETAIL_NAME_LOOKUP_HPP

#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <utility>

namespace resil::http::detail {

/**
 * Looks a name up, anew each time; whoever waits for it can go away at any moment.
 *
 * The system's resolver cannot be interrupted: a wait that is cancelled ends at once, and the
 * look-up is left behind; it owns all that it touches.
 */
class name_lookup : public std::enable_shared_from_this<name_lookup>
{
public:
    using tcp = boost::asio::ip::tcp;

    explicit name_lookup(boost::asio::any_io_executor const& ex)
        : resolver_(ex), over_(ex, time_point::max())
    {
    }

    /// Completes with `operation_aborted` when the look-up is over, or when it is cancelled.
    template <class Handler>
    void async_wait(std::string const& host, std::string const& service, Handler&& handler)
    {
        auto const self = shared_from_this();
        over_.async_wait(std::forward<Handler>(handler)); // before it can be over
        resolver_.async_resolve(host, service, found{self});
    }

    error_code error() const noexcept { return error_; }
    tcp::resolver::results_type const& results() const noexcept { return results_; }

private:
    struct found
    {
        std::shared_ptr<name_lookup> self;

        void operator()(error_code ec, tcp::resolver::results_type results) const
        {
            self->error_ = ec;
            self->results_ = std::move(results);
            self->over_.cancel();
        }
    };

    tcp::resolver resolver_;
    boost::asio::steady_timer over_;
    error_code error_{};
    tcp::resolver::results_type results_{};
};

} // namespace resil::http::detail

#endif // RESIL_HTTP_DETAIL_NAME_LOOKUP_HPP
