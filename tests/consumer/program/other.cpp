// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// A second file that includes what main.cpp does: everything in it must bear that.

#include <resil/resil.hpp>

#include <chrono>

using namespace std::chrono_literals;

resil::pipeline<resil::deadline, resil::retry, resil::timeout> const& protection();

resil::pipeline<resil::deadline, resil::retry, resil::timeout> const& protection()
{
    static resil::pipeline const policies{
        resil::deadline{5s},
        resil::retry{{.max_attempts = 3,
                      .backoff = resil::backoff::fixed(1ms),
                      .idempotency = resil::idempotency::safe}},
        resil::timeout{1s},
    };
    return policies;
}
