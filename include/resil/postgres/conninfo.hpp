// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_CONNINFO_HPP
#define RESIL_POSTGRES_CONNINFO_HPP

#include <resil/core/option_check.hpp>
#include <resil/error.hpp>
#include <resil/postgres/settings.hpp>

#include <libpq-fe.h>

#include <charconv>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace resil::postgres {

namespace detail {

inline tls_mode read_tls_mode(std::string_view text)
{
    using enum tls_mode;
    for (tls_mode const each : {disable, allow, prefer, require, verify_ca, verify_full}) {
        if (to_string(each) == text) {
            return each;
        }
    }
    throw invalid_option("sslmode", text, "disable, allow, prefer, require, verify-ca or verify-full");
}

inline unsigned short read_port(std::string_view text)
{
    unsigned short port = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (ec != std::errc() || end != text.data() + text.size() || port == 0) {
        throw invalid_option("port", text, "between 1 and 65535");
    }
    return port;
}

inline void enter(settings& to, std::string_view name, std::string value)
{
    if (name == "host") {
        to.host = std::move(value);
    } else if (name == "port") {
        to.port = read_port(value);
    } else if (name == "dbname") {
        to.database = std::move(value);
    } else if (name == "user") {
        to.user = std::move(value);
    } else if (name == "password") {
        to.password = std::move(value);
    } else if (name == "application_name") {
        to.application_name = std::move(value);
    } else if (name == "sslmode") {
        to.tls = read_tls_mode(value);
    } else {
        to.options.emplace(name, std::move(value));
    }
}

} // namespace detail

/**
 * Reads a connection string: `postgresql://shop:secret@db:5432/shop?sslmode=require`, or `host=db dbname=shop user=shop`.
 *
 * It is how services are told in one variable of the environment where their database is. libpq reads it, so all of its
 * forms are understood; `service` is not. What it does not say keeps the default of `settings`.
 *
 * Errors: none.
 * Thread safety: pure, so safe from any thread.
 * Exceptions: `invalid_option`, in which no password is quoted, for what libpq does not understand and for settings that
 * are not valid; `bad_alloc`.
 * Cost: some allocations.
 *
 * @param text The connection string.
 */
inline settings read_settings(std::string const& text)
{
    char* problem = nullptr;
    using options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;
    options const read(PQconninfoParse(text.c_str(), &problem), &PQconninfoFree);
    std::unique_ptr<char, decltype(&PQfreemem)> const message(problem, &PQfreemem);
    if (!read) { // libpq's words may quote a password
        throw invalid_option("connection string", "something else", "postgresql://user@host:port/database, or key=value pairs");
    }
    settings found;
    for (PQconninfoOption const* each = read.get(); each->keyword; ++each) {
        if (each->val) {
            detail::enter(found, each->keyword, each->val);
        }
    }
    found.validate();
    return found;
}

} // namespace resil::postgres

#endif // RESIL_POSTGRES_CONNINFO_HPP
