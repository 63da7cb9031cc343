// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SUPPORT_CHAOS_PROXY_HPP
#define RESIL_TESTS_SUPPORT_CHAOS_PROXY_HPP

#include <resil/core/random.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_set>

namespace support {

/// Which way bytes go through a proxy.
enum class toward
{
    client,
    server,
};

/// How a connection through the proxy treats what goes over it. By default all is passed on.
struct wire
{
    /// What is read is passed on this much later; meanwhile nothing more is read.
    std::chrono::milliseconds latency{0};

    /// Up to this much later still, drawn at random.
    std::chrono::milliseconds jitter{0};

    /// Late is only what goes this way; by default, what goes either way.
    std::optional<toward> late_way{};

    /// After so many more bytes one way, both ends are closed; zero: at once.
    std::optional<std::size_t> cut_after{};

    /// The way that is counted.
    toward cut_way = toward::client;

    /// A cut is a reset (RST), not an orderly end.
    bool reset = false;

    /// Swallows all, and closes nothing by itself: a half-open peer. This is for good, for
    /// what was swallowed is missing. A new connection is accepted, and the server never hears
    /// of it.
    bool black_hole = false;
};

/**
 * A TCP proxy on loopback that mistreats connections to one port, on a thread of its own.
 *
 * It holds at most one buffer for each way of a connection: who reads slowly is read from
 * slowly. An end in order of one way is passed on like bytes; a failure closes both ends.
 *
 * Thread safety: safe. A change has happened when the call that asks for it returns.
 */
class chaos_proxy
{
public:
    explicit chaos_proxy(unsigned short server_port, wire first = {});
    ~chaos_proxy();

    chaos_proxy(chaos_proxy const&) = delete;
    chaos_proxy& operator=(chaos_proxy const&) = delete;

    /// Returns the port to connect to; the same for the proxy's whole life.
    unsigned short port() const noexcept { return endpoint_.port(); }

    /// Changes what becomes of connections that are accepted from now on.
    void treat_new(wire w);

    /// Changes that, and what becomes of those that are open.
    void treat_all(wire w);

    /// Stops listening: who connects is refused. What is open stays so.
    void refuse();

    /// Listens again.
    void listen();

    /// Returns how many connections were accepted.
    std::size_t accepted() const noexcept { return accepted_; }

    /// Returns how many connections are open.
    std::size_t open() const noexcept { return open_; }

    /// Returns how many open connections were not yet sent a byte by the server, at most.
    std::size_t most_unanswered() const noexcept { return most_unanswered_; }

private:
    using tcp = boost::asio::ip::tcp;
    struct link;

    template <class F>
    void change(F f);

    void bind();
    boost::asio::awaitable<void> accept();
    void admit(tcp::socket client);
    void admit_all_that_wait();
    boost::asio::awaitable<void> serve(std::shared_ptr<link> l);
    boost::asio::awaitable<void> pass(std::shared_ptr<link> l, toward way);
    boost::asio::awaitable<void> hold_back(link& l, toward way);
    void end(std::shared_ptr<link> const& l, toward way, boost::system::error_code why);
    void note_answer(link& l);
    void close(std::shared_ptr<link> const& l);

    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    tcp::endpoint server_;
    tcp::endpoint endpoint_;
    tcp::acceptor acceptor_;
    bool listens_ = false;
    wire wire_;
    resil::core::generator draw_{1};
    std::unordered_set<std::shared_ptr<link>> links_{};
    std::size_t unanswered_ = 0;
    std::atomic<std::size_t> accepted_{0};
    std::atomic<std::size_t> open_{0};
    std::atomic<std::size_t> most_unanswered_{0};
    std::jthread thread_{};
};

} // namespace support

#endif // RESIL_TESTS_SUPPORT_CHAOS_PROXY_HPP
