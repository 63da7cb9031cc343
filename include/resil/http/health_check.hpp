// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_HEALTH_CHECK_HPP
#define RESIL_HTTP_HEALTH_CHECK_HPP

#include <resil/detail/coroutine_warnings.hpp>
#include <resil/error.hpp>
#include <resil/http/connection.hpp>
#include <resil/http/endpoint.hpp>
#include <resil/http/error.hpp>
#include <resil/http/plain_transport.hpp>
#include <resil/http/string_message.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <string>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::http {

/**
 * Checks that an HTTP server answers a GET with success (2xx), over a connection of its own for each run.
 *
 * Ask for something cheap that does not depend on others in turn: two services that are ready only when the other is
 * will never be. A redirection is no success.
 *
 * Executor: that of the coroutine.
 * Cancellation: all three types.
 * Errors: those of `basic_connection`; `errc::unexpected_status`; thrown as `system_error`.
 * Thread safety: a value.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`.
 * Cost: a connection and an exchange a run; of the answer, no more than the endpoint's limits allow.
 *
 * Example:
 *
 *     health.add("prices", resil::criticality::soft, resil::http::health_check(prices, "/health/live"));
 */
template <class Transport>
class basic_health_check
{
public:
    /// Takes where the server is, and what to ask for. Throws `invalid_option`, `bad_alloc`.
    basic_health_check(endpoint peer, std::string target, Transport transport = {})
        : peer_(std::move(peer)), target_(std::move(target)), transport_(std::move(transport))
    {
        peer_.validate();
    }

    /// Asks the server, or throws: what `service::health` calls.
    boost::asio::awaitable<void> operator()() const
    {
        boost::asio::any_io_executor const ex = co_await boost::asio::this_coro::executor;
        basic_connection<Transport> link(ex, peer_, transport_);
        co_await link.async_connect(boost::asio::use_awaitable);
        auto const asked = request();
        string_response const answer = co_await link.async_exchange(asked, boost::asio::use_awaitable);
        if (boost::beast::http::to_status_class(answer.result_int()) != boost::beast::http::status_class::successful) {
            throw boost::system::system_error(error_code(errc::unexpected_status));
        }
    }

private:
    std::shared_ptr<string_request const> request() const
    {
        using boost::beast::http::field;
        auto made = std::make_shared<string_request>(boost::beast::http::verb::get, target_, 11);
        made->set(field::host, peer_.authority(Transport::usual_port));
        made->set(field::connection, "close");
        return made;
    }

    endpoint peer_;
    std::string target_;
    Transport transport_;
};

/// A check over plain TCP.
using health_check = basic_health_check<plain_transport>;

} // namespace resil::http

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_HTTP_HEALTH_CHECK_HPP
