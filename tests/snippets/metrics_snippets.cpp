// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/services/metrics.md and by docstrings: the regions between the tags.

#include <resil/circuit_breaker.hpp>
#include <resil/connection_pool.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/service/metrics.hpp>
#include <resil/service/policy_metrics.hpp>
#include <resil/service/prometheus_text.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>

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

/// What the rest of the page needs.
class nothing_to_connect
{
public:
    struct connection
    {
        explicit connection(boost::asio::any_io_executor const&) {}
    };

    template <class Token>
    auto async_connect(connection&, Token&& token) const
    {
        return boost::asio::async_initiate<Token, void(resil::error_code)>([](auto&&) {}, token);
    }
};

//[metrics_policies
class catalogue
{
public:
    catalogue(resil::service::metrics const& metrics, boost::asio::any_io_executor executor)
        : policies_(metrics), breaker_({.name = "catalogue", .listener = policies_.circuit_listener()}),
          pool_(executor, nothing_to_connect(), {.name = "database", .listener = policies_.pool_listener()}),
          product_{
              resil::observe{policies_.observer("GET /product", "catalogue")}, // endpoint, dependency
              resil::deadline{800ms},
              resil::retry{{.idempotency = resil::idempotency::safe}},
              breaker_,
              resil::timeout{250ms},
          }
    {
        policies_.watch("catalogue", breaker_);
        policies_.watch("database", pool_);
    }

private:
    resil::service::policy_metrics policies_;
    resil::circuit_breaker breaker_;
    resil::connection_pool<nothing_to_connect> pool_;
    resil::pipeline<resil::observe<resil::service::call_observer>, resil::deadline, resil::retry,
                    resil::circuit_breaker, resil::timeout>
        product_;
};
//]

void watch_all(resil::service::metrics const& metrics, resil::circuit_breaker const& breaker,
               resil::connection_pool<nothing_to_connect> const& pool)
{
    //[metrics_watch
    resil::service::policy_metrics const policies{metrics};
    policies.watch("catalogue", breaker);
    policies.watch("database", pool);
    //]
}

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

TEST_CASE("the page on metrics: policies and pools are shown", "[snippets][metrics]")
{
    boost::asio::io_context context;
    resil::service::metrics const metrics;
    {
        catalogue const all(metrics, context.get_executor());
        auto const text = prometheus_text(metrics);
        CHECK(text.find("resil_circuit_state{dependency=\"catalogue\",state=\"closed\"} 1\n") != text.npos);
        CHECK(text.find("resil_calls_total{endpoint=\"GET /product\",dependency=\"catalogue\",outcome=\"success\"} 0\n") !=
              text.npos);
        CHECK(text.find("resil_pool_limit{dependency=\"database\"} ") != text.npos);
    }
    resil::connection_pool<nothing_to_connect> const pool(context.get_executor(), nothing_to_connect(), {});
    watch_all(metrics, resil::circuit_breaker{}, pool);
    context.run();
}

TEST_CASE("the page on metrics: quantiles are within 1/32", "[snippets][metrics]")
{
    resil::service::metrics const metrics;
    make(metrics);
    CHECK(slowest(metrics.latency("shop_answer_seconds", "How long it took to answer.")) == "5 ms");
    CHECK(metrics.read().size() == 4);
}
