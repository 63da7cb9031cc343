// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_LISTENING_SOCKETS_HPP
#define RESIL_SERVICE_LISTENING_SOCKETS_HPP

#include <resil/core/option_check.hpp>
#include <resil/error.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace resil::service {

/**
 * Keeps the sockets on which a supervisor's workers listen: one for all of them, or one for each on the same address (POSIX).
 *
 * Opened before there are workers, and kept by the supervisor, so that a worker can go without a socket being closed: who
 * waits in its queue is served by the others, or by the successor in its slot. With one, the queue belongs to all. With
 * several (`SO_REUSEPORT`), the system spreads connections over queues of their own, and nobody else takes what waits in
 * the queue of a worker that crashed, until its successor is there.
 *
 * An address at which somebody listens is refused with several, too, though the system would let them share it.
 *
 * Lifetimes: outlives the supervisor's `run`. Acceptors are independent of it.
 * Thread safety: a value; distinct objects, and const use of a shared one, are safe.
 * Exceptions: `system_error` that names the address, `invalid_option`, `bad_alloc`.
 * Cost: a descriptor for each socket, in the supervisor and in each worker; acceptors have one of their own.
 *
 * Example:
 *
 *     resil::service::listening_sockets const sockets(where, 2); // 1: one queue for all
 *     resil::service::supervisor workers({.workers = 2}, [&](resil::service::worker_link const& link) {
 *         return serve(sockets, link);
 *     });
 *     workers.on_event([](std::string const& what) { std::clog << what << "\n"; });
 *     return workers.run();
 */
class listening_sockets
{
    using tcp = boost::asio::ip::tcp;

public:
    /// Opens `count` sockets, 1 to 1024, with queues of `backlog`, 1 to 65535, which the system may shorten: one, or as many
    /// as there are workers, for nobody takes from the queue of one more. Port 0 is any port, the same for all.
    explicit listening_sockets(tcp::endpoint const& address, std::size_t count = 1, int backlog = 4096)
        : address_(address)
    {
        core::require_between("listening_sockets.count", count, std::size_t(1), std::size_t(1024));
        core::require_between("listening_sockets.backlog", backlog, 1, 65535);
        try {
            if (count > 1) {
                boost::asio::io_context probing;
                bind(probing, address_, false); // is refused if somebody listens there
            }
            for (std::size_t i = 0; i != count; ++i) {
                sockets_.push_back(open(address_, count > 1, backlog));
            }
        } catch (boost::system::system_error const& e) {
            throw boost::system::system_error(e.code(), "listening on " + text(address_));
        }
    }

    /// Returns the address with the port that it really is. Throws nothing.
    tcp::endpoint const& local_endpoint() const noexcept { return address_; }

    /// Returns how many there are. Throws nothing.
    std::size_t size() const noexcept { return sockets_.size(); }

    /// Returns an acceptor of a slot's socket, for `listener::shared`; slots share sockets if there are fewer of these.
    template <class ExecutorOrContext>
    tcp::acceptor acceptor(ExecutorOrContext&& on, std::size_t slot) const
    {
        int const own = ::fcntl(sockets_[slot % sockets_.size()].number, F_DUPFD_CLOEXEC, 0);
        if (own == -1) {
            throw boost::system::system_error(last_error(), "accepting on " + text(address_));
        }
        return tcp::acceptor(std::forward<ExecutorOrContext>(on), address_.protocol(), own);
    }

private:
    struct descriptor
    {
        explicit descriptor(int n) noexcept : number(n) {}
        descriptor(descriptor&& other) noexcept : number(std::exchange(other.number, -1)) {}
        descriptor& operator=(descriptor&& other) noexcept
        {
            std::swap(number, other.number);
            return *this;
        }
        ~descriptor()
        {
            if (number != -1) {
                ::close(number);
            }
        }

        int number;
    };

    static error_code last_error() { return {errno, boost::system::system_category()}; }

    static std::string text(tcp::endpoint const& address)
    {
        std::string const host = address.address().to_string();
        return (address.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(address.port());
    }

    static tcp::acceptor bind(boost::asio::io_context& context, tcp::endpoint& address, bool one_of_several)
    {
        tcp::acceptor made(context);
        made.open(address.protocol());
        made.set_option(tcp::acceptor::reuse_address(true));
        if (one_of_several) {
            reuse_port(made.native_handle());
        }
        made.bind(address);
        address = made.local_endpoint();
        return made;
    }

    static descriptor open(tcp::endpoint& address, bool one_of_several, int backlog)
    {
        boost::asio::io_context context;
        auto made = bind(context, address, one_of_several);
        made.listen(backlog);
        ::fcntl(made.native_handle(), F_SETFD, FD_CLOEXEC);
        return descriptor(made.release());
    }

    // FreeBSD spreads connections only with a name of its own.
    static void reuse_port(int socket)
    {
#if defined(SO_REUSEPORT_LB)
        int const option = SO_REUSEPORT_LB;
#else
        int const option = SO_REUSEPORT;
#endif
        int const on = 1;
        if (::setsockopt(socket, SOL_SOCKET, option, &on, sizeof on) != 0) {
            throw boost::system::system_error(last_error());
        }
    }

    tcp::endpoint address_;
    std::vector<descriptor> sockets_{};
};

} // namespace resil::service

#endif // RESIL_SERVICE_LISTENING_SOCKETS_HPP
