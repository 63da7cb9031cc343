// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_MYSQL_CLASSIFY_HPP
#define RESIL_MYSQL_CLASSIFY_HPP

#include <resil/connection_fault.hpp>
#include <resil/error.hpp>
#include <resil/verdict.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/mysql/client_errc.hpp>
#include <boost/mysql/common_server_errc.hpp>
#include <boost/mysql/error_categories.hpp>
#include <boost/mysql/mariadb_server_errc.hpp>
#include <boost/mysql/mysql_server_errc.hpp>

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <optional>

namespace resil::mysql {

namespace detail {

/// What an error is about; the one table that faults and verdicts are made from.
enum class cause
{
    login,     ///< The server, or the client, refuses this login: it always will.
    statement, ///< The statement itself is wrong.
    gone,      ///< The connection is lost, or the server is going away.
    standby,   ///< The server only reads.
    state,     ///< The server's state of this moment.
    other,     ///< Anything else that a server said: about rows and tables, mostly.
};

inline cause cause_of(boost::mysql::common_server_errc code) noexcept
{
    using e = boost::mysql::common_server_errc;
    switch (code) {
    case e::er_access_denied_error:
    case e::er_access_denied_no_password_error:
    case e::er_access_denied_change_user_error:
    case e::er_dbaccess_denied_error:
    case e::er_bad_db_error:
    case e::er_host_not_privileged:
    case e::er_not_supported_auth_mode:
    case e::er_must_change_password:
    case e::er_must_change_password_login: return cause::login;

    case e::er_parse_error:
    case e::er_unknown_system_variable:
    case e::er_wrong_value_for_var: return cause::statement;

    case e::er_server_shutdown:
    case e::er_normal_shutdown:
    case e::er_forcing_close:
    case e::er_aborting_connection:
    case e::er_new_aborting_connection: return cause::gone;

    case e::er_option_prevents_statement:
    case e::er_read_only_mode:
    case e::er_cant_execute_in_read_only_transaction: return cause::standby;

    case e::er_con_count_error:
    case e::er_too_many_user_connections:
    case e::er_user_limit_reached:
    case e::er_too_many_concurrent_trxs:
    case e::er_host_is_blocked:
    case e::er_out_of_resources:
    case e::er_outofmemory:
    case e::er_out_of_sortmemory:
    case e::er_cant_create_thread:
    case e::er_disk_full:
    case e::er_handshake_error:
    case e::er_unknown_com_error: // a node of a Galera cluster that is not ready
    case e::er_net_read_error:
    case e::er_net_read_interrupted:
    case e::er_net_error_on_write:
    case e::er_net_write_interrupted:
    case e::er_lock_wait_timeout:
    case e::er_lock_deadlock:
    case e::er_xa_rbdeadlock:
    case e::er_checkread:
    case e::er_query_interrupted: return cause::state;

    default: return cause::other;
    }
}

// What client libraries name these two; proxies send them in packets of their own.
inline constexpr int server_gone = 2006;
inline constexpr int server_lost = 2013;

inline cause cause_of_mysql(int code) noexcept
{
    namespace e = boost::mysql::mysql_server_errc;
    switch (code) {
    case e::er_account_has_been_locked: return cause::login;
    case e::er_session_was_killed:
    case e::er_client_interaction_timeout:
    case server_gone:
    case server_lost: return cause::gone;
    case e::er_query_timeout: return cause::state;
    default: return cause::other;
    }
}

inline cause cause_of_mariadb(int code) noexcept
{
    namespace e = boost::mysql::mariadb_server_errc;
    switch (code) {
    case e::er_account_has_been_locked: return cause::login;
    case e::er_connection_killed:
    case server_gone:
    case server_lost: return cause::gone;
    case e::er_statement_timeout: return cause::state;
    default: return cause::other;
    }
}

inline std::optional<cause> cause_of(boost::mysql::client_errc code) noexcept
{
    using e = boost::mysql::client_errc;
    switch (code) {
    case e::server_unsupported:
    case e::unknown_auth_plugin:
    case e::auth_plugin_requires_ssl:
    case e::server_doesnt_support_ssl: return cause::login;
    case e::not_connected: return cause::gone;
    default: return std::nullopt;
    }
}

inline bool is_untrusted_certificate(error_code ec) noexcept
{
    return ec.category() == boost::asio::error::get_ssl_category() &&
           ERR_GET_REASON(static_cast<unsigned long>(ec.value())) ==
               SSL_R_CERTIFICATE_VERIFY_FAILED;
}

inline bool is_gone(error_code ec) noexcept
{
    namespace net = boost::asio::error;
    return ec == net::eof || ec == net::connection_reset || ec == net::connection_aborted ||
           ec == net::broken_pipe || ec == net::not_connected || ec == net::network_reset ||
           ec == net::network_down || ec == net::network_unreachable ||
           ec == net::host_unreachable || ec == net::timed_out ||
           ec == boost::asio::ssl::error::stream_truncated;
}

/// Nothing for the client's own errors, and for those of the network that say nothing.
inline std::optional<cause> cause_of(error_code ec) noexcept
{
    namespace mysql = boost::mysql;
    if (ec.category() == mysql::get_common_server_category()) {
        return cause_of(static_cast<mysql::common_server_errc>(ec.value()));
    }
    if (ec.category() == mysql::get_mysql_server_category()) {
        return cause_of_mysql(ec.value());
    }
    if (ec.category() == mysql::get_mariadb_server_category()) {
        return cause_of_mariadb(ec.value());
    }
    if (ec.category() == mysql::get_client_category()) {
        return cause_of(static_cast<mysql::client_errc>(ec.value()));
    }
    if (is_untrusted_certificate(ec)) {
        return cause::login;
    }
    return is_gone(ec) ? std::optional(cause::gone) : std::nullopt;
}

} // namespace detail

/**
 * Says what an error of Boost.MySQL means to the connection that met it, and to others.
 *
 * Permanent:
 * - access denied (1044, 1045, 1698, 1873), unknown database (1049), host not allowed (1130),
 *   account locked (3118, 4151), password expired (1820, 1862);
 * - authentication or TLS that one side does not know, a certificate that is not trusted;
 * - what a statement of `connector_options::session_setup` got wrong (1064, 1193, 1231).
 *
 * Disconnected: eof, reset, aborted, broken pipe, unreachable, timed out, a cut TLS stream;
 * shutting down (1053, 1077), connection killed or aborted (1080, 1152, 1184, 1927, 3169,
 * 4031), a proxy's 2006 and 2013.
 *
 * Read-only: 1290, 1792 and 1836, with which servers refuse writes since they are standbys; the
 * same three as `rejectReadOnly` of go-sql-driver. 1290 also ends statements that another
 * option of the server forbids (`--secure-file-priv`), 1792 those that write in a transaction
 * that the program itself began as read-only.
 *
 * Transient: everything else; refused, too many connections (1040, 1203), lock wait (1205),
 * deadlock (1213) among it.
 *
 * Thread safety: pure, so safe from any thread.
 * Exceptions: never throws.
 */
inline connection_fault classify(error_code ec) noexcept
{
    switch (detail::cause_of(ec).value_or(detail::cause::other)) {
    case detail::cause::login:
    case detail::cause::statement: return connection_fault::permanent;
    case detail::cause::gone: return connection_fault::disconnected;
    case detail::cause::standby: return connection_fault::read_only;
    case detail::cause::state:
    case detail::cause::other: break;
    }
    return connection_fault::transient;
}

/**
 * Judges an error of Boost.MySQL.
 *
 * Transient: what the server's state of the moment explains (too many connections, lock wait
 * timeout, deadlock, out of memory, a statement that was interrupted or ran out of its time), a
 * server that went away or only reads. Permanent: what `classify` calls permanent, but for
 * wrong statements, and the client's own errors. Ignored: every other error of the server, as a
 * duplicate key or a missing table: the server is well, and would answer the same again.
 * Anything else is judged as `resil::judge` does.
 *
 * When the connection was lost, the server may have executed the statement: retry repeats it as
 * its `idempotency` allows.
 *
 * Thread safety: pure, so safe from any thread.
 * Exceptions: never throws.
 */
inline verdict judge(error_code ec) noexcept
{
    auto const cause = detail::cause_of(ec);
    if (!cause) {
        return resil::judge(ec);
    }
    switch (*cause) {
    case detail::cause::login: return verdict::permanent;
    case detail::cause::gone:
    case detail::cause::standby:
    case detail::cause::state: return verdict::transient;
    case detail::cause::statement:
    case detail::cause::other: break;
    }
    return verdict::ignored;
}

/**
 * The classifier to give to policies: judges by `mysql::judge`, whatever values came along.
 *
 * Example:
 *
 *     resil::pipeline const reads{resil::judged_by{resil::mysql::judge_error{}}, resil::retry{}};
 */
struct judge_error
{
    /// Judges what an operation completed with.
    template <class... Values>
    verdict operator()(error_code ec, Values const&...) const noexcept
    {
        return mysql::judge(ec);
    }
};

} // namespace resil::mysql

#endif // RESIL_MYSQL_CLASSIFY_HPP
