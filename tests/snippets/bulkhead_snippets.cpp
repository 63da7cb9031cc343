// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/policies/bulkhead.md: the regions between the tags.

#include <resil/bulkhead.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <snippets/snippets_support.hpp>

#include <boost/asio/bind_executor.hpp>

#include <algorithm>
#include <cstddef>

namespace {

using namespace snippets;

//[bulkhead_basic
resil::bulkhead const images{{.name = "images", .max_concurrent = 2}};

asio::awaitable<page> render()
{
    co_return co_await images.async_call(
        [](resil::attempt const&, auto token) { return fetch("/image", std::move(token)); },
        asio::use_awaitable);
}
//]

//[bulkhead_queue
resil::bulkhead const reports{{.name = "reports",
                               .max_concurrent = 1,
                               .max_queued = 2,       // two more may wait,
                               .max_wait = 500ms}};   // but not longer than this
//]

//[bulkhead_pipeline
resil::pipeline const client{
    resil::deadline{2s}, // bounds the wait in the queue as well
    resil::retry{{.idempotency = resil::idempotency::safe}},
    reports, // held by an attempt, and free during a retry's delay
    resil::timeout{500ms},
};
//]

//[bulkhead_watch
std::size_t spare(resil::bulkhead const& b)
{
    resil::bulkhead_snapshot const now = b.snapshot();
    return now.max_concurrent - std::min(now.in_use, now.max_concurrent);
}
//]

TEST_CASE("the page on bulkhead: too much at once is rejected", "[snippets][bulkhead]")
{
    world w;
    server.succeeds("image").after(10ms);
    auto ignored = asio::bind_executor(w.context, [](resil::error_code, page) {});
    images.async_call(server, ignored);
    images.async_call(server, ignored);
    w.time.run_ready();
    CHECK(spare(images) == 0);

    CHECK(w.run(render()).code == resil::errc::bulkhead_full);
    CHECK(server.starts() == 2);
    w.time.advance(10ms);
    CHECK(w.run(render()).value == "image");
}

TEST_CASE("the page on bulkhead: a queue bounded in number and in time", "[snippets][bulkhead]")
{
    world w;
    server.hangs();
    std::vector<resil::error_code> ended;
    for (int i = 0; i < 4; ++i) {
        reports.async_call(server,
                           asio::bind_executor(w.context, [&](resil::error_code ec, page) {
                               ended.push_back(ec);
                           }));
    }
    w.time.run_ready();
    CHECK(ended.size() == 1); // the fourth
    CHECK(reports.snapshot().queued == 2);

    w.time.advance(500ms);

    CHECK(ended.size() == 3);
    CHECK(ended.back() == resil::errc::bulkhead_full);
    CHECK(reports.snapshot().in_use == 1);
}

TEST_CASE("the page on bulkhead: permits can be added", "[snippets][bulkhead]")
{
    world w;
    resil::bulkhead const b{{.max_concurrent = 1}};
    b.resize(3);
    CHECK(spare(b) == 3);
    CHECK_THROWS_AS(b.resize(0), resil::invalid_option);
    CHECK(client.warnings().empty());
}

} // namespace
