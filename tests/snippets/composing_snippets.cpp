// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/composing.md: the regions between the tags.

#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/event.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/result.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <snippets/snippets_support.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>

#include <memory>

namespace {

using namespace snippets;

resil::pipeline const client{
    resil::deadline{800ms},
    resil::retry{{.idempotency = resil::idempotency::safe}},
};

//[composing_forms
asio::awaitable<page> four_times(std::string path)
{
    // 1: an operation that is told about its attempt; one that takes only a token works too.
    page p = co_await client.async_call(
        [&](resil::attempt const&, auto token) { return fetch(path, std::move(token)); },
        asio::use_awaitable);

    // 2: a coroutine. It is told about its attempt, and spells `resil::attempt`.
    p += co_await client.async_call(
        [&](resil::attempt const&) -> asio::awaitable<page> {
            co_return co_await fetch(path, asio::use_awaitable);
        },
        asio::use_awaitable);

    // 3: a deferred operation.
    p += co_await client.async_call(fetch(path, asio::deferred), asio::use_awaitable);

    // 4: any initiating function, in place: only its token changes.
    p += co_await fetch(path, resil::with(client, asio::use_awaitable));
    co_return p;
}
//]

//[composing_call
asio::awaitable<page> order(int amount, std::string key, resil::time_point until)
{
    static resil::pipeline const shop{
        resil::deadline{2s}, resil::retry{{.idempotency = resil::idempotency::keyed}}};
    co_return co_await shop.async_call(
        resil::call{.deadline = until, .idempotency_key = key},
        [=](resil::attempt const& a, auto token) {
            return pay(amount, a.idempotency_key(), std::move(token));
        },
        asio::use_awaitable);
}
//]

//[composing_within
// `client` is used by an operation that runs under another pipeline, `outer`.
resil::pipeline const outer{resil::deadline{500ms}, resil::retry{{.max_attempts = 2}}};

// Passed on by itself: the token that the operation gets leads to its attempt.
auto const told = [](resil::attempt const&, auto token) {
    return fetch("/", resil::with(client, std::move(token)));
};

// A coroutine has to say it: co_spawn and use_awaitable do not pass it on.
asio::awaitable<page> nested()
{
    co_return co_await outer.async_call(
        [](resil::attempt const& a) -> asio::awaitable<page> {
            co_return co_await client.async_call(
                resil::within(a), fetch("/", asio::deferred), asio::use_awaitable);
        },
        asio::use_awaitable);
}
//]

//[composing_observe
struct metrics
{
    int calls = 0, retries = 0, degraded = 0;

    auto observer()
    {
        return resil::observe{[this](auto const& event) { count(event); }};
    }

    void count(resil::call_ended const&) { ++calls; }
    void count(resil::retry_scheduled const&) { ++retries; }
    void count(resil::fallback_used const&) { ++degraded; }
    void count(auto const&) {} // all other events
};
//]

//[composing_elements
auto observed(metrics& m)
{
    auto const judge = [](resil::error_code ec, page const& p) {
        return !ec && p.empty() ? resil::verdict::transient : resil::judge(ec);
    };
    return resil::pipeline{
        resil::named{"catalogue"}, // in every event, and in what the pipeline prints
        m.observer(),
        resil::judged_by{judge}, // for all policies that have no classifier of their own
        resil::fallback{page("the bestsellers")},
        resil::deadline{800ms},
        resil::retry{{.idempotency = resil::idempotency::safe}},
    };
}
//]

//[composing_classifier
struct judge_page
{
    resil::judgement operator()(resil::error_code ec, page const& p) const
    {
        if (!ec && p == "busy") {
            return {resil::verdict::throttled, 3s}; // not before three seconds are over
        }
        return !ec && p.empty() ? resil::verdict::transient : resil::judge(ec);
    }
};

resil::basic_retry const picky{resil::retry_options{.idempotency = resil::idempotency::safe},
                               judge_page()};
//]

//[composing_result
asio::awaitable<page> or_why()
{
    resil::result<page> const r =
        co_await fetch("/", resil::with(client, resil::as_result(asio::use_awaitable)));
    if (r) {
        co_return r.value();
    }
    resil::failure const& why = r.error();
    co_return why.code().message() + ", because " + std::string(to_string(why.reason())) +
        ", after " + std::to_string(why.attempts()) + " attempts";
}
//]

//[composing_error
asio::awaitable<page> caught()
{
    try {
        co_return co_await client.async_call(
            [](resil::attempt const&) { return fetch("/", asio::use_awaitable); },
            asio::use_awaitable);
    } catch (resil::error const& e) { // resil ended the call
        co_return std::string(to_string(e.failure().reason()));
    } catch (boost::system::system_error const& e) { // the operation's own last error
        co_return e.code().message();
    }
}
//]

//[composing_signature
auto const shared_op = [](auto token) {
    return asio::async_initiate<decltype(token), void(resil::error_code, page)>(
        [](auto handler) { server(std::move(handler)); }, token);
};

void stated(asio::io_context& context, page& into)
{
    // Stated where it cannot be deduced; an executor, where the handler has none.
    client.async_call<void(resil::error_code, page)>(
        context, shared_op, [&](resil::error_code, page p) { into = std::move(p); });
}
//]

TEST_CASE("the page on composing: the four call forms", "[snippets][pipeline]")
{
    world w;
    server.succeeds("a").succeeds("b").succeeds("c").succeeds("d");
    CHECK(w.run(four_times("/")).value == "abcd");
}

TEST_CASE("the page on composing: facts of one call", "[snippets][pipeline]")
{
    world w;
    server.fails(asio::error::connection_reset).succeeds("paid");
    CHECK(w.run(order(7, "my-own-key", w.time.now() + 1s)).value == "paid");
    CHECK(keys_seen == std::vector<std::string>{"my-own-key", "my-own-key"});
}

TEST_CASE("the page on composing: an inner retry stays quiet", "[snippets][pipeline]")
{
    world w;
    server.fails(asio::error::connection_refused);
    CHECK(w.run(nested()).code == asio::error::connection_refused);
    CHECK(server.starts() == 2); // not six

    world v;
    server.fails(asio::error::connection_refused);
    outer.async_call(told, asio::bind_executor(v.context, [](resil::error_code, page) {}));
    v.time.advance(10s);
    CHECK(server.starts() == 2);
}

TEST_CASE("the page on composing: what is told, and judged", "[snippets][pipeline]")
{
    world w;
    server.succeeds("");
    metrics m;
    page got;
    observed(m).async_call(w.context, server,
                           [&](resil::error_code, page p) { got = std::move(p); });
    w.time.advance(1s);

    CHECK(got == "the bestsellers");
    CHECK(m.calls == 1);
    CHECK(m.degraded == 1);
    CHECK(m.retries >= 1);
    CHECK(observed(m).to_string().starts_with("catalogue: fallback(value) > deadline(800ms)"));
}

TEST_CASE("the page on composing: a wait is a floor", "[snippets][pipeline]")
{
    world w;
    server.succeeds("busy").succeeds("").succeeds("hello");
    std::string got;
    auto const begun = w.time.now();
    picky.async_call(server, asio::bind_executor(w.context, [&](resil::error_code, page p) {
                         got = std::move(p);
                     }));

    w.time.advance(3s - 1ms);
    CHECK(server.starts() == 1);
    w.time.advance(10s);

    CHECK(got == "hello");
    CHECK(w.time.now() - begun >= 3s);
}

TEST_CASE("the page on composing: results and errors", "[snippets][pipeline]")
{
    world w;
    server.fails(asio::error::access_denied);
    CHECK(w.run(or_why()).value == "Permission denied, because permanent, after 1 attempts");

    world v;
    server.hangs();
    CHECK(v.run(caught()).value == "deadline_exceeded");

    world u;
    server.succeeds("hello");
    page got;
    stated(u.context, got);
    u.time.run_ready();
    CHECK(got == "hello");
}

} // namespace
