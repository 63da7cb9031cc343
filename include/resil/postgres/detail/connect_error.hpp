// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_DETAIL_CONNECT_ERROR_HPP
#define RESIL_POSTGRES_DETAIL_CONNECT_ERROR_HPP

#include <resil/error.hpp>
#include <resil/postgres/error.hpp>

#include <libpq-fe.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace resil::postgres::detail {

// While it connects, libpq tells what went wrong by a text only. Three things in it do not
// depend on the language: the SQLSTATE, the words of the C library for an errno, and the
// phase.

/// Finds the SQLSTATE in a verbose message, "...FATAL:  28P01: ...": that of the last attempt,
/// as libpq may have tried several addresses.
inline error_code sqlstate_in(std::string_view text) noexcept
{
    auto const last = text.rfind("connection to server");
    text.remove_prefix(last == text.npos ? 0 : last);
    for (auto at = text.find(":  "); at != text.npos; at = text.find(":  ", at + 1)) {
        std::string_view const rest = text.substr(at + 3);
        if (rest.size() >= 7 && rest.substr(5, 2) == ": " && pack_sqlstate(rest.substr(0, 5))) {
            return sqlstate_error(rest.substr(0, 5));
        }
    }
    return {};
}

/// Finds the words of a system error. A missing file is one only for UNIX sockets: elsewhere it
/// is that of a certificate.
inline error_code errno_in(std::string_view text, bool unix_socket)
{
    for (int const known : {ECONNREFUSED, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH,
                            EPIPE, EADDRNOTAVAIL, ENOENT}) {
        if (text.find(std::strerror(known)) != text.npos && (known != ENOENT || unix_socket)) {
            return {known, boost::system::system_category()};
        }
    }
    return {};
}

/// Returns the error of a connection that libpq could not make; `phase` is where it gave up.
inline error_code connect_error(PGconn* connection, ConnStatusType phase, bool unix_socket)
{
    std::string_view const text = PQerrorMessage(connection);
    if (error_code const reported = sqlstate_in(text)) {
        return reported;
    }
    if (error_code const system = errno_in(text, unix_socket)) {
        return system;
    }
    if (PQconnectionNeedsPassword(connection)) {
        return errc::password_missing;
    }
    return phase == CONNECTION_SSL_STARTUP ? errc::tls_failed : errc::connection_failed;
}

} // namespace resil::postgres::detail

#endif // RESIL_POSTGRES_DETAIL_CONNECT_ERROR_HPP
