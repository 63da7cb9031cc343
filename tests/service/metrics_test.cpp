// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/service/metrics.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using resil::service::family_reading;
using resil::service::metric_kind;
using resil::service::metrics;

namespace {

family_reading only(metrics const& all)
{
    auto const families = all.read();
    REQUIRE(families.size() == 1);
    return families.front();
}

std::uint64_t count_of(family_reading const& family, std::vector<std::string> const& labels)
{
    for (auto const& series : family.series) {
        if (series.labels == labels) {
            return std::get<std::uint64_t>(series.value);
        }
    }
    FAIL("there is no such series");
    return 0;
}

} // namespace

TEST_CASE("a counter grows by what is added through any of its handles", "[metrics]")
{
    metrics const all;
    auto const orders = all.counter("orders_total", "Orders.");
    auto const copy = orders;
    orders.add();
    copy.add(4);

    CHECK(orders.value() == 5);
    CHECK(all.counter("orders_total", "Orders.").value() == 5);
    CHECK(count_of(only(all), {}) == 5);
}

TEST_CASE("a counter of something that counts itself is raised to its total", "[metrics]")
{
    metrics const all;
    auto const opened = all.counter("opened_total", "Connections.");
    opened.raise_to(7);
    opened.raise_to(5);
    CHECK(opened.value() == 7);
}

TEST_CASE("a gauge is what it was set to last, and what was added", "[metrics]")
{
    metrics const all;
    auto const connected = all.gauge("connected", "Clients.");
    CHECK(connected.value() == 0.0);
    connected.set(3);
    connected.add(1.5);
    connected.add(-4);

    CHECK(connected.value() == 0.5);
    CHECK(std::get<double>(only(all).series.front().value) == 0.5);
}

TEST_CASE("a latency tells its quantiles", "[metrics]")
{
    metrics const all;
    auto const answers = all.latency("answer_seconds", "Answers.");
    for (int i = 1; i <= 1000; ++i) {
        answers.record(i * 1ms);
    }
    auto const read = std::get<resil::latency_histogram>(only(all).series.front().value);

    CHECK(read.count() == 1000);
    CHECK(read.sum() == 500'500ms);
    CHECK(read.max() == 1s);
    for (auto const& [q, truth] : {std::pair(0.5, 500ms), {0.8, 800ms}, {0.9, 900ms}, {0.99, 990ms},
                                   {0.995, 995ms}, {0.999, 999ms}}) {
        CHECK(read.quantile(q) >= truth - truth / 32);
        CHECK(read.quantile(q) <= truth + truth / 32);
    }
}

TEST_CASE("each set of label values is a series of its own", "[metrics]")
{
    metrics const all;
    auto const answers = all.counters("answers_total", "Answers.", {"endpoint", "status"});
    answers.with({"/a", "200"}).add(1);
    answers.with({"/a", "500"}).add(2);
    answers.with({"/b", "200"}).add(3);
    answers.with({"/a", "200"}).add(10);

    auto const family = only(all);
    CHECK(family.kind == metric_kind::counter);
    CHECK(family.help == "Answers.");
    CHECK(family.labels == std::vector<std::string>{"endpoint", "status"});
    CHECK(family.series.size() == 3);
    CHECK(count_of(family, {"/a", "200"}) == 11);
    CHECK(count_of(family, {"/a", "500"}) == 2);
    CHECK(count_of(family, {"/b", "200"}) == 3);
}

TEST_CASE("a family of too many series counts the rest in one, and keeps the first", "[metrics]")
{
    metrics const all{{.max_series = 3}};
    auto const paths = all.counters("paths_total", "Paths.", {"path", "method"});
    for (int i = 0; i < 1000; ++i) {
        paths.with({"/" + std::to_string(i), "GET"}).add();
    }
    paths.with({"/1", "GET"}).add(5);

    auto const family = only(all);
    CHECK(family.series.size() == 4);
    CHECK(count_of(family, {"/1", "GET"}) == 6);
    CHECK(count_of(family, {"__overflow__", "__overflow__"}) == 997);
}

TEST_CASE("who names the overflow gets it, and there is no other", "[metrics]")
{
    metrics const all{{.max_series = 2}};
    auto const paths = all.counters("paths_total", "Paths.", {"path"});
    paths.with({metrics::overflow}).add();
    for (std::string_view const path : {"a", "b", "c"}) {
        paths.with({path}).add();
    }

    CHECK(only(all).series.size() == 3);
    CHECK(count_of(only(all), {"__overflow__"}) == 2);
}

TEST_CASE("label values are kept valid and short", "[metrics]")
{
    metrics const all{{.max_label_size = 5}};
    auto const paths = all.counters("paths_total", "Paths.", {"path"});
    paths.with({"abcdefgh"}).add();
    paths.with({"abcdexyz"}).add();
    paths.with({"\xff"}).add();

    CHECK(count_of(only(all), {"abcde"}) == 2);
    CHECK(count_of(only(all), {"\xef\xbf\xbd"}) == 1);
}

TEST_CASE("families are read in the order of their names", "[metrics]")
{
    metrics const all;
    (void)all.gauge("b", "B.");
    (void)all.gauge("c", "C.");
    (void)all.gauge("a", "A.");

    std::string names;
    for (auto const& family : all.read()) {
        names += family.name;
    }
    CHECK(names == "abc");
}

TEST_CASE("what is to be read is asked for before each reading", "[metrics]")
{
    metrics const all;
    auto const depth = all.gauge("depth", "Depth.");
    double now = 0;
    all.on_read([&now, depth] { depth.set(++now); });
    (void)all.read();

    CHECK(std::get<double>(only(all).series.front().value) == 2.0);
}

TEST_CASE("copies of a registry, and handles that outlive it, are safe", "[metrics]")
{
    auto const orders = [] {
        metrics const all;
        metrics const copy = all;
        auto const made = copy.counter("orders_total", "Orders.");
        made.add();
        CHECK(count_of(only(all), {}) == 1);
        return made;
    }();
    orders.add();
    CHECK(orders.value() == 2);
}

TEST_CASE("names that Prometheus would not take, or would misread, are refused", "[metrics]")
{
    metrics const all;
    CHECK_THROWS_AS(all.counter("orders", "No ending."), resil::invalid_option);
    CHECK_THROWS_AS(all.latency("answer", "No unit."), resil::invalid_option);
    CHECK_THROWS_AS(all.gauge("orders_total", "Not a counter."), resil::invalid_option);
    CHECK_THROWS_AS(all.gauge("a_bucket", "Of a histogram."), resil::invalid_option);
    CHECK_THROWS_AS(all.gauge("a_sum", "Of a histogram."), resil::invalid_option);
    CHECK_THROWS_AS(all.gauge("a_count", "Of a histogram."), resil::invalid_option);
    CHECK_THROWS_AS(all.gauge("a b", "A space."), resil::invalid_option);
    CHECK_THROWS_AS(all.gauges("a", "A label.", {"le"}), resil::invalid_option);
    CHECK_THROWS_AS(all.gauges("a", "Twice.", {"x", "y", "x"}), resil::invalid_option);
    CHECK(all.read().empty());
}

TEST_CASE("one name is one family", "[metrics]")
{
    metrics const all;
    auto const a = all.gauges("a", "A.", {"x"});
    CHECK_NOTHROW(all.gauges("a", "A.", {"x"}));
    CHECK_THROWS_AS(all.gauges("a", "Other.", {"x"}), resil::invalid_option);
    CHECK_THROWS_AS(all.gauges("a", "A.", {"y"}), resil::invalid_option);
    CHECK_THROWS_AS(all.gauges("a", "A.", {}), resil::invalid_option);
    (void)all.latency("b_seconds", "B.");
    CHECK_THROWS_AS(all.gauge("b_seconds", "B."), resil::invalid_option);
}

TEST_CASE("a series has a value for each label", "[metrics]")
{
    metrics const all;
    auto const a = all.gauges("a", "A.", {"x", "y"});
    CHECK_THROWS_AS(a.with({"1"}), resil::invalid_option);
    CHECK_THROWS_AS(a.with({"1", "2", "3"}), resil::invalid_option);
}

TEST_CASE("options of metrics out of range are refused", "[metrics]")
{
    CHECK_THROWS_AS(metrics({.max_series = 0}), resil::invalid_option);
    CHECK_THROWS_AS(metrics({.max_series = 100'001}), resil::invalid_option);
    CHECK_THROWS_AS(metrics({.max_label_size = 0}), resil::invalid_option);
    CHECK_THROWS_AS(metrics({.bounds = {}}), resil::invalid_option);
    CHECK_THROWS_AS(metrics({.bounds = {0s}}), resil::invalid_option);
    CHECK_THROWS_AS(metrics({.bounds = {1s, 1s}}), resil::invalid_option);
    CHECK_THROWS_AS(metrics({.bounds = {2s, 1s}}), resil::invalid_option);
    CHECK_NOTHROW(metrics({.max_series = 1, .bounds = {1ms, 1s}}));
}
