// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/random.hpp>
#include <resil/core/retry_decision.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <core/words.hpp>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;
namespace net = boost::asio::error;

static_assert(std::is_aggregate_v<retry_rules>);
static_assert(std::is_aggregate_v<retry_facts>);
static_assert(noexcept(decide(std::declval<retry_rules>(), std::declval<retry_facts>())));

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A transient failure of the first attempt, some time before any deadline.
retry_facts failed()
{
    retry_facts facts;
    facts.judged = verdict::transient;
    facts.error = net::connection_reset;
    facts.now = at(1s);
    facts.delay = 100ms;
    return facts;
}

retry_facts failed(verdict judged)
{
    auto facts = failed();
    facts.judged = judged;
    return facts;
}

/// A failure in which the peer asked for a wait.
retry_facts asked_to_wait(duration wait)
{
    auto facts = failed();
    facts.judged = judgement(verdict::throttled, wait);
    return facts;
}

retry_rules safe()
{
    retry_rules rules;
    rules.idempotency = idempotency::safe;
    return rules;
}

reason why(retry_rules const& rules, retry_facts const& facts)
{
    auto const decided = decide(rules, facts);
    REQUIRE(decided.repeat ==
            (decided.why == reason::none && facts.judged.verdict != verdict::success));
    REQUIRE((decided.repeat || decided.delay == 0ns));
    return decided.why;
}

/// The delay of a repetition; nothing if there is none.
std::optional<duration> delay(retry_rules const& rules, retry_facts const& facts)
{
    auto const decided = decide(rules, facts);
    return decided.repeat ? std::optional(decided.delay) : std::nullopt;
}

} // namespace

TEST_CASE("the defaults are the documented ones", "[retry]")
{
    retry_rules const rules;

    CHECK(rules.max_attempts == 3);
    CHECK(rules.idempotency == idempotency::unsafe);
    CHECK(rules.max_retry_after == 60s);
    CHECK(rules.min_useful_time == 0s);
    CHECK(rules.min_delay == 0s);
    CHECK(rules.hint_jitter_ratio == 0.5);
    CHECK_NOTHROW(rules.validate());
    CHECK(retry_facts().attempt == 1);
    CHECK(retry_facts().deadline == time_point::max());
    CHECK(retry_facts().budget_allows);
    CHECK_FALSE(retry_decision().repeat);
}

TEST_CASE("rules that make no sense are refused with field, value and range", "[retry]")
{
    auto const refused = [](auto change) {
        retry_rules rules;
        change(rules);
        return refusal([&] { rules.validate(); });
    };

    CHECK(refused([](auto& r) { r.max_attempts = 0; }) ==
          "retry.max_attempts is 0, but must be at least 1");
    CHECK(refused([](auto& r) { r.max_retry_after = -1s; }) ==
          "retry.max_retry_after is -1s, but must be at least 0s");
    CHECK(refused([](auto& r) { r.min_useful_time = -1s; }) ==
          "retry.min_useful_time is -1s, but must be at least 0s");
    CHECK(refused([](auto& r) { r.min_delay = -1ms; }) ==
          "retry.min_delay is -1ms, but must be at least 0s");
    CHECK(refused([](auto& r) { r.hint_jitter_ratio = 1.5; }) ==
          "retry.hint_jitter_ratio is 1.5, but must be between 0 and 1");
    CHECK_FALSE(refused([](auto& r) { r.hint_jitter_ratio = not_a_number; }).empty());
    CHECK(refused([](auto& r) { r.max_attempts = 1; }).empty());
    CHECK(refused([](auto& r) { r.hint_jitter_ratio = 0.0; }).empty());
    CHECK(refused([](auto& r) { r.max_retry_after = 0s; }).empty());
}

TEST_CASE("a transient failure of a safe operation is repeated after the backoff", "[retry]")
{
    auto const decided = decide(safe(), failed());

    CHECK(decided.repeat);
    CHECK(decided.delay == 100ms);
    CHECK(decided.why == reason::none);
}

TEST_CASE("what is not a failure, or cannot be helped, is not repeated", "[retry]")
{
    CHECK(why(safe(), failed(verdict::success)) == reason::none);
    CHECK_FALSE(decide(safe(), failed(verdict::success)).repeat);
    CHECK(why(safe(), failed(verdict::ignored)) == reason::ignored);
    CHECK(why(safe(), failed(verdict::permanent)) == reason::permanent);
    CHECK(why(safe(), failed(verdict::throttled)) == reason::none);
    CHECK(decide(safe(), failed(verdict::throttled)).repeat);
}

TEST_CASE("max_attempts counts the first attempt", "[retry]")
{
    auto facts = failed();

    facts.attempt = 2;
    CHECK(why(safe(), facts) == reason::none);
    facts.attempt = 3;
    CHECK(why(safe(), facts) == reason::attempts_exhausted);
    facts.attempt = 4;
    CHECK(why(safe(), facts) == reason::attempts_exhausted);

    auto once = safe();
    once.max_attempts = 1;
    CHECK(why(once, failed()) == reason::attempts_exhausted);
}

TEST_CASE("idempotency decides by what may have reached the peer", "[retry][idempotency]")
{
    struct row
    {
        resil::idempotency kind;
        bool proved;
        bool key_seen;
        reason expected;
    };
    auto const r = GENERATE(row{idempotency::unsafe, false, false, reason::not_repeatable},
                            row{idempotency::unsafe, false, true, reason::not_repeatable},
                            row{idempotency::unsafe, true, false, reason::none},
                            row{idempotency::keyed, false, false, reason::key_not_seen},
                            row{idempotency::keyed, false, true, reason::none},
                            row{idempotency::keyed, true, false, reason::none},
                            row{idempotency::safe, false, false, reason::none},
                            row{idempotency::safe, true, true, reason::none});
    retry_rules rules;
    rules.idempotency = r.kind;
    auto facts = failed();
    facts.proved_not_sent = r.proved;
    facts.key_seen = r.key_seen;

    CAPTURE(r.kind, r.proved, r.key_seen);
    CHECK(why(rules, facts) == r.expected);
}

TEST_CASE("errors that prove that nothing was sent are proof enough", "[retry][idempotency]")
{
    auto facts = failed();
    for (error_code const proof :
         {error_code(net::connection_refused), error_code(net::host_not_found),
          error_code(net::host_not_found_try_again), error_code(net::service_not_found)}) {
        facts.error = proof;
        CAPTURE(proof.message());
        CHECK(never_sent(facts));
        CHECK(why(retry_rules(), facts) == reason::none);
    }
    for (error_code const none : {error_code(net::connection_reset), error_code(net::eof),
                                  error_code(errc::timed_out), error_code()}) {
        facts.error = none;
        CAPTURE(none.message());
        CHECK_FALSE(never_sent(facts));
        CHECK(why(retry_rules(), facts) == reason::not_repeatable);
    }
}

TEST_CASE("inside of another retry, this one stays quiet", "[retry]")
{
    auto facts = failed();
    facts.nested_quiet = true;

    CHECK(why(safe(), facts) == reason::nested);
    facts.proved_not_sent = true;
    CHECK(why(safe(), facts) == reason::nested);
}

TEST_CASE("the first rule that applies gives the reason", "[retry]")
{
    // Everything is wrong at once; one obstacle after the other is taken away.
    retry_rules rules;
    auto facts = asked_to_wait(2min);
    facts.judged.verdict = verdict::ignored;
    facts.attempt = 3;
    facts.nested_quiet = true;
    facts.deadline = at(1s);
    facts.budget_allows = false;

    CHECK(why(rules, facts) == reason::ignored);
    facts.judged.verdict = verdict::permanent;
    CHECK(why(rules, facts) == reason::permanent);
    facts.judged.verdict = verdict::throttled;
    CHECK(why(rules, facts) == reason::attempts_exhausted);
    facts.attempt = 1;
    CHECK(why(rules, facts) == reason::nested);
    facts.nested_quiet = false;
    CHECK(why(rules, facts) == reason::not_repeatable);
    rules.idempotency = idempotency::keyed;
    CHECK(why(rules, facts) == reason::key_not_seen);
    facts.key_seen = true;
    CHECK(why(rules, facts) == reason::retry_after_too_long);
    facts.judged.retry_after = {};
    CHECK(why(rules, facts) == reason::deadline_too_near);
    facts.deadline = at(1h);
    CHECK(why(rules, facts) == reason::budget_exhausted);
    facts.budget_allows = true;
    CHECK(why(rules, facts) == reason::none);
}

TEST_CASE("a retry never starts earlier than the peer asked for", "[retry][retry_after]")
{
    // The bug is that of dotnet/extensions#7001: up to 11 ms early.
    generator draw(7001);
    for (int i = 0; i < 10'000; ++i) {
        auto rules = safe();
        rules.hint_jitter_ratio = draw.unit();
        duration const hint(static_cast<duration::rep>(60e9 * draw.unit()));
        auto facts = asked_to_wait(hint);
        facts.delay = duration(static_cast<duration::rep>(10e9 * draw.unit()));
        facts.hint_unit = draw.unit();

        auto const waits = delay(rules, facts);

        REQUIRE(waits);
        REQUIRE(*waits >= hint);
        REQUIRE(*waits >= facts.delay);
        REQUIRE(*waits <= std::max(rules.max_retry_after, facts.delay));
    }
}

TEST_CASE("the wait is the longer of backoff and hint", "[retry][retry_after]")
{
    CHECK(delay(safe(), asked_to_wait(20ms)) == 100ms);
    CHECK(delay(safe(), asked_to_wait(2s)) == 2s);
    CHECK(delay(safe(), asked_to_wait(0s)) == 100ms);
}

TEST_CASE("a transient failure may bring a hint, too", "[retry][retry_after]")
{
    auto facts = failed();
    facts.judged = judgement(verdict::transient, 3s);

    CHECK(delay(safe(), facts) == 3s);
}

TEST_CASE("a hint is lengthened at random, by its ratio at most", "[retry][retry_after]")
{
    auto facts = asked_to_wait(10s);

    facts.hint_unit = 0.5;
    CHECK(delay(safe(), facts) == 12'500ms);
    facts.hint_unit = 1.0;
    CHECK(delay(safe(), facts) == 15s);
    auto rules = safe();
    rules.hint_jitter_ratio = 0.0;
    CHECK(delay(rules, facts) == 10s);
    rules.hint_jitter_ratio = 0.5;
    rules.max_retry_after = 11s;
    CHECK(delay(rules, facts) == 11s);
}

TEST_CASE("a hint beyond the maximum ends the call instead of being cut short",
          "[retry][retry_after]")
{
    CHECK(why(safe(), asked_to_wait(60s)) == reason::none);
    CHECK(why(safe(), asked_to_wait(60s + 1ns)) == reason::retry_after_too_long);
    CHECK(why(safe(), asked_to_wait(duration::max())) == reason::retry_after_too_long);
    CHECK(delay(safe(), asked_to_wait(60s)) == 60s);
}

TEST_CASE("who accepts no hint at all still repeats without one", "[retry][retry_after]")
{
    auto rules = safe();
    rules.max_retry_after = 0s;

    CHECK(delay(rules, failed()) == 100ms);
    CHECK(delay(rules, asked_to_wait(0s)) == 100ms);
    CHECK(why(rules, asked_to_wait(1ns)) == reason::retry_after_too_long);
}

TEST_CASE("a negative hint means never, as in gRPC's pushback", "[retry][retry_after]")
{
    CHECK(why(safe(), asked_to_wait(-1ns)) == reason::retry_after_too_long);
    CHECK(why(safe(), asked_to_wait(duration::min())) == reason::retry_after_too_long);
}

TEST_CASE("the rules' own floor holds under any backoff", "[retry]")
{
    auto rules = safe();
    rules.min_delay = 250ms;
    auto facts = failed();

    CHECK(delay(rules, facts) == 250ms);
    facts.delay = 300ms;
    CHECK(delay(rules, facts) == 300ms);
    facts.delay = -1s;
    CHECK(delay(rules, facts) == 250ms);
    CHECK(delay(safe(), facts) == 0ns);
}

TEST_CASE("no sleep begins that would overrun the deadline", "[retry][deadline]")
{
    auto facts = failed(); // at 1 s, to wait 100 ms

    facts.deadline = at(1100ms) + 1ns;
    CHECK(why(safe(), facts) == reason::none);
    facts.deadline = at(1100ms);
    CHECK(why(safe(), facts) == reason::deadline_too_near);
    facts.deadline = at(0s);
    CHECK(why(safe(), facts) == reason::deadline_too_near);
    facts.deadline = time_point::max();
    CHECK(why(safe(), facts) == reason::none);
}

TEST_CASE("an attempt that would have too little time is not made", "[retry][deadline]")
{
    auto rules = safe();
    rules.min_useful_time = 50ms;
    auto facts = failed();

    facts.deadline = at(1150ms) + 1ns;
    CHECK(why(rules, facts) == reason::none);
    facts.deadline = at(1150ms);
    CHECK(why(rules, facts) == reason::deadline_too_near);
}

TEST_CASE("a hint counts against the deadline", "[retry][deadline]")
{
    auto facts = asked_to_wait(2s);

    facts.deadline = at(3s);
    CHECK(why(safe(), facts) == reason::deadline_too_near);
    facts.deadline = at(3s) + 1ns;
    CHECK(why(safe(), facts) == reason::none);
}

TEST_CASE("the longest delays do not overflow the deadline's arithmetic", "[retry][deadline]")
{
    auto facts = failed();
    facts.delay = duration::max();

    CHECK(delay(safe(), facts) == duration::max());
    facts.deadline = time_point::max() - 1ns;
    CHECK(why(safe(), facts) == reason::deadline_too_near);
    facts.now = time_point::max();
    CHECK(why(safe(), facts) == reason::deadline_too_near);
}

TEST_CASE("an exhausted budget ends the call before any sleep", "[retry][retry_budget]")
{
    auto facts = failed();
    facts.budget_allows = false;

    CHECK(why(safe(), facts) == reason::budget_exhausted);
    CHECK(decide(safe(), facts).delay == 0ns);
}

TEST_CASE("a request that was never sent does not ask the budget", "[retry][retry_budget]")
{
    auto facts = failed();
    facts.budget_allows = false;

    facts.error = net::connection_refused;
    CHECK(why(safe(), facts) == reason::none);
    facts.error = net::connection_reset;
    facts.proved_not_sent = true;
    CHECK(why(safe(), facts) == reason::none);
}

TEST_CASE("whatever the facts, the decision keeps every promise", "[retry]")
{
    generator draw(23);
    auto const some = [&](std::uint64_t n) { return draw.next() % n; };
    auto const some_time = [&] { return duration(static_cast<duration::rep>(some(120)) * 1s); };
    int repeated = 0;
    for (int i = 0; i < 50'000; ++i) {
        retry_rules rules;
        rules.max_attempts = static_cast<int>(1 + some(4));
        rules.idempotency = static_cast<idempotency>(some(3));
        rules.min_useful_time = some_time() / 60;
        retry_facts facts;
        facts.attempt = static_cast<int>(1 + some(4));
        facts.judged = judgement(static_cast<verdict>(some(5)));
        if (some(2) != 0) {
            facts.judged.retry_after = some_time() - 10s;
        }
        facts.error = some(2) != 0 ? net::connection_refused : net::connection_reset;
        facts.proved_not_sent = some(4) == 0;
        facts.key_seen = some(2) != 0;
        facts.nested_quiet = some(4) == 0;
        facts.now = at(some_time());
        facts.deadline = some(2) != 0 ? time_point::max() : at(some_time());
        facts.delay = some_time() / 20;
        facts.hint_unit = draw.unit();
        facts.budget_allows = some(4) != 0;

        auto const decided = decide(rules, facts);

        bool const unsent = facts.proved_not_sent || facts.error == net::connection_refused;
        bool const worth = facts.judged.verdict == verdict::transient ||
                           facts.judged.verdict == verdict::throttled;
        REQUIRE(decided.delay >= 0s);
        if (!decided.repeat) {
            REQUIRE(decided.delay == 0s);
            REQUIRE((decided.why != reason::none) ==
                    (facts.judged.verdict != verdict::success));
            continue;
        }
        ++repeated;
        REQUIRE((worth && facts.attempt < rules.max_attempts && !facts.nested_quiet));
        REQUIRE((rules.idempotency != idempotency::unsafe || unsent));
        REQUIRE((rules.idempotency != idempotency::keyed || facts.key_seen || unsent));
        REQUIRE((facts.budget_allows || unsent));
        REQUIRE(facts.now + decided.delay + rules.min_useful_time < facts.deadline);
        REQUIRE(decided.delay >= facts.judged.retry_after.value_or(0s));
        REQUIRE(facts.judged.retry_after.value_or(0s) >= 0s);
        REQUIRE(facts.judged.retry_after.value_or(0s) <= rules.max_retry_after);
    }
    CHECK(repeated > 1000);
}
