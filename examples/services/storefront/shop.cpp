// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "shop.hpp"

#include "log.hpp"
#include "page.hpp"
#include "visitor.hpp"

#include <resil/http/health_response.hpp>
#include <resil/service/prometheus_text.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <utility>

namespace storefront {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

resil::http::string_response make_answer(http::status status, std::string body,
                                         std::string_view type = "text/plain; charset=utf-8")
{
    resil::http::string_response made(status, 11);
    made.set(http::field::content_type, type);
    made.set(http::field::cache_control, "no-store");
    made.body() = std::move(body);
    return made;
}

resil::http::string_response make_page(std::string html, cached const& shown)
{
    auto made = make_answer(http::status::ok, std::move(html), "text/html; charset=utf-8");
    auto const age = std::chrono::duration_cast<std::chrono::seconds>(shown.age());
    made.set(http::field::age, std::to_string(age.count()));
    return made;
}

std::string_view path_of(std::string_view target)
{
    return target.substr(0, target.find('?'));
}

/// For metrics: as many names as there are kinds of pages, whatever is asked for.
std::string_view endpoint_of(std::string_view path)
{
    for (std::string_view const known : {"/", "/health/live", "/health/ready", "/metrics"}) {
        if (path == known) {
            return known;
        }
    }
    return path.starts_with("/products/") ? "/products/" : "other";
}

std::unique_ptr<product_source> make_source(asio::any_io_executor const& ex, settings const& how, telemetry const& told)
{
    if (how.database) {
        return std::make_unique<database>(ex, *how.database, how.database_connections, told);
    }
    return std::make_unique<embedded_products>();
}

std::unique_ptr<shared_cache> make_shared_cache(asio::any_io_executor const& ex, settings const& how, telemetry const& told)
{
    return how.redis ? std::make_unique<shared_cache>(ex, *how.redis, told) : nullptr;
}

std::unique_ptr<recommender> make_recommender(asio::any_io_executor const& ex, settings const& how, telemetry const& told)
{
    return how.recommendations ? std::make_unique<recommender>(ex, *how.recommendations, how.rollout_percent, told)
                               : nullptr;
}

} // namespace

shop::shop(asio::any_io_executor const& ex, settings const& how)
    : ex_(ex), how_(how), source_(make_source(ex, how, told_)), database_(dynamic_cast<database const*>(source_.get())),
      catalogue_(ex, *source_, make_shared_cache(ex, how, told_), how.cache_time),
      recommender_(make_recommender(ex, how, told_)),
      health_(ex), loop_(ex), answers_(told_.metrics.counters("storefront_answers_total", "Requests that were answered.",
                                      {"endpoint", "status"})),
      durations_(told_.metrics.latencies("storefront_answer_seconds", "How long it took to answer.", {"endpoint"})),
      shelves_(told_.metrics.counters("storefront_shelves_total", "Shelves on pages, by who chose what is on them.",
                                      {"by"}))
{
    source_->add_checks(health_);
}

asio::awaitable<void> shop::open()
{
    auto const until = steady_clock::now() + how_.warm_up_time;
    std::string trouble = co_await warm_up();
    if (!trouble.empty()) {
        log(fmt::format("not warm yet, and trying for {} s: {}", how_.warm_up_time / 1s, trouble));
    }
    while (!trouble.empty() && steady_clock::now() < until) {
        asio::steady_timer later(ex_, 200ms);
        co_await later.async_wait(asio::use_awaitable);
        trouble = co_await warm_up();
    }
    log(trouble.empty() ? "open" : "open, but cold: " + trouble);
    health_.start(); // not before: a pool that nobody has used yet has seen nothing
    health_.set_lifecycle(resil::lifecycle::ready);
}

/// Returns why it is not warm; nothing if it is. The shared cache may know enough even if there is no database.
asio::awaitable<std::string> shop::warm_up()
{
    try {
        co_await source_->prepare();
    } catch (boost::system::system_error const&) {
        // If it matters, the products are not there either.
    }
    std::string trouble;
    try {
        co_await catalogue_.warm_up();
    } catch (boost::system::system_error const& e) {
        trouble = e.what();
    }
    co_return trouble;
}

void shop::add_to(resil::service::shutdown& leaving)
{
    leaving.on_not_ready([this] { health_.set_lifecycle(resil::lifecycle::draining); });
    leaving.add_gate(catalogue_.refreshes());
    if (database_) {
        leaving.add_pool("database", database_->pool());
    }
    if (recommender_) {
        leaving.add_pool("recommendations", recommender_->client().connections());
    }
}

asio::awaitable<shop::response> shop::answer(resil::http::exchange& caller)
{
    auto const begin = steady_clock::now();
    auto const& request = caller.request();
    response made = co_await route(request);
    auto const endpoint = endpoint_of(path_of(request.target()));
    answers_.with({endpoint, std::to_string(made.result_int())}).add();
    durations_.with({endpoint}).record(steady_clock::now() - begin);
    co_return made;
}

asio::awaitable<shop::response> shop::route(resil::http::string_request const& request)
{
    auto const path = path_of(request.target());
    response made;
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
        made = make_answer(http::status::method_not_allowed, "GET and HEAD only\n");
        made.set(http::field::allow, "GET, HEAD");
    } else if (path == "/health/live") {
        made = resil::http::probe_response(loop_.alive(), request.method());
    } else if (path == "/health/ready") {
        made = resil::http::health_response(health_.report(), request.method());
    } else if (path == "/metrics") {
        made = make_answer(http::status::ok, prometheus_text(told_.metrics), resil::service::prometheus_content_type);
    } else {
        made = co_await page(request, path);
    }
    co_return made;
}

asio::awaitable<shop::response> shop::page(resil::http::string_request const& request, std::string_view path)
{
    response made;
    try {
        if (path == "/") {
            made = co_await front_page(request);
        } else if (path.starts_with("/products/")) {
            made = co_await product_page(path.substr(std::string_view("/products/").size()));
        } else {
            made = make_answer(http::status::not_found, "no such page\n");
        }
    } catch (boost::system::system_error const& e) {
        log(fmt::format("no page for {}: {}", path, e.what()));
        made = make_answer(http::status::service_unavailable, "the shop is closed for a moment\n");
        made.set(http::field::retry_after, "2");
    }
    co_return made;
}

asio::awaitable<shop::response> shop::front_page(resil::http::string_request const& request)
{
    visitor const who = read_visitor(request);
    cached const all = co_await catalogue_.all();
    shelf const recommended = co_await recommend(who.id, all.found);
    auto made = make_page(render_front_page(all.found, recommended), all);
    made.set("Recommended-By", recommended.chosen_by);
    if (who.is_new) {
        made.set(http::field::set_cookie, "visitor=" + who.id + "; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
    }
    co_return made;
}

asio::awaitable<shelf> shop::recommend(std::string const& visitor, products const& all)
{
    shelf chosen{most_popular(all, 3), "popular"};
    if (recommender_) {
        chosen = co_await recommender_->recommend(visitor, chosen.ids);
    }
    shelves_.with({chosen.chosen_by}).add();
    co_return chosen;
}

asio::awaitable<shop::response> shop::product_page(std::string_view id)
{
    int number = 0;
    auto const [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    cached one;
    if (error == std::errc() && end == id.data() + id.size()) {
        one = co_await catalogue_.one(number);
    }
    if (one.found.empty()) {
        co_return make_answer(http::status::not_found, "no such product\n");
    }
    co_return make_page(render_product_page(one.found.front()), one);
}

} // namespace storefront
