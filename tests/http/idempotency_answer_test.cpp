// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/idempotency_answer.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace http = resil::http;
using boost::beast::http::status;
using boost::beast::http::verb;
using resil::claim_state;
using resil::execution_claim;

/// A store that says what the test wants, and notes what it is told.
struct scripted_store
{
    asio::awaitable<execution_claim> begin(resil::execution_name name, resil::payload_fingerprint payload) const
    {
        notes->push_back("begin " + name.tenant + "|" + name.endpoint + "|" + name.key);
        *seen = payload;
        if (away) {
            throw boost::system::system_error(make_error_code(boost::system::errc::connection_refused));
        }
        co_return execution_claim(claim);
    }

    asio::awaitable<bool> complete(resil::execution_name, std::uint64_t lease, resil::stored_answer answer) const
    {
        notes->push_back("complete " + std::to_string(lease) + " " + std::to_string(answer.status) + " " + answer.body);
        *kept = std::move(answer);
        if (lost) {
            throw boost::system::system_error(make_error_code(boost::system::errc::connection_reset));
        }
        co_return true;
    }

    asio::awaitable<bool> abandon(resil::execution_name, std::uint64_t lease) const
    {
        notes->push_back("abandon " + std::to_string(lease));
        co_return true;
    }

    execution_claim claim{claim_state::begun, 7, {}};
    bool away = false;
    bool lost = false;
    std::vector<std::string>* notes;
    resil::stored_answer* kept;
    resil::payload_fingerprint* seen;
};

struct world
{
    world()
    {
        request.method(verb::post);
        request.target("/orders?x=1");
        request.version(11);
        request.set("Idempotency-Key", "\"key-1\"");
        request.body() = "{}";
        store.notes = &notes;
        store.kept = &kept;
        store.seen = &seen;
    }

    http::string_response ask()
    {
        auto const handler = [this](http::string_request const&) -> asio::awaitable<http::string_response> {
            ++executed;
            if (throws) {
                throw std::runtime_error("no");
            }
            http::string_response made(answer, 11);
            made.set("Location", "/orders/1");
            made.set("X-Trace", "7");
            made.body() = "made";
            co_return made;
        };
        asio::io_context context;
        http::string_response got;
        asio::co_spawn(context, http::answer_once(store, request, options, handler),
                       [&](std::exception_ptr e, http::string_response r) {
                           failure = e;
                           got = std::move(r);
                       });
        context.run();
        return got;
    }

    std::vector<std::string> notes;
    resil::stored_answer kept;
    resil::payload_fingerprint seen{};
    scripted_store store;
    http::string_request request;
    http::answer_once_options options;
    status answer = status::created;
    bool throws = false;
    int executed = 0;
    std::exception_ptr failure;
};

using notes = std::vector<std::string>;

} // namespace

TEST_CASE("a request with a new key is executed, and its answer kept", "[http][idempotency]")
{
    world w;
    auto const got = w.ask();

    CHECK(got.result() == status::created);
    CHECK(got.body() == "made");
    CHECK(w.notes == notes{"begin |POST /orders|key-1", "complete 7 201 made"});
    CHECK(w.kept.fields == std::vector<std::pair<std::string, std::string>>{{"Location", "/orders/1"}});
}

TEST_CASE("a request that was executed gets the same answer, and is told so", "[http][idempotency]")
{
    world w;
    w.store.claim = {claim_state::done, 0, {201, {{"Location", "/orders/1"}}, "made"}};
    auto const got = w.ask();

    CHECK(w.executed == 0);
    CHECK(got.result() == status::created);
    CHECK(got.body() == "made");
    CHECK(got["Location"] == "/orders/1");
    CHECK(got["Idempotency-Replayed"] == "true");
}

TEST_CASE("a key that is in flight, misused, forgotten or has no room is refused without executing", "[http][idempotency]")
{
    struct row
    {
        claim_state state;
        unsigned status;
        bool later;
    };
    for (auto const& [state, code, later] : {row{claim_state::in_flight, 409, true}, row{claim_state::forgotten, 409, false},
                                             row{claim_state::different, 422, false}, row{claim_state::full, 503, true}}) {
        world w;
        w.store.claim = {state};
        auto const got = w.ask();

        CHECK(got.result_int() == code);
        CHECK((got.count("Retry-After") == 1) == later);
        CHECK(got["Content-Type"] == "application/problem+json");
        CHECK(w.executed == 0);
    }
}

TEST_CASE("a request without a key is refused where one is required, and executed each time where not", "[http][idempotency]")
{
    world w;
    w.request.erase("Idempotency-Key");
    CHECK(w.ask().result() == status::bad_request);
    CHECK(w.executed == 0);

    w.options.required = false;
    CHECK(w.ask().result() == status::created);
    CHECK(w.ask().result() == status::created);
    CHECK(w.executed == 2);
    CHECK(w.notes.empty());
}

TEST_CASE("a malformed key is refused, required or not", "[http][idempotency]")
{
    for (char const* const wrong : {"", "unquoted", "\"", "\"\"", "\"a\" \"b\"", "\"a\nb\""}) {
        world w;
        w.options.required = false;
        w.request.set("Idempotency-Key", wrong);
        CHECK(w.ask().result() == status::bad_request);
        CHECK(w.executed == 0);
        CHECK(w.notes.empty());
    }
}

TEST_CASE("two keys in one request are refused", "[http][idempotency]")
{
    world w;
    w.request.insert("Idempotency-Key", "\"key-2\"");

    CHECK(w.ask().result() == status::bad_request);
    CHECK(w.executed == 0);
}

TEST_CASE("a failure of the handler is not kept", "[http][idempotency]")
{
    world w;
    w.answer = status::service_unavailable;
    CHECK(w.ask().result() == status::service_unavailable);
    CHECK(w.notes.back() == "abandon 7");

    w.throws = true;
    w.ask();
    CHECK(w.failure);
    CHECK(w.notes.back() == "abandon 7");
}

TEST_CASE("nothing is executed while executions cannot be remembered", "[http][idempotency]")
{
    world w;
    w.store.away = true;
    auto const got = w.ask();

    CHECK(got.result() == status::service_unavailable);
    CHECK(got["Retry-After"] == "1");
    CHECK(w.executed == 0);
}

TEST_CASE("what was executed is answered, though its answer could not be kept", "[http][idempotency]")
{
    world w;
    w.store.lost = true;

    CHECK(w.ask().result() == status::created);
    CHECK_FALSE(w.failure);
}

TEST_CASE("an execution that is cancelled and succeeds all the same is kept", "[http][idempotency]")
{
    world w;
    asio::io_context context;
    asio::cancellation_signal cancel;
    auto const handler = [&](http::string_request const&) -> asio::awaitable<http::string_response> {
        asio::post(context, [&] { cancel.emit(asio::cancellation_type::terminal); });
        co_await asio::post(context, asio::use_awaitable); // goes on all the same: the effect is done
        co_return http::string_response(status::created, 11);
    };
    asio::co_spawn(context, http::answer_once(w.store, w.request, w.options, handler),
                   asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr, http::string_response) {}));
    context.run();

    CHECK(w.notes.back() == "complete 7 201 ");
}

TEST_CASE("an execution that is cancelled and fails is in flight until its lease is over", "[http][idempotency]")
{
    world w;
    asio::io_context context;
    asio::cancellation_signal cancel;
    auto const handler = [&](http::string_request const&) -> asio::awaitable<http::string_response> {
        asio::post(context, [&] { cancel.emit(asio::cancellation_type::terminal); });
        co_await asio::post(context, asio::use_awaitable);
        throw boost::system::system_error(asio::error::operation_aborted);
        co_return http::string_response();
    };
    asio::co_spawn(context, http::answer_once(w.store, w.request, w.options, handler),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, http::string_response) {
                       w.failure = e;
                   }));
    context.run();

    CHECK(w.failure);
    CHECK(w.notes == notes{"begin |POST /orders|key-1"});
}

TEST_CASE("the tenant is what the service says, and the payload all that is asked for", "[http][idempotency]")
{
    world w;
    w.options.tenant = [](http::string_request const& r) { return std::string(r["X-User"]); };
    w.request.set("X-User", "anna");
    w.ask();
    CHECK(w.notes.front() == "begin anna|POST /orders|key-1");
    auto const first = w.seen;
    w.request.target("/orders?x=2");
    w.ask();
    CHECK(w.seen != first);
    w.request.target("/orders?x=1");
    w.request.body() = "[]";
    w.ask();
    CHECK(w.seen != first);
}
