// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/status.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <limits>

namespace {

using resil::verdict;
using resil::http::judge_status;

static_assert(noexcept(judge_status(200)));
static_assert(judge_status(429) == verdict::throttled);

struct row
{
    unsigned status;
    verdict expected;
};

TEST_CASE("each status that has a meaning of its own is judged by it", "[http][status]")
{
    auto const [status, expected] =
        GENERATE(row{408, verdict::transient}, row{425, verdict::throttled},
                 row{429, verdict::throttled}, row{500, verdict::transient},
                 row{501, verdict::permanent}, row{502, verdict::transient},
                 row{503, verdict::transient}, row{504, verdict::transient},
                 row{505, verdict::permanent});

    INFO(status);
    CHECK(judge_status(status) == expected);
}

TEST_CASE("every other server error is transient", "[http][status]")
{
    for (unsigned status = 500; status != 600; ++status) {
        bool const never = status == 501 || status == 505;
        INFO(status);
        CHECK(judge_status(status) == (never ? verdict::permanent : verdict::transient));
    }
}

TEST_CASE("every other answer is an answer", "[http][status]")
{
    for (unsigned status = 100; status != 500; ++status) {
        if (status == 408 || status == 425 || status == 429) {
            continue;
        }
        INFO(status);
        CHECK(judge_status(status) == verdict::success);
    }
}

TEST_CASE("numbers that are no status are nobody's failure", "[http][status]")
{
    unsigned const status = GENERATE(0U, 1U, 99U, 600U, 700U, 999U, 1000U, 4290U, 5000U,
                                     65536U + 503U, std::numeric_limits<unsigned>::max());

    CHECK(judge_status(status) == verdict::success);
}

} // namespace
