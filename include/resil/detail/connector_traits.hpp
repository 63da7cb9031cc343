// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_CONNECTOR_TRAITS_HPP
#define RESIL_DETAIL_CONNECTOR_TRAITS_HPP

#include <resil/connection_fault.hpp>
#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>

#include <memory>
#include <utility>

namespace resil::detail {

/// A token by which to ask whether a connector has an operation.
struct any_handler
{
    void operator()(error_code) const {}
};

/// What a connector can do, and what stands in for what it does not say.
template <class Connector>
struct connector_traits
{
    using connection = typename Connector::connection;
    using executor = boost::asio::any_io_executor;

    static constexpr bool pings =
        requires(Connector const& c, connection& to) { c.async_ping(to, any_handler()); };

    static constexpr bool resets =
        requires(Connector const& c, connection& to) { c.async_reset(to, any_handler()); };

    static constexpr bool closes =
        requires(Connector const& c, connection& to) { c.async_close(to, any_handler()); };

    static constexpr bool disowns =
        requires(Connector const& c, connection& to) { c.after_fork(to); };

    static constexpr bool forces =
        requires(Connector const& c, connection& to) { c.force_close(to); };

    static std::unique_ptr<connection> make(Connector const& connector, executor const& ex)
    {
        if constexpr (requires { connector.make(ex); }) {
            return connector.make(ex);
        } else {
            return std::make_unique<connection>(ex);
        }
    }

    static bool is_reusable([[maybe_unused]] Connector const& connector,
                            [[maybe_unused]] connection const& c) noexcept
    {
        if constexpr (requires { connector.is_reusable(c); }) {
            static_assert(noexcept(connector.is_reusable(c)),
                          "resil: a connector's is_reusable must be noexcept");
            return connector.is_reusable(c);
        } else {
            return true;
        }
    }

    static connection_fault classify([[maybe_unused]] Connector const& connector,
                                     error_code ec) noexcept
    {
        if constexpr (requires { connector.classify(ec); }) {
            return connector.classify(ec);
        } else {
            return default_fault(ec);
        }
    }

private:
    static connection_fault default_fault(error_code ec) noexcept
    {
        namespace net = boost::asio::error;
        bool const gone = ec == net::eof || ec == net::connection_reset ||
                          ec == net::connection_aborted || ec == net::broken_pipe ||
                          ec == net::not_connected || ec == net::network_reset ||
                          ec == net::timed_out;
        return gone ? connection_fault::disconnected : connection_fault::transient;
    }
};

} // namespace resil::detail

#endif // RESIL_DETAIL_CONNECTOR_TRAITS_HPP
