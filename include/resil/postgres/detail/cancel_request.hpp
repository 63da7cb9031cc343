// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_DETAIL_CANCEL_REQUEST_HPP
#define RESIL_POSTGRES_DETAIL_CANCEL_REQUEST_HPP

#include <resil/error.hpp>
#include <resil/postgres/detail/operation.hpp>
#include <resil/postgres/detail/session.hpp>
#include <resil/postgres/error.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <libpq-fe.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace resil::postgres::detail {

struct free_cancel
{
    void operator()(PGcancel* c) const noexcept { PQfreeCancel(c); }
};

using cancel_ptr = std::unique_ptr<PGcancel, free_cancel>;

/// Sends the request, which blocks, and tells the other end of a socket pair whether it
/// arrived.
inline void send_cancel(cancel_ptr request, int teller) noexcept
{
    char ignored[256];
    char const arrived = PQcancel(request.get(), ignored, sizeof ignored) != 0;
    ::send(teller, &arrived, 1, MSG_NOSIGNAL); // perhaps nobody listens any more
    ::close(teller);
}

/**
 * Asks the server to cancel what the connection runs; for `async_compose`.
 *
 * Before version 17 libpq can do that by blocking only, and keeps the key that the request
 * needs to itself. So a thread does it, which is not waited for: it owns all it touches, and
 * the operation watches a socket pair.
 */
class cancel_request
{
public:
    explicit cancel_request(std::shared_ptr<session> s) : session_(std::move(s)) {}

    template <class Self>
    void operator()(Self& self)
    {
        self.reset_cancellation_state(boost::asio::enable_total_cancellation());
        if (error_code const ec = start()) {
            return end_later(session_->get_executor(), self, ec);
        }
        auto const told = told_;
        told->async_wait(boost::asio::posix::stream_descriptor::wait_read, std::move(self));
    }

    template <class Self>
    void operator()(Self& self, error_code ec)
    {
        self.complete(ec ? ec : outcome());
    }

    template <class Self>
    void operator()(Self& self, ended how)
    {
        self.complete(how.ec);
    }

private:
    error_code start()
    {
        cancel_ptr request(PQgetCancel(session_->native()));
        if (!request) {
            return boost::asio::error::not_connected;
        }
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
            return {errno, boost::system::system_category()};
        }
        told_ = std::make_shared<boost::asio::posix::stream_descriptor>(
            session_->get_executor(), ends[0]);
        try {
            std::thread(send_cancel, std::move(request), ends[1]).detach();
        } catch (std::system_error const& e) {
            ::close(ends[1]);
            return e.code();
        }
        return {};
    }

    error_code outcome()
    {
        char arrived = 0;
        ::recv(told_->native_handle(), &arrived, 1, MSG_DONTWAIT);
        return arrived ? error_code() : make_error_code(errc::connection_failed);
    }

    std::shared_ptr<session> session_;
    std::shared_ptr<boost::asio::posix::stream_descriptor> told_;
};

} // namespace resil::postgres::detail

#endif // RESIL_POSTGRES_DETAIL_CANCEL_REQUEST_HPP
