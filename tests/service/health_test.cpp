// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/health_report.hpp>
#include <resil/service/health.hpp>
#include <resil/testing/virtual_time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using resil::criticality;
using resil::error_code;
using resil::health_report;
using resil::health_status;
using resil::lifecycle;
using resil::service::health;
using handler = asio::any_completion_handler<void(error_code)>;

error_code const refused = asio::error::connection_refused;

/// What a service depends on, as the test wants it to be.
struct dependency
{
    void operator()(asio::any_io_executor const& ex, handler h)
    {
        ++runs;
        auto slot = asio::get_associated_cancellation_slot(h);
        if (!hangs) {
            return asio::post(ex, asio::append(std::move(h), state));
        }
        held.push_back(std::move(h));
        slot.assign([this](asio::cancellation_type type) {
            ++cancelled;
            CHECK(type == asio::cancellation_type::terminal);
            if (obeys) {
                release(asio::error::operation_aborted);
            }
        });
    }

    void release(error_code ec)
    {
        auto last = std::move(held.back());
        held.pop_back();
        std::move(last)(ec);
    }

    auto check()
    {
        return [this](asio::any_io_executor const& ex, handler h) { (*this)(ex, std::move(h)); };
    }

    error_code state{};
    bool hangs = false;
    bool obeys = true;
    int runs = 0;
    int cancelled = 0;
    std::vector<handler> held{};
};

struct world
{
    explicit world(resil::health_options const& options = {.seed = 1}) : checked(context.get_executor(), options) {}

    void begin()
    {
        checked.set_lifecycle(lifecycle::ready);
        checked.start();
        time.run_ready();
    }

    health_status status_of(std::size_t check) const { return checked.report().checks.at(check).status; }

    asio::io_context context{};
    resil::testing::virtual_time time{context};
    health checked;
};

struct asked
{
    explicit asked(world& w)
    {
        asio::co_spawn(w.context, w.checked.fresh_report(),
                       asio::bind_cancellation_slot(cancel.slot(), [this](std::exception_ptr e, health_report r) {
                           failed = bool(e);
                           report = std::move(r);
                       }));
        w.time.run_ready();
    }

    asio::cancellation_signal cancel{};
    bool failed = false;
    std::optional<health_report> report{};
};

} // namespace

TEST_CASE("a service is ready when its life says so and its hard checks are well", "[service][health]")
{
    world w;
    dependency orders;
    w.checked.add("orders", criticality::hard, orders.check());
    CHECK_FALSE(w.checked.ready());
    CHECK(w.checked.report().status == health_status::unknown);

    w.checked.start();
    w.time.run_ready();
    CHECK(w.checked.report().status == health_status::ok);
    CHECK_FALSE(w.checked.ready()); // starting
    CHECK_FALSE(w.checked.started());

    w.checked.set_lifecycle(lifecycle::ready);
    CHECK(w.checked.ready());
    CHECK(w.checked.report().ready());
    CHECK(w.checked.started());

    w.checked.set_lifecycle(lifecycle::draining);
    CHECK_FALSE(w.checked.ready());
    CHECK_FALSE(w.checked.report().ready());
    CHECK(w.checked.started()); // latched
}

TEST_CASE("a service without checks is ready when its life says so", "[service][health]")
{
    world w;
    w.begin();
    CHECK(w.checked.ready());
}

TEST_CASE("a restarted dependency turns readiness red within the cache time, and green again", "[service][health]")
{
    world w;
    dependency orders;
    w.checked.add("orders", criticality::hard, orders.check());
    w.begin();
    for (int i = 0; i < 20; ++i) {
        w.time.advance(7s + i * 100ms);
        REQUIRE(w.checked.ready());
        orders.state = refused;
        w.time.advance(3s);
        CHECK_FALSE(w.checked.ready());
        CHECK(w.checked.report().checks[0].error == refused);
        w.time.advance(5s);
        orders.state = {};
        w.time.advance(3s);
        CHECK(w.checked.ready());
    }
}

TEST_CASE("a single failure is confirmed before it counts", "[service][health]")
{
    world w;
    dependency orders;
    w.checked.add("orders", criticality::hard, orders.check());
    w.begin();
    int const before = orders.runs;
    orders.state = refused;
    while (orders.runs == before) {
        w.time.advance(10ms);
    }
    CHECK(w.checked.ready());
    orders.state = {};
    w.time.advance(200ms);
    CHECK(orders.runs == before + 2);
    CHECK(w.checked.ready());
}

TEST_CASE("checks are refreshed by themselves, a little more often than they have to be", "[service][health]")
{
    world w;
    dependency orders;
    w.checked.add("orders", criticality::hard, orders.check());
    w.begin();
    w.time.advance(300s);
    CHECK(orders.runs >= 300 / 3 * 10 / 9);
    CHECK(orders.runs <= 300 / 3 * 4 / 3 + 1);
    int const runs = orders.runs;
    for (int i = 0; i < 10'000; ++i) {
        REQUIRE(w.checked.ready()); // a read
    }
    w.time.run_ready();
    CHECK(orders.runs == runs);
}

TEST_CASE("a soft check makes a service degraded, and leaves it ready", "[service][health]")
{
    world w;
    dependency orders;
    dependency prices;
    prices.state = refused;
    w.checked.add("orders", criticality::hard, orders.check());
    w.checked.add("prices", criticality::soft, prices.check());
    w.begin();
    CHECK(w.checked.ready());
    CHECK(w.checked.report().status == health_status::degraded);
    orders.state = refused;
    w.time.advance(3s);
    CHECK(w.checked.report().status == health_status::failing);
}

TEST_CASE("a check that takes too long is cancelled and has failed", "[service][health]")
{
    world w;
    dependency orders;
    orders.hangs = true;
    w.checked.add("orders", criticality::hard, orders.check());
    w.begin();
    w.time.advance(799ms);
    CHECK(orders.cancelled == 0);
    CHECK(w.status_of(0) == health_status::unknown);
    w.time.advance(1ms);
    CHECK(orders.cancelled == 1);
    CHECK(w.status_of(0) == health_status::failing);
    CHECK(w.checked.report().checks[0].error == resil::errc::timed_out);
    orders.hangs = false;
    w.time.advance(3s);
    CHECK(w.checked.ready());
}

TEST_CASE("a check that does not stop is not started a second time", "[service][health]")
{
    world w;
    dependency orders;
    w.checked.add("orders", criticality::hard, orders.check());
    w.begin();
    orders.hangs = true;
    orders.obeys = false;
    w.time.advance(60s);
    CHECK(orders.runs == 2);
    CHECK(orders.cancelled == 1);
    CHECK_FALSE(w.checked.ready());
    CHECK(w.status_of(0) == health_status::failing);

    orders.hangs = false;
    orders.release({});
    w.time.run_ready();
    CHECK_FALSE(w.checked.ready()); // what it says so late is not believed
    w.time.advance(3s);
    CHECK(orders.runs > 2);
    CHECK(w.checked.ready());
}

TEST_CASE("one check that hangs does not hold up the others", "[service][health]")
{
    world w;
    dependency orders;
    dependency prices;
    prices.hangs = true;
    prices.obeys = false;
    w.checked.add("prices", criticality::soft, prices.check());
    w.checked.add("orders", criticality::hard, orders.check());
    w.begin();
    w.time.advance(30s);
    CHECK(w.checked.ready());
    CHECK(orders.runs > 10);
    orders.hangs = true;
    prices.release({});
    w.time.run_ready();
}

TEST_CASE("what is known becomes unknown when the loop that refreshes it stands still", "[service][health]")
{
    world w;
    dependency orders;
    w.checked.add("orders", criticality::hard, orders.check());
    w.begin();
    auto const seen = w.time.now();
    auto& clock = resil::timer_service::of(w.context);
    resil::testing::clock_access::set(clock, seen + 9s - 1ns);
    CHECK(w.checked.ready());
    resil::testing::clock_access::set(clock, seen + 9s);
    CHECK_FALSE(w.checked.ready());
    CHECK(w.checked.report().status == health_status::unknown);
    w.time.advance(10ms); // goes on
    CHECK(w.checked.ready());
}

TEST_CASE("what a check throws is a failure, whichever way it throws", "[service][health]")
{
    world w;
    bool threw = false;
    w.checked.add("at-once", criticality::soft, []() -> error_code { throw std::runtime_error("password=hunter2"); });
    w.checked.add("by-handler", criticality::soft,
                  [&](asio::any_io_executor const&, handler) { threw = true; throw std::runtime_error("no"); });
    w.checked.add("coroutine", criticality::soft, []() -> asio::awaitable<void> {
        throw boost::system::system_error(refused);
        co_return;
    });
    w.checked.add("odd", criticality::soft, []() -> asio::awaitable<void> {
        throw 42;
        co_return;
    });
    w.begin();
    CHECK(threw);
    auto const report = w.checked.report();
    CHECK(report.checks[0].error == resil::errc::operation_threw);
    CHECK(report.checks[1].error == resil::errc::operation_threw);
    CHECK(report.checks[2].error == refused);
    CHECK(report.checks[3].error == resil::errc::operation_threw);
    w.time.advance(30s);
    CHECK(w.checked.report().status == health_status::degraded);
}

TEST_CASE("checks can be coroutines, and what is known at once", "[service][health]")
{
    world w;
    int coroutines = 0;
    error_code pool{};
    w.checked.add("coroutine", criticality::hard, [&coroutines]() -> asio::awaitable<void> {
        ++coroutines;
        co_return;
    });
    w.checked.add("pool", criticality::hard, [&pool] { return pool; });
    w.begin();
    CHECK(coroutines == 1);
    CHECK(w.checked.ready());
    pool = resil::errc::pool_unavailable;
    w.time.advance(3s);
    CHECK_FALSE(w.checked.ready());
}

TEST_CASE("a coroutine that hangs is cancelled", "[service][health]")
{
    world w;
    auto const never = std::make_shared<resil::detail::occasion>(w.context.get_executor());
    bool ended = false;
    w.checked.add("coroutine", criticality::hard, [&ended, never]() -> asio::awaitable<void> {
        auto const no = [] { return false; };
        auto const token = asio::as_tuple(asio::use_awaitable);
        co_await never->async_wait(no, resil::time_point::max(), token);
        ended = true;
    });
    w.begin();
    CHECK_FALSE(ended);
    w.time.advance(800ms);
    CHECK(ended);
    CHECK(w.status_of(0) == health_status::failing);
}

TEST_CASE("on demand nothing is checked before somebody asks, and once for all who ask", "[service][health]")
{
    world w({.refresh = resil::health_refresh::on_demand, .seed = 1});
    dependency orders;
    orders.hangs = true;
    w.checked.add("orders", criticality::hard, orders.check());
    w.begin();
    w.time.advance(60s);
    CHECK(orders.runs == 0);

    asked first(w);
    asked second(w);
    CHECK(orders.runs == 1);
    first.cancel.emit(asio::cancellation_type::terminal); // hangs up
    w.time.run_ready();
    CHECK(first.failed);
    CHECK(orders.cancelled == 0);
    orders.release({});
    w.time.run_ready();
    REQUIRE(second.report);
    CHECK(second.report->ready());
    CHECK(orders.runs == 1);

    orders.hangs = false;
    asked third(w);
    CHECK(third.report);
    CHECK(orders.runs == 1); // still fresh
    w.time.advance(3s);
    asked fourth(w);
    CHECK(fourth.report);
    CHECK(orders.runs == 2);
}

TEST_CASE("an answer comes within its time, whatever hangs", "[service][health]")
{
    world w({.refresh = resil::health_refresh::on_demand, .seed = 1});
    dependency orders;
    orders.hangs = true;
    orders.obeys = false;
    w.checked.add("slow", criticality::hard, orders.check(), {.timeout = 3s});
    w.begin();
    asked probe(w);
    w.time.advance(899ms);
    CHECK_FALSE(probe.report);
    w.time.advance(1ms);
    REQUIRE(probe.report);
    CHECK(probe.report->status == health_status::unknown);
    orders.release({});
    w.time.run_ready();
}

TEST_CASE("on demand a failure is confirmed before the answer", "[service][health]")
{
    world w({.refresh = resil::health_refresh::on_demand, .seed = 1});
    dependency orders;
    w.checked.add("orders", criticality::hard, orders.check());
    w.begin();
    asked good(w);
    CHECK(good.report->ready());
    w.time.advance(3s);
    orders.state = refused;
    asked bad(w);
    CHECK_FALSE(bad.report);
    w.time.advance(200ms);
    REQUIRE(bad.report);
    CHECK_FALSE(bad.report->ready());
    w.time.advance(60s);
    CHECK(orders.runs == 3);
}

TEST_CASE("background checks do not keep a context at work, and stop when told to", "[service][health]")
{
    world w;
    dependency orders;
    w.checked.add("orders", criticality::hard, orders.check());
    w.begin();
    w.context.restart();
    w.context.run(); // returns
    int const runs = orders.runs;
    w.checked.stop();
    w.time.advance(60s);
    CHECK(orders.runs == runs);
    CHECK_FALSE(w.checked.ready());
}

TEST_CASE("when it ends, what runs is cancelled", "[service][health]")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    dependency orders;
    orders.hangs = true;
    {
        health const checked(context.get_executor(), {.seed = 1});
        checked.add("orders", criticality::hard, orders.check());
        checked.start();
        time.run_ready();
        CHECK(orders.runs == 1);
    }
    time.run_ready();
    CHECK(orders.cancelled == 1);
    time.advance(60s);
    CHECK(orders.runs == 1);
}

TEST_CASE("a context may end before what it checks", "[service][health]")
{
    dependency orders;
    auto context = std::make_unique<asio::io_context>();
    auto time = std::make_unique<resil::testing::virtual_time>(*context);
    {
        health const checked(context->get_executor(), {.seed = 1});
        checked.add("orders", criticality::hard, orders.check());
        checked.start();
        time->run_ready();
        context->stop();
    }
    time.reset();
    context.reset();
    CHECK(orders.runs == 1);
}

TEST_CASE("a check that is added later is run at once", "[service][health]")
{
    world w;
    w.begin();
    dependency orders;
    w.checked.add("orders", criticality::hard, orders.check());
    CHECK_FALSE(w.checked.ready());
    w.time.run_ready();
    CHECK(w.checked.ready());
}

TEST_CASE("names that are none, or twice, and options out of range are refused", "[service][health]")
{
    using Catch::Matchers::ContainsSubstring;
    world w;
    auto const well = [] { return error_code(); };
    w.checked.add("orders", criticality::hard, well);
    CHECK_THROWS_WITH(w.checked.add("orders", criticality::soft, well), ContainsSubstring("no other check"));
    CHECK_THROWS_AS(w.checked.add("", criticality::hard, well), resil::invalid_option);
    CHECK_THROWS_AS(w.checked.add("a", criticality::hard, well, {.ttl = 1ms}), resil::invalid_option);
    CHECK(w.checked.report().checks.size() == 1);
}

TEST_CASE("a report says how old the last success is, and how long the last run took", "[service][health]")
{
    world w;
    dependency orders;
    orders.hangs = true;
    w.checked.add("orders", criticality::hard, orders.check());
    w.begin();
    CHECK_FALSE(w.checked.report().checks[0].last_ok_age);
    w.time.advance(120ms);
    orders.release({});
    w.time.advance(1s);
    auto const seen = w.checked.report().checks[0];
    CHECK(seen.latency == 120ms);
    CHECK(seen.last_ok_age == 1s);
    CHECK_FALSE(seen.error);
}

TEST_CASE("readers on other threads see what the loop finds", "[service][health]")
{
    asio::thread_pool threads(4);
    health const checked(threads.get_executor(), {.seed = 1});
    std::atomic<int> runs = 0;
    checked.add("orders", criticality::hard, [&runs] { return ++runs, error_code(); },
                {.timeout = 100ms, .ttl = 100ms, .confirm_after = 10ms});
    checked.set_lifecycle(lifecycle::ready);
    checked.start();
    std::atomic<int> reads = 0;
    for (int i = 0; i < 4; ++i) {
        asio::post(threads, [&] {
            for (int n = 0; n < 1000; ++n) {
                reads += checked.ready() ? 1 : 0;
                static_cast<void>(checked.report());
            }
        });
    }
    auto const report = asio::co_spawn(threads, checked.fresh_report(), asio::use_future).get();
    CHECK(report.ready());
    checked.stop();
    threads.join();
    CHECK(runs >= 1);
}
