// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_HTTP_CLIENT_SUPPORT_HPP
#define RESIL_TESTS_HTTP_CLIENT_SUPPORT_HPP

#include <resil/error.hpp>
#include <resil/http/endpoint.hpp>
#include <resil/http/string_message.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/verb.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace client_support {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::beast::http::verb;
using resil::error_code;
using resil::http::string_request;
using resil::http::string_response;
using tcp = asio::ip::tcp;

/// The longest that a test waits for what it says will happen.
inline constexpr auto patience = 20s;

/// Lets scripts go on when the test says so.
class gate
{
public:
    asio::awaitable<void> passed()
    {
        if (open_) {
            co_return;
        }
        asio::steady_timer wait(co_await asio::this_coro::executor,
                                asio::steady_timer::time_point::max());
        waiting_.push_back(&wait);
        error_code ec;
        co_await wait.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    }

    void open()
    {
        open_ = true;
        for (asio::steady_timer* const each : std::exchange(waiting_, {})) {
            each->cancel();
        }
    }

private:
    bool open_ = false;
    std::vector<asio::steady_timer*> waiting_;
};

/// One connection as the server sees it; what a script does with it is up to the test.
class peer
{
public:
    explicit peer(tcp::socket s) : socket_(std::move(s)) {}

    /// Reads a request: its header, and as much of a body as it says.
    asio::awaitable<std::string> request()
    {
        std::string const head = co_await through("\r\n\r\n");
        std::size_t const size = length_in(head);
        while (received_.size() < size) {
            co_await more();
        }
        std::string const body = received_.substr(0, size);
        received_.erase(0, size);
        co_return head + body;
    }

    asio::awaitable<void> say(std::string_view bytes)
    {
        co_await asio::async_write(socket_, asio::buffer(bytes), asio::use_awaitable);
    }

    /// Byte by byte, each in a segment of its own as far as the reader is awake.
    asio::awaitable<void> stammer(std::string_view bytes)
    {
        socket_.set_option(tcp::no_delay(true));
        for (char const c : bytes) {
            co_await say({&c, 1});
        }
    }

    /// Returns when the client has closed its end.
    asio::awaitable<void> client_gone()
    {
        error_code ec;
        char byte = 0;
        while (!ec) {
            co_await socket_.async_read_some(asio::buffer(&byte, 1),
                                             asio::redirect_error(asio::use_awaitable, ec));
        }
    }

    void close() { socket_.close(); }

    /// Closes with RST.
    void reset()
    {
        socket_.set_option(asio::socket_base::linger(true, 0));
        socket_.close();
    }

private:
    asio::awaitable<void> more()
    {
        char bytes[4096];
        std::size_t const n =
            co_await socket_.async_read_some(asio::buffer(bytes), asio::use_awaitable);
        received_.append(bytes, n);
    }

    asio::awaitable<std::string> through(std::string_view end)
    {
        std::size_t at = 0;
        while ((at = received_.find(end)) == received_.npos) {
            co_await more();
        }
        std::string found = received_.substr(0, at + end.size());
        received_.erase(0, at + end.size());
        co_return found;
    }

    static std::size_t length_in(std::string const& head)
    {
        std::string_view const name = "Content-Length: ";
        std::size_t const at = head.find(name);
        return at == head.npos ? 0 : std::stoul(head.substr(at + name.size()));
    }

    tcp::socket socket_;
    std::string received_;
};

/// What the server does with one connection.
using script = std::function<asio::awaitable<void>(peer&)>;

/// A server in the test's own context: the first connection gets the first script, and so on;
/// those after the last are accepted, and get no answer.
class server
{
public:
    explicit server(asio::io_context& context, std::vector<script> scripts = {})
        : context_(context),
          acceptor_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          scripts_(std::move(scripts))
    {
        asio::co_spawn(context, accept_all(), asio::detached);
    }

    resil::http::endpoint endpoint() const
    {
        return {.host = "127.0.0.1", .port = acceptor_.local_endpoint().port()};
    }

    std::size_t accepted() const { return accepted_; }

    /// All requests of all connections that scripts have noted.
    std::vector<std::string> requests;

    /// Reads a request and notes it.
    asio::awaitable<std::string> take(peer& p)
    {
        std::string got = co_await p.request();
        requests.push_back(got);
        co_return got;
    }

    void stop() { acceptor_.close(); }

private:
    asio::awaitable<void> accept_all()
    {
        for (;;) {
            tcp::socket s = co_await acceptor_.async_accept(asio::use_awaitable);
            std::size_t const which = accepted_++;
            auto const p = std::make_shared<peer>(std::move(s));
            kept_.push_back(p);
            if (which < scripts_.size()) {
                asio::co_spawn(context_, run(scripts_[which], p), asio::detached);
            }
        }
    }

    // A coroutine refers to its function object, so that must live as long as it.
    static asio::awaitable<void> run(script const& s, std::shared_ptr<peer> p)
    {
        co_await s(*p);
    }

    asio::io_context& context_;
    tcp::acceptor acceptor_;
    std::vector<script> scripts_;
    std::vector<std::shared_ptr<peer>> kept_;
    std::size_t accepted_ = 0;
};

/// How an operation ended.
struct outcome
{
    bool over = false;
    error_code ec{};
    string_response answer{};

    auto handler()
    {
        return [this](error_code e, string_response r) {
            over = true;
            ec = e;
            answer = std::move(r);
        };
    }
};

/// Runs until something is so.
inline void run_until(asio::io_context& context, std::function<bool()> const& is_so)
{
    auto const end = std::chrono::steady_clock::now() + patience;
    context.restart();
    while (!is_so()) {
        REQUIRE(context.run_one_until(end) == 1);
    }
}

/// Waits for what the system alone brings about: bytes that were sent, and will arrive.
inline bool eventually(std::function<bool()> const& is_so)
{
    auto const end = std::chrono::steady_clock::now() + patience;
    while (!is_so() && std::chrono::steady_clock::now() < end) {
        std::this_thread::yield();
    }
    return is_so();
}

inline std::string ok(std::string_view body, std::string_view fields = "")
{
    return "HTTP/1.1 200 OK\r\n" + std::string(fields) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline string_request get(std::string_view target = "/")
{
    return {verb::get, target, 11};
}

inline string_request post(std::string_view body = "{}")
{
    return {verb::post, "/", 11, std::string(body)};
}

inline string_request keyed_post()
{
    string_request made = post();
    made.set("Idempotency-Key", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"");
    return made;
}

} // namespace client_support

#endif // RESIL_TESTS_HTTP_CLIENT_SUPPORT_HPP
