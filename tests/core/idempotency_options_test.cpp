// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/idempotency_options.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <chrono>

using namespace resil;
using namespace std::chrono_literals;

TEST_CASE("options of an idempotency store out of range are refused", "[idempotency]")
{
    CHECK_NOTHROW(idempotency_options{}.validate());
    CHECK_THROWS_AS((idempotency_options{.lifetime = 0s}).validate(), invalid_option);
    CHECK_THROWS_AS((idempotency_options{.lease = 0s}).validate(), invalid_option);
    CHECK_THROWS_AS((idempotency_options{.max_keys = 0}).validate(), invalid_option);
    CHECK_THROWS_AS((idempotency_options{.max_keys_per_tenant = 0}).validate(), invalid_option);
    CHECK_THROWS_AS((idempotency_options{.max_bytes = 1023}).validate(), invalid_option);
    CHECK_NOTHROW((idempotency_options{.lifetime = 1ns, .lease = 1ns, .max_keys = 1, .max_keys_per_tenant = 1, .max_bytes = 1024})
                      .validate());
}

TEST_CASE("an idempotency store keeps a day's keys, unless told otherwise", "[idempotency]")
{
    idempotency_options const usual;
    CHECK(usual.lifetime == 24h);
    CHECK(usual.lease == 1min);
    CHECK(usual.max_answer_bytes == 65'536);
    CHECK(usual.max_keys == 100'000);
    CHECK(usual.max_keys_per_tenant == 10'000);
    CHECK(usual.max_bytes == 67'108'864);
}
