// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/services/metrics.md and by docstrings: the regions between the tags.

#include <resil/service/metrics.hpp>
#include <resil/service/prometheus_text.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <deque>
#include <string>
#include <string_view>

namespace {

using namespace std::chrono_literals;

//[metrics_shop
class shop
{
public:
    explicit shop(resil::service::metrics const& metrics)
        : answered_(metrics.counters("shop_answers_total", "Requests that were answered.",
                                     {"endpoint", "status"})),
          orders_good_(answered_.with({"/orders", "200"})), // looked up once
          taken_(metrics.latency("shop_answer_seconds", "How long it took to answer."))
    {
    }

    void order_answered(resil::duration took)
    {
        orders_good_.add();
        taken_.record(took);
    }

    void answered(std::string_view endpoint, std::string_view status)
    {
        answered_.with({endpoint, status}).add(); // whatever they are: there is a bound
    }

private:
    resil::service::metric_family<resil::service::counter> answered_;
    resil::service::counter orders_good_;
    resil::service::latency taken_;
};
//]

//[metrics_on_read
/// Shows how long a queue is, measured when somebody asks.
void watch(resil::service::metrics const& metrics, std::deque<int> const& queue)
{
    auto const depth = metrics.gauge("shop_queue_depth", "Orders that wait.");
    metrics.on_read([depth, &queue] { depth.set(static_cast<double>(queue.size())); });
}
//]

//[metrics_quantiles
std::string slowest(resil::service::latency const& answers)
{
    resil::latency_histogram const taken = answers.histogram();
    auto const worst_of_a_thousand = taken.quantile(0.999);
    return std::to_string(worst_of_a_thousand / 1ms) + " ms";
}
//]

//[metrics_handles
void make(resil::service::metrics const& metrics)
{
    resil::service::counter const orders =
        metrics.counter("shop_orders_total", "Orders that were placed.");
    resil::service::gauge const connected =
        metrics.gauge("shop_connected_clients", "Clients that are connected.");
    resil::service::latency const answers =
        metrics.latency("shop_answer_seconds", "How long it took to answer.");
    auto const answered = metrics.counters("shop_answers_total", "Requests that were answered.",
                                           {"endpoint", "status"});
    resil::service::counter const good = answered.with({"/orders", "200"});
    orders.add();
    connected.set(3);
    answers.record(5ms);
    good.add(7);
}
//]

std::string scraped()
{
    //[metrics_whole
    resil::service::metrics const metrics;
    auto const orders = metrics.counter("shop_orders_total", "Orders that were placed.");
    orders.add();
    std::string const body = prometheus_text(metrics); // for GET /metrics
    //]
    return body;
}

} // namespace

TEST_CASE("the page on metrics: what is recorded is shown", "[snippets][metrics]")
{
    resil::service::metrics const metrics;
    shop site(metrics);
    site.order_answered(3ms);
    site.answered("/orders", "200");
    site.answered("/", "404");
    std::deque<int> queue{1, 2, 3};
    watch(metrics, queue);
    auto const text = prometheus_text(metrics);

    CHECK(text.find("shop_answers_total{endpoint=\"/orders\",status=\"200\"} 2\n") != text.npos);
    CHECK(text.find("shop_answers_total{endpoint=\"/\",status=\"404\"} 1\n") != text.npos);
    CHECK(text.find("shop_queue_depth 3\n") != text.npos);
    CHECK(text.find("shop_answer_seconds_count 1\n") != text.npos);
    CHECK(scraped().find("shop_orders_total 1\n") != text.npos);
}

TEST_CASE("the page on metrics: quantiles are within 1/32", "[snippets][metrics]")
{
    resil::service::metrics const metrics;
    make(metrics);
    CHECK(slowest(metrics.latency("shop_answer_seconds", "How long it took to answer.")) == "5 ms");
    CHECK(metrics.read().size() == 4);
}
