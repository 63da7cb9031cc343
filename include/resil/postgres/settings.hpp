// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_SETTINGS_HPP
#define RESIL_POSTGRES_SETTINGS_HPP

#include <resil/core/option_check.hpp>
#include <resil/error.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace resil::postgres {

/// How much TLS is asked for; the names and meanings of libpq's `sslmode`.
enum class tls_mode
{
    disable,     ///< None.
    allow,       ///< Only if the server insists.
    prefer,      ///< If the server can; libpq's default. Protects from nobody on the way.
    require,     ///< Always, with any certificate (unless `sslrootcert` is given).
    verify_ca,   ///< Always, with a certificate of a trusted authority.
    verify_full, ///< The same, and it must name the host. Choose this where it matters.
};

/// Returns what libpq calls a mode.
constexpr std::string_view to_string(tls_mode mode) noexcept
{
    switch (mode) {
    case tls_mode::disable: return "disable";
    case tls_mode::allow: return "allow";
    case tls_mode::prefer: return "prefer";
    case tls_mode::require: return "require";
    case tls_mode::verify_ca: return "verify-ca";
    case tls_mode::verify_full: return "verify-full";
    }
    return "unknown";
}

/**
 * Where a server is, and who connects to it.
 *
 * Values are handed to libpq one by one, never as a connection string: nothing needs quoting.
 * What is given nowhere libpq looks up as always, in `PGPASSWORD` and the other variables of
 * the environment, and in `~/.pgpass`.
 */
struct settings
{
    /// A name, an address, or the folder of a UNIX socket, beginning with '/'. One, no list.
    std::string host = "localhost";

    unsigned short port = 5432;      ///< 1 to 65535. Source: PostgreSQL's default.
    std::string database;            ///< Not empty.
    std::string user;                ///< Not empty.
    std::string password{};          ///< Empty: none is given.
    std::string application_name{};  ///< Seen in `pg_stat_activity`; empty: none.
    tls_mode tls = tls_mode::prefer; ///< See `tls_mode`.

    /**
     * Whatever else libpq understands, as {"sslrootcert", "/etc/ssl/ca.pem"} or {"options", "-c
     * statement_timeout=5s"}. Not what has a member here, nor "hostaddr" or "client_encoding".
     */
    std::map<std::string, std::string> options{};

    /// The most memory that the rows of one result may take; >= 1 KiB. Source: resil's own.
    std::size_t max_result_bytes = std::size_t(64) << 20;

    /// Throws `invalid_option` if something is missing or out of range.
    void validate() const;
};

namespace detail {

inline void require_text(std::string_view field, std::string_view value, bool needed)
{
    if (needed && value.empty()) {
        throw invalid_option(field, "empty", "given");
    }
    if (value.find('\0') != value.npos) {
        throw invalid_option(field, "a text with a zero byte", "without one");
    }
}

/// Says whether libpq knows a keyword; it is asked, as its versions differ.
inline bool is_keyword(std::string_view name)
{
    std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> const known(PQconndefaults(),
                                                                             &PQconninfoFree);
    PQconninfoOption const* option = known.get();
    while (option && option->keyword && option->keyword != name) {
        ++option;
    }
    return option && option->keyword;
}

inline void require_option(std::string const& name, std::string_view value)
{
    static constexpr std::string_view taken[] = {
        "host",     "hostaddr",         "port",    "dbname",          "user",
        "password", "application_name", "sslmode", "client_encoding", "service"};
    if (std::ranges::find(taken, name) != std::end(taken)) {
        throw invalid_option("options", name, "something that has no member of its own");
    }
    if (!is_keyword(name)) {
        throw invalid_option("options", "\"" + name + "\"", "a keyword of this libpq");
    }
    require_text("options." + name, value, false);
}

} // namespace detail

inline void settings::validate() const
{
    detail::require_text("host", host, true);
    detail::require_text("database", database, true);
    detail::require_text("user", user, true);
    detail::require_text("password", password, false);
    detail::require_text("application_name", application_name, false);
    if (host.find(',') != host.npos) {
        throw invalid_option("host", "a list", "one host");
    }
    core::require_at_least<int>("port", port, 1);
    core::require_at_least<std::size_t>("max_result_bytes", max_result_bytes, 1024);
    for (auto const& [name, value] : options) {
        detail::require_option(name, value);
    }
}

} // namespace resil::postgres

#endif // RESIL_POSTGRES_SETTINGS_HPP
