// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "support/checks.hpp"
#include "support/subject.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>
#include <new>
#include <string>
#include <utility>

// The checks of the contract are themselves checked: each finds the policy that breaks it.

namespace contract {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::cancellation_type;
using resil::error_code;

using start_function = void (*)(stage&, probe_handler);

subject broken(start_function start, bool starts_operation = false)
{
    return {.name = "broken",
            .make =
                [=](stage& s) {
                    s.operation.succeeds(7).after(5ms);
                    return instance([=, &s](probe_handler h) { start(s, std::move(h)); });
                },
            .reaches_operation = starts_operation};
}

bool finds(violations const& found, std::string const& words)
{
    for (std::string const& v : found) {
        if (v.find(words) != std::string::npos) {
            return true;
        }
    }
    return false;
}

/// Calls a probe from a handler on its executor, and gives `f` a say in it.
template <class Function>
void post_call(stage& s, probe_handler h, Function f)
{
    asio::post(s.executor(), [h = std::move(h), f]() mutable { f(h); });
}

void complete_twice(stage& s, probe_handler h)
{
    post_call(s, std::move(h), [](probe_handler& p) {
        p(error_code(), 1);
        p(error_code(), 1);
    });
}

void complete_inline(stage&, probe_handler h)
{
    h(error_code(), 1);
}

void complete_elsewhere(stage& s, probe_handler h)
{
    asio::post(s.context(), [h = std::move(h)]() mutable { h(error_code(), 1); });
}

void complete_with_another_error(stage& s, probe_handler h)
{
    post_call(s, std::move(h), [](probe_handler& p) { p(asio::error::eof, 1); });
}

// In static memory, so that only the checks of the contract can tell.
void lose_the_handler(stage&, probe_handler h)
{
    alignas(probe_handler) static unsigned char place[sizeof(probe_handler)];
    ::new (static_cast<void*>(place)) probe_handler(std::move(h));
}

void destroy_the_handler(stage&, probe_handler) {}

void free_memory_too_late(stage& s, probe_handler h)
{
    post_call(s, std::move(h), [](probe_handler& p) {
        auto memory = p.get_allocator();
        char* const block = memory.allocate(10);
        p(error_code(), 1);
        memory.deallocate(block, 10);
    });
}

void ignore_the_allocator(stage& s, probe_handler h)
{
    post_call(s, std::move(h), [](probe_handler& p) { p(error_code(), 1); });
}

void leave_the_slot_connected(stage& s, probe_handler h)
{
    h.get_cancellation_slot().assign([](cancellation_type) {});
    post_call(s, std::move(h), [](probe_handler& p) { p(error_code(), 1); });
}

void complete_inside_of_the_cancellation(stage&, probe_handler h)
{
    auto slot = h.get_cancellation_slot();
    auto const kept = std::make_shared<probe_handler>(std::move(h));
    slot.assign([kept](cancellation_type) { (*kept)(asio::error::operation_aborted, 0); });
}

/// Starts the operation under a handler that has neither slot nor allocator: nothing can cancel it.
void ignore_cancellation(stage& s, probe_handler h)
{
    auto const ex = s.executor();
    s.operation(asio::bind_executor(
        ex, [h = std::move(h)](error_code ec, int value) mutable { h(ec, value); }));
}

void attempt_again_whatever_happened(stage& s, probe_handler h)
{
    auto const ex = s.executor();
    s.operation(asio::bind_executor(ex, [&s, h = std::move(h)](error_code, int) mutable {
        ignore_cancellation(s, std::move(h));
    }));
}

TEST_CASE("the contract finds a policy that completes twice", "[contract][broken]")
{
    CHECK(finds(completes_once(broken(complete_twice), ground::unknown), "called twice"));
}

TEST_CASE("the contract finds a policy that completes inside of its initiation",
          "[contract][broken]")
{
    CHECK(finds(completes_once(broken(complete_inline), ground::unknown), "initiating function"));
}

TEST_CASE("the contract finds a policy that completes on another executor", "[contract][broken]")
{
    for (ground const g : {ground::unknown, ground::single_thread, ground::strand}) {
        CHECK(finds(completes_once(broken(complete_elsewhere), g), "on its executor"));
    }
}

TEST_CASE("the contract finds a policy that completes with another error", "[contract][broken]")
{
    CHECK(finds(completes_once(broken(complete_with_another_error), ground::unknown),
                "it completed with"));
}

TEST_CASE("the contract finds a policy that leaks its handler", "[contract][broken]")
{
    auto const leaks = broken(lose_the_handler);

    CHECK(finds(completes_once(leaks, ground::unknown), "called 0 times"));
    CHECK(finds(is_destructible(leaks, ground::unknown), "destroyed 0 times"));
}

TEST_CASE("the contract finds a policy that destroys its handler uncalled", "[contract][broken]")
{
    auto const forgets = broken(destroy_the_handler);

    CHECK(finds(completes_once(forgets, ground::unknown), "called 0 times"));
    CHECK(finds(outlives_its_policies(forgets, ground::unknown), "called 0 times"));
    CHECK(finds(survives_bad_operations(forgets, ground::unknown), "not called once"));
}

TEST_CASE("the contract finds a policy that frees its memory after it completed",
          "[contract][broken]")
{
    CHECK(finds(completes_once(broken(free_memory_too_late), ground::unknown), "in use"));
}

TEST_CASE("the contract finds a policy that does not use the handler's allocator",
          "[contract][broken]")
{
    CHECK(finds(completes_once(broken(ignore_the_allocator), ground::unknown), "allocator"));
}

TEST_CASE("the contract finds a policy that leaves its handler in the slot", "[contract][broken]")
{
    CHECK(finds(completes_once(broken(leave_the_slot_connected), ground::unknown), "slot"));
}

TEST_CASE("the contract finds a policy that completes inside of a cancellation",
          "[contract][broken]")
{
    auto const found = is_cancellable(broken(complete_inside_of_the_cancellation), ground::unknown,
                                      cancellation_type::terminal, moment::between_handlers);

    CHECK(finds(found, "inside of a cancellation"));
}

TEST_CASE("the contract finds a policy that ignores cancellations", "[contract][broken]")
{
    auto const deaf = broken(ignore_cancellation, true);
    auto const found = is_cancellable(deaf, ground::unknown, cancellation_type::terminal,
                                      moment::between_handlers);

    CHECK(finds(found, "went on after it was cancelled"));
    CHECK(finds(passes_cancellation_on(deaf, ground::unknown), "told another type"));
}

TEST_CASE("the contract finds a policy that attempts again after a cancellation",
          "[contract][broken]")
{
    auto const found = is_cancellable(broken(attempt_again_whatever_happened, true),
                                      ground::unknown, cancellation_type::terminal,
                                      moment::between_handlers);

    CHECK(finds(found, "started after the cancellation"));
}

TEST_CASE("the contract finds a policy that keeps a permit", "[contract][broken]")
{
    subject keeps = broken(ignore_the_allocator);
    keeps.make = [make = keeps.make](stage& s) {
        return make(s).watch([] { return std::size_t(1); });
    };

    CHECK(finds(completes_once(keeps, ground::unknown), "permit"));
    CHECK(finds(is_destructible(keeps, ground::unknown), "permit"));
    CHECK(finds(is_destructible_when_cancelled(keeps, ground::unknown), "permit"));
}

} // namespace
} // namespace contract
