// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/server.hpp>
#include <resil/testing/virtual_time.hpp>

#include "client_support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/beast/http/status.hpp>

#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace http = resil::http;
using namespace std::chrono_literals;
using boost::beast::http::status;
using client_support::asio::ip::address_v4;
using client_support::gate;
using client_support::run_until;
using client_support::string_response;
using client_support::tcp;
using resil::error_code;
namespace asio = client_support::asio;

/// A client that says what it is told to, and notes what comes.
class caller
{
    struct line
    {
        explicit line(asio::io_context& context) : socket(context) {}

        tcp::socket socket;
        std::string received{};
        bool ended = false;
        error_code reason{};
    };

public:
    caller(asio::io_context& context, unsigned short port) : context_(context), line_(std::make_shared<line>(context))
    {
        line_->socket.connect({address_v4::loopback(), port});
        asio::co_spawn(context, listen(line_), asio::detached);
    }

    ~caller() { leave(); }

    void say(std::string_view bytes) { asio::write(line_->socket, asio::buffer(bytes)); }

    void get(std::string_view target, std::string_view fields = "")
    {
        say("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
    }

    /// Waits until what came holds `text`; returns all of it, and forgets it.
    std::string heard(std::string_view text)
    {
        std::string& received = line_->received;
        run_until(context_, [&] { return received.find(text) != received.npos || line_->ended; });
        INFO(received);
        REQUIRE(received.find(text) != received.npos);
        return std::exchange(received, {});
    }

    /// Waits until the server has closed the connection; returns what came before.
    std::string rest()
    {
        run_until(context_, [&] { return line_->ended; });
        return std::exchange(line_->received, {});
    }

    bool ended() const { return line_->ended; }

    /// How the connection ended; nothing if in order.
    error_code reason() const { return line_->reason; }

    void leave()
    {
        error_code ignored;
        line_->socket.close(ignored);
    }

private:
    static asio::awaitable<void> listen(std::shared_ptr<line> l)
    {
        char bytes[4096];
        error_code ec;
        while (!ec) {
            std::size_t const n = co_await l->socket.async_read_some(
                asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
            l->received.append(bytes, n);
        }
        l->reason = ec == asio::error::eof ? error_code() : ec;
        l->ended = true;
        l->socket.close(ec); // as clients do when they are told to go
    }

    asio::io_context& context_;
    std::shared_ptr<line> line_;
};

string_response text(std::string body)
{
    string_response made(status::ok, 11);
    made.body() = std::move(body);
    return made;
}

/// A server whose handler echoes the target and the body; other targets do what their names say.
struct world
{
    explicit world(http::server_options const& options = {})
        : server(context.get_executor(), [this](http::exchange& e) { return answer(e); }, options)
    {
        server.start({address_v4::loopback(), 0});
    }

    ~world()
    {
        server.cancel();
        hold.open();
        context.restart();
        context.poll();
    }

    asio::awaitable<string_response> answer(http::exchange& told)
    {
        std::string const target(told.request().target());
        ++handled;
        if (target == "/hold") {
            co_await hold.passed();
        } else if (target == "/throw") {
            throw std::runtime_error("a secret of the house");
        } else if (target == "/hang") {
            asio::steady_timer forever(told.get_executor(), asio::steady_timer::time_point::max());
            co_await forever.async_wait(asio::use_awaitable);
        } else if (target == "/empty") {
            co_return string_response(status::no_content, 11);
        } else if (target == "/stream") {
            co_await told.begin(text("one"));
            co_await told.write("two");
            co_return string_response();
        } else if (target == "/ticks") {
            co_await told.begin(text("tick"));
            while (!told.closing()) {
                co_await told.pause(1s);
            }
            co_await told.write("bye");
            co_return string_response();
        } else if (target == "/endless") {
            co_await told.begin(text("tick"));
            asio::steady_timer forever(told.get_executor(), asio::steady_timer::time_point::max());
            co_await forever.async_wait(asio::use_awaitable);
        } else if (target == "/half") {
            co_await told.begin(text("half"));
            throw std::runtime_error("no more");
        }
        co_return text(target + told.request().body());
    }

    void until(std::function<bool()> const& is_so) { run_until(context, is_so); }

    /// Waits until the server is done; says with what.
    error_code drained()
    {
        std::optional<error_code> ec;
        server.async_drain(1h, asio::bind_executor(context, [&](error_code e) { ec = e; }));
        until([&] { return ec.has_value(); });
        return *ec;
    }

    asio::io_context context;
    resil::testing::virtual_time time{context};
    gate hold;
    std::size_t handled = 0;
    http::server server;
};

bool has(std::string_view text, std::string_view part)
{
    return text.find(part) != text.npos;
}

} // namespace

TEST_CASE("a server answers one request after the other on a connection that it keeps")
{
    world w;
    caller c(w.context, w.server.port());

    c.get("/a");
    std::string const first = c.heard("/a");
    CHECK(has(first, "HTTP/1.1 200 OK\r\n"));
    CHECK(has(first, "Content-Length: 2\r\n"));
    CHECK(has(first, "Date: "));
    CHECK_FALSE(has(first, "Connection: close"));
    c.say("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
    CHECK(has(c.heard("/bbody"), "200 OK"));
    CHECK(w.server.counts().accepted == 1);
    CHECK(w.server.counts().requests == 2);
    CHECK(w.server.counts().in_flight == 0);
}

TEST_CASE("a server answers requests that were sent at once in their order")
{
    world w;
    caller c(w.context, w.server.port());

    c.say("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    std::string const both = c.heard("/b");

    CHECK(both.find("/a") < both.find("/b"));
}

TEST_CASE("a server closes the connection after the answer to who asks for that, and to HTTP/1.0")
{
    world w;
    std::string_view const request = GENERATE(std::string_view("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                                              std::string_view("GET / HTTP/1.0\r\n\r\n"));
    caller c(w.context, w.server.port());

    c.say(request);

    CHECK(has(c.rest(), "200 OK"));
    CHECK_FALSE(c.reason());
}

TEST_CASE("a server answers HEAD without a body, and says how long it would be")
{
    world w;
    caller c(w.context, w.server.port());

    c.say("HEAD /abc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    std::string const answer = c.rest();

    CHECK(has(answer, "Content-Length: 4\r\n"));
    CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("a server sends no body with a status that has none")
{
    world w;
    caller c(w.context, w.server.port());

    c.get("/empty");

    std::string const answer = c.heard("\r\n\r\n");
    CHECK(has(answer, "204 No Content"));
    c.get("/next");
    CHECK(has(c.heard("/next"), "200 OK"));
}

TEST_CASE("a server refuses what is no proper request, and closes the connection")
{
    struct row
    {
        std::string request;
        std::string_view status;
    };
    auto const [request, status] = GENERATE(values<row>({
        {"nonsense\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
        {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505"},
        {"GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", "417"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "431"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", "413"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n80\r\n" + std::string(128, 'x') + "\r\n", "413"},
    }));
    world w({.max_body = 100});
    caller c(w.context, w.server.port());

    c.say(request);
    std::string const answer = c.rest();

    INFO(request.substr(0, 60));
    CHECK(has(answer, "HTTP/1.1 " + std::string(status)));
    CHECK(has(answer, "Connection: close"));
    CHECK_FALSE(c.reason());
    CHECK(w.handled == 0);
}

TEST_CASE("a server asks for the body of a request that waits to be asked")
{
    world w;
    caller c(w.context, w.server.port());

    c.say("POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    CHECK(has(c.heard("\r\n\r\n"), "100 Continue"));
    c.say("b");

    CHECK(has(c.heard("/ab"), "200 OK"));
}

TEST_CASE("a handler that throws is a 500 that does not say why, and the connection is kept")
{
    world w;
    caller c(w.context, w.server.port());

    c.get("/throw");
    std::string const answer = c.heard("internal error");

    CHECK(has(answer, "500 Internal Server Error"));
    CHECK_FALSE(has(answer, "secret"));
    c.get("/next");
    CHECK(has(c.heard("/next"), "200 OK"));
}

TEST_CASE("a request that comes too slowly is refused with 408")
{
    world w;
    std::string_view const begun = GENERATE(std::string_view("GET / HT"),
                                            std::string_view("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"));
    caller c(w.context, w.server.port());

    c.say(begun);
    w.until([&] { return w.server.counts().in_flight == 1; });
    w.time.run_ready();
    w.time.advance(31s);

    CHECK(has(c.rest(), "408 Request Timeout"));
}

TEST_CASE("a connection that is idle for too long is closed without a word")
{
    world w;
    caller c(w.context, w.server.port());
    c.get("/a");
    c.heard("/a");
    w.time.run_ready();

    w.time.advance(74s);
    CHECK_FALSE(c.ended());
    w.time.advance(2s);

    CHECK(c.rest().empty());
}

TEST_CASE("a stream is sent in pieces, and the connection is kept after it")
{
    world w;
    caller c(w.context, w.server.port());

    c.get("/stream");
    std::string const all = c.heard("0\r\n\r\n");

    CHECK(has(all, "Transfer-Encoding: chunked"));
    CHECK(has(all, "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"));
    c.get("/next");
    CHECK(has(c.heard("/next"), "200 OK"));
}

TEST_CASE("a stream to a client of HTTP/1.0 ends with its connection")
{
    world w;
    caller c(w.context, w.server.port());

    c.say("GET /stream HTTP/1.0\r\n\r\n");
    std::string const all = c.rest();

    CHECK(all.ends_with("\r\n\r\nonetwo"));
    CHECK_FALSE(has(all, "chunked"));
}

TEST_CASE("a stream whose handler throws ends without its last piece, and its connection with it")
{
    world w;
    caller c(w.context, w.server.port());

    c.get("/half");
    std::string const all = c.rest();

    CHECK(has(all, "4\r\nhalf\r\n"));
    CHECK_FALSE(has(all, "0\r\n\r\n"));
}

TEST_CASE("no more connections than allowed are accepted; who waits has a turn when one has ended")
{
    world w({.max_connections = 1});
    caller first(w.context, w.server.port());
    first.get("/a");
    first.heard("/a");
    caller second(w.context, w.server.port());
    second.get("/b");
    w.time.run_ready();
    CHECK(w.server.counts().connections == 1);

    first.leave();

    CHECK(has(second.heard("/b"), "200 OK"));
}

TEST_CASE("L1: a server that closes politely accepts and serves all who come, and tells each to go")
{
    world w;
    caller before(w.context, w.server.port());
    before.get("/a");
    before.heard("/a");

    w.server.close_politely();
    before.get("/b");
    caller after(w.context, w.server.port());
    after.get("/c");

    CHECK(has(before.rest(), "Connection: close"));
    std::string const served = after.rest();
    CHECK(has(served, "200 OK"));
    CHECK(has(served, "Connection: close"));
}

TEST_CASE("L2: a server that stops closes idle connections at once, and answers what is in flight")
{
    world w;
    caller idle(w.context, w.server.port());
    idle.get("/a");
    idle.heard("/a");
    caller busy(w.context, w.server.port());
    busy.get("/hold");
    w.until([&] { return w.handled == 2; });

    w.server.stop();
    CHECK(idle.rest().empty());
    CHECK(w.server.counts().in_flight == 1);
    w.hold.open();

    CHECK(has(busy.rest(), "Connection: close"));
    CHECK_FALSE(busy.reason());
    CHECK_FALSE(w.drained());
    CHECK_THROWS(caller(w.context, w.server.port()));
}

TEST_CASE("a request that was received in part is in flight when the server stops")
{
    world w;
    caller c(w.context, w.server.port());
    c.say("GET /a HT");
    w.until([&] { return w.server.counts().in_flight == 1; });

    w.server.stop();
    w.time.run_ready();
    c.say("TP/1.1\r\nHost: a\r\n\r\n");

    CHECK(has(c.rest(), "200 OK"));
}

TEST_CASE("a request on its way to an idle connection is answered though the server stops before it is read")
{
    world w;
    caller c(w.context, w.server.port());
    c.get("/a");
    c.heard("/a");

    c.get("/b");
    w.server.stop();

    CHECK(has(c.rest(), "/b"));
    CHECK_FALSE(c.reason());
}

TEST_CASE("L4: connections that wait to be accepted when the server stops are served")
{
    world w;
    caller first(w.context, w.server.port());
    caller second(w.context, w.server.port());
    first.get("/a");
    second.get("/b");

    w.server.stop();

    CHECK(has(first.rest(), "/a"));
    CHECK(has(second.rest(), "/b"));
    CHECK_FALSE(w.drained());
}

TEST_CASE("L5: a connection that was never used does not keep a stopped server longer than its first time")
{
    world w;
    caller old(w.context, w.server.port());
    w.until([&] { return w.server.counts().connections == 1; });
    w.time.run_ready();
    w.time.advance(6s);
    caller fresh(w.context, w.server.port());
    w.until([&] { return w.server.counts().connections == 2; });
    w.time.run_ready();

    w.server.stop();
    CHECK(old.rest().empty());
    w.time.run_ready();
    CHECK_FALSE(fresh.ended());
    w.time.advance(6s);

    CHECK(fresh.rest().empty());
    CHECK_FALSE(w.drained());
}

TEST_CASE("a connection that was just accepted when the server stops may still ask")
{
    world w;
    caller c(w.context, w.server.port());
    w.until([&] { return w.server.counts().connections == 1; });

    w.server.stop();
    w.time.run_ready();
    c.get("/a");

    CHECK(has(c.rest(), "200 OK"));
}

TEST_CASE("L6: streams are told that the server stops, and end in order")
{
    world w;
    caller c(w.context, w.server.port());
    c.get("/ticks");
    c.heard("tick");

    w.server.stop();

    CHECK(has(c.rest(), "3\r\nbye\r\n0\r\n\r\n"));
    CHECK_FALSE(w.drained());
}

TEST_CASE("L6: streams that do not end by themselves are given up before other requests")
{
    world w;
    caller stream(w.context, w.server.port());
    stream.get("/endless");
    stream.heard("tick");
    caller busy(w.context, w.server.port());
    busy.get("/hold");
    w.until([&] { return w.handled == 2; });

    w.server.stop();
    w.time.run_ready();
    CHECK_FALSE(stream.ended());
    w.server.cancel_streams();
    stream.rest();
    CHECK(w.server.counts().in_flight == 1);
    w.hold.open();

    CHECK(has(busy.rest(), "200 OK"));
}

TEST_CASE("L12: a handler that is given up in the middle of its answer ends with its connection")
{
    world w;
    caller c(w.context, w.server.port());
    c.get("/endless");
    c.heard("tick");

    w.server.cancel();
    std::string const rest = c.rest();

    CHECK_FALSE(has(rest, "0\r\n\r\n"));
    CHECK_FALSE(w.drained());
    CHECK(w.server.counts().in_flight == 0);
}

TEST_CASE("a server that is cancelled gives up handlers, whatever they wait for")
{
    world w;
    caller c(w.context, w.server.port());
    c.get("/hang");
    w.until([&] { return w.handled == 1; });

    w.server.cancel();

    CHECK(c.rest().empty());
    CHECK_FALSE(w.drained());
}

TEST_CASE("L14: stopping twice, or after cancelling, changes nothing")
{
    world w;
    w.server.stop();
    w.server.stop();
    w.server.cancel();
    w.server.stop();
    w.server.close_politely();

    CHECK_FALSE(w.drained());
}

TEST_CASE("waiting for a server that does not stop ends when patience does, or with a cancellation")
{
    world w;
    caller c(w.context, w.server.port());
    c.get("/a");
    c.heard("/a");
    std::optional<error_code> ec;
    asio::cancellation_signal cancel;
    auto const note = [&] { return asio::bind_executor(w.context, [&](error_code e) { ec = e; }); };

    w.server.async_drain(10s, note());
    w.time.advance(9s);
    CHECK_FALSE(ec);
    w.time.advance(1s);
    REQUIRE(ec);
    CHECK(*ec == resil::errc::timed_out);

    ec.reset();
    w.server.async_drain(10s, asio::bind_cancellation_slot(cancel.slot(), note()));
    cancel.emit(asio::cancellation_type::total);
    w.time.run_ready();
    REQUIRE(ec);
    CHECK(*ec == asio::error::operation_aborted);
}

TEST_CASE("a server is started once, and says what is wrong with its options")
{
    world w;
    CHECK_THROWS_AS(w.server.start({address_v4::loopback(), 0}), std::logic_error);

    auto const made = [&](http::server_options const& o) {
        http::server s(w.context.get_executor(), [&](http::exchange& e) { return w.answer(e); }, o);
    };
    CHECK_THROWS_WITH(made({.max_connections = 0}), Catch::Matchers::ContainsSubstring("server.max_connections"));
    CHECK_THROWS_WITH(made({.max_header = 10}), Catch::Matchers::ContainsSubstring("server.max_header"));
    CHECK_THROWS_WITH(made({.idle_time = 0s}), Catch::Matchers::ContainsSubstring("server.idle_time"));
}

TEST_CASE("a server whose context ends first leaves nothing behind")
{
    auto w = std::make_unique<world>();
    caller c(w->context, w->server.port());
    c.get("/hang");
    w->until([&] { return w->handled == 1; });
    c.leave();
}
