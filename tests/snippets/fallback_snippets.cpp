// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/policies/fallback.md: the regions between the tags.

#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>

#include <snippets/snippets_support.hpp>

#include <boost/asio/bind_executor.hpp>

namespace {

using namespace snippets;

//[fallback_value
resil::pipeline const client{
    resil::fallback{page("the bestsellers")}, // first: it sees every failure
    resil::deadline{800ms},
    resil::retry{{.idempotency = resil::idempotency::safe}},
};
//]

//[fallback_function
resil::fallback const apology{[](resil::failure const& why) -> page {
    return why.code() == resil::errc::circuit_open ? "please come back later" : "sorry";
}};
//]

//[fallback_operation
resil::fallback const replica{
    [](resil::failure const&, auto token) { return fetch("replica/", std::move(token)); },
    resil::fallback_options{.timeout = 300ms}};
//]

//[fallback_handles
resil::fallback const cached{
    page("yesterday's"),
    resil::fallback_options{.handles = [](resil::failure const& why) {
        return why.code() != resil::errc::bulkhead_full; // our own overload is not hidden
    }}};
//]

/// Runs one call, and returns what it completed with.
template <class Policy>
std::pair<resil::error_code, page> answer(Policy const& policy)
{
    world w;
    server.fails(asio::error::eof).succeeds("from the replica");
    std::pair<resil::error_code, page> got{asio::error::would_block, ""};
    policy.async_call(server, asio::bind_executor(w.context, [&](resil::error_code ec, page p) {
                          got = {ec, std::move(p)};
                      }));
    w.time.advance(10s);
    return got;
}

TEST_CASE("the page on fallback: a value, a function, an operation", "[snippets][fallback]")
{
    using good = std::pair<resil::error_code, page>;
    CHECK(answer(apology) == good({}, "sorry"));
    CHECK(answer(replica) == good({}, "from the replica"));
    CHECK(answer(cached) == good({}, "yesterday's"));
}

TEST_CASE("the page on fallback: it answers for the deadline too", "[snippets][fallback]")
{
    world w;
    server.hangs();
    page got;
    client.async_call(server, asio::bind_executor(w.context, [&](resil::error_code, page p) {
                          got = std::move(p);
                      }));

    w.time.advance(800ms);

    CHECK(got == "the bestsellers");
    CHECK(resil::fallback_options().timeout == 1s);
    CHECK_FALSE(resil::fallback_options().handles);
}

} // namespace
