// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/deadline.hpp>
#include <resil/error.hpp>
#include <resil/pipeline.hpp>
#include <resil/timeout.hpp>
#include <resil/timer_service.hpp> // self-contained

#include "support/world.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <stdexcept>
#include <utility>

using namespace support;

namespace {

/// A timer that notes when it was told what.
struct noting_timer : resil::timer_service::timer
{
    noting_timer() : timer(told) {}

    static void on_expired(timer& t) { ++static_cast<noting_timer&>(t).expired; }
    static void on_orphaned(timer& t) noexcept { ++static_cast<noting_timer&>(t).orphaned; }
    static constexpr callbacks told{&on_expired, &on_orphaned};

    int expired = 0;
    int orphaned = 0;
};

resil::timer_service& service_of(asio::execution_context& context)
{
    return asio::use_service<resil::timer_service>(context);
}

} // namespace

TEST_CASE("an executor that stands for work is not kept: run() returns", "[timer]")
{
    asio::io_context context;
    noting_timer t;
    {
        auto const working = asio::prefer(asio::any_io_executor(context.get_executor()),
                                          asio::execution::outstanding_work.tracked);
        service_of(context).arm(t, service_of(context).now() + 1h, working);
    }
    CHECK(service_of(context).disarm(t));

    context.run_for(10s);
    CHECK(context.stopped());
}

TEST_CASE("a timer expires at its time, not before, and once", "[timer]")
{
    world w;
    noting_timer t;
    auto const at = w.time.now() + 5ms;
    service_of(w.context).arm(t, at, w.context.get_executor());

    w.time.advance(5ms - 1ns);
    CHECK(t.expired == 0);
    w.time.advance(1ns);
    CHECK(t.expired == 1);
    w.time.advance(1h);
    CHECK(t.expired == 1);
    CHECK(t.at() == at);
}

TEST_CASE("a timer of the past expires as soon as something runs", "[timer]")
{
    world w;
    noting_timer t;
    service_of(w.context).arm(t, w.time.now() - 1h, w.context.get_executor());

    CHECK(t.expired == 0);
    w.time.advance(0ms);
    CHECK(t.expired == 1);
}

TEST_CASE("a timer that is taken back does not expire", "[timer]")
{
    world w;
    noting_timer t;
    auto& service = service_of(w.context);
    service.arm(t, w.time.now() + 5ms, w.context.get_executor());

    CHECK(service.armed() == 1);
    CHECK(service.disarm(t));
    CHECK_FALSE(service.disarm(t));
    w.time.advance(1h);

    CHECK(t.expired == 0);
    CHECK(service.armed() == 0);
}

TEST_CASE("timers expire in the order of their times, whatever that of arming", "[timer]")
{
    world w;
    noting_timer late, soon;
    auto& service = service_of(w.context);
    service.arm(late, w.time.now() + 20ms, w.context.get_executor());
    service.arm(soon, w.time.now() + 10ms, w.context.get_executor());

    CHECK(w.time.advance_to_next());
    CHECK(soon.expired == 1);
    CHECK(late.expired == 0);
    CHECK(w.time.advance_to_next());
    CHECK(late.expired == 1);
    CHECK_FALSE(w.time.advance_to_next());
}

TEST_CASE("a timer that was told may be armed anew", "[timer]")
{
    world w;
    noting_timer t;
    for (int i = 1; i <= 3; ++i) {
        service_of(w.context).arm(t, w.time.now() + 1ms, w.context.get_executor());
        w.time.advance(1ms);
        CHECK(t.expired == i);
    }
}

TEST_CASE("a timer whose context dies is told, exactly once", "[timer]")
{
    noting_timer t;
    {
        world w;
        service_of(w.context).arm(t, w.time.now() + 1h, w.context.get_executor());
        w.leaves_work();
    }

    CHECK(t.orphaned == 1);
    CHECK(t.expired == 0);
}

TEST_CASE("virtual time is refused on a context that has used the real clock",
          "[timer][virtual]")
{
    asio::io_context context;
    service_of(context).now();

    CHECK_THROWS_AS(resil::testing::virtual_time(context), std::logic_error);
}

TEST_CASE("virtual time is installed once", "[timer][virtual]")
{
    world w;

    CHECK_THROWS_AS(resil::testing::virtual_time(w.context), std::logic_error);
}

TEST_CASE("virtual time stands still by itself", "[timer][virtual]")
{
    world w;
    auto const before = w.time.now();
    (void)w.call(resil::deadline{1s}, scripted_operation<int>());

    CHECK(w.time.now() == before);
    w.time.advance(720h);
    CHECK(w.time.now() == before + 720h);
}

TEST_CASE("two contexts have two times", "[timer][virtual]")
{
    world one, other;
    one.time.advance(1h);

    CHECK(one.time.now() - other.time.now() == 1h);
}

// From here on the clock is the real one; nothing waits for it, unless something is wrong.

TEST_CASE("run() returns at once when a call has ended, however far its deadline was",
          "[timer][real]")
{
    asio::io_context context;
    scripted_operation<int> op;
    int value = 0;
    op.succeeds(3);

    resil::deadline{720h}.async_call(context, op, [&](error_code, int v) { value = v; });
    context.run();

    CHECK(value == 3);
    CHECK(service_of(context).armed() == 0);
    CHECK(context.stopped());
}

TEST_CASE("run() returns at once with an earlier timer fired and a later one taken back",
          "[timer][real]")
{
    asio::io_context context;
    scripted_operation<int> op;
    error_code got;
    op.hangs();
    resil::pipeline const p{resil::deadline{720h}, resil::timeout{1ns}};

    p.async_call(context, op, [&](error_code ec, int) { got = ec; });
    context.run();

    CHECK(got == errc::timed_out);
    CHECK(context.stopped());
}

TEST_CASE("join() returns at once when a call has ended, however far its deadline was",
          "[timer][real]")
{
    asio::thread_pool pool(2);
    scripted_operation<int> op;
    int value = 0;
    op.succeeds(3);

    resil::deadline{720h}.async_call(pool, op, [&](error_code, int v) { value = v; });
    pool.join();

    CHECK(value == 3);
}

TEST_CASE("join() waits for the timers that are armed, on whatever executor", "[timer][real]")
{
    asio::thread_pool pool(1);
    scripted_operation<int> op;
    std::atomic<int> ended{0};
    op.hangs();
    auto const note = [&](error_code ec, int) { ended += ec == errc::timed_out; };

    resil::timeout{1us}.async_call(pool, op, note);
    resil::timeout{1us}.async_call(asio::make_strand(pool), op, note);
    resil::timeout{1us}.async_call(asio::any_io_executor(pool.get_executor()), op, note);
    pool.join();

    CHECK(ended == 3);
}

TEST_CASE("a context that dies with timers armed does not wait for them", "[timer][real]")
{
    scripted_operation<int> op;
    op.hangs();
    {
        asio::io_context context;
        resil::deadline{720h}.async_call(context, op, [](error_code, int) { CHECK(false); });
        context.poll();
        CHECK(service_of(context).armed() == 1);
    }

    CHECK(op.dropped() == 1);
}

TEST_CASE("timers that are due at once leave others their turn", "[timer][real]")
{
    asio::io_context context;
    auto& service = service_of(context);
    std::deque<noting_timer> timers(10'000);
    int turns = 0, expired_before = 0, most_at_once = 0;
    auto const expired = [&] {
        return int(std::count_if(timers.begin(), timers.end(),
                                 [](noting_timer const& t) { return t.expired != 0; }));
    };
    std::function<void()> take_turn = [&] {
        int const now = expired();
        most_at_once = std::max(most_at_once, now - std::exchange(expired_before, now));
        ++turns;
        if (now < int(timers.size())) {
            asio::post(context, take_turn);
        }
    };

    auto const due = service.now();
    for (auto& t : timers) {
        service.arm(t, due, context.get_executor());
    }
    asio::post(context, take_turn);
    context.run();

    CHECK(expired() == int(timers.size()));
    CHECK(most_at_once <= 512);
    CHECK(turns >= 20);
}

TEST_CASE("a real timer never fires early", "[timer][real]")
{
    asio::io_context context;
    auto& service = service_of(context);
    int fired = 0, early = 0;
    std::function<void()> again = [&] {
        auto const due = service.now() + 50us;
        resil::timeout{50us}.async_call(context, scripted_operation<int>().hangs(),
                                        [&, due](error_code, int) {
                                            early += service.now() < due;
                                            if (++fired < 100) {
                                                again();
                                            }
                                        });
    };
    again();
    context.run();

    CHECK(fired == 100);
    CHECK(early == 0);
}
