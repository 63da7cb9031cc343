// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "support/checks.hpp"
#include "support/subject.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <string>

// One test for each property, run over every policy in every situation, on every kind of executor.

namespace contract {

std::vector<subject> const& all_subjects()
{
    static std::vector<subject> const all = [] {
        std::vector<subject> made;
        for (auto const& group :
             {bounded_subjects(), repeated_subjects(), breaker_subjects(), bulkhead_subjects(),
              fallback_subjects(), stacked_subjects(), nested_subjects()}) {
            made.insert(made.end(), group.begin(), group.end());
        }
        return made;
    }();
    return all;
}

namespace {

using boost::asio::cancellation_type;

/// Runs a check over all subjects on all grounds.
void everywhere(std::function<violations(subject const&, ground)> const& check)
{
    for (subject const& what : all_subjects()) {
        for (ground const g : all_grounds) {
            INFO(what.name << ", on " << to_string(g));
            CHECK(check(what, g) == violations());
        }
    }
}

void cancelled_everywhere(moment m)
{
    for (auto const type :
         {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total}) {
        INFO("cancellation type " << static_cast<int>(type));
        everywhere([=](subject const& what, ground g) { return is_cancellable(what, g, type, m); });
    }
}

TEST_CASE("every policy completes exactly once, on the bound executor, and never inline",
          "[contract]")
{
    everywhere(completes_once);
}

TEST_CASE("every policy can be cancelled between any two handlers", "[contract][cancellation]")
{
    cancelled_everywhere(moment::between_handlers);
}

TEST_CASE("every policy can be cancelled twice, with two types", "[contract][cancellation]")
{
    cancelled_everywhere(moment::twice);
}

TEST_CASE("every policy can be cancelled inside of the operation's initiation",
          "[contract][cancellation]")
{
    cancelled_everywhere(moment::in_initiation);
}

TEST_CASE("every policy can be cancelled in the same tick as the operation's completion",
          "[contract][cancellation]")
{
    cancelled_everywhere(moment::with_completion);
}

TEST_CASE("every policy ignores a cancellation after it has completed", "[contract][cancellation]")
{
    cancelled_everywhere(moment::after_completion);
}

TEST_CASE("every policy passes all types of cancellation on to the operation",
          "[contract][cancellation]")
{
    everywhere(passes_cancellation_on);
}

TEST_CASE("every policy survives the end of its context at every step", "[contract][destruction]")
{
    everywhere(is_destructible);
}

TEST_CASE("every policy survives the end of its context after a cancellation",
          "[contract][destruction]")
{
    everywhere(is_destructible_when_cancelled);
}

TEST_CASE("every policy's calls outlive the policy object", "[contract][destruction]")
{
    everywhere(outlives_its_policies);
}

TEST_CASE("every policy survives operations that complete inline, throw, or drop their handler",
          "[contract][operation]")
{
    everywhere(survives_bad_operations);
}

} // namespace
} // namespace contract
