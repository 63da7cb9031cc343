// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/client_pool.hpp> // self-contained

#include "http/client_support.hpp"

#include <resil/error.hpp>
#include <resil/http/error.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>
#include <resil/timer_service.hpp>
#include <resil/verdict.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/http/error.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace client_support;

namespace {

using fault = boost::beast::http::error;
using resil::http::client_pool;
using resil::http::client_pool_options;
using resil::http::errc;

/// A client and the server that its requests go to.
struct service
{
    std::vector<resil::pool_event_kind> events{}; // outlives the pool, which tells of its end
    asio::io_context context;
    server far;
    client_pool near;

    explicit service(std::vector<script> scripts, client_pool_options options = {})
        : far(context, std::move(scripts)),
          near(context, far.endpoint(), (options.listener = listener(), options))
    {
    }

    outcome request(string_request message)
    {
        outcome seen;
        near.async_request(std::move(message), seen.handler());
        CHECK_FALSE(seen.over); // never within the initiation
        run_until(context, [&] { return seen.over; });
        return seen;
    }

    std::function<void(resil::pool_event const&)> listener()
    {
        return [this](resil::pool_event const& e) { events.push_back(e.kind); };
    }

    std::size_t count(resil::pool_event_kind kind) const
    {
        return static_cast<std::size_t>(std::ranges::count(events, kind));
    }
};

/// Answers `times` requests, then waits for the client to go.
script answering(int times, std::string answer = ok("hello"))
{
    return [times, answer](peer& p) -> asio::awaitable<void> {
        for (int i = 0; i != times; ++i) {
            co_await p.request();
            co_await p.say(answer);
        }
        co_await p.client_gone();
    };
}

/// Answers `times` requests; reads one more, says `bytes`, and closes: the client's request has
/// crossed the end of the connection on the way.
script closing_after(int times, int& read, std::string bytes = "")
{
    return [times, &read, bytes](peer& p) -> asio::awaitable<void> {
        for (int i = 0; i != times; ++i) {
            co_await p.request();
            ++read;
            co_await p.say(ok("hello"));
        }
        co_await p.request();
        ++read;
        co_await p.say(bytes);
        p.close();
    };
}

string_request with_method(verb method)
{
    return {method, "/", 11};
}

} // namespace

TEST_CASE("requests share a connection that is kept", "[http][client]")
{
    service s({answering(3)});
    for (int i = 0; i != 3; ++i) {
        outcome const seen = s.request(get("/a"));
        CHECK_FALSE(seen.ec);
        CHECK(seen.answer.body() == "hello");
    }
    CHECK(s.far.accepted() == 1);
    CHECK(s.near.connections().snapshot().idle == 1);
}

TEST_CASE("a request gets what HTTP/1.1 demands: a host, and a length", "[http][client]")
{
    std::vector<std::string> got;
    service s({[&](peer& p) -> asio::awaitable<void> {
        for (;;) {
            got.push_back(co_await p.request());
            co_await p.say(ok(""));
        }
    }});
    std::string const port = std::to_string(s.far.endpoint().port);
    CHECK_FALSE(s.request(post("{}")).ec);
    CHECK(got.back() == "POST / HTTP/1.1\r\nHost: 127.0.0.1:" + port +
                            "\r\nContent-Length: 2\r\n\r\n{}");

    string_request own = get("/b?c=d");
    own.set("Host", "b.example");
    CHECK_FALSE(s.request(own).ec);
    CHECK(got.back() == "GET /b?c=d HTTP/1.1\r\nHost: b.example\r\n\r\n");
}

TEST_CASE("a request that could be read as two is refused before a connection is borrowed",
          "[http][client]")
{
    service s({answering(1)});
    string_request message = get();
    message.set("X", "1\r\n\r\nGET /evil HTTP/1.1");
    CHECK(s.request(message).ec == errc::invalid_field_value);
    CHECK(s.request(get("/ HTTP/1.1\r\n")).ec == errc::invalid_target);
    string_request trace = with_method(verb::trace);
    trace.body() = "{}";
    CHECK(s.request(trace).ec == errc::invalid_framing);
    CHECK(s.far.accepted() == 0);
    CHECK_FALSE(resil::proves_not_sent(errc::invalid_target)); // permanent, so not repeated
}

// ----- T41: a reused connection that the peer has closed ------------------------------------

TEST_CASE("T41: a request that may be repeated is sent again, over a new connection, if a "
          "reused one was closed",
          "[http][client]")
{
    string_request const message =
        GENERATE(get(), with_method(verb::head), with_method(verb::options),
                 with_method(verb::trace), with_method(verb::put), with_method(verb::delete_),
                 keyed_post());
    bool const is_head = message.method() == verb::head;
    int read = 0;
    service s({closing_after(1, read), answering(1, is_head ? ok("") : ok("again"))});
    CHECK_FALSE(s.request(get()).ec);
    outcome const seen = s.request(message);
    CAPTURE(message);
    CHECK_FALSE(seen.ec);
    CHECK(seen.answer.body() == (is_head ? "" : "again"));
    CHECK(read == 2);
    CHECK(s.far.accepted() == 2);
}

TEST_CASE("T41: a POST without a key on a reused connection that the server closed is not sent "
          "twice",
          "[http][client]")
{
    string_request message = GENERATE(post(), with_method(verb::patch));
    int read = 0;
    service s({closing_after(1, read), answering(1)});
    CHECK_FALSE(s.request(get()).ec);
    CHECK(s.request(message).ec == fault::end_of_stream);
    CHECK(read == 2);
    CHECK(s.far.accepted() == 1);
}

TEST_CASE("T41: a key that is empty, or given twice, is none", "[http][client]")
{
    string_request message = post();
    bool const twice = GENERATE(false, true);
    message.insert("Idempotency-Key", twice ? "a" : "");
    if (twice) {
        message.insert("Idempotency-Key", "b");
    }
    int read = 0;
    service s({closing_after(1, read), answering(1)});
    CHECK_FALSE(s.request(get()).ec);
    CHECK(s.request(message).ec == fault::end_of_stream);
    CHECK(s.far.accepted() == 1);
}

TEST_CASE("T41: nothing is sent again over a connection that was new", "[http][client]")
{
    string_request const message = GENERATE(get(), keyed_post(), post());
    int read = 0;
    service s({closing_after(0, read), answering(1)});
    CHECK(s.request(message).ec == fault::end_of_stream);
    CHECK(read == 1);
    CHECK(s.far.accepted() == 1);
}

TEST_CASE("T41: nothing is sent again after one byte of a response", "[http][client]")
{
    string_request const message = GENERATE(get(), keyed_post(), post());
    std::string const bytes = GENERATE("H", "HTTP/1.1 100 Continue\r\n\r\n");
    bool const reused = GENERATE(true, false);
    int read = 0;
    service s({closing_after(reused ? 1 : 0, read, bytes), answering(1)});
    if (reused) {
        CHECK_FALSE(s.request(get()).ec);
    }
    CHECK(s.request(message).ec == fault::partial_message);
    CHECK(s.far.accepted() == 1);
}

TEST_CASE("T41: a request is sent twice at most", "[http][client]")
{
    int read = 0;
    service s({closing_after(1, read), closing_after(0, read), answering(1)});
    CHECK_FALSE(s.request(get()).ec);
    CHECK(s.request(get()).ec == fault::end_of_stream);
    CHECK(read == 3);
    CHECK(s.far.accepted() == 2);
}

TEST_CASE("T41: the second connection is a new one though another idle one is there",
          "[http][client]")
{
    // Two connections, both used; each closes when it is asked again.
    gate both;
    int asked = 0;
    int again = 0;
    script const used = [&](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        ++asked;
        co_await both.passed();
        co_await p.say(ok("hello"));
        co_await p.request();
        ++again;
        p.close();
    };
    service s({used, used, answering(1, ok("new"))});
    outcome first;
    outcome second;
    s.near.async_request(get(), first.handler());
    s.near.async_request(get(), second.handler());
    run_until(s.context, [&] { return asked == 2; });
    both.open();
    run_until(s.context, [&] { return first.over && second.over; });
    REQUIRE(s.near.connections().snapshot().idle == 2);

    outcome const seen = s.request(get());
    CHECK_FALSE(seen.ec);
    CHECK(seen.answer.body() == "new");
    CHECK(again == 1);
    CHECK(s.far.accepted() == 3);
}

TEST_CASE("T41: the others of the same age are suspected", "[http][client]")
{
    int read = 0;
    service s({closing_after(1, read), answering(1)});
    CHECK_FALSE(s.request(get()).ec);
    CHECK_FALSE(s.request(get()).ec);
    CHECK(s.count(resil::pool_event_kind::suspected) == 1);
}

TEST_CASE("T41: the repetition is no attempt of a retry around it", "[http][client]")
{
    int read = 0;
    service s({closing_after(1, read), answering(1, ok("again"))});
    CHECK_FALSE(s.request(get()).ec);

    resil::retry const once{{.max_attempts = 1, .idempotency = resil::idempotency::safe}};
    int attempts = 0;
    outcome seen;
    once.async_call(
        s.context,
        [&](resil::attempt const& a, auto token) {
            attempts = a.number();
            return s.near.async_request(a, get(), std::move(token));
        },
        seen.handler());
    run_until(s.context, [&] { return seen.over; });
    CHECK(seen.answer.body() == "again");
    CHECK(attempts == 1);
}

TEST_CASE("T41: that there is no second connection does not prove that nothing was sent",
          "[http][client]")
{
    int read = 0;
    std::unique_ptr<service> s;
    script const last = [&](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        co_await p.say(ok("hello"));
        co_await p.request();
        ++read;
        s->far.stop();
        p.close();
    };
    s = std::make_unique<service>(std::vector{last},
                                  client_pool_options{.acquire_timeout = 50ms});
    CHECK_FALSE(s->request(get()).ec);
    outcome const seen = s->request(keyed_post());
    CHECK(seen.ec == fault::end_of_stream);
    CHECK_FALSE(resil::proves_not_sent(seen.ec));
    CHECK(read == 1);
}

// ----- T42: who closes an idle connection first ---------------------------------------------

TEST_CASE("T42: a connection is given up before servers close it", "[http][client]")
{
    auto const options = client_pool_options().pool_options();
    CHECK(options.idle_timeout == 15s);
    CHECK(options.max_size == 10);
    CHECK(options.ping_after_idle == 0s);
    CHECK_THROWS_AS(client_pool_options{.idle_timeout = 0s}.pool_options(),
                    resil::invalid_option);
}

TEST_CASE("T42: an idle connection is closed when its time is over", "[http][client]")
{
    bool gone = false;
    script const watching = [&](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        co_await p.say(ok("hello"));
        co_await p.client_gone();
        gone = true;
    };
    service s({watching}, {.idle_timeout = 20ms});
    CHECK_FALSE(s.request(get()).ec);
    asio::steady_timer keeps_running(s.context, 10s);
    keeps_running.async_wait([](error_code) {});
    run_until(s.context, [&] { return gone; });
    CHECK(s.near.connections().snapshot().idle == 0);
}

TEST_CASE("T42: a peer that keeps connections for a second at most gets a new one each time",
          "[http][client]")
{
    std::string const told = GENERATE("timeout=1", "timeout=0, max=5");
    script const brief = answering(1, ok("hello", "Keep-Alive: " + told + "\r\n"));
    service s({brief, brief});
    CHECK_FALSE(s.request(get()).ec);
    CHECK_FALSE(s.request(get()).ec);
    CHECK(s.far.accepted() == 2);
}

TEST_CASE("T42: a peer that keeps connections for longer is asked again", "[http][client]")
{
    service s({answering(2, ok("hello", "Keep-Alive: timeout=60\r\n"))});
    CHECK_FALSE(s.request(get()).ec);
    CHECK_FALSE(s.request(get()).ec);
    CHECK(s.far.accepted() == 1);
}

TEST_CASE("T42: a connection that the server closed while it was idle is not lent",
          "[http][client]")
{
    gate idle;
    bool closed = false;
    script const closing = [&](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        co_await p.say(ok("hello"));
        co_await idle.passed();
        p.close();
        closed = true;
    };
    service s({closing, answering(1, ok("new"))});
    CHECK_FALSE(s.request(get()).ec);

    auto const lent = s.near.connections().try_acquire();
    CHECK_FALSE(lent); // none without a look
    idle.open();
    run_until(s.context, [&] { return closed; });
    outcome const seen = s.request(post()); // nothing that may be sent twice
    CHECK_FALSE(seen.ec);
    CHECK(seen.answer.body() == "new");
    CHECK(s.count(resil::pool_event_kind::ping_failed) == 1);
}

// ----- T43: what must never be taken for an answer ------------------------------------------

TEST_CASE("T43: bytes beyond a response are not the answer to the next request",
          "[http][client]")
{
    script const splitting = [](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        co_await p.say(ok("hello") + ok("evil"));
        co_await p.client_gone();
    };
    service s({splitting, answering(1, ok("good"))});
    CHECK(s.request(get()).answer.body() == "hello");
    CHECK(s.request(get()).answer.body() == "good");
    CHECK(s.far.accepted() == 2);
}

TEST_CASE("T43: a body that was not read to its end is not read by the next request",
          "[http][client]")
{
    script const long_winded = [](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        co_await p.say(ok(std::string(5000, 'x')));
        co_await p.client_gone();
    };
    asio::io_context context;
    server far(context, {long_winded, answering(1, ok("good"))});
    auto where = far.endpoint();
    where.limits.body = 1000;
    client_pool const near(context, where);
    for (std::string const body : {"", "good"}) {
        outcome seen;
        near.async_request(get(), seen.handler());
        run_until(context, [&] { return seen.over; });
        CHECK(seen.ec == (body.empty() ? error_code(fault::body_limit) : error_code()));
        CHECK(seen.answer.body() == body);
    }
    CHECK(far.accepted() == 2);
}

TEST_CASE("T43: a cancelled request's answer is not read by the next", "[http][client]")
{
    gate late;
    bool asked = false;
    script const slow = [&](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        asked = true;
        co_await late.passed();
        co_await p.say(ok("late"));
    };
    service s({slow, answering(1, ok("good"))});
    asio::cancellation_signal cancel;
    outcome seen;
    s.near.async_request(get(), asio::bind_cancellation_slot(cancel.slot(), seen.handler()));
    run_until(s.context, [&] { return asked; });
    cancel.emit(asio::cancellation_type::terminal);
    run_until(s.context, [&] { return seen.over; });
    CHECK(seen.ec == asio::error::operation_aborted);
    late.open();
    CHECK(s.request(get()).answer.body() == "good");
    CHECK(s.far.accepted() == 2);
}

// ----- calls around it ----------------------------------------------------------------------

TEST_CASE("an attempt hears whether the request left", "[http][client]")
{
    int read = 0;
    service s({closing_after(0, read)}, {.acquire_timeout = 50ms});
    resil::retry const once{{.max_attempts = 1}};
    std::vector<bool> not_sent;
    auto const ask = [&](resil::attempt const& a) -> asio::awaitable<string_response> {
        auto [ec, answer] =
            co_await s.near.async_request(a, post(), asio::as_tuple(asio::use_awaitable));
        not_sent.push_back(a.was_not_sent());
        if (ec) {
            throw boost::system::system_error(ec);
        }
        co_return answer;
    };
    for (std::size_t i = 1; i != 3; ++i) {
        once.async_call(s.context, ask, [](std::exception_ptr, string_response) {});
        run_until(s.context, [&] { return not_sent.size() == i; });
        s.far.stop();
    }
    CHECK(not_sent == std::vector{false, true});
}

TEST_CASE("the deadline of an outer call bounds the wait for a connection", "[http][client]")
{
    service s({answering(1)}, {.max_size = 1, .acquire_timeout = 1h});
    std::optional<resil::lease<resil::http::connector>> held;
    s.near.connections().async_acquire([&](error_code, auto lent) { held = std::move(lent); });
    run_until(s.context, [&] { return held.has_value(); });

    auto& clock = asio::use_service<resil::timer_service>(s.context);
    outcome seen;
    s.near.async_request(resil::call{.deadline = clock.now() + 10ms}, get(), seen.handler());
    run_until(s.context, [&] { return seen.over; });
    CHECK(seen.ec == resil::errc::pool_timed_out);
}

TEST_CASE("a timeout around a request ends it, and its connection", "[http][client]")
{
    bool gone = false;
    script const silent = [&](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        co_await p.client_gone();
        gone = true;
    };
    service s({silent});
    resil::timeout const bounded(50ms);
    outcome seen;
    bounded.async_call(
        s.context, [&](auto token) { return s.near.async_request(get(), std::move(token)); },
        seen.handler());
    run_until(s.context, [&] { return seen.over; });
    CHECK(seen.ec == resil::errc::timed_out);
    run_until(s.context, [&] { return gone; });
}

TEST_CASE("a request waits for a connection, and can be cancelled while it does",
          "[http][client]")
{
    service s({}, {.max_size = 1});
    std::optional<resil::lease<resil::http::connector>> held;
    s.near.connections().async_acquire([&](error_code, auto lent) { held = std::move(lent); });
    run_until(s.context, [&] { return held.has_value(); });

    asio::cancellation_signal cancel;
    outcome seen;
    s.near.async_request(get(), asio::bind_cancellation_slot(cancel.slot(), seen.handler()));
    s.context.poll();
    cancel.emit(asio::cancellation_type::total);
    run_until(s.context, [&] { return seen.over; });
    CHECK(seen.ec == asio::error::operation_aborted);
}

TEST_CASE("a drain ends what is lent when its time is up", "[http][client]")
{
    bool asked = false;
    script const silent = [&](peer& p) -> asio::awaitable<void> {
        co_await p.request();
        asked = true;
        co_await p.client_gone();
    };
    service s({silent});
    outcome seen;
    s.near.async_request(get(), seen.handler());
    run_until(s.context, [&] { return asked; });
    std::optional<resil::drain_report> report;
    s.near.connections().async_drain(
        10ms, [&](error_code, resil::drain_report r) { report = std::move(r); });
    run_until(s.context, [&] { return seen.over && report.has_value(); });
    CHECK(seen.ec == fault::end_of_stream);
    CHECK(report->forced == 1);
}

TEST_CASE("run() returns when the last request is answered", "[http][client]")
{
    asio::io_context context;
    asio::io_context elsewhere;
    server far(elsewhere, {answering(1)});
    client_pool const near(context, far.endpoint());
    outcome seen;
    near.async_request(get(), seen.handler());
    auto const end = std::chrono::steady_clock::now() + patience;
    while (!context.stopped() && std::chrono::steady_clock::now() < end) {
        elsewhere.poll();
        context.poll();
    }
    CHECK(seen.answer.body() == "hello");
    CHECK(context.stopped());
}

TEST_CASE("many threads share a client", "[http][client]")
{
    asio::io_context elsewhere;
    std::vector<script> const scripts(4, answering(1 << 20, ok("hello")));
    server far(elsewhere, scripts);
    asio::thread_pool threads(3);
    std::vector<std::future<string_response>> answers;
    {
        client_pool const near(threads, far.endpoint(), {.max_size = 4, .max_waiters = 1000});
        for (int i = 0; i != 300; ++i) {
            answers.push_back(near.async_request(
                get(), asio::bind_executor(asio::make_strand(threads), asio::use_future)));
        }
        auto const end = std::chrono::steady_clock::now() + patience;
        while (answers.back().wait_for(0s) != std::future_status::ready &&
               std::chrono::steady_clock::now() < end) {
            elsewhere.restart();
            elsewhere.poll();
        }
        for (auto& each : answers) {
            while (each.wait_for(0s) != std::future_status::ready) {
                elsewhere.restart();
                elsewhere.poll();
            }
            CHECK(each.get().body() == "hello");
        }
    }
    threads.join();
    CHECK(far.accepted() <= 4);
}
