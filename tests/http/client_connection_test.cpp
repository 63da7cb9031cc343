// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/connection.hpp> // self-contained

#include "http/client_support.hpp"

#include <resil/connection_fault.hpp>
#include <resil/http/connector.hpp>
#include <resil/http/error.hpp>
#include <resil/verdict.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

using namespace client_support;

namespace {

using fault = boost::beast::http::error;
using resil::connection_fault;
using resil::http::connection;
using resil::http::connector;
using resil::http::errc;

/// A connection to a server that does with it what the scripts say.
struct dialogue
{
    asio::io_context context;
    server far;
    std::unique_ptr<connection> near;

    explicit dialogue(script s, resil::http::message_limits limits = {})
        : far(context, {std::move(s)})
    {
        auto where = far.endpoint();
        where.limits = limits;
        near = std::make_unique<connection>(context.get_executor(), where);
        REQUIRE_FALSE(connect());
    }

    error_code connect()
    {
        std::optional<error_code> ended;
        near->async_connect([&](error_code ec) { ended = ec; });
        CHECK_FALSE(ended);
        run_until(context, [&] { return ended.has_value(); });
        return *ended;
    }

    outcome exchange(string_request message)
    {
        message.set("Host", "a.example");
        message.prepare_payload();
        return exchange_as_it_is(std::move(message));
    }

    outcome exchange_as_it_is(string_request message)
    {
        outcome seen;
        near->async_exchange(std::move(message), seen.handler());
        CHECK_FALSE(seen.over); // never within the initiation
        run_until(context, [&] { return seen.over; });
        return seen;
    }
};

/// Answers every request alike.
script always(std::string answer)
{
    return [answer](peer& p) -> asio::awaitable<void> {
        for (;;) {
            co_await p.request();
            co_await p.say(answer);
        }
    };
}

/// Answers once, and does nothing until the client goes.
script once(std::string answer)
{
    return [answer](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        co_await p.say(answer);
        co_await p.client_gone();
    };
}

} // namespace

TEST_CASE("requests go over one connection, one after the other", "[http][client]")
{
    dialogue d(always(ok("hello")));
    for (int i = 0; i != 3; ++i) {
        outcome const seen = d.exchange(get());
        CHECK_FALSE(seen.ec);
        CHECK(seen.answer.body() == "hello");
        CHECK(d.near->last_exchange().request_written);
        CHECK(d.near->last_exchange().response_begun);
        CHECK(d.near->is_reusable());
    }
    CHECK(d.far.accepted() == 1);
}

TEST_CASE("a body arrives as it was sent", "[http][client]")
{
    std::string const body(300'000, 'x');
    std::string got;
    dialogue d([&](peer& p) -> asio::awaitable<void> {
        got = co_await p.request();
        co_await p.say(ok(body));
    });
    outcome const seen = d.exchange(post(body));
    CHECK(seen.answer.body() == body);
    CHECK(got.ends_with("\r\n\r\n" + body));
    CHECK(got.starts_with("POST / HTTP/1.1\r\n"));
}

TEST_CASE("chunks that arrive byte by byte make a body", "[http][client]")
{
    dialogue d([](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        co_await p.stammer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
        co_await p.client_gone();
    });
    CHECK(d.exchange(get()).answer.body() == "hello");
    CHECK(d.near->is_reusable());
}

TEST_CASE("the answer to HEAD has a length and no body", "[http][client]")
{
    dialogue d(always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
    string_request head(verb::head, "/", 11);
    CHECK_FALSE(d.exchange(head).ec);
    CHECK(d.near->is_reusable());
    CHECK_FALSE(d.exchange(head).ec);
}

TEST_CASE("a connection that either side ends is not reusable", "[http][client]")
{
    auto const [answer, closes] = GENERATE(table<std::string, bool>({
        {ok("", "Connection: close\r\n"), false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false},
        {ok(""), true},
    }));
    dialogue d(once(answer));
    string_request message = get();
    if (closes) {
        message.set("Connection", "close");
    }
    CHECK_FALSE(d.exchange(message).ec);
    CHECK_FALSE(d.near->is_reusable());
    CHECK(d.exchange(get()).ec == asio::error::not_connected);
    CHECK(d.near->last_exchange().sent == 0);
}

TEST_CASE("T43: bytes after a response make the connection useless", "[http][client]")
{
    dialogue d(once(ok("hello") + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));
    CHECK(d.exchange(get()).answer.body() == "hello");
    CHECK(eventually([&] { return !d.near->is_reusable(); }));
}

TEST_CASE("T43: bytes that come while it is idle make the connection useless",
          "[http][client]")
{
    gate idle;
    bool said = false;
    dialogue d([&](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        co_await p.say(ok("hello"));
        co_await idle.passed();
        co_await p.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        said = true;
        co_await p.client_gone();
    });
    CHECK_FALSE(d.exchange(get()).ec);
    CHECK(d.near->is_reusable());
    idle.open();
    run_until(d.context, [&] { return said; });
    CHECK(eventually([&] { return !d.near->is_reusable(); }));
}

TEST_CASE("T43: a body that was refused is never read by the next request", "[http][client]")
{
    dialogue d(once(ok(std::string(2000, 'x'))), {.body = 1000});
    CHECK(d.exchange(get()).ec == fault::body_limit);
    CHECK_FALSE(d.near->is_reusable());
}

TEST_CASE("a peer that closes or resets an idle connection is seen without a ping",
          "[http][client]")
{
    bool const resets = GENERATE(false, true);
    gate idle;
    bool closed = false;
    dialogue d([&](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        co_await p.say(ok(""));
        co_await idle.passed();
        resets ? p.reset() : p.close();
        closed = true;
    });
    CHECK_FALSE(d.exchange(get()).ec);
    CHECK(d.near->is_reusable());
    idle.open();
    run_until(d.context, [&] { return closed; });
    CHECK(eventually([&] { return !d.near->is_reusable(); }));
}

TEST_CASE("a peer that closes instead of answering is told from one that closes within",
          "[http][client]")
{
    auto const [bytes, error, begun] = GENERATE(table<std::string, fault, bool>({
        {"", fault::end_of_stream, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", fault::partial_message, true},
    }));
    dialogue d([&, text = bytes](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        co_await p.say(text);
        p.close();
    });
    CHECK(d.exchange(get()).ec == error);
    CHECK(d.near->last_exchange().request_written);
    CHECK(d.near->last_exchange().response_begun == begun);
    CHECK_FALSE(d.near->is_reusable());
}

TEST_CASE("a request that could be read as another is not written", "[http][client]")
{
    dialogue d(always(ok("hello")));
    string_request message = get();
    message.set("Host", "a.example");
    errc expected{};
    SECTION("a line break in a value")
    {
        message.set("X", "1\r\nY: 2");
        expected = errc::invalid_field_value;
    }
    SECTION("a line break in a name")
    {
        message.insert("X: 1\r\nY", "2");
        expected = errc::invalid_field_name;
    }
    SECTION("a target with a space")
    {
        message.target("/ HTTP/1.1\r\nX: 1\r\n\r\nGET /evil");
        expected = errc::invalid_target;
    }
    SECTION("a method that is none")
    {
        message.method_string("GET /evil HTTP/1.1\r\n");
        expected = errc::invalid_method;
    }
    SECTION("CONNECT")
    {
        message.method(verb::connect);
        expected = errc::invalid_method;
    }
    SECTION("no host")
    {
        message.erase("Host");
        expected = errc::invalid_host;
    }
    SECTION("two hosts")
    {
        message.insert("Host", "b.example");
        expected = errc::invalid_host;
    }
    SECTION("a body whose length is not told")
    {
        message.body() = "hello";
        expected = errc::invalid_framing;
    }
    SECTION("a length that is not the body's")
    {
        message.body() = "hello";
        message.set("Content-Length", "3");
        expected = errc::invalid_framing;
    }
    SECTION("a length and chunks")
    {
        message.set("Content-Length", "0");
        message.set("Transfer-Encoding", "chunked");
        expected = errc::invalid_framing;
    }
    CHECK(d.exchange_as_it_is(message).ec == expected);
    CHECK(d.near->last_exchange().sent == 0);
    CHECK(d.near->is_reusable());
    CHECK(d.exchange(get()).answer.body() == "hello");
}

TEST_CASE("an answer that comes before the request was read is an answer", "[http][client]")
{
    dialogue d([](peer& p) -> asio::awaitable<void> {
        co_await p.say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
        co_await p.client_gone();
    });
    CHECK(d.exchange(post("hello")).answer.result_int() == 413);
}

TEST_CASE("a cancelled exchange ends the connection", "[http][client]")
{
    auto const type = GENERATE(asio::cancellation_type::terminal,
                               asio::cancellation_type::partial);
    bool asked = false;
    dialogue d([&](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        co_await p.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
        asked = true;
        co_await p.client_gone();
    });
    asio::cancellation_signal cancel;
    outcome seen;
    string_request message = get();
    message.set("Host", "a.example");
    d.near->async_exchange(message,
                           asio::bind_cancellation_slot(cancel.slot(), seen.handler()));
    run_until(d.context, [&] { return asked; });
    cancel.emit(type);
    run_until(d.context, [&] { return seen.over; });
    CHECK(seen.ec == asio::error::operation_aborted);
    CHECK_FALSE(d.near->is_reusable());
}

TEST_CASE("a connect that is cancelled ends at once", "[http][client]")
{
    asio::io_context context;
    connection c(context.get_executor(), {.host = "nowhere.invalid"});
    asio::cancellation_signal cancel;
    std::optional<error_code> ended;
    c.async_connect(
        asio::bind_cancellation_slot(cancel.slot(), [&](error_code ec) { ended = ec; }));
    cancel.emit(asio::cancellation_type::total);
    run_until(context, [&] { return ended.has_value(); });
    CHECK(ended == asio::error::operation_aborted);
    CHECK_FALSE(c.is_reusable());
}

TEST_CASE("a connection may be destroyed while something is in flight", "[http][client]")
{
    SECTION("an exchange")
    {
        dialogue d([](peer& p) -> asio::awaitable<void> { co_await p.client_gone(); });
        outcome seen;
        string_request message = get();
        message.set("Host", "a.example");
        d.near->async_exchange(message, seen.handler());
        d.context.poll();
        d.near.reset();
        run_until(d.context, [&] { return seen.over; });
        CHECK(seen.ec);
    }
    SECTION("a connect")
    {
        asio::io_context context;
        server far(context);
        auto c = std::make_unique<connection>(context.get_executor(), far.endpoint());
        std::optional<error_code> ended;
        c->async_connect([&](error_code ec) { ended = ec; });
        c.reset();
        run_until(context, [&] { return ended.has_value(); });
        CHECK(ended == asio::error::operation_aborted);
    }
}

TEST_CASE("a context may be destroyed while something is in flight", "[http][client]")
{
    bool called = false;
    {
        dialogue d([](peer& p) -> asio::awaitable<void> { co_await p.client_gone(); });
        string_request message = get();
        message.set("Host", "a.example");
        d.near->async_exchange(message, [&](error_code, string_response) { called = true; });
        d.context.poll();
    }
    CHECK_FALSE(called);
}

TEST_CASE("a connection is at one exchange at a time", "[http][client]")
{
    dialogue d(once(ok("hello")));
    string_request message = get();
    message.set("Host", "a.example");
    outcome first;
    outcome second;
    d.near->async_exchange(message, first.handler());
    d.near->async_exchange(message, second.handler());
    run_until(d.context, [&] { return first.over && second.over; });
    CHECK(first.answer.body() == "hello");
    CHECK(second.ec == asio::error::in_progress);
}

TEST_CASE("a connection can be connected again", "[http][client]")
{
    asio::io_context context;
    server far(context, {once(ok("first", "Connection: close\r\n")), once(ok("second"))});
    connection c(context.get_executor(), far.endpoint());
    for (std::string const body : {"first", "second"}) {
        std::optional<error_code> ended;
        c.async_connect([&](error_code ec) { ended = ec; });
        run_until(context, [&] { return ended.has_value(); });
        outcome seen;
        string_request message = get();
        message.set("Host", "a.example");
        c.async_exchange(message, seen.handler());
        run_until(context, [&] { return seen.over; });
        CHECK(seen.answer.body() == body);
    }
    CHECK(far.accepted() == 2);
}

TEST_CASE("a stream that is shut down under an exchange ends it", "[http][client]")
{
    bool asked = false;
    dialogue d([&](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        asked = true;
        co_await p.client_gone();
    });
    outcome seen;
    string_request message = get();
    message.set("Host", "a.example");
    d.near->async_exchange(message, seen.handler());
    run_until(d.context, [&] { return asked; });
    d.near->shut_down();
    run_until(d.context, [&] { return seen.over; });
    CHECK(seen.ec == fault::end_of_stream);
    CHECK_FALSE(d.near->is_reusable());
}

TEST_CASE("nothing listens, and no such name", "[http][client]")
{
    asio::io_context context;
    server far(context);
    auto const where = far.endpoint();
    far.stop();
    connector const how(where);
    auto const c = how.make(context.get_executor());
    std::optional<error_code> ended;
    how.async_connect(*c, [&](error_code ec) { ended = ec; });
    run_until(context, [&] { return ended.has_value(); });
    CHECK(ended == asio::error::connection_refused);
    CHECK(how.classify(*ended) == connection_fault::disconnected);
    CHECK(resil::proves_not_sent(*ended));
}

TEST_CASE("errors mean something to other connections", "[http][client]")
{
    connector const how({.host = "a.example"});
    CHECK(how.classify(asio::error::host_not_found) == connection_fault::permanent);
    CHECK(how.classify(asio::error::host_not_found_try_again) != connection_fault::permanent);
    CHECK(how.classify(asio::error::eof) == connection_fault::disconnected);
    CHECK(how.classify(asio::error::connection_reset) == connection_fault::disconnected);
    CHECK(how.classify(fault::end_of_stream) == connection_fault::disconnected);
    CHECK(how.classify(fault::partial_message) == connection_fault::disconnected);
    CHECK(how.classify(fault::body_limit) == connection_fault::transient);
    CHECK(how.classify(asio::error::operation_aborted) == connection_fault::transient);
}

TEST_CASE("an endpoint that makes no sense is refused at once", "[http][client]")
{
    std::string const host =
        GENERATE("", "a b", "http://a", "a.example:80", "::1", "a\r\nX: 1", "[::1]:80", "[]");
    CAPTURE(host);
    CHECK_THROWS_AS(connector({.host = host}), resil::invalid_option);
    CHECK_THROWS_AS(connector({.host = "a", .limits = {.header = 100}}),
                    resil::invalid_option);
    CHECK_THROWS_AS(connector({.host = "a", .limits = {.interim = 1001}}),
                    resil::invalid_option);
}

TEST_CASE("Host names the port where it is not the usual one", "[http][client]")
{
    CHECK(connector({.host = "a.example"}).authority() == "a.example");
    CHECK(connector({.host = "a.example", .port = 80}).authority() == "a.example");
    CHECK(connector({.host = "[::1]", .port = 8080}).authority() == "[::1]:8080");
    CHECK(connector({.host = "[::1]"}).peer().name() == "::1");
}
