// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/service/prometheus_text.hpp> // self-contained

#include "service/promtool.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <limits>
#include <string>

using namespace std::chrono_literals;
using resil::service::metrics;
using resil::service::prometheus_text;

TEST_CASE("metrics are written as Prometheus reads them", "[metrics][prometheus]")
{
    metrics const all{{.bounds = {1ms, 2500us, 1s}}};
    all.counters("answers_total", "Answers.", {"endpoint", "status"}).with({"/a", "200"}).add(12);
    all.gauge("depth", "Depth of the queue.").set(0.25);
    auto const taken = all.latencies("taken_seconds", "Time.", {"endpoint"}).with({"/a"});
    taken.record(500us);
    taken.record(2ms);
    taken.record(2s);

    CHECK(prometheus_text(all) == R"(# HELP answers_total Answers.
# TYPE answers_total counter
answers_total{endpoint="/a",status="200"} 12
# HELP depth Depth of the queue.
# TYPE depth gauge
depth 0.25
# HELP taken_seconds Time.
# TYPE taken_seconds histogram
taken_seconds_bucket{endpoint="/a",le="0.001"} 1
taken_seconds_bucket{endpoint="/a",le="0.0025"} 2
taken_seconds_bucket{endpoint="/a",le="1"} 2
taken_seconds_bucket{endpoint="/a",le="+Inf"} 3
taken_seconds_sum{endpoint="/a"} 2.0025
taken_seconds_count{endpoint="/a"} 3
)");
}

TEST_CASE("nothing is written as nothing", "[metrics][prometheus]")
{
    CHECK(prometheus_text(metrics()).empty());
}

TEST_CASE("a histogram without labels has only its bounds", "[metrics][prometheus]")
{
    metrics const all{{.bounds = {1s}}};
    (void)all.latency("taken_seconds", "Time.");

    CHECK(prometheus_text(all) == "# HELP taken_seconds Time.\n"
                                  "# TYPE taken_seconds histogram\n"
                                  "taken_seconds_bucket{le=\"1\"} 0\n"
                                  "taken_seconds_bucket{le=\"+Inf\"} 0\n"
                                  "taken_seconds_sum 0\n"
                                  "taken_seconds_count 0\n");
}

TEST_CASE("promtool finds nothing wrong, whatever the labels are", "[metrics][prometheus]")
{
    metrics const all{{.max_series = 300}};
    auto const answers = all.counters("answers_total", "Answers:\n\"all\" of \\them.", {"path", "who"});
    auto const taken = all.latencies("taken_seconds", "Time.", {"path"});
    for (int byte = 0; byte < 256; ++byte) {
        std::string const hostile{static_cast<char>(byte), '"', static_cast<char>(byte)};
        answers.with({hostile, "} 1\n"}).add();
        taken.with({hostile + "\\"}).record(byte * 1ms);
    }
    for (std::string const path : {"\",le=\"7", "\n# TYPE x counter\nx_total 1", "\xed\xa0\x80", ""}) {
        answers.with({path, path}).add();
        taken.with({path}).record(1s);
    }
    for (int i = 0; i < 1000; ++i) {
        answers.with({std::to_string(i), "many"}).add();
    }
    auto const odd = all.gauges("odd", "Numbers.", {"which"});
    odd.with({"inf"}).set(std::numeric_limits<double>::infinity());
    odd.with({"-inf"}).set(-std::numeric_limits<double>::infinity());
    odd.with({"nan"}).set(std::numeric_limits<double>::quiet_NaN());
    odd.with({"min"}).set(std::numeric_limits<double>::denorm_min());

    check_with_promtool(prometheus_text(all));
}

TEST_CASE("promtool finds what is wrong", "[metrics][prometheus]")
{
    CHECK_FALSE(promtool_accepts("a{b=\"\xff\"} 1\n"));
    CHECK_FALSE(promtool_accepts("a{b=\"\"\"} 1\n"));
    CHECK_FALSE(promtool_accepts("# HELP a A.\n# TYPE a counter\na 1\n"));
}
