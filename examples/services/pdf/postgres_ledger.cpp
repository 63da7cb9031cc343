// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "postgres_ledger.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/system/system_error.hpp>

#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

namespace pdf {

namespace asio = boost::asio;
namespace postgres = resil::postgres;
using boost::beast::http::field;
using boost::beast::http::status;
using resil::http::string_request;
using resil::http::string_response;
using namespace std::chrono_literals;

namespace {

constexpr char const* create_table =
    "create table if not exists documents (id bigserial primary key, ordered text not null, made timestamptz not null "
    "default now())";

string_response unavailable()
{
    string_response made(status::service_unavailable, 11);
    made.set(field::retry_after, "1");
    made.body() = "the ledger is away; nothing was charged that you will not get\n";
    return made;
}

} // namespace

postgres_ledger::postgres_ledger(asio::any_io_executor const& ex, postgres::settings const& server, printer print)
    : pool_(ex, postgres::connector(server), {.name = "ledger", .max_size = 16, .acquire_timeout = 2s}),
      store_(pool_, {.lifetime = 24h}),
      print_(std::move(print))
{
}

asio::awaitable<void> postgres_ledger::open()
{
    co_await store_.create_table();
    auto const db = co_await pool_.async_acquire(asio::use_awaitable);
    co_await db->async_query(create_table, asio::use_awaitable);
}

asio::awaitable<string_response> postgres_ledger::answer(string_request const& order)
{
    resil::http::named_request const named = resil::http::name_request(order, options_);
    if (named.refused) {
        co_return named.refusal;
    }
    resil::execution_claim claim;
    bool is_away = false;
    try {
        auto const effect = [this, &order](postgres::connection& db) { return charge(db, order.body()); };
        resil::execution_claim found = co_await store_.execute(named.name, named.payload, effect);
        claim = std::move(found);
    } catch (boost::system::system_error const&) {
        is_away = true; // whether it was committed the key will tell, when the client asks again
    }
    if (is_away) {
        co_return unavailable();
    }
    if (claim.state == resil::claim_state::begun) {
        claim.state = resil::claim_state::done; // as it will be from now on
    }
    co_return resil::http::answer_of(claim);
}

asio::awaitable<resil::stored_answer> postgres_ledger::charge(postgres::connection& db, std::string order)
{
    std::string document = co_await print_(order);
    postgres::parameters values{order};
    co_await db.async_query("insert into documents (ordered) values ($1)", std::move(values), asio::use_awaitable);
    resil::stored_answer made;
    made.status = 201;
    made.fields.emplace_back("Content-Type", "application/pdf");
    made.body = std::move(document);
    co_return made;
}

asio::awaitable<std::size_t> postgres_ledger::count()
{
    auto const db = co_await pool_.async_acquire(asio::use_awaitable);
    auto const counted = co_await db->async_query("select count(*) from documents", asio::use_awaitable);
    std::string_view const text = counted.at(0, 0).value_or("0");
    std::size_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    co_return number;
}

} // namespace pdf
