// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "support/chaos_proxy.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace support {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

} // namespace

/// A client, and the server on its behalf. Only the proxy's thread touches it.
struct chaos_proxy::link
{
    struct end
    {
        tcp::socket socket;
        asio::steady_timer late; ///< Holds back what goes to this end.
        std::array<char, 16 * 1024> buffer{};
    };

    link(asio::io_context& io, tcp::socket accepted, wire w)
        : client{std::move(accepted), asio::steady_timer(io)},
          server{tcp::socket(io), asio::steady_timer(io)},
          how(w)
    {
    }

    end& to(toward way) { return way == toward::client ? client : server; }
    end& from(toward way) { return way == toward::client ? server : client; }

    bool cut_at_once() const { return how.cut_after == std::size_t{0}; }

    /// Counts bytes that want to go one way, and returns how many of them may.
    std::size_t let_through(toward way, std::size_t size)
    {
        if (!how.cut_after || how.cut_way != way) {
            return size;
        }
        size = std::min(size, *how.cut_after);
        *how.cut_after -= size;
        return size;
    }

    end client;
    end server;
    wire how;
    bool is_answered = false;
    int ended_ways = 0;
};

chaos_proxy::chaos_proxy(unsigned short server_port, wire first)
    : work_(io_.get_executor()),
      server_(asio::ip::address_v4::loopback(), server_port),
      endpoint_(asio::ip::address_v4::loopback(), 0),
      acceptor_(io_),
      wire_(first)
{
    bind();
    thread_ = std::jthread([this] { io_.run(); });
    listen();
}

chaos_proxy::~chaos_proxy()
{
    change([this] {
        listens_ = false;
        acceptor_.close();
        while (!links_.empty()) {
            close(*links_.begin());
        }
        work_.reset();
    });
    thread_.join();
}

template <class F>
void chaos_proxy::change(F f)
{
    asio::post(io_, asio::use_future(std::move(f))).get();
}

void chaos_proxy::treat_new(wire w)
{
    change([this, w] {
        admit_all_that_wait();
        wire_ = w;
    });
}

void chaos_proxy::treat_all(wire w)
{
    change([this, w] {
        admit_all_that_wait();
        wire_ = w;
        auto const open = links_; // closing one takes it out of the set
        for (auto const& l : open) {
            bool const swallowed = l->how.black_hole;
            l->how = w;
            l->how.black_hole |= swallowed;
            if (l->cut_at_once()) {
                close(l);
            }
        }
    });
}

void chaos_proxy::refuse()
{
    change([this] {
        admit_all_that_wait();
        acceptor_.close();
        bind();
    });
}

void chaos_proxy::listen()
{
    change([this] {
        if (!std::exchange(listens_, true)) {
            acceptor_.listen();
            acceptor_.non_blocking(true);
            asio::co_spawn(io_, accept(), asio::detached);
        }
    });
}

/// A port that is bound but not listened to refuses, and nobody else can take it.
void chaos_proxy::bind()
{
    listens_ = false;
    acceptor_.open(endpoint_.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint_);
    endpoint_ = acceptor_.local_endpoint();
}

asio::awaitable<void> chaos_proxy::accept()
{
    while (true) {
        auto [ec, socket] = co_await acceptor_.async_accept(no_throw);
        if (!listens_ || ec == asio::error::operation_aborted) {
            co_return;
        }
        if (ec) {
            continue; // the client was gone before it was accepted
        }
        admit(std::move(socket));
    }
}

void chaos_proxy::admit(tcp::socket client)
{
    auto const l = std::make_shared<link>(io_, std::move(client), wire_);
    links_.insert(l);
    ++accepted_;
    ++open_;
    most_unanswered_ = std::max(most_unanswered_.load(), ++unanswered_);
    asio::co_spawn(io_, serve(l), asio::detached);
}

/// Who connected before a change is treated as was said before it.
void chaos_proxy::admit_all_that_wait()
{
    error_code ec;
    while (listens_ && !ec) {
        tcp::socket client = acceptor_.accept(ec);
        if (!ec) {
            admit(std::move(client));
        }
    }
}

asio::awaitable<void> chaos_proxy::serve(std::shared_ptr<link> l)
{
    if (l->cut_at_once()) {
        close(l);
        co_return;
    }
    if (!l->how.black_hole) {
        auto const [ec] = co_await l->server.socket.async_connect(server_, no_throw);
        if (ec) {
            close(l);
            co_return;
        }
        asio::co_spawn(io_, pass(l, toward::client), asio::detached);
    }
    co_await pass(l, toward::server);
}

/// Passes on what goes one way, until there is no more or the link is closed.
asio::awaitable<void> chaos_proxy::pass(std::shared_ptr<link> l, toward way)
{
    auto const buffer = asio::buffer(l->to(way).buffer);
    while (true) {
        auto const [ec, size] = co_await l->from(way).socket.async_read_some(buffer, no_throw);
        if (ec) {
            end(l, way, ec);
            co_return;
        }
        co_await hold_back(*l, way);
        if (l->how.black_hole) {
            continue;
        }
        auto const let_through = l->let_through(way, size);
        if (way == toward::client && let_through > 0) {
            note_answer(*l);
        }
        auto const [failed, written] = co_await asio::async_write(
            l->to(way).socket, asio::buffer(buffer, let_through), no_throw);
        if (failed || l->cut_at_once()) {
            close(l);
            co_return;
        }
    }
}

asio::awaitable<void> chaos_proxy::hold_back(link& l, toward way)
{
    if (l.how.late_way.value_or(way) != way) {
        co_return;
    }
    auto const jitter = static_cast<double>(l.how.jitter.count()) * draw_.unit();
    auto const time = l.how.latency + std::chrono::milliseconds(std::llround(jitter));
    if (time.count() > 0 && l.client.socket.is_open()) {
        l.to(way).late.expires_after(time);
        co_await l.to(way).late.async_wait(no_throw);
    }
}

/// One end sends no more: the other is told, and what goes the other way still goes.
void chaos_proxy::end(std::shared_ptr<link> const& l, toward way, error_code why)
{
    if (l->how.black_hole && way == toward::client) {
        return; // the client never hears of it
    }
    bool const in_order = why == asio::error::eof && !l->how.black_hole;
    if (!in_order || ++l->ended_ways == 2) {
        l->how.reset |= why == asio::error::connection_reset;
        close(l);
        return;
    }
    error_code ignored;
    l->to(way).socket.shutdown(tcp::socket::shutdown_send, ignored);
}

void chaos_proxy::note_answer(link& l)
{
    if (!std::exchange(l.is_answered, true)) {
        --unanswered_;
    }
}

void chaos_proxy::close(std::shared_ptr<link> const& l)
{
    auto const here = l; // the caller's may be the one in the set
    if (links_.erase(here) == 0) {
        return;
    }
    note_answer(*here);
    --open_;
    for (auto const way : {toward::client, toward::server}) {
        auto& closed = here->to(way);
        error_code ignored;
        if (here->how.reset) {
            closed.socket.set_option(asio::socket_base::linger(true, 0), ignored);
        }
        closed.socket.close(ignored);
        closed.late.cancel();
    }
}

} // namespace support
