// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_DETAIL_RESOLVE_HPP
#define RESIL_POSTGRES_DETAIL_RESOLVE_HPP

#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace resil::postgres::detail {

/// Says whether libpq would have to look a host up, which it does by blocking.
inline bool needs_lookup(std::string const& host)
{
    error_code ec;
    boost::asio::ip::make_address(host, ec);
    return ec && !host.starts_with('/');
}

/**
 * Looks a host up, and can be abandoned at once.
 *
 * Nobody can interrupt `getaddrinfo`: Asio completes a cancelled look-up when it returns. So
 * the one who asks waits on a timer instead, which the answer, if it is still wanted, cuts
 * short.
 */
class lookup : public std::enable_shared_from_this<lookup>
{
public:
    explicit lookup(boost::asio::any_io_executor const& ex)
        : resolver_(ex), answered_(ex, boost::asio::steady_timer::time_point::max())
    {
    }

    /// Starts; the answer is taken on `ex`, which must be the executor of the one who waits.
    template <class Executor>
    void start(std::string const& host, Executor const& ex)
    {
        resolver_.async_resolve(host, "",
                                boost::asio::bind_executor(ex, answer{shared_from_this()}));
    }

    /// Completes when the answer is there, or when it is cancelled.
    template <class Handler>
    void wait(Handler&& handler)
    {
        answered_.async_wait(std::forward<Handler>(handler));
    }

    error_code error() const noexcept { return error_; }
    std::vector<std::string> const& addresses() const noexcept { return addresses_; }

private:
    struct answer
    {
        std::shared_ptr<lookup> self;

        void operator()(error_code ec,
                        boost::asio::ip::tcp::resolver::results_type const& found)
        {
            for (auto const& entry : found) {
                self->addresses_.push_back(entry.endpoint().address().to_string());
            }
            self->error_ = ec;
            self->answered_.cancel();
        }
    };

    boost::asio::ip::tcp::resolver resolver_;
    boost::asio::steady_timer answered_;
    std::vector<std::string> addresses_;
    error_code error_;
};

} // namespace resil::postgres::detail

#endif // RESIL_POSTGRES_DETAIL_RESOLVE_HPP
