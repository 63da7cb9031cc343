// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Runs one of the key paths a given number of times, for an instrument that counts
// instructions.
//
//     instruction_paths --list             the names of the paths
//     instruction_paths --about            what this program was built with
//     instruction_paths full_stack 1000    a thousand calls
//
// Times are hours, so that no timer expires however slowly it runs.

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/core/bulkhead_machine.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/service/metrics.hpp>
#include <resil/service/policy_metrics.hpp>
#include <resil/timeout.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/version.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using resil::error_code;

/// A second thread: in a process that has only one, glibc and libstdc++ leave atomic
/// instructions out.
void wait_for(std::stop_token stop)
{
    std::mutex guard;
    std::condition_variable_any never;
    std::unique_lock lock(guard);
    never.wait(lock, stop, [] { return false; });
}

// --- calls -----------------------------------------------------------------------------------

/// Completes on the next turn of the loop.
struct operation
{
    asio::io_context* context;
    error_code result{};

    template <class Token>
    auto operator()(Token&& token) const
    {
        auto const start = [ec = result](auto handler, asio::io_context* where) {
            asio::post(*where, [ec, h = std::move(handler)]() mutable { std::move(h)(ec); });
        };
        return asio::async_initiate<Token, void(error_code)>(start, token, context);
    }
};

/// Makes one call after the other: the handler of each starts the next.
template <class Start>
struct chain
{
    using executor_type = asio::io_context::executor_type;

    asio::io_context* context;
    Start* start;
    long left;

    executor_type get_executor() const noexcept { return context->get_executor(); }

    void operator()(error_code = {})
    {
        if (left-- > 0) {
            (*start)(operation{context}, chain(*this));
        }
    }
};

template <class Start>
void call_repeatedly(Start start, long times)
{
    asio::io_context context(1);
    resil::single_threaded(context);
    asio::post(context, chain<Start>{&context, &start, times});
    context.run();
}

template <class Pipeline>
std::function<void(long)> calls_of(Pipeline pipeline)
{
    return [pipeline](long times) {
        call_repeatedly(
            [&](operation op, auto handler) { pipeline.async_call(op, std::move(handler)); },
            times);
    };
}

void bare_operation(long times)
{
    call_repeatedly([](operation op, auto handler) { op(std::move(handler)); }, times);
}

void retry_once(long times)
{
    resil::retry const retry{
        {.backoff = resil::backoff::fixed(0ms), .idempotency = resil::idempotency::safe}};
    call_repeatedly(
        [&](operation op, auto handler) {
            retry.async_call(
                [op](resil::attempt const& a, auto token) mutable {
                    op.result = a.number() == 1 ? asio::error::connection_reset : error_code();
                    return op(std::move(token));
                },
                std::move(handler));
        },
        times);
}

// --- pipelines -------------------------------------------------------------------------------

resil::circuit_breaker judging_by(resil::circuit_window window)
{
    return resil::circuit_breaker{{.window = window}};
}

resil::circuit_breaker open_breaker()
{
    resil::circuit_breaker breaker{{.open_duration = 24h, .max_open_duration = 24h}};
    resil::time_point const now = std::chrono::steady_clock::now();
    while (breaker.state() == resil::circuit_state::closed) {
        breaker.record(breaker.admit(now).permit, resil::verdict::transient, 1ms, now);
    }
    return breaker;
}

auto answer_nothing()
{
    return resil::fallback{[](resil::failure const&) {}};
}

template <class... More>
auto stack(More... more)
{
    return resil::pipeline{more...,           resil::deadline{2h},
                           resil::retry{},    resil::circuit_breaker{},
                           resil::bulkhead{}, resil::timeout{1h}};
}

struct deaf_observer
{
    void operator()(int) const {}
};

struct counting_observer
{
    unsigned long* events;

    template <class Event>
    void operator()(Event const&) const
    {
        ++*events;
    }
};

/// Calls and attempts, by endpoint and dependency.
void measured(long times)
{
    resil::service::policy_metrics const policies{resil::service::metrics()};
    calls_of(stack(resil::observe{policies.observer("GET /product", "catalogue")}))(times);
}

/// The events are used, so that counting them is not left out.
void observed(long times)
{
    unsigned long events = 0;
    calls_of(stack(resil::observe{counting_observer{&events}}))(times);
    if (times > 0 && events == 0) {
        std::abort();
    }
}

// --- parts -----------------------------------------------------------------------------------

void nothing_expired(resil::timer_service::timer&) {}
void nothing_orphaned(resil::timer_service::timer&) noexcept {}
constexpr resil::timer_service::timer::callbacks nothing{nothing_expired, nothing_orphaned};

void arm_and_disarm(long times)
{
    asio::io_context context(1);
    resil::single_threaded(context);
    auto& service = asio::use_service<resil::timer_service>(context);
    resil::timer_service::timer other(nothing);
    resil::timer_service::timer timer(nothing);
    auto const at = service.now() + 1h;
    service.arm(other, at + 1s, context.get_executor());
    while (times-- > 0) {
        service.arm(timer, at, context.get_executor());
        service.disarm(timer);
    }
    service.disarm(other);
}

std::function<void(long)> admit_and_record(resil::circuit_window window)
{
    return [breaker = judging_by(window)](long times) {
        resil::time_point const now = std::chrono::steady_clock::now();
        while (times-- > 0) {
            breaker.record(breaker.admit(now).permit, resil::verdict::success, 1ms, now);
        }
    };
}

void reject(long times)
{
    auto const breaker = open_breaker();
    resil::time_point const now = std::chrono::steady_clock::now();
    while (times-- > 0) {
        if (breaker.admit(now).admitted) {
            std::abort();
        }
    }
}

void enter_and_leave(long times)
{
    resil::bulkhead const bulkhead;
    resil::core::bulkhead_waiter seat;
    while (times-- > 0) {
        if (bulkhead.enter(seat) != resil::core::bulkhead_entry::admitted) {
            std::abort();
        }
        bulkhead.leave();
    }
}

std::map<std::string, std::function<void(long)>> paths()
{
    return {
        {"operation", bare_operation},
        {"empty", calls_of(resil::pipeline{})},
        {"fallback", calls_of(answer_nothing())},
        {"deadline", calls_of(resil::deadline{1h})},
        {"retry", calls_of(resil::retry{})},
        {"retry_once", retry_once},
        {"circuit_breaker_count", calls_of(judging_by(resil::circuit_window::count(100)))},
        {"circuit_breaker_time", calls_of(judging_by(resil::circuit_window::time(30s)))},
        {"bulkhead", calls_of(resil::bulkhead{})},
        {"timeout", calls_of(resil::timeout{1h})},
        {"stack", calls_of(stack())},
        {"stack_observer_off", calls_of(stack(resil::observe{deaf_observer{}}))},
        {"stack_observer_on", observed},
        {"stack_metrics", measured},
        {"full_stack", calls_of(stack(answer_nothing()))},
        {"rejected_by_open_breaker", calls_of(open_breaker())},
        {"timer_arm_disarm", arm_and_disarm},
        {"breaker_admit_record_count", admit_and_record(resil::circuit_window::count(100))},
        {"breaker_admit_record_time", admit_and_record(resil::circuit_window::time(30s))},
        {"breaker_reject", reject},
        {"bulkhead_enter_leave", enter_and_leave},
    };
}

void print_about()
{
#ifdef __OPTIMIZE__
    char const* const build = "optimised";
#else
    char const* const build = "not optimised";
#endif
    std::printf("%s, Boost %s, %s\n", __VERSION__, BOOST_LIB_VERSION, build);
}

} // namespace

int main(int argc, char** argv)
{
    std::jthread const idle(wait_for);
    auto const all = paths();
    std::string const first = argc > 1 ? argv[1] : "";
    if (first == "--list") {
        for (auto const& [name, run] : all) {
            std::puts(name.c_str());
        }
    } else if (first == "--about") {
        print_about();
    } else if (argc == 3 && all.contains(first)) {
        all.at(first)(std::atol(argv[2]));
    } else {
        std::fputs("usage: instruction_paths --list | --about | <path> <times>\n", stderr);
        return 2;
    }
}
