// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_ERROR_HPP
#define RESIL_POSTGRES_ERROR_HPP

#include <resil/error.hpp>

#include <string>
#include <string_view>
#include <type_traits>

/// The adapter for PostgreSQL, on libpq: a connection, and what a pool must know of it.
namespace resil::postgres {

/**
 * Names what goes wrong on this side of a connection.
 *
 * What the server reports has a category of its own (see `sqlstate`), and a failing socket its
 * `errno` wherever libpq lets it be known. Values are stable within a major version.
 */
enum class errc
{
    connection_failed = 1, ///< The connection was lost, or could not be made; libpq says no more.
    invalid_settings,      ///< The settings are not accepted by libpq.
    tls_failed,            ///< TLS was refused, or the certificate is not trusted.
    password_missing,      ///< The server asked for a password, and there is none.
    busy,                  ///< The connection does something else, or was left in the middle.
    result_too_large,      ///< The result exceeds `settings::max_result_bytes`.
    invalid_statement,     ///< A zero byte in the statement or in a text parameter.
    too_many_parameters,   ///< More than 65535 parameters.
    copy_not_supported,    ///< COPY to or from the client.
    server_error,          ///< The server reported an error without a valid SQLSTATE.
};

namespace detail {

/// What the first two characters of a SQLSTATE say; PostgreSQL's documentation, appendix A.
constexpr std::string_view sqlstate_class(std::string_view state) noexcept
{
    struct entry
    {
        std::string_view prefix;
        std::string_view meaning;
    };
    constexpr entry entries[] = {
        {"01", "warning"},
        {"02", "no data"},
        {"03", "SQL statement not yet complete"},
        {"08", "connection exception"},
        {"09", "triggered action exception"},
        {"0A", "feature not supported"},
        {"0B", "invalid transaction initiation"},
        {"0F", "locator exception"},
        {"0L", "invalid grantor"},
        {"0P", "invalid role specification"},
        {"0Z", "diagnostics exception"},
        {"20", "case not found"},
        {"21", "cardinality violation"},
        {"22", "data exception"},
        {"23", "integrity constraint violation"},
        {"24", "invalid cursor state"},
        {"25", "invalid transaction state"},
        {"26", "invalid SQL statement name"},
        {"27", "triggered data change violation"},
        {"28", "invalid authorization specification"},
        {"2B", "dependent privilege descriptors still exist"},
        {"2D", "invalid transaction termination"},
        {"2F", "SQL routine exception"},
        {"34", "invalid cursor name"},
        {"38", "external routine exception"},
        {"39", "external routine invocation exception"},
        {"3B", "savepoint exception"},
        {"3D", "invalid catalog name"},
        {"3F", "invalid schema name"},
        {"40", "transaction rollback"},
        {"42", "syntax error or access rule violation"},
        {"44", "WITH CHECK OPTION violation"},
        {"53", "insufficient resources"},
        {"54", "program limit exceeded"},
        {"55", "object not in prerequisite state"},
        {"57", "operator intervention"},
        {"58", "system error"},
        {"72", "snapshot failure"},
        {"F0", "configuration file error"},
        {"HV", "foreign data wrapper error"},
        {"P0", "PL/pgSQL error"},
        {"XX", "internal error"},
    };
    for (entry const& e : entries) {
        if (state.starts_with(e.prefix)) {
            return e.meaning;
        }
    }
    return "error of an unknown class";
}

inline constexpr std::string_view sqlstate_digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Packs five digits or capital letters into a number, to the base of 36; 0 if they are not
/// that.
constexpr int pack_sqlstate(std::string_view state) noexcept
{
    int packed = 0;
    for (char const c : state) {
        auto const digit = sqlstate_digits.find(c);
        if (state.size() != 5 || digit == sqlstate_digits.npos) {
            return 0;
        }
        packed = packed * 36 + static_cast<int>(digit);
    }
    return packed;
}

inline std::string unpack_sqlstate(int packed)
{
    std::string state(5, '0');
    for (auto digit = state.rbegin(); digit != state.rend() && packed > 0; packed /= 36) {
        *digit++ = sqlstate_digits[static_cast<std::size_t>(packed % 36)];
    }
    return state;
}

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor" // Boost's category has none, on purpose
#endif

class error_category final : public boost::system::error_category
{
public:
    constexpr error_category() noexcept
        : boost::system::error_category(0x7265'7369'6c00'0003ULL)
    {
    }

    char const* name() const noexcept override { return "resil.postgres"; }

    std::string message(int value) const override
    {
        switch (static_cast<errc>(value)) {
        case errc::connection_failed: return "the connection to the server failed";
        case errc::invalid_settings: return "libpq does not accept the settings";
        case errc::tls_failed: return "TLS was refused, or the certificate is not trusted";
        case errc::password_missing:
            return "the server asks for a password, and none was given";
        case errc::busy: return "the connection is in the middle of another operation";
        case errc::result_too_large: return "the result is larger than max_result_bytes";
        case errc::invalid_statement:
            return "a statement and its text parameters must not contain a zero byte";
        case errc::too_many_parameters: return "a statement has at most 65535 parameters";
        case errc::copy_not_supported: return "COPY to or from the client is not supported";
        case errc::server_error: return "the server reported an error without a SQLSTATE";
        }
        return "unknown resil.postgres error";
    }
};

class sqlstate_category final : public boost::system::error_category
{
public:
    constexpr sqlstate_category() noexcept
        : boost::system::error_category(0x7265'7369'6c00'0004ULL)
    {
    }

    char const* name() const noexcept override { return "resil.postgres.sqlstate"; }

    std::string message(int value) const override
    {
        std::string const state = unpack_sqlstate(value);
        return "SQLSTATE " + state + " (" + std::string(sqlstate_class(state)) + ")";
    }
};

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

inline constexpr error_category error_category_instance{};
inline constexpr sqlstate_category sqlstate_category_instance{};

} // namespace detail

/// Returns the category of `postgres::errc`; its name is "resil.postgres".
inline boost::system::error_category const& error_category() noexcept
{
    return detail::error_category_instance;
}

/// Makes an `error_code` of a `postgres::errc`; found by `error_code`'s converting constructor.
inline error_code make_error_code(errc value) noexcept
{
    return {static_cast<int>(value), error_category()};
}

/**
 * Returns the category of what a server reports; its name is "resil.postgres.sqlstate".
 *
 * A value is the SQLSTATE, five digits or capital letters, read as a number to the base of
 * 36. The message names the SQLSTATE and its class. It never repeats the server's own text,
 * which may quote data: that is `connection::last_message()`.
 */
inline boost::system::error_category const& sqlstate_category() noexcept
{
    return detail::sqlstate_category_instance;
}

/**
 * Returns the error code of a SQLSTATE, as in `ec == postgres::sqlstate_error("23505")`.
 *
 * `errc::server_error` where it is not five digits or capital letters, or is "00000".
 */
inline error_code sqlstate_error(std::string_view state) noexcept
{
    int const packed = detail::pack_sqlstate(state);
    return packed == 0 ? make_error_code(errc::server_error)
                       : error_code(packed, sqlstate_category());
}

/// Returns the five characters of a SQLSTATE; empty for errors that no server reported. Never
/// throws: so few need no memory.
inline std::string sqlstate(error_code ec)
{
    return ec.category() == sqlstate_category() ? detail::unpack_sqlstate(ec.value())
                                                : std::string();
}

} // namespace resil::postgres

namespace boost::system {

template <>
struct is_error_code_enum<resil::postgres::errc> : std::true_type
{
};

} // namespace boost::system

#endif // RESIL_POSTGRES_ERROR_HPP
