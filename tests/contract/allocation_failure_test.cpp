// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "support/failing_allocations.hpp"
#include "support/subject.hpp"

#include <catch2/catch_test_macros.hpp>

#include <new>
#include <string>
#include <thread>

// Every allocation of every call fails once: the call may end with an error, or by an exception
// from its initiation or from the context; once the context is gone, nothing is left of it.

namespace contract {
namespace {

using mode = failing_allocations::mode;

/// Starts a call and runs it, whatever it throws.
void run_to_the_end(stage& s, instance& policies)
{
    try {
        policies.start(s);
    } catch (std::bad_alloc const&) {
    }
    for (int i = 0; i < 300; ++i) {
        try {
            if (!s.step()) {
                return;
            }
        } catch (std::bad_alloc const&) {
        }
    }
}

/// Makes a call, the n-th allocation of which fails; says whether it came to that.
bool try_with_failure(subject const& what, ground g, long n, mode m)
{
    stage s(g);
    s.operation.reserve(100);
    instance policies = what.make(s);
    failing_allocations failing(n, m);

    run_to_the_end(s, policies);
    s.destroy();
    bool const failed = failing.stop();

    CHECK(s.record.calls <= 1);
    CHECK(s.record.destroyed == 1);
    CHECK(s.record.memory.live == 0);
    CHECK(policies.held() == 0);
    for (std::string const& v : s.record.found) {
        CHECK(v == "");
    }
    return failed;
}

/// Runs a function on a thread that keeps no memory of calls before it.
template <class Function>
void on_a_fresh_thread(Function f)
{
    std::thread(f).join();
}

// Not on a strand: Asio's own terminates when it finds no memory to run what waits next.
constexpr ground grounds[] = {ground::unknown, ground::single_thread, ground::context};

void fail_everywhere(mode m)
{
    for (subject const& what : all_subjects()) {
        for (ground const g : grounds) {
            bool failed = true;
            for (long n = 1; failed; ++n) {
                INFO(what.name << ", on " << to_string(g) << ", allocation " << n);
                REQUIRE(n < 1000);
                long const before = failing_allocations::live();
                on_a_fresh_thread([&] { failed = try_with_failure(what, g, n, m); });
                CHECK(failing_allocations::live() == before);
            }
        }
    }
}

TEST_CASE("nothing is left of a call of which any one allocation failed", "[contract][memory]")
{
    fail_everywhere(mode::once);
}

TEST_CASE("nothing is left of a call that ran out of memory", "[contract][memory]")
{
    fail_everywhere(mode::from_then_on);
}

} // namespace
} // namespace contract
