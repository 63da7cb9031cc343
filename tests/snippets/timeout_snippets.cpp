// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/policies/timeout.md: the regions between the tags.

#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <snippets/snippets_support.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>

#include <memory>

namespace {

using namespace snippets;

//[timeout_basic
asio::awaitable<page> load()
{
    resil::timeout const bounded{250ms};
    co_return co_await bounded.async_call(fetch("/", asio::deferred), asio::use_awaitable);
}
//]

//[timeout_retry
resil::pipeline const client{
    resil::retry{{.max_attempts = 2, .idempotency = resil::idempotency::safe}},
    resil::timeout{250ms}, // inside the retry: for each attempt anew
};
//]

//[timeout_abandon
// For an operation that cannot be cancelled, and that owns all it touches.
resil::timeout const lookup{{.after = 5s, .on_expiry = resil::expiry::abandon}};

auto const resolve = [name = std::make_shared<std::string>("example.com")](
                         resil::attempt const&, auto token) {
    return fetch(*name, std::move(token));
};
//]

TEST_CASE("the page on timeout: a step ends in time", "[snippets][timeout]")
{
    world w;
    server.hangs();
    auto const begun = w.time.now();

    CHECK(w.run(load()).code == resil::errc::timed_out);
    CHECK(w.time.now() - begun == 250ms);
    CHECK(server.in_flight() == 0); // it was cancelled, and waited for
}

TEST_CASE("the page on timeout: each attempt has its own", "[snippets][timeout]")
{
    world w;
    server.hangs().succeeds("hello").after(200ms);
    page got;
    client.async_call(server, asio::bind_executor(w.context, [&](resil::error_code, page p) {
                          got = std::move(p);
                      }));

    w.time.advance(1s);

    CHECK(got == "hello");
}

TEST_CASE("the page on timeout: an operation is left behind", "[snippets][timeout]")
{
    world w;
    server.succeeds("late").after(1min).ignores_cancellation();
    resil::error_code ec;
    lookup.async_call(resolve, asio::bind_executor(
                                   w.context, [&](resil::error_code e, page) { ec = e; }));

    w.time.advance(5s);
    CHECK(ec == resil::errc::timed_out);
    CHECK(server.in_flight() == 1);
    w.time.advance(1min);
    CHECK(server.in_flight() == 0);
}

TEST_CASE("the page on timeout: what it refuses", "[snippets][timeout]")
{
    CHECK(resil::timeout_options().after == 10s);
    CHECK(resil::timeout_options().on_expiry == resil::expiry::cancel);
    CHECK_THROWS_AS(resil::timeout(-1ms), resil::invalid_option);
    CHECK_THROWS_AS((resil::pipeline{lookup, resil::retry()}), resil::invalid_option);
}

} // namespace
