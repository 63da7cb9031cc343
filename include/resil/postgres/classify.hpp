// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_CLASSIFY_HPP
#define RESIL_POSTGRES_CLASSIFY_HPP

#include <resil/connection_fault.hpp>
#include <resil/error.hpp>
#include <resil/postgres/error.hpp>
#include <resil/verdict.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

namespace resil::postgres {

/**
 * Says what an error means to the connection that met it; what `connector` tells a pool.
 *
 * Permanent: authorization (28xxx), an unknown database (3D000), and from `errc`: settings
 * that libpq refuses, TLS, a missing password. Disconnected: the server shuts down, has
 * crashed or ends idle sessions (57P01, 57P02, 57P05), connection exceptions (08xxx),
 * `errc::connection_failed`, and what a socket reports when its peer is gone. Read-only:
 * 25006. Everything else, also 57P03 (starting) and 53300 (too many connections), is
 * transient.
 */
inline connection_fault classify(error_code ec) noexcept
{
    namespace net = boost::asio::error;
    std::string const state = sqlstate(ec); // five characters: no allocation
    if (state.starts_with("28") || state == "3D000" || ec == errc::invalid_settings ||
        ec == errc::tls_failed || ec == errc::password_missing) {
        return connection_fault::permanent;
    }
    if (state == "25006") {
        return connection_fault::read_only;
    }
    bool const gone = state.starts_with("08") || state == "57P01" || state == "57P02" ||
                      state == "57P05" || ec == errc::connection_failed || ec == net::eof ||
                      ec == net::connection_reset || ec == net::connection_aborted ||
                      ec == net::broken_pipe || ec == net::not_connected ||
                      ec == net::network_reset || ec == net::timed_out;
    return gone ? connection_fault::disconnected : connection_fault::transient;
}

namespace detail {

/// Says whether an error is the statement's, not the server's.
inline bool is_of_statement(std::string_view state) noexcept
{
    static constexpr std::string_view classes[] = {"0A", "21", "22", "23", "42", "44", "P0"};
    return std::find(std::begin(classes), std::end(classes), state.substr(0, 2)) !=
           std::end(classes);
}

} // namespace detail

/**
 * Judges an error as `resil::judge` does, and those of PostgreSQL too.
 *
 * Transient: serialization failures and deadlocks (40001, 40P01), too many connections
 * (53300), a server that starts (57P03), shuts down or has crashed (57P01, 57P02, 57P05),
 * connection exceptions (08xxx), a server that is read-only since a failover (25006), and
 * `errc::connection_failed`. Ignored, for the server works and the same statement would fail
 * in the same way: features, data, constraints and syntax (0Axxx, 21xxx, 22xxx, 23xxx, 42xxx,
 * 44xxx, P0xxx). The server's other errors are permanent. A statement may have been carried out although its connection
 * was lost: repeating is safe for what is idempotent, as everywhere in resil.
 */
inline verdict judge(error_code ec) noexcept
{
    std::string const state = sqlstate(ec);
    if (state.empty()) {
        return ec == errc::connection_failed ? verdict::transient : resil::judge(ec);
    }
    bool const transient = state == "40001" || state == "40P01" || state == "53300" ||
                           state == "57P01" || state == "57P02" || state == "57P03" ||
                           state == "57P05" || state == "25006" || state.starts_with("08");
    if (transient) {
        return verdict::transient;
    }
    return detail::is_of_statement(state) ? verdict::ignored : verdict::permanent;
}

/**
 * The classifier to give to policies: judges by the error alone, with `postgres::judge`.
 *
 * Example:
 *
 *     resil::pipeline const writes{resil::judged_by{resil::postgres::judge_error{}}, resil::retry{}};
 */
struct judge_error
{
    /// Judges what an operation completed with.
    template <class... Values>
    verdict operator()(error_code ec, Values const&...) const noexcept
    {
        return postgres::judge(ec);
    }
};

} // namespace resil::postgres

#endif // RESIL_POSTGRES_CLASSIFY_HPP
