// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_DETAIL_CONNECT_HPP
#define RESIL_POSTGRES_DETAIL_CONNECT_HPP

#include <resil/error.hpp>
#include <resil/postgres/detail/connect_error.hpp>
#include <resil/postgres/detail/operation.hpp>
#include <resil/postgres/detail/resolve.hpp>
#include <resil/postgres/detail/session.hpp>
#include <resil/postgres/settings.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace resil::postgres::detail {

/// Begins a connection; `addresses` of the host, if it had to be looked up. Null: no memory.
inline PGconn* start_connection(settings const& to, std::vector<std::string> const& addresses)
{
    std::string hosts = to.host;
    std::string list;
    for (std::string const& address : addresses) {
        hosts += list.empty() ? "" : "," + to.host;
        list += (list.empty() ? "" : ",") + address;
    }
    std::string const port = std::to_string(to.port);
    std::string const tls(to_string(to.tls));
    std::vector<char const*> keywords;
    std::vector<char const*> values;
    auto const add = [&](char const* keyword, std::string const& value) {
        keywords.push_back(keyword);
        values.push_back(value.c_str());
    };
    std::string const utf8 = "UTF8";
    std::string const no = "disable"; // unless asked for: it looks for its tickets by blocking
    add("gssencmode", no);
    for (auto const& [keyword, value] : to.options) {
        add(keyword.c_str(), value);
    }
    add("host", hosts);
    add("hostaddr", list);
    add("port", port);
    add("dbname", to.database);
    add("user", to.user);
    add("password", to.password);
    add("application_name", to.application_name);
    add("sslmode", tls);
    add("client_encoding", utf8);
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    return PQconnectStartParams(keywords.data(), values.data(), 0);
}

/// Makes a connection; for `async_compose`. One that fails, or is cancelled, leaves nothing.
class connect
{
public:
    connect(std::shared_ptr<session> s, settings to)
        : session_(std::move(s)), to_(std::move(to))
    {
    }

    template <class Self>
    void operator()(Self& self)
    {
        self.reset_cancellation_state(boost::asio::enable_total_cancellation());
        if (error_code const ec = session_->begin_connecting()) {
            return end_later(session_->get_executor(), self, ec);
        }
        if (!needs_lookup(to_.host)) {
            return start(self, true);
        }
        auto const looking = lookup_ = std::make_shared<lookup>(session_->get_executor());
        auto const ex = boost::asio::get_associated_executor(self);
        std::string const host = to_.host;
        looking->wait(std::move(self)); // before the answer can come, on another thread
        looking->start(host, ex);
    }

    /// A wait is over, for the host's address or for the socket.
    template <class Self>
    void operator()(Self& self, error_code ec)
    {
        bool const cancelled = is_cancelled(self.cancelled()) || session_->abandoned();
        if (auto const looked = std::exchange(lookup_, nullptr); looked && !cancelled) {
            addresses_ = looked->addresses();
            return looked->error() ? fail(self, looked->error(), false) : start(self, false);
        }
        if (ec || cancelled) {
            return fail(self, boost::asio::error::operation_aborted, false);
        }
        ConnStatusType const phase = PQstatus(session_->native());
        poll(self, PQconnectPoll(session_->native()), phase);
    }

    template <class Self>
    void operator()(Self& self, ended how)
    {
        self.complete(how.ec);
    }

private:
    template <class Self>
    void start(Self& self, bool starting)
    {
        PGconn* const begun = start_connection(to_, addresses_);
        if (!begun) {
            return fail(self, boost::asio::error::no_memory, starting);
        }
        session_->adopt(begun, to_.max_result_bytes);
        if (PQstatus(begun) == CONNECTION_BAD) {
            error_code const ec = connect_error(begun, CONNECTION_BAD, is_unix_socket());
            return fail(self, ec == errc::connection_failed ? errc::invalid_settings : ec,
                        starting);
        }
        wait(self, PGRES_POLLING_WRITING, starting);
    }

    template <class Self>
    void poll(Self& self, PostgresPollingStatusType status, ConnStatusType phase)
    {
        if (status == PGRES_POLLING_FAILED) {
            return fail(self, connect_error(session_->native(), phase, is_unix_socket()),
                        false);
        }
        if (status != PGRES_POLLING_OK) {
            return wait(self, status, false);
        }
        if (error_code const ec = session_->watch()) {
            return fail(self, ec, false);
        }
        session_->established();
        session_->end(true);
        self.complete(error_code());
    }

    // The socket may be another one after each step.
    template <class Self>
    void wait(Self& self, PostgresPollingStatusType status, bool starting)
    {
        if (error_code const ec = session_->watch()) {
            return fail(self, ec, starting);
        }
        using descriptor = boost::asio::posix::stream_descriptor;
        session_->descriptor().async_wait(
            status == PGRES_POLLING_READING ? descriptor::wait_read : descriptor::wait_write,
            std::move(self));
    }

    template <class Self>
    void fail(Self& self, error_code ec, bool starting)
    {
        if (session_->native()) {
            session_->note(PQerrorMessage(session_->native()));
        }
        session_->close();
        session_->end(true);
        return starting ? end_later(session_->get_executor(), self, ec) : self.complete(ec);
    }

    bool is_unix_socket() const noexcept { return to_.host.starts_with('/'); }

    std::shared_ptr<session> session_;
    settings to_;
    std::shared_ptr<lookup> lookup_;
    std::vector<std::string> addresses_;
};

} // namespace resil::postgres::detail

#endif // RESIL_POSTGRES_DETAIL_CONNECT_HPP
