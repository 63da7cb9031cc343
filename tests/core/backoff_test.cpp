// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/backoff.hpp> // self-contained
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cmath>
#include <core/words.hpp>
#include <limits>
#include <type_traits>
#include <vector>

using namespace resil;
using namespace resil::tests;

namespace {

constexpr int most_attempts = std::numeric_limits<int>::max();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double almost_one = 1.0 - 0x1p-53;
constexpr duration longest = duration::max();

std::vector<int> const notable_attempts{
    1, 2, 3, 4, 10, 30, 31, 32, 33, 62, 63, 64, 1023, 1024, 1025, 2'000'000'000, most_attempts};

duration plain(backoff const& policy, int failed_attempt)
{
    return policy.plain(failed_attempt, {});
}

/// The delay after the first failed attempt, spread by a draw.
duration spread(backoff const& policy, jitter kind, double unit, double ratio = 0.25)
{
    return jittered(policy, kind, ratio, 0ns, 1, 0ns, {}, unit);
}

/// Whether two durations differ by rounding only.
bool close(duration a, duration b, duration by = 2ns)
{
    return a - b <= by && b - a <= by;
}

} // namespace

static_assert(std::is_nothrow_move_constructible_v<backoff>);
static_assert(std::is_copy_assignable_v<backoff>);

TEST_CASE("the default backoff doubles from 100 ms and stops at 10 s", "[backoff]")
{
    backoff const policy;

    CHECK(plain(policy, 1) == 100ms);
    CHECK(plain(policy, 2) == 200ms);
    CHECK(plain(policy, 3) == 400ms);
    CHECK(plain(policy, 7) == 6400ms);
    CHECK(plain(policy, 8) == 10s);
    CHECK(plain(policy, 9) == 10s);
    CHECK(policy.base() == 100ms);
    CHECK(policy.cap() == 10s);
    CHECK_NOTHROW(policy.validate());
}

TEST_CASE("Polly's vectors hold: constant, linear and exponential from one second", "[backoff]")
{
    auto const constant = backoff::fixed(1s);
    auto const linear = backoff::linear(1s, 24h);
    auto const exponential = backoff::exponential(1s, 24h);

    CHECK((plain(constant, 1) == 1s && plain(constant, 2) == 1s && plain(constant, 3) == 1s));
    CHECK((plain(linear, 1) == 1s && plain(linear, 2) == 2s && plain(linear, 3) == 3s));
    CHECK((plain(exponential, 1) == 1s && plain(exponential, 2) == 2s));
    CHECK(plain(exponential, 3) == 4s);
}

TEST_CASE("Polly's vectors hold: jitter of 25 % around a constant", "[backoff][jitter]")
{
    auto const policy = backoff::fixed(1s);

    CHECK(close(spread(policy, jitter::ratio, 0.0), 750ms));
    CHECK(close(spread(policy, jitter::ratio, 0.4), 950ms));
    CHECK(close(spread(policy, jitter::ratio, 0.6), 1050ms));
    CHECK(close(spread(policy, jitter::ratio, 1.0), 1250ms));
}

TEST_CASE("Polly's vectors hold: jitter of 25 % around the third linear delay",
          "[backoff][jitter]")
{
    auto const third = [](double unit) {
        return jittered(backoff::linear(1s, 24h), jitter::ratio, 0.25, 0ns, 3, 0ns, {}, unit);
    };

    CHECK(close(third(0.0), 2250ms));
    CHECK(close(third(0.4), 2850ms));
    CHECK(close(third(0.5), 3000ms));
    CHECK(close(third(0.6), 3150ms));
    CHECK(close(third(1.0), 3750ms));
}

TEST_CASE("Polly's vectors hold: a thousandth attempt from a day saturates", "[backoff]")
{
    CHECK(plain(backoff::exponential(24h, longest), 1001) == longest);
    CHECK(plain(backoff::exponential(24h, 48h), 1001) == 48h);
    for (int attempt : {1, 2, 3, 4, 5, 11, 101, 1001, 1025, 1026}) {
        auto const delay = plain(backoff::exponential(24h, 48h), attempt);
        CHECK((delay > 0ns && delay <= 48h));
    }
}

TEST_CASE("a linear backoff grows by its step up to its cap", "[backoff]")
{
    auto const policy = backoff::linear(300ms, 1s);

    CHECK(plain(policy, 1) == 300ms);
    CHECK(plain(policy, 3) == 900ms);
    CHECK(plain(policy, 4) == 1s);
    CHECK(plain(policy, most_attempts) == 1s);
    CHECK(policy.cap() == 1s);
    CHECK(policy.base() == 300ms);
    CHECK(plain(backoff::linear(250ms, 1s), 4) == 1s);
    CHECK(plain(backoff::linear(longest / 2, longest), 2) == longest - 1ns);
    CHECK(plain(backoff::linear(longest / 2, longest), 3) == longest);
}

TEST_CASE("a fixed backoff has room for its jitter", "[backoff]")
{
    CHECK(backoff::fixed(1s).cap() == 2s);
    CHECK(backoff::fixed(0s).cap() == 0s);
    CHECK(backoff::fixed(1ns).cap() == 2ns);
    CHECK(backoff::fixed(longest).cap() == longest);
    CHECK(plain(backoff::fixed(longest), 2) == longest);
    CHECK(plain(backoff::fixed(0s), 5) == 0s);
    CHECK(backoff::fixed(1s).base() == 1s);
    CHECK(spread(backoff::fixed(1s), jitter::ratio, almost_one, 1.0) <= 2s);
    CHECK(close(spread(backoff::fixed(1s), jitter::ratio, almost_one, 1.0), 2s));
}

TEST_CASE("an exponential backoff grows by its factor", "[backoff]")
{
    auto const policy = backoff::exponential(100ms, 1h, 1.5);

    CHECK(plain(policy, 1) == 100ms);
    CHECK(plain(policy, 2) == 150ms);
    CHECK(plain(policy, 3) == 225ms);
    CHECK(plain(backoff::exponential(100ms, 1h, 1.0), most_attempts) == 100ms);
    CHECK(plain(backoff::exponential(1ns, 1h, 10.0), 4) == 1us);
}

TEST_CASE("a zero base stays zero for ever", "[backoff]")
{
    CHECK(plain(backoff::exponential(0s, 10s), most_attempts) == 0s);
    CHECK(plain(backoff::linear(0s, 10s), most_attempts) == 0s);
}

TEST_CASE("attempt numbers below one count as the first", "[backoff]")
{
    CHECK(plain(backoff(), 0) == 100ms);
    CHECK(plain(backoff(), -7) == 100ms);
    CHECK(plain(backoff::linear(1s, 9s), 0) == 1s);
    CHECK(plain(backoff(), std::numeric_limits<int>::min()) == 100ms);
}

TEST_CASE("a generator is given attempt and error, and is capped too", "[backoff]")
{
    auto const refused = make_error_code(boost::system::errc::connection_refused);
    auto const policy = backoff::generated(
        [=](int attempt, error_code error) { return error == refused ? 1h : attempt * 1s; },
        3s);

    CHECK(policy.plain(1, {}) == 1s);
    CHECK(policy.plain(2, {}) == 2s);
    CHECK(policy.plain(4, {}) == 3s);
    CHECK(policy.plain(1, refused) == 3s);
    CHECK(policy.plain(-3, {}) == 1s);
    CHECK(policy.cap() == 3s);
    CHECK(policy.base() == 0s);
}

TEST_CASE("a generator that says less than nothing gives no delay", "[backoff]")
{
    auto const policy = backoff::generated([](int, error_code) { return duration::min(); }, 3s);

    CHECK(plain(policy, 1) == 0s);
    for (auto kind : {jitter::none, jitter::full, jitter::equal, jitter::ratio}) {
        CHECK(spread(policy, kind, almost_one) == 0s);
    }
}

TEST_CASE("what a generator throws comes out", "[backoff]")
{
    auto const policy = backoff::generated([](int, error_code) -> duration { throw 5; }, 3s);

    CHECK_THROWS_AS(plain(policy, 1), int);
}

TEST_CASE("every delay of every attempt lies between zero and the cap, and never shrinks",
          "[backoff]")
{
    auto const base = GENERATE(0ns, 1ns, 999ns, 100ms, duration(1h), longest);
    auto const factor = GENERATE(1.0, 1.5, 2.0, 10.0, 1e6);
    for (duration const cap : {base, longest, std::max<duration>(base, 10s)}) {
        for (auto const& policy :
             {backoff::exponential(base, cap, factor), backoff::linear(base, cap)}) {
            duration before = 0ns;
            for (int const attempt : notable_attempts) {
                auto const delay = plain(policy, attempt);
                CAPTURE(base, cap, factor, attempt);
                REQUIRE((delay >= before && delay <= cap));
                before = delay;
            }
        }
    }
}

TEST_CASE("options that nobody validated give no undefined behaviour", "[backoff]")
{
    for (auto const& policy :
         {backoff::exponential(-1s, 10s), backoff::exponential(1s, -10s),
          backoff::exponential(1s, 10s, not_a_number), backoff::exponential(1s, 10s, -2.0),
          backoff::linear(duration::min(), longest), backoff::linear(1s, duration::min()),
          backoff::linear(-1s, 10s), backoff::fixed(-1s), backoff::fixed(duration::min())}) {
        for (int const attempt : notable_attempts) {
            auto const delay = plain(policy, attempt);
            REQUIRE((delay >= 0ns && delay <= std::max(policy.cap(), duration(0))));
        }
    }
}

TEST_CASE("nonsense is refused with field, value and range", "[backoff]")
{
    CHECK(refusal([] { backoff::fixed(-5ms).validate(); }) ==
          "backoff.base is -5ms, but must be at least 0s");
    CHECK(refusal([] { backoff::exponential(2s, 1s).validate(); }) ==
          "backoff.cap is 1s, but must be at least 2s");
    CHECK(refusal([] { backoff::exponential(1s, 2s, 0.5).validate(); }) ==
          "backoff.factor is 0.5, but must be between 1 and 1e+06");
    CHECK(refusal([] { backoff::generated(nullptr, 1s).validate(); }) ==
          "backoff.generator is empty, but must be a function");
    CHECK_THROWS_AS(backoff::exponential(1s, 2s, not_a_number).validate(), invalid_option);
    CHECK_THROWS_AS(backoff::linear(-1s, 1s).validate(), invalid_option);
    CHECK_THROWS_AS(backoff::generated([](int, error_code) { return 1s; }, -1s).validate(),
                    invalid_option);
}

TEST_CASE("what makes sense is accepted", "[backoff]")
{
    CHECK_NOTHROW(backoff::fixed(0s).validate());
    CHECK_NOTHROW(backoff::fixed(longest).validate());
    CHECK_NOTHROW(backoff::linear(1s, 1s).validate());
    CHECK_NOTHROW(backoff::exponential(1s, 1s, 1.0).validate());
    CHECK_NOTHROW(backoff::exponential(1s, 1s, 1e6).validate());
    CHECK_NOTHROW(backoff::generated([](int, error_code) { return 1s; }, 0s).validate());
}

TEST_CASE("without jitter the delay is the plain one, whatever the draw", "[backoff][jitter]")
{
    CHECK(spread(backoff(), jitter::none, 0.0) == 100ms);
    CHECK(spread(backoff(), jitter::none, almost_one) == 100ms);
}

TEST_CASE("full jitter draws between nothing and the plain delay", "[backoff][jitter]")
{
    CHECK(spread(backoff(), jitter::full, 0.0) == 0ms);
    CHECK(spread(backoff(), jitter::full, 0.25) == 25ms);
    CHECK(close(spread(backoff(), jitter::full, almost_one), 100ms));
}

TEST_CASE("equal jitter draws from the upper half", "[backoff][jitter]")
{
    CHECK(spread(backoff(), jitter::equal, 0.0) == 50ms);
    CHECK(spread(backoff(), jitter::equal, 0.5) == 75ms);
    CHECK(close(spread(backoff(), jitter::equal, almost_one), 100ms));
}

TEST_CASE("decorrelated jitter draws between the base and thrice the delay before",
          "[backoff][jitter]")
{
    auto const after = [](duration previous, double unit) {
        return jittered(backoff(), jitter::decorrelated, 0, 0ns, 9, previous, {}, unit);
    };

    CHECK(after(0ms, 0.0) == 100ms);
    CHECK(after(0ms, 0.5) == 200ms); // before the first delay, the base stands for it
    CHECK(after(50ms, 0.5) == 200ms);
    CHECK(after(200ms, 0.0) == 100ms);
    CHECK(after(200ms, 0.5) == 350ms);
    CHECK(after(5s, 0.9) == 10s);
    CHECK(after(longest, 0.5) == 10s);
    CHECK(after(-1s, 0.5) == 200ms);
    CHECK(jittered(backoff::exponential(1ns, 1h), jitter::decorrelated, 0, 0ns, 9, 0ns, {},
                   0.0) == 1ns);
}

TEST_CASE("decorrelated jitter takes what a generator says as the base", "[backoff][jitter]")
{
    auto const policy = backoff::generated([](int n, error_code) { return n * 100ms; }, 10s);
    auto const draw = [&](int attempt, duration previous, double unit) {
        return jittered(policy, jitter::decorrelated, 0, 0ns, attempt, previous, {}, unit);
    };

    CHECK(draw(2, 0ms, 0.0) == 200ms);
    CHECK(draw(2, 0ms, 0.5) == 400ms);
    CHECK(draw(2, 300ms, 0.5) == 550ms);
}

TEST_CASE("ratio jitter stays below the cap without heaping up at it", "[backoff][jitter]")
{
    auto const at_cap = [](double unit) {
        return jittered(backoff(), jitter::ratio, 0.25, 0ns, 50, 0ns, {}, unit);
    };

    CHECK(close(at_cap(0.0), 6s, 10ns));
    CHECK(close(at_cap(0.5), 8s, 10ns));
    CHECK(close(at_cap(almost_one), 10s, 10ns));
    CHECK(at_cap(almost_one) <= 10s);
    CHECK(at_cap(0.9) < 10s - 100ms);
}

TEST_CASE("a jitter ratio beyond its range is taken as the nearest", "[backoff][jitter]")
{
    CHECK(spread(backoff(), jitter::ratio, 0.0, -1.0) == 100ms);
    CHECK(spread(backoff(), jitter::ratio, 0.9, not_a_number) == 100ms);
    CHECK(spread(backoff(), jitter::ratio, 0.0, 7.0) == 0ms);
    CHECK(spread(backoff(), jitter::ratio, 0.5, 7.0) == 100ms);
    CHECK(spread(backoff(), jitter::ratio, 0.0, 1.0) == 0ms);
    CHECK(close(spread(backoff(), jitter::ratio, 0.0, 0.999), 100us));
}

TEST_CASE("a draw beyond its range is taken as the nearest", "[backoff][jitter]")
{
    CHECK(spread(backoff(), jitter::full, -3.0) == 0ms);
    CHECK(spread(backoff(), jitter::full, not_a_number) == 0ms);
    CHECK(spread(backoff(), jitter::full, 1.0) == 100ms);
    CHECK(spread(backoff(), jitter::full, 9.0) == 100ms);
}

TEST_CASE("the floor is under every kind of jitter, and itself below the cap",
          "[backoff][jitter]")
{
    for (auto kind :
         {jitter::none, jitter::full, jitter::equal, jitter::decorrelated, jitter::ratio}) {
        CAPTURE(kind);
        auto const floored = [&](duration floor) {
            return jittered(backoff(), kind, 0.2, floor, 1, 0ns, {}, 0.0);
        };
        CHECK(floored(300ms) == 300ms);
        CHECK(floored(1h) == 10s);
        CHECK(floored(-1h) == spread(backoff(), kind, 0.0, 0.2));
    }
}

TEST_CASE("a cap of zero is a cap", "[backoff][jitter]")
{
    auto const policy = backoff::generated([](int, error_code) { return 1h; }, 0s);

    CHECK(jittered(policy, jitter::full, 0, 5ms, 1, 5ms, {}, 0.9) == 0s);
    CHECK(jittered(backoff::fixed(0s), jitter::decorrelated, 0, 5ms, 1, 5ms, {}, 0.9) == 0s);
}

TEST_CASE("whatever is asked, the delay lies between floor and cap", "[backoff][jitter]")
{
    core::generator draw(17);
    auto const random_duration = [&] {
        return duration(static_cast<duration::rep>(draw.next() >> (1 + draw.next() % 62)));
    };
    for (int i = 0; i < 20'000; ++i) {
        auto const base = random_duration();
        auto const cap = std::max(base, random_duration());
        auto const floor = random_duration();
        auto const policy = draw.unit() < 0.5
                                ? backoff::exponential(base, cap, 1.0 + 9.0 * draw.unit())
                                : backoff::linear(base, cap);
        auto const kind = static_cast<jitter>(draw.next() % 5);
        auto const attempt = static_cast<int>(draw.next() >> (33 + draw.next() % 31));
        auto const delay = jittered(policy, kind, draw.unit(), floor, attempt,
                                    random_duration(), {}, draw.unit());
        CAPTURE(i, base, cap, floor, kind, attempt);
        REQUIRE((delay >= std::min(floor, cap) && delay <= cap));
    }
}

TEST_CASE("kinds of jitter have names", "[backoff]")
{
    CHECK(to_string(jitter::none) == "none");
    CHECK(to_string(jitter::full) == "full");
    CHECK(to_string(jitter::equal) == "equal");
    CHECK(to_string(jitter::decorrelated) == "decorrelated");
    CHECK(to_string(jitter::ratio) == "ratio");
    CHECK(to_string(static_cast<jitter>(99)) == "unknown");
}
