// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_DETAIL_SESSION_HPP
#define RESIL_POSTGRES_DETAIL_SESSION_HPP

#include <resil/error.hpp>
#include <resil/postgres/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <libpq-fe.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace resil::postgres::detail {

struct finish_connection
{
    void operator()(PGconn* c) const noexcept { PQfinish(c); }
};

/**
 * What a connection and its running operation share: libpq's connection, and its socket.
 *
 * Asio watches a duplicate of libpq's descriptor: libpq closes its own whenever it likes
 * (when it tries the next address, or when the peer has gone), and the number may by then
 * belong to somebody else, whose registration with the reactor must not be touched.
 */
class session
{
public:
    explicit session(boost::asio::any_io_executor const& ex) : descriptor_(ex) {}

    auto get_executor() { return descriptor_.get_executor(); }
    PGconn* native() const noexcept { return connection_.get(); }
    auto& descriptor() noexcept { return descriptor_; }
    std::string const& message() const noexcept { return message_; }

    /// Takes a connection that libpq has begun to make.
    void adopt(PGconn* begun, std::size_t max_result_bytes)
    {
        connection_.reset(begun);
        max_result_bytes_ = max_result_bytes;
        PQsetNoticeReceiver(begun, ignore_notice, nullptr); // libpq's own writes to stderr
        PQsetErrorVerbosity(begun, PQERRORS_VERBOSE); // so that texts hold the SQLSTATE
    }

    std::size_t max_result_bytes() const noexcept { return max_result_bytes_; }

    /// Watches the socket that libpq uses now.
    error_code watch()
    {
        error_code ec;
        descriptor_.close(ec);
        int const copy = ::fcntl(PQsocket(native()), F_DUPFD_CLOEXEC, 0);
        if (copy < 0) {
            return {errno, boost::system::system_category()};
        }
        descriptor_.assign(copy, ec);
        if (ec) {
            ::close(copy);
        }
        return ec;
    }

    /// Says goodbye as far as that needs no waiting; an operation in flight is abandoned.
    void close() noexcept
    {
        error_code ignored;
        descriptor_.close(ignored);
        connection_.reset();
        established_ = false;
        midway_ = false;
        abandoned_ = running_;
    }

    /// Lets go of the socket without a word: what libpq says at the end goes nowhere.
    void disown() noexcept
    {
        int const nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        if (nowhere >= 0 && native() != nullptr && PQsocket(native()) >= 0) {
            ::dup2(nowhere, PQsocket(native()));
        }
        ::close(nowhere);
    }

    /// Says, to an operation that goes on, that meanwhile the connection was closed.
    bool abandoned() const noexcept { return abandoned_; }

    /// An operation begins: refused while another runs, or has left the middle of its own.
    error_code begin() noexcept
    {
        if (!established_ || PQstatus(native()) != CONNECTION_OK) {
            return boost::asio::error::not_connected;
        }
        if (running_ || midway_) {
            return errc::busy;
        }
        message_.clear();
        running_ = true;
        return {};
    }

    /// An operation begins that makes the connection.
    error_code begin_connecting() noexcept
    {
        if (running_ || native()) {
            return boost::asio::error::already_connected;
        }
        message_.clear();
        running_ = true;
        return {};
    }

    void established() noexcept
    {
        PQsetnonblocking(native(), 1);
        PQsetErrorVerbosity(native(), PQERRORS_DEFAULT);
        established_ = true;
    }

    /// An operation is over: in order, or midway, with the rest of an answer still to come.
    void end(bool in_order) noexcept
    {
        midway_ = !in_order && !abandoned_;
        running_ = abandoned_ = false;
    }

    bool is_reusable() const noexcept
    {
        return established_ && !running_ && !midway_ && PQstatus(native()) == CONNECTION_OK &&
               !is_unfit(PQtransactionStatus(native())) && !peer_has_gone();
    }

    bool in_transaction() const noexcept
    {
        auto const status = PQtransactionStatus(native());
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
    }

    /// Keeps what the server or libpq said; only the beginning of it.
    void note(char const* text)
    {
        constexpr std::size_t longest = 4096;
        message_.assign(text, ::strnlen(text, longest));
        while (!message_.empty() && message_.back() == '\n') {
            message_.pop_back();
        }
    }

    /// Tells how an established connection has failed. libpq says it in words only.
    error_code lost()
    {
        note(PQerrorMessage(native()));
        char byte;
        auto const got = ::recv(descriptor_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (got == 0) {
            return boost::asio::error::eof;
        }
        bool const silent = got > 0 || errno == EAGAIN || errno == ENOTSOCK;
        return silent ? make_error_code(errc::connection_failed)
                      : error_code(errno, boost::system::system_category());
    }

private:
    static void ignore_notice(void*, PGresult const*) {}

    static bool is_unfit(PGTransactionStatusType status) noexcept
    {
        return status == PQTRANS_ACTIVE || status == PQTRANS_UNKNOWN;
    }

    // Also where a last message was left unread: the peer's end is a state of its own.
    bool peer_has_gone() const noexcept
    {
        pollfd state{PQsocket(native()), POLLRDHUP, 0};
        return ::poll(&state, 1, 0) != 0;
    }

    boost::asio::posix::stream_descriptor descriptor_;
    std::unique_ptr<PGconn, finish_connection> connection_;
    std::string message_;
    std::size_t max_result_bytes_ = 0;
    bool established_ = false;
    bool running_ = false;
    bool midway_ = false;
    bool abandoned_ = false;
};

} // namespace resil::postgres::detail

#endif // RESIL_POSTGRES_DETAIL_SESSION_HPP
