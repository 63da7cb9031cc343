// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/tour.md: the regions between the tags, and the raw strings: what users see.

#include <resil/connection_pool.hpp>
#include <resil/resil.hpp>

#include <snippets/snippets_support.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>

#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <concepts>
#include <map>
#include <string>

namespace {

using namespace snippets;

//[tour_bare
asio::awaitable<page> recommend()
{
    co_return co_await fetch("/for/7", asio::use_awaitable);
}
//]

//[tour_call
asio::awaitable<page> recommend(auto client)
{
    co_return co_await fetch("/for/7", resil::with(client, asio::use_awaitable));
}
//]

/// What users see, and what it costs the service.
class users
{
public:
    explicit users(world& w) : world_(w) {}

    void come(asio::awaitable<page> call)
    {
        ++waiting_;
        asio::co_spawn(world_.context, std::move(call), [this](std::exception_ptr e, page p) {
            ++seen_[e ? world::code_of(e).message() : p];
            --waiting_;
        });
    }

    /// So many at the same moment.
    void come_together(int count, std::invocable auto const& call)
    {
        for (int i = 0; i < count; ++i) {
            come(call());
        }
        world_.time.advance(10s);
    }

    /// So many, each when the one before has gone.
    void come_in_turn(int count, std::invocable auto const& call)
    {
        for (int i = 0; i < count; ++i) {
            come(call());
            world_.time.run_ready();
            while (waiting_ != 0 && world_.time.advance_to_next()) {
            }
        }
    }

    std::string say() const
    {
        std::string lines = "\n";
        for (auto const& [text, count] : seen_) {
            lines += fmt::format("{:4} x {}\n", count, text);
        }
        if (waiting_ != 0) {
            lines += fmt::format("{:4} x still waiting\n", waiting_);
        }
        return lines +
            fmt::format("attempts: {}, at once: {}\n", server.starts(), server.peak());
    }

private:
    world& world_;
    std::map<std::string, int> seen_{};
    int waiting_ = 0;
};

TEST_CASE("the tour: nothing ends a call that hangs")
{
    world w;
    users people(w);
    server.hangs();
    people.come_together(1, [] { return recommend(); });
    w.time.advance(1h);
    CHECK(people.say() == R"(
   1 x still waiting
attempts: 1, at once: 1
)");
}

TEST_CASE("the tour: a deadline ends it")
{
    world w;
    //[tour_deadline
    resil::pipeline const client{
        resil::deadline{800ms},
    };
    //]
    users people(w);
    server.hangs();
    people.come(recommend(client));
    w.time.advance(799ms);
    CHECK(server.in_flight() == 1);
    w.time.advance(1ms);
    CHECK(server.in_flight() == 0);
    CHECK(people.say() == R"(
   1 x the call took longer than its deadline
attempts: 1, at once: 1
)");

    world again;
    users unlucky(again);
    server.fails(asio::error::connection_reset).succeeds("a warm hat");
    unlucky.come_together(1, [&] { return recommend(client); });
    CHECK(unlucky.say() == R"(
   1 x Connection reset by peer
attempts: 1, at once: 1
)");
}

TEST_CASE("the tour: a retry gets over a bad moment, but not over a hang")
{
    world w;
    //[tour_retry
    resil::pipeline const client{
        resil::deadline{800ms},
        resil::retry{{.idempotency = resil::idempotency::safe}}, // new: for reading
    };
    //]
    users people(w);
    server.fails(asio::error::connection_reset).succeeds("a warm hat");
    people.come_together(1, [&] { return recommend(client); });
    CHECK(people.say() == R"(
   1 x a warm hat
attempts: 2, at once: 1
)");

    world again;
    users unlucky(again);
    server.hangs().succeeds("a warm hat");
    unlucky.come_together(1, [&] { return recommend(client); });
    CHECK(unlucky.say() == R"(
   1 x the call took longer than its deadline
attempts: 1, at once: 1
)");
}

TEST_CASE("the tour: a timeout leaves time for another attempt")
{
    world w;
    //[tour_timeout
    resil::pipeline const client{
        resil::deadline{800ms},
        resil::retry{{.idempotency = resil::idempotency::safe}},
        resil::timeout{250ms}, // new: for each attempt
    };
    //]
    users people(w);
    server.hangs().succeeds("a warm hat");
    people.come_together(1, [&] { return recommend(client); });
    CHECK(people.say() == R"(
   1 x a warm hat
attempts: 2, at once: 1
)");

    world down;
    users unlucky(down);
    server.fails(asio::error::connection_reset);
    unlucky.come_in_turn(100, [&] { return recommend(client); });
    CHECK(unlucky.say() == R"(
 100 x Connection reset by peer
attempts: 300, at once: 1
)");
}

TEST_CASE("the tour: a budget keeps retries from multiplying an outage")
{
    world w;
    //[tour_budget
    resil::retry_budget const budget{{.name = "recommendations"}}; // new, one for all
    resil::pipeline const client{
        resil::deadline{800ms},
        resil::retry{{.idempotency = resil::idempotency::safe, .budget = budget}},
        resil::timeout{250ms},
    };
    //]
    users people(w);
    server.fails(asio::error::connection_reset);
    people.come_in_turn(100, [&] { return recommend(client); });
    CHECK(people.say() == R"(
 100 x Connection reset by peer
attempts: 133, at once: 1
)");
}

TEST_CASE("the tour: a breaker leaves alone what is down")
{
    world w;
    resil::retry_budget const budget{{.name = "recommendations"}};
    //[tour_breaker
    resil::circuit_breaker const breaker{{.name = "recommendations"}}; // new
    resil::pipeline const client{
        resil::deadline{800ms},
        resil::retry{{.idempotency = resil::idempotency::safe, .budget = budget}},
        breaker, // inside the retry: it sees every attempt
        resil::timeout{250ms},
    };
    //]
    users people(w);
    server.fails(asio::error::connection_reset);
    people.come_in_turn(100, [&] { return recommend(client); });
    CHECK(people.say() == R"(
   6 x Connection reset by peer
  94 x the circuit is open
attempts: 20, at once: 1
)");

    breaker.reset();
    world slow;
    users many(slow);
    server.succeeds("a warm hat").after(200ms);
    many.come_together(1000, [&] { return recommend(client); });
    CHECK(many.say() == R"(
1000 x a warm hat
attempts: 1000, at once: 1000
)");
}

TEST_CASE("the tour: a bulkhead bounds what a slow service holds up")
{
    world w;
    resil::retry_budget const budget{{.name = "recommendations"}};
    resil::circuit_breaker const breaker{{.name = "recommendations"}};
    //[tour_bulkhead
    resil::bulkhead const bulkhead{ // new
        {.name = "recommendations", .max_concurrent = 20, .max_queued = 40}};
    resil::pipeline const client{
        resil::deadline{800ms},
        resil::retry{{.idempotency = resil::idempotency::safe, .budget = budget}},
        breaker,
        bulkhead, // outside the timeout: waiting for a permit is not the service's fault
        resil::timeout{250ms},
    };
    //]
    users people(w);
    server.succeeds("a warm hat").after(200ms);
    people.come_together(1000, [&] { return recommend(client); });
    CHECK(people.say() == R"(
  60 x a warm hat
 940 x the bulkhead is full
attempts: 60, at once: 20
)");
}

struct metrics
{
    int calls = 0;
    int degraded = 0;
};

/// The client as the page has it in the end.
auto make_client(metrics& counted)
{
    resil::retry_budget const budget{{.name = "recommendations"}};
    resil::circuit_breaker const breaker{{.name = "recommendations"}};
    resil::bulkhead const bulkhead{
        {.name = "recommendations", .max_concurrent = 20, .max_queued = 40}};
    //[tour_observe
    resil::pipeline const client{
        resil::named{"recommendations"}, // new, and the two below
        resil::observe{[&](resil::call_ended const&) { ++counted.calls; }},
        resil::observe{[&](resil::fallback_used const&) { ++counted.degraded; }},
        resil::fallback{page("best sellers")},
        resil::deadline{800ms},
        resil::retry{{.idempotency = resil::idempotency::safe, .budget = budget}},
        breaker,
        bulkhead,
        resil::timeout{250ms},
    };
    //]
    return client;
}

TEST_CASE("the tour: a fallback answers in place of every failure")
{
    world w;
    resil::retry_budget const budget{{.name = "recommendations"}};
    resil::circuit_breaker const breaker{{.name = "recommendations"}};
    resil::bulkhead const bulkhead{
        {.name = "recommendations", .max_concurrent = 20, .max_queued = 40}};
    resil::pipeline const client{
        //[tour_fallback
        resil::fallback{page("best sellers")}, // new: the first of them, it sees every failure
        resil::deadline{800ms},
        //]
        resil::retry{{.idempotency = resil::idempotency::safe, .budget = budget}},
        breaker,
        bulkhead,
        resil::timeout{250ms},
    };
    users people(w);
    server.succeeds("a warm hat").after(200ms);
    people.come_together(1000, [&] { return recommend(client); });
    CHECK(people.say() == R"(
  60 x a warm hat
 940 x best sellers
attempts: 60, at once: 20
)");
}

TEST_CASE("the tour: an observer counts what the users do not see")
{
    world w;
    metrics counted;
    auto const client = make_client(counted);
    users people(w);
    server.succeeds("a warm hat").after(200ms);
    people.come_together(1000, [&] { return recommend(client); });
    auto const told =
        fmt::format("\n{} calls, {} of them degraded\n", counted.calls, counted.degraded);
    CHECK(told == R"(
1000 calls, 940 of them degraded
)");
    CHECK(client.warnings().empty());
}

//[tour_why
asio::awaitable<page> order(auto client, int amount)
{
    resil::result<page> const done = co_await client.async_call(
        [=](resil::attempt const& a, auto token) {
            return pay(amount, a.idempotency_key(), std::move(token)); // sent with the order
        },
        resil::as_result(asio::use_awaitable));
    if (done) {
        co_return done.value();
    }
    resil::failure const& why = done.error();
    co_return fmt::format("{}: {}", why.code().message(), to_string(why.reason()));
}
//]

TEST_CASE("the tour: an order is not repeated, unless by its key")
{
    world w;
    //[tour_order
    resil::pipeline const orders{
        resil::deadline{2s},
        resil::retry{}, // unsafe, the default
        resil::timeout{500ms},
    };
    //]
    users people(w);
    server.fails(asio::error::eof).succeeds("ordered");
    people.come_together(1, [&] { return order(orders, 7); });
    CHECK(people.say() == R"(
   1 x End of file: not_repeatable
attempts: 1, at once: 1
)");

    world again;
    resil::pipeline const keyed_orders{
        resil::deadline{2s},
        //[tour_keyed
        resil::retry{{.idempotency = resil::idempotency::keyed}},
        //]
        resil::timeout{500ms},
    };
    users others(again);
    server.fails(asio::error::eof).succeeds("ordered");
    others.come_together(1, [&] { return order(keyed_orders, 7); });
    CHECK(others.say() == R"(
   1 x ordered
attempts: 2, at once: 1
)");
    REQUIRE(keys_seen.size() == 2);
    CHECK(keys_seen[0] == keys_seen[1]);
}

asio::awaitable<page> front_page_alone(auto front, auto client)
{
    co_return co_await front.async_call(
        [&](resil::attempt const&) { return recommend(client); }, asio::use_awaitable);
}

//[tour_within
asio::awaitable<page> front_page(auto front, auto client)
{
    co_return co_await front.async_call(
        [&](resil::attempt const& a) -> asio::awaitable<page> {
            co_return co_await client.async_call(
                resil::within(a), fetch("/for/7", asio::deferred), asio::use_awaitable);
        },
        asio::use_awaitable);
}
//]

TEST_CASE("the tour: the retry of an inner client stays quiet")
{
    resil::pipeline const client{
        resil::deadline{800ms}, resil::retry{{.idempotency = resil::idempotency::safe}},
        resil::timeout{250ms}};
    resil::pipeline const front{
        resil::deadline{2s}, resil::retry{{.idempotency = resil::idempotency::safe}}};
    world w;
    users people(w);
    server.fails(asio::error::connection_reset);
    people.come_together(1, [&] { return front_page_alone(front, client); });
    CHECK(people.say() == R"(
   1 x Connection reset by peer
attempts: 9, at once: 1
)");

    world again;
    users others(again);
    server.fails(asio::error::connection_reset);
    others.come_together(1, [&] { return front_page(front, client); });
    CHECK(others.say() == R"(
   1 x Connection reset by peer
attempts: 3, at once: 1
)");

    world late;
    users hurried(late);
    server.hangs();
    hurried.come(front_page(resil::pipeline(resil::deadline{200ms}), client));
    late.time.advance(200ms);
    CHECK(server.in_flight() == 0);
}

struct line
{
    explicit line(asio::any_io_executor const&) {}

    auto async_get(std::string_view path, auto token) { return fetch(path, std::move(token)); }
};

/// What the pool must know of lines.
struct line_connector
{
    using connection = line;

    resil::testing::scripted_operation<> connects{}, pings{};

    auto async_connect(line&, auto token) const { return connects(std::move(token)); }
    auto async_ping(line&, auto token) const { return pings(std::move(token)); }
};

using line_pool = resil::connection_pool<line_connector>;

//[tour_pool
asio::awaitable<page> recommend_pooled(auto client, line_pool pool)
{
    co_return co_await client.async_call(
        [&](resil::attempt const& a) -> asio::awaitable<page> {
            auto line = co_await pool.async_acquire(resil::within(a), asio::use_awaitable);
            co_return co_await line->async_get("/for/7", asio::use_awaitable);
        },
        asio::use_awaitable);
}
//]

TEST_CASE("the tour: a pool replaces what a restart has killed")
{
    metrics counted;
    auto const client = make_client(counted);
    world w;
    line_connector connector;
    line_pool const pool(w.context, connector, {.name = "recommendations", .max_size = 20});
    users people(w);
    server.succeeds("a warm hat").after(200ms);
    people.come_together(20, [&] { return recommend_pooled(client, pool); });
    CHECK(pool.snapshot().opened == 20);

    connector.pings.fails(asio::error::connection_reset); // the service was restarted meanwhile
    people.come_together(20, [&] { return recommend_pooled(client, pool); });
    CHECK(pool.snapshot().opened == 40);
    CHECK(people.say() == R"(
  40 x a warm hat
attempts: 40, at once: 20
)");
    CHECK(counted.degraded == 0);
}

//[tour_test
TEST_CASE("whatever the service does, a user sees a page within 800 ms")
{
    auto const broken = GENERATE(0, 1, 2, 3);
    world w; // virtual time, and a new server
    switch (broken) {
    case 0: server.hangs(); break;
    case 1: server.fails(asio::error::connection_reset); break;
    case 2: server.succeeds("a warm hat").after(10s); break;
    case 3: server.throws(); break;
    }
    metrics counted;
    auto const client = make_client(counted);
    page seen;

    client.async_call(w.context, server, [&](resil::error_code, page p) { seen = p; });
    w.time.advance(800ms);

    CHECK(seen == "best sellers");
    CHECK(counted.degraded == 1);
}
//]

} // namespace
