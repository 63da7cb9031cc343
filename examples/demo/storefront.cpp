// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The storefront: renders a page per request, with recommendations that another service gives.
//
//   storefront --recommendations 4711 --policies on      it survives what that service does
//   storefront --recommendations 4711 --policies off     the same code under an empty pipeline
//
// It prints its port. GET / is the page; its header `Page` says `full`, `degraded` or `error`.
// GET /stats tells when each call of the recommendations service was attempted.

#include "command_line.hpp"
#include "http.hpp"
#include "script.hpp"

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/http/deadline_header.hpp>
#include <resil/http/judge_response.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

/// What the storefront knows, and what it writes down about itself.
struct shop
{
    tcp::endpoint recommendations;
    std::string journal{};

    void note(std::string_view what, std::string_view more)
    {
        fmt::format_to(std::back_inserter(journal), "{} {} {}\n", what,
                       demo::nanoseconds(steady_clock::now()), more);
    }
};

/// What every shopper sees when there are no recommendations for this one.
demo::response best_sellers()
{
    auto shelf = demo::answer(http::status::ok, "The atlas\nThe lamp\nThe blue cup\n");
    shelf.set("Degraded", "best sellers");
    return shelf;
}

/// Everything that stands between the page and a bad day of the service, outermost first. Each
/// option says what it is by default, and why it is something else here.
auto with_policies(shop& here)
{
    resil::circuit_breaker breaker{{
        .name = "recommendations",                   // not empty: it is in every event
        .window = resil::circuit_window::count(100), // not 30 s: that would open after 15 s
        .open_duration = 1s,     // not 5 s: full pages should be back sooner
        .max_open_duration = 2s, // not 60 s: the same, and a few probes hurt nobody
        .listener = // not none: the report draws it
        [&here](auto const& e) { here.note("circuit", to_string(e.to)); },
    }};
    return resil::pipeline{
        resil::judged_by{resil::http::judge_response{}}, // not errors only: a 500 counts too
        resil::fallback{[](resil::failure const&) { return best_sellers(); }},
        resil::deadline{800ms}, // not 30 s: no shopper waits longer for a page
        resil::retry{{
            .backoff = resil::backoff::exponential(20ms, 40ms), // not 100 ms: three must fit
            .idempotency = resil::idempotency::safe, // not unsafe: it is a GET
            .budget = resil::retry_budget{}, // not none: an outage must not triple the load
        }},
        breaker,
        resil::bulkhead{{
            .name = "recommendations", // not empty: it is in every event
            .max_queued = 20,          // not 0: after a hiccup of ours 20 shoppers come at once
            .max_wait = 100ms,         // not 1 s: that is longer than the deadline
        }},
        resil::timeout{250ms}, // not 10 s: a healthy answer takes 15 ms
    };
}

auto without_policies()
{
    return resil::pipeline{};
}

/// Asks the service once; tells it how long anybody will wait for the answer.
asio::awaitable<demo::response> fetch_recommendations(shop& here, resil::attempt const& a)
{
    here.note("attempt", std::to_string(a.number()));
    auto request = demo::get("/recommendations");
    if (auto ec = resil::http::set_remaining(request, a.remaining())) {
        throw boost::system::system_error(ec);
    }
    tcp::socket connection(co_await asio::this_coro::executor);
    co_return co_await demo::exchange(connection, here.recommendations, request);
}

demo::response page(http::status status, std::string_view kind, std::string_view products)
{
    auto made = demo::answer(
        status, fmt::format("<!doctype html><title>Shop</title><h1>For you</h1><pre>{}</pre>\n",
                            products));
    made.set("Page", kind);
    return made;
}

/// Renders the page; the pipeline is all that differs between policies on and off.
template <class Pipeline>
asio::awaitable<demo::response> render_page(shop& here, Pipeline const& recommendations)
{
    std::string sorry;
    try {
        auto const shelf = co_await recommendations.async_call(
            [&](resil::attempt const& a) { return fetch_recommendations(here, a); },
            asio::use_awaitable);
        if (shelf.result() == http::status::ok) {
            bool const degraded = shelf.count("Degraded") != 0;
            co_return page(http::status::ok, degraded ? "degraded" : "full", shelf.body());
        }
        sorry = fmt::format("recommendations answered {}", shelf.result_int());
    } catch (boost::system::system_error const& e) {
        sorry = e.what();
    }
    co_return page(http::status::bad_gateway, "error", sorry);
}

template <class Pipeline>
void open_shop(asio::io_context& io, shop& here, Pipeline recommendations)
{
    tcp::acceptor door(io, demo::loopback());
    auto const handle =
        [&](demo::request const& r) -> asio::awaitable<std::optional<demo::response>> {
        if (r.target() == "/stats") {
            co_return demo::answer(http::status::ok, here.journal);
        }
        co_return co_await render_page(here, recommendations);
    };
    asio::co_spawn(io, demo::serve(door, handle), asio::detached);
    fmt::print("ports {}\n", door.local_endpoint().port());
    std::fflush(stdout);
    demo::run_until_told(io);
}

int main(int argc, char** argv)
try {
    demo::command_line options(argc, argv);
    auto const port = options.number("--recommendations", 0, 1);
    auto const policies = options.text("--policies", "on");
    options.finish();

    asio::io_context io(1);
    shop here{demo::loopback(static_cast<unsigned short>(port))};
    if (policies == "on") {
        open_shop(io, here, with_policies(here));
    } else if (policies == "off") {
        open_shop(io, here, without_policies());
    } else {
        throw std::invalid_argument("--policies is on or off");
    }
} catch (std::exception const& e) {
    fmt::print(stderr, "storefront: {}\n", e.what());
    return 1;
}
