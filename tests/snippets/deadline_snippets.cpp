// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/policies/deadline.md: the regions between the tags.

#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>
#include <resil/timer_service.hpp>

#include <snippets/snippets_support.hpp>

#include <boost/asio/bind_executor.hpp>

#include <optional>

namespace {

using namespace snippets;

//[deadline_basic
asio::awaitable<page> load()
{
    resil::deadline const bounded{800ms};
    co_return co_await bounded.async_call(
        [](resil::attempt const&, auto token) { return fetch("/", std::move(token)); },
        asio::use_awaitable);
}
//]

//[deadline_pipeline
resil::pipeline const client{
    resil::deadline{{.after = 2s}}, // all of it: attempts, delays, waits in queues
    resil::retry{{.idempotency = resil::idempotency::safe}},
    resil::timeout{600ms}, // one attempt
};
//]

//[deadline_of_call
// A server has until `until` to answer; so has everything that it calls on the way.
asio::awaitable<page> handle(resil::time_point until)
{
    resil::call const facts{.deadline = until};
    co_return co_await client.async_call(
        facts, [](resil::attempt const&, auto token) { return fetch("/", std::move(token)); },
        asio::use_awaitable);
}
//]

//[deadline_by_clock
resil::call two_seconds_from_now(asio::io_context& context)
{
    auto& clock = resil::timer_service::of(context); // virtual, under test
    return {.deadline = clock.now() + 2s};
}
//]

//[deadline_remaining
auto const tell_peer = [](resil::attempt const& a, auto token) {
    // How long the peer may take, from now: the sooner of the deadline and the timeout.
    resil::duration const left = a.remaining();
    return fetch(left < 50ms ? "/short" : "/full", std::move(token));
};
//]

TEST_CASE("the page on deadline: a call ends in time", "[snippets][deadline]")
{
    world w;
    server.hangs();
    auto const begun = w.time.now();

    auto const seen = w.run(load());

    CHECK(seen.code == resil::errc::deadline_exceeded);
    CHECK(w.time.now() - begun == 800ms);
}

TEST_CASE("the page on deadline: the earliest of all deadlines holds", "[snippets][deadline]")
{
    world w;
    server.hangs();
    auto const begun = w.time.now();

    auto const seen = w.run(handle(w.time.now() + 100ms));

    CHECK(seen.code == resil::errc::deadline_exceeded);
    CHECK(w.time.now() - begun == 100ms);
}

TEST_CASE("the page on deadline: one that is over already", "[snippets][deadline]")
{
    world w;

    CHECK(w.run(handle(w.time.now())).code == resil::errc::deadline_exceeded);
    CHECK(server.starts() == 0);
}

TEST_CASE("the page on deadline: an operation knows what is left", "[snippets][deadline]")
{
    world w;
    std::optional<resil::duration> left;
    auto handler = asio::bind_executor(w.context, [](resil::error_code, page) {});
    client.async_call(
        [&](resil::attempt const& a, auto token) {
            left = a.remaining();
            return tell_peer(a, std::move(token));
        },
        handler);
    w.time.run_ready();

    CHECK(left == 600ms);
    CHECK(resil::deadline_options().after == 30s);
    CHECK_THROWS_AS(resil::deadline(0ms), resil::invalid_option);
}

TEST_CASE("the comments on time: a deadline by the context's clock", "[snippets][deadline]")
{
    world w;
    CHECK(two_seconds_from_now(w.context).deadline == w.time.now() + 2s);
}

} // namespace
