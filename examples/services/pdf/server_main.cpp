// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "document.hpp"
#include "ledger.hpp"
#include "memory_ledger.hpp"
#include "mood.hpp"
#ifdef PDF_HAS_POSTGRES
#include "postgres_ledger.hpp"
#endif
#ifdef PDF_HAS_REDIS
#include "redis_ledger.hpp"
#endif

#include <resil/http/server.hpp>
#include <resil/service/environment.hpp>
#include <resil/service/shutdown.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::beast::http::field;
using boost::beast::http::status;
using boost::beast::http::verb;
using resil::http::string_response;

namespace {

enum class store_kind
{
    memory,
    postgres,
    redis,
};

struct settings
{
    resil::host_and_port listen;
    store_kind store;
    std::string database;
    resil::host_and_port redis;
    pdf::mood_settings mood;
    resil::duration shutdown_budget;
};

settings ask(resil::service::environment& from)
{
    settings s;
    s.listen = from.address("LISTEN", {"127.0.0.1", 8081}, "where it listens");
    s.store = from.word<store_kind>("STORE", "memory",
                                    {{"memory", store_kind::memory}, {"postgres", store_kind::postgres}, {"redis", store_kind::redis}},
                                    "where keys and documents are remembered; memory forgets them when it ends");
    s.database = from.secret("DATABASE", "PostgreSQL, as postgresql://user@host/database");
    s.redis = from.address("REDIS", {"127.0.0.1", 6379}, "Redis, of the store redis");
    s.mood.delay = from.time("DELAY", 50ms, {0s, 1min}, "how long a document takes");
    s.mood.rate = from.number("RATE", 0.0, {0.0, 1e6}, "orders a second, more get 429; 0: all are taken");
    s.mood.lie = from.number("LIE", 0.0, {0.0, 1.0}, "share of documents that arrive broken");
    s.shutdown_budget = from.time("SHUTDOWN_BUDGET", 25s, {11s, 1h}, "for all of an orderly end");
    if (s.store == store_kind::postgres && s.database.empty()) {
        from.refuse("DATABASE", "is needed by the store");
    }
    return s;
}

string_response text(status code, std::string body)
{
    string_response made(code, 11);
    made.set(field::content_type, "text/plain");
    made.body() = std::move(body) + "\n";
    return made;
}

/// Orders and their documents, over HTTP.
class front
{
public:
    front(pdf::ledger& orders, pdf::mood& mood) : orders_(orders), mood_(mood) {}

    asio::awaitable<string_response> answer(resil::http::exchange& caller)
    {
        std::string_view const target = caller.request().target();
        if (target == "/orders" && caller.request().method() == verb::post) {
            string_response answered = co_await order(caller.request());
            co_return answered;
        }
        if (target == "/documents/count") {
            std::size_t const count = co_await orders_.count();
            co_return text(status::ok, std::to_string(count));
        }
        if (target == "/health/live") {
            co_return text(status::ok, "alive");
        }
        if (target == "/health/ready") {
            co_return ready_ ? text(status::ok, "ready") : text(status::service_unavailable, "about to end");
        }
        co_return text(status::not_found, "there are POST /orders, /documents/count, /health/live and /health/ready");
    }

    void not_ready() { ready_ = false; }

private:
    asio::awaitable<string_response> order(resil::http::string_request const& asked)
    {
        if (!mood_.takes(std::chrono::steady_clock::now())) {
            string_response refused = text(status::too_many_requests, "too many orders");
            refused.set(field::retry_after, "1");
            co_return refused;
        }
        string_response answered = co_await orders_.answer(asked);
        if (answered.result() == status::created) {
            mood_.maybe_lie(answered.body()); // on its way out: what is remembered is the truth
        }
        co_return answered;
    }

    pdf::ledger& orders_;
    pdf::mood& mood_;
    bool ready_ = true;
};

asio::awaitable<std::string> print(pdf::mood const& mood, std::string order)
{
    asio::steady_timer press(co_await asio::this_coro::executor, mood.delay());
    co_await press.async_wait(asio::use_awaitable);
    co_return pdf::make_document(order);
}

std::unique_ptr<pdf::ledger> make_ledger(asio::io_context& context, settings const& s, pdf::mood const& mood)
{
    auto const ex = context.get_executor();
    auto const printer = [&mood](std::string order) { return print(mood, std::move(order)); };
    if (s.store == store_kind::memory) {
        return std::make_unique<pdf::memory_ledger>(ex, printer);
    }
#ifdef PDF_HAS_POSTGRES
    if (s.store == store_kind::postgres) {
        return std::make_unique<pdf::postgres_ledger>(ex, resil::postgres::read_settings(s.database), printer);
    }
#endif
#ifdef PDF_HAS_REDIS
    if (s.store == store_kind::redis) {
        resil::duration const lease = 2 * s.mood.delay + 2s; // longer than an order can take
        return std::make_unique<pdf::redis_ledger>(ex, s.redis, lease, printer);
    }
#endif
    throw std::runtime_error("PDF_SERVER_STORE: this was built without it");
}

void open(asio::io_context& context, pdf::ledger& ledger)
{
    std::exception_ptr failure;
    bool is_open = false;
    asio::co_spawn(context, ledger.open(), [&](std::exception_ptr e) {
        failure = e;
        is_open = true;
    });
    while (!is_open && context.run_one_for(30s) != 0) {
    }
    if (!is_open) {
        throw std::runtime_error("the store does not answer");
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    context.restart();
}

int serve(settings const& s)
{
    asio::io_context context;
    pdf::mood mood(s.mood, std::random_device()());
    auto const orders = make_ledger(context, s, mood);
    open(context, *orders);
    front answers(*orders, mood);
    resil::http::server site(context.get_executor(), [&](resil::http::exchange& e) { return answers.answer(e); });
    site.start({asio::ip::make_address(s.listen.host), s.listen.port});
    fmt::print("pdf_server: listens on {}:{}\n", s.listen.host, s.listen.port);
    std::fflush(stdout);

    resil::service::shutdown leaving(context.get_executor(), {.budget = s.shutdown_budget});
    leaving.on_signals();
    leaving.on_not_ready([&] { answers.not_ready(); });
    leaving.add_server(site);
    leaving.started();
    int exit_code = 1;
    asio::co_spawn(context, leaving.run(), [&](std::exception_ptr, int code) {
        exit_code = code;
        context.stop();
    });
    context.run();
    return exit_code;
}

} // namespace

int main(int argc, char** argv)
try {
    resil::service::environment from("PDF_SERVER_");
    settings const s = ask(from);
    if (argc > 1 && std::string_view(argv[1]) == "--help") {
        fmt::print("pdf_server: slow, limited, and not always honest\n\n{}", from.describe());
        return 0;
    }
    if (!from.ok()) {
        fmt::print(stderr, "pdf_server: {}", from.report());
        return 2;
    }
    return serve(s);
} catch (std::exception const& e) {
    fmt::print(stderr, "pdf_server: {}\n", e.what());
    return 1;
}
