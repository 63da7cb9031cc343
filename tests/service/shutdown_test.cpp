// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/connection_pool.hpp>
#include <resil/detail/occasion.hpp>
#include <resil/http/server.hpp>
#include <resil/service/shutdown.hpp>
#include <resil/testing/virtual_time.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using resil::error_code;
using resil::service::in_flight;
using resil::service::stop_notice;
using steps = std::vector<std::string>;

/// A server that notes what it is told, and is empty when the test says so.
struct scripted_server
{
    struct counted
    {
        std::size_t accepted = 0;
    };

    explicit scripted_server(asio::io_context& context, steps& l) : noted(l), emptied(context.get_executor()) {}

    void close_politely() const { noted.emplace_back("polite"); }
    void stop() const { noted.emplace_back("stop"); }
    void cancel_streams() const { noted.emplace_back("cancel streams"); }
    void cancel() const { noted.emplace_back("cancel"); }
    counted counts() const { return {accepted}; }

    template <class Token>
    auto async_drain(resil::duration patience, Token&& token) const
    {
        auto const is_empty = [this] { return empty; };
        return emptied.async_wait(is_empty, emptied.clock().now() + patience, std::forward<Token>(token));
    }

    void end()
    {
        empty = true;
        emptied.happen();
    }

    steps& noted;
    std::size_t accepted = 0;
    bool empty = false;
    resil::detail::occasion emptied;
};

struct world
{
    explicit world(resil::shutdown_options const& options = {}) : leaving(context.get_executor(), options)
    {
        leaving.on_not_ready([this] { noted.emplace_back("not ready"); });
        leaving.add_server(server);
        leaving.started();
    }

    void run()
    {
        asio::co_spawn(context, leaving.run(), [this](std::exception_ptr, int c) { code = c; });
        time.run_ready();
    }

    /// Begins, and goes on to where servers stop.
    void run_to_drain()
    {
        run();
        leaving.request();
        time.run_ready();
        time.advance(2s);
        REQUIRE(noted.back() == "stop");
    }

    asio::io_context context;
    resil::testing::virtual_time time{context};
    steps noted;
    scripted_server server{context, noted};
    resil::service::shutdown leaving;
    std::optional<int> code;
};

/// What is noted when it has ended.
auto noting(steps& noted, std::string what)
{
    return [&noted, what](resil::duration) -> asio::awaitable<void> {
        noted.push_back(what);
        co_return;
    };
}

asio::awaitable<void> forever(stop_notice stopping)
{
    co_await stopping.async_wait(asio::use_awaitable);
    resil::detail::occasion never(co_await asio::this_coro::executor);
    co_await never.async_pause(resil::time_point::max(), asio::use_awaitable);
}

} // namespace

TEST_CASE("a process that is asked to end goes through its phases in order, and ends with 0")
{
    world w;
    w.leaving.add_hook("first", noting(w.noted, "first"));
    w.leaving.add_hook("second", noting(w.noted, "second"));
    w.run();
    CHECK(w.noted.empty());

    w.leaving.request();
    w.time.run_ready();
    CHECK(w.noted == steps{"not ready", "polite"});
    w.time.advance(2s);
    CHECK(w.noted == steps{"not ready", "polite", "stop"});
    CHECK_FALSE(w.code);
    w.server.end();
    w.time.run_ready();

    CHECK(w.noted == steps{"not ready", "polite", "stop", "second", "first"});
    CHECK(w.code == 0);
    CHECK(w.leaving.cut_short().empty());
}

TEST_CASE("the wait for the balancer goes on while connections arrive, for as long as it may")
{
    world w;
    w.run();
    w.leaving.request();
    w.time.run_ready();

    ++w.server.accepted;
    w.time.advance(2s);
    CHECK(w.noted.back() == "polite");
    ++w.server.accepted;
    w.time.advance(2s);
    CHECK(w.noted.back() == "polite");
    ++w.server.accepted;
    w.time.advance(1s);

    CHECK(w.noted.back() == "stop");
}

TEST_CASE("the wait for the balancer ends when no connection has arrived for a while")
{
    world w;
    w.run();
    w.leaving.request();
    w.time.run_ready();

    ++w.server.accepted;
    w.time.advance(2s);
    CHECK(w.noted.back() == "polite");
    w.time.advance(1999ms);
    CHECK(w.noted.back() == "polite");
    w.time.advance(1ms);

    CHECK(w.noted.back() == "stop");
}

TEST_CASE("a process that was not ready yet has no balancer to wait for")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    steps noted;
    scripted_server server(context, noted);
    resil::service::shutdown leaving(context.get_executor());
    leaving.add_server(server);
    asio::co_spawn(context, leaving.run(), [](std::exception_ptr, int) {});

    leaving.request();
    time.run_ready();

    CHECK(noted == steps{"polite", "stop"});
    server.end();
}

TEST_CASE("a drain that is done ends at once, not when its time is over")
{
    world w;
    w.run_to_drain();
    auto const before = w.time.now();

    w.server.end();
    w.time.run_ready();

    CHECK(w.code == 0);
    CHECK(w.time.now() == before);
}

TEST_CASE("L6: streams are cancelled after their grace, what else is in flight is not")
{
    world w;
    w.run_to_drain();

    w.time.advance(4999ms);
    CHECK(w.noted.back() == "stop");
    w.time.advance(1ms);
    CHECK(w.noted.back() == "cancel streams");
    w.server.end();
    w.time.run_ready();

    CHECK(w.code == 0);
}

TEST_CASE("what does not end in time is cancelled, and the exit code says so")
{
    world w;
    w.leaving.on_cancel([&] { w.noted.emplace_back("cancel jobs"); });
    w.leaving.add_hook("last", noting(w.noted, "last"));
    w.run_to_drain();

    w.time.advance(18s - 1ms);
    CHECK(w.noted.back() == "cancel streams");
    w.time.advance(1ms);
    CHECK(w.noted.back() == "cancel jobs");
    CHECK(w.noted[w.noted.size() - 2] == "cancel");
    w.time.advance(2s);

    CHECK(w.noted.back() == "last");
    CHECK(w.code == 1);
    CHECK(w.leaving.cut_short() == steps{"work in flight"});
    w.server.end();
}

TEST_CASE("all of it ends within the budget, whatever hangs")
{
    world w;
    auto const hangs = [&w](resil::duration) -> asio::awaitable<void> {
        co_await w.server.emptied.async_pause(resil::time_point::max(), asio::use_awaitable);
    };
    w.leaving.add_hook("one", hangs);
    w.leaving.add_hook("two", hangs);
    w.leaving.add_worker("stubborn", forever);
    w.run();
    auto const begun = w.time.now();
    w.leaving.request();

    w.time.advance(25s - 1ms);
    CHECK_FALSE(w.code);
    w.time.advance(1ms);

    CHECK(w.code == 1);
    CHECK(w.time.now() - begun == 25s);
    CHECK(w.leaving.cut_short() == steps{"work in flight", "background work", "two", "one"});
    w.server.end();
}

TEST_CASE("background work is told first, and waited for as requests are")
{
    world w;
    std::optional<bool> told;
    w.leaving.add_worker("periodic", [&](stop_notice stopping) -> asio::awaitable<void> {
        while (!stopping.requested()) {
            co_await stopping.pause(1h);
        }
        told = w.noted.back() == "polite"; // servers still serve
    });
    w.run();
    CHECK_FALSE(told);

    w.leaving.request();
    w.time.run_ready();

    CHECK(told == true);
}

TEST_CASE("work that passed the gate is waited for, and nothing passes when servers have stopped")
{
    world w;
    in_flight jobs(w.context.get_executor());
    w.leaving.add_gate(jobs);
    std::optional<in_flight::pass> job = jobs.enter();
    REQUIRE(job);
    CHECK(jobs.count() == 1);
    w.run_to_drain();
    w.server.end();
    w.time.run_ready();

    CHECK(jobs.is_closed());
    CHECK_FALSE(jobs.enter());
    CHECK_FALSE(w.code);
    job.reset();
    w.time.run_ready();

    CHECK(w.code == 0);
}

TEST_CASE("a worker that fails ends the process, with 1")
{
    world w;
    w.leaving.add_worker("prices", [](stop_notice) -> asio::awaitable<void> {
        throw std::runtime_error("no more");
        co_return;
    });
    w.run();
    CHECK(w.noted == steps{"not ready", "polite"});
    w.time.advance(2s);
    w.server.end();
    w.time.run_ready();

    CHECK(w.code == 1);
    CHECK(w.leaving.cut_short() == steps{"prices"});
}

TEST_CASE("callbacks and hooks that throw do not stop a shutdown")
{
    world w;
    w.leaving.on_not_ready([] { throw std::runtime_error("deaf"); });
    w.leaving.add_hook("broken", [](resil::duration) -> asio::awaitable<void> {
        throw std::runtime_error("broken");
        co_return;
    });
    w.run_to_drain();
    w.server.end();
    w.time.run_ready();

    CHECK(w.code == 1);
    CHECK(w.leaving.cut_short() == steps{"on_not_ready", "broken"});
}

TEST_CASE("hooks share what is left of the budget")
{
    world w;
    std::vector<resil::duration> shares;
    auto const note = [&](resil::duration share) -> asio::awaitable<void> {
        shares.push_back(share);
        co_return;
    };
    w.leaving.add_hook("one", note);
    w.leaving.add_hook("two", note);
    w.run_to_drain();
    w.server.end();
    w.time.run_ready();

    REQUIRE(shares.size() == 2);
    CHECK(shares[0] == 11500ms);
    CHECK(shares[1] == 23s);
}

namespace {

/// A connection to a database that is gone: it neither opens nor closes.
struct dead_connection
{
};

struct dead_connector
{
    using connection = dead_connection;

    std::unique_ptr<connection> make(asio::any_io_executor const&) const { return std::make_unique<connection>(); }

    template <class Token>
    auto async_connect(connection&, Token&& token) const
    {
        return never->async_wait([] { return false; }, resil::time_point::max(), std::forward<Token>(token));
    }

    std::shared_ptr<resil::detail::occasion> never;
};

} // namespace

TEST_CASE("L9: a pool whose database is gone does not hold up the end")
{
    world w;
    auto const never = std::make_shared<resil::detail::occasion>(w.context.get_executor());
    resil::connection_pool<dead_connector> pool(w.context, dead_connector{never}, {.name = "database", .max_size = 1});
    w.leaving.add_pool("database", pool);
    pool.async_acquire(asio::bind_executor(w.context, [](error_code, auto) {}));
    w.run_to_drain();
    w.server.end();
    w.time.run_ready();
    w.time.advance(23s);

    CHECK(w.code.has_value());
}

TEST_CASE("L14: to ask twice, or from several threads, changes nothing")
{
    world w;
    w.run();
    std::vector<std::thread> threads;
    for (int i = 0; i != 4; ++i) {
        threads.emplace_back([&] { w.leaving.request(); });
    }
    for (auto& each : threads) {
        each.join();
    }
    w.leaving.request();
    w.time.run_ready();
    CHECK(w.noted == steps{"not ready", "polite"});
    w.time.advance(2s);
    w.server.end();
    w.time.run_ready();

    CHECK(w.noted == steps{"not ready", "polite", "stop"});
    CHECK(w.code == 0);
}

namespace {

void until(world& w, std::function<bool()> const& is_so)
{
    while (!is_so()) {
        w.time.run_ready();
    }
}

} // namespace

TEST_CASE("L10: SIGTERM and SIGINT are obeyed; a second signal cancels at once, and is the exit code")
{
    world w;
    w.leaving.on_signals();
    w.run();

    ::raise(SIGTERM);
    until(w, [&] { return w.noted.size() == 2; });
    ::raise(SIGINT);
    until(w, [&] { return w.noted.back() == "cancel"; });
    w.server.end();
    w.time.run_ready();

    CHECK(w.code == 128 + SIGINT);
    CHECK(w.noted == steps{"not ready", "polite", "stop", "cancel"});
}

TEST_CASE("a request followed by one signal is still an orderly shutdown")
{
    world w;
    w.leaving.on_signals();
    w.run_to_drain();
    ::raise(SIGTERM);
    for (int i = 0; i != 100; ++i) {
        w.time.run_ready();
    }
    w.server.end();
    w.time.run_ready();

    CHECK(w.code == 0);
}

TEST_CASE("L13: a signal that came while the process was starting is obeyed when it runs")
{
    world w;
    w.leaving.on_signals();
    ::raise(SIGTERM);
    w.time.run_ready();

    w.run();
    until(w, [&] { return w.noted.size() == 2; });

    CHECK(w.noted == steps{"not ready", "polite"});
    w.server.end();
}

TEST_CASE("a third signal ends the process there and then")
{
    ::pid_t const child = ::fork();
    if (child == 0) {
        world w;
        w.leaving.on_signals();
        w.run();
        ::raise(SIGTERM);
        until(w, [&] { return w.noted.size() == 2; });
        ::raise(SIGTERM);
        until(w, [&] { return w.noted.back() == "cancel"; });
        ::raise(SIGTERM);
        until(w, [] { return false; });
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 128 + SIGTERM);
}

TEST_CASE("a real server is drained by a shutdown")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    resil::http::server site(context.get_executor(), [](resil::http::exchange&) -> asio::awaitable<resil::http::string_response> {
        co_return resil::http::string_response(boost::beast::http::status::ok, 11);
    });
    site.start({asio::ip::address_v4::loopback(), 0});
    resil::service::shutdown leaving(context.get_executor());
    leaving.add_server(site);
    std::optional<int> code;
    asio::co_spawn(context, leaving.run(), [&](std::exception_ptr, int c) { code = c; });
    leaving.request();
    context.run();

    CHECK(code == 0);
}

TEST_CASE("waiting for a gate ends when its time does, or with a cancellation")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    in_flight gate(context.get_executor());
    std::optional<error_code> ec;
    auto const note = [&](error_code e) { ec = e; };

    gate.async_wait_idle(time.now() + 1s, note);
    time.advance(1s);
    CHECK(ec == error_code(resil::errc::timed_out));

    asio::cancellation_signal cancel;
    gate.async_wait_idle(resil::time_point::max(), asio::bind_cancellation_slot(cancel.slot(), note));
    cancel.emit(asio::cancellation_type::total);
    time.run_ready();
    CHECK(ec == error_code(asio::error::operation_aborted));

    gate.async_wait_idle(resil::time_point::max(), note);
    gate.close();
    time.run_ready();
    CHECK(ec == error_code());
}
