// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/opentelemetry/metrics_observer.hpp> // self-contained

#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "opentelemetry/recorded_telemetry.hpp"
#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace support;

namespace {

/// Calls through policies, and what the instruments were told of them.
struct metered_world : world
{
    void run(scripted_operation<int> op)
    {
        auto const done = call(everything, std::move(op));
        time.advance(1h);
        CHECK(done.done());
    }

    std::uint64_t counted(std::string const& name, std::string const& more = "") const
    {
        return meter.all->counted[with_labels(name, more)];
    }

    std::vector<double> times(std::string const& name, std::string const& more = "") const
    {
        return meter.all->recorded[with_labels(name, more)];
    }

    static std::string with_labels(std::string const& name, std::string const& more)
    {
        return name + "{endpoint=GET /product dependency=catalogue" +
               (more.empty() ? "" : " " + more) + "}";
    }

    recorded::meter meter;
    bool fallback_allowed = false;
    resil::circuit_breaker breaker{{.name = "peer"}};
    resil::pipeline<resil::observe<resil::otel::metrics_observer>, resil::fallback<int>,
                    resil::deadline, resil::retry, resil::circuit_breaker, resil::timeout>
        everything{resil::observe{resil::otel::metrics_observer(meter, "GET /product", "catalogue")},
                   resil::fallback{7, {.handles = [this](auto const&) { return fallback_allowed; }}},
                   resil::deadline{150ms},
                   resil::retry{{.max_attempts = 2,
                                 .backoff = resil::backoff::fixed(10ms),
                                 .jitter = resil::jitter::none,
                                 .idempotency = idempotency::safe}},
                   breaker,
                   resil::timeout{100ms}};
};

} // namespace

TEST_CASE("calls and attempts are counted and timed apart", "[opentelemetry]")
{
    metered_world w;
    w.run(scripted_operation<int>().fails(net::eof).after(20ms).succeeds(1).after(5ms));

    CHECK(w.counted("resil.calls", "outcome=success") == 1);
    CHECK(w.counted("resil.attempts", "verdict=transient") == 1);
    CHECK(w.counted("resil.attempts", "verdict=success") == 1);
    CHECK(w.counted("resil.retries") == 1);
    CHECK(w.times("resil.call.duration", "success=true") == std::vector{0.035});
    CHECK(w.times("resil.attempt.duration") == std::vector{0.02, 0.005});
    CHECK(w.meter.all->units.at("resil.call.duration") == "s");
}

TEST_CASE("what policies do is counted", "[opentelemetry]")
{
    metered_world w;
    w.run(scripted_operation<int>().hangs());
    CHECK(w.counted("resil.calls", "outcome=timed_out") == 1);
    CHECK(w.counted("resil.expirations", "policy=timeout") == 1);
    CHECK(w.counted("resil.expirations", "policy=deadline") == 1);
    CHECK(w.times("resil.call.duration", "success=false") == std::vector{0.15});

    w.run(scripted_operation<int>().fails(net::eof));
    CHECK(w.counted("resil.retries.abandoned", "reason=attempts_exhausted") == 1);
    CHECK(w.counted("resil.calls", "outcome=failed") == 1);

    w.breaker.force_open();
    w.fallback_allowed = true;
    w.run(scripted_operation<int>());
    CHECK(w.counted("resil.rejections", "reason=circuit_forced_open") == 1);
    CHECK(w.counted("resil.fallbacks") == 1);
    CHECK(w.counted("resil.calls", "outcome=success") == 1);
}
