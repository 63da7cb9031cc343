// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/error.hpp>
#include <resil/pipeline.hpp> // self-contained
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "support/world.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/bind_immediate_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

using namespace support;

namespace {

using guarded = resil::pipeline<resil::retry, resil::timeout>;

guarded thrice()
{
    return guarded{resil::retry{{.backoff = resil::backoff::fixed(10ms),
                                 .jitter = resil::jitter::none,
                                 .idempotency = idempotency::safe}},
                   resil::timeout{100ms}};
}

/// Counts what lives in the memory that an allocator gave.
template <class T>
struct counting_allocator
{
    using value_type = T;

    counting_allocator(int& l, int& t) : live(&l), total(&t) {}

    template <class U>
    counting_allocator(counting_allocator<U> const& other)
        : live(other.live), total(other.total)
    {
    }

    T* allocate(std::size_t n)
    {
        ++*live, ++*total;
        return std::allocator<T>().allocate(n);
    }

    void deallocate(T* p, std::size_t n)
    {
        --*live;
        std::allocator<T>().deallocate(p, n);
    }

    friend bool operator==(counting_allocator const&, counting_allocator const&) = default;

    int* live;
    int* total;
};

} // namespace

TEST_CASE(
    "the call and its operations use the handler's allocator, and are gone before it runs",
    "[association][allocator]")
{
    world w;
    int live = 0, total = 0, live_in_handler = -1;
    scripted_operation<int> op;
    op.fails(net::eof).succeeds(1);

    thrice().async_call(
        op,
        asio::bind_executor(
            w.context, asio::bind_allocator(counting_allocator<void>(live, total),
                                            [&](error_code, int) { live_in_handler = live; })));
    CHECK(live >= 1);
    w.time.advance(1s);

    CHECK(live_in_handler == 0);
    CHECK(total >= 3);
    CHECK(live == 0);
}

TEST_CASE("a context that dies gives the handler's memory back", "[association][allocator]")
{
    int live = 0, total = 0;
    {
        world w;
        thrice().async_call(
            scripted_operation<int>().hangs(),
            asio::bind_executor(w.context,
                                asio::bind_allocator(counting_allocator<void>(live, total),
                                                     [](error_code, int) { CHECK(false); })));
        w.time.run_ready();
        CHECK(live >= 1);
        w.leaves_work();
    }

    CHECK(live == 0);
}

TEST_CASE("operation, repetitions and handler run on the handler's strand", "[association]")
{
    world w;
    auto const strand = asio::make_strand(w.context);
    std::vector<bool> on_strand;
    scripted_operation<int> op;
    op.fails(net::eof).hangs().succeeds(1);

    thrice().async_call(
        [&](resil::attempt const& a, auto token) {
            on_strand.push_back(strand.running_in_this_thread());
            return op(a, std::move(token));
        },
        asio::bind_executor(strand, [&](error_code, int) {
            on_strand.push_back(strand.running_in_this_thread());
        }));
    w.time.advance(1s);

    CHECK(on_strand == std::vector{true, true, true, true});
}

TEST_CASE("a handler bound to another context's executor is called there", "[association]")
{
    world w, other;
    bool called = false;
    scripted_operation<int> op;
    op.succeeds(1);

    thrice().async_call(w.context, op, asio::bind_executor(other.context, [&](error_code, int) {
                            called = other.context.get_executor().running_in_this_thread();
                        }));
    w.time.advance(1s);
    other.time.advance(1s);

    CHECK(called);
}

TEST_CASE("a call that ends at once does not call its handler inline", "[association]")
{
    world w;
    bool called = false;

    asio::post(w.context, [&] {
        thrice().async_call(w.context, resil::call{.deadline = w.time.now()},
                            scripted_operation<int>(), [&](error_code, int) { called = true; });
        CHECK_FALSE(called);
    });
    w.time.run_ready();

    CHECK(called);
}

TEST_CASE("a call that ends at once goes through the handler's immediate executor",
          "[association][immediate]")
{
    world w;
    bool called = false, inside = false;
    auto handler = asio::bind_immediate_executor(
        w.context.get_executor(),
        asio::bind_executor(w.context, [&](error_code, int) { called = true; }));

    asio::post(w.context, [&] {
        thrice().async_call(resil::call{.deadline = w.time.now()}, scripted_operation<int>(),
                            std::move(handler));
        inside = called;
    });
    w.time.run_ready();

    CHECK(called);
    CHECK(inside);
}
