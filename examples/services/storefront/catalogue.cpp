// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "catalogue.hpp"

#include "log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <utility>

namespace storefront {

namespace asio = boost::asio;

namespace {

std::string const key_of_all = "products";

std::string key_of(int id)
{
    return "product/" + std::to_string(id);
}

} // namespace

catalogue::catalogue(asio::any_io_executor const& ex, product_source& source, std::unique_ptr<shared_cache> shared,
                     resil::duration fresh_for)
    : ex_(ex), source_(source), shared_(std::move(shared)), fresh_for_(fresh_for), refreshes_(ex)
{
}

asio::awaitable<void> catalogue::warm_up()
{
    cached const known = co_await all();
    for (product const& p : known.found) {
        cached const one{{p}, known.stored};
        memory_.store(key_of(p.id), one);
    }
}

asio::awaitable<cached> catalogue::all()
{
    load const from_source = [this] { return source_.all(); };
    cached entry = co_await find(key_of_all, from_source);
    co_return entry;
}

asio::awaitable<cached> catalogue::one(int id)
{
    load const from_source = [this, id] { return source_.one(id); };
    std::string const key = key_of(id);
    cached entry = co_await find(key, from_source);
    co_return entry;
}

asio::awaitable<cached> catalogue::find(std::string key, load from_source)
{
    auto known = memory_.find(key);
    if (!known) {
        known = co_await fetch(key, from_source);
    } else if (!is_fresh(*known)) {
        refresh_in_background(key, from_source);
    }
    co_return *std::move(known);
}

/// From whoever knows: the other processes, or else the source, or else what the other processes knew once.
asio::awaitable<cached> catalogue::fetch(std::string key, load from_source)
{
    auto known = co_await find_shared(key);
    if (known && is_fresh(*known)) {
        memory_.store(key, *known);
        co_return *std::move(known);
    }
    std::exception_ptr failure;
    try {
        cached loaded;
        loaded.found = co_await from_source();
        known = std::move(loaded);
    } catch (boost::system::system_error const&) {
        failure = std::current_exception();
    }
    if (!known) {
        std::rethrow_exception(failure);
    }
    if (!known->found.empty()) { // or whoever asks for what does not exist would fill the caches
        memory_.store(key, *known);
        if (!failure) {
            co_await store(key, *known);
        }
    }
    co_return *std::move(known);
}

asio::awaitable<std::optional<cached>> catalogue::find_shared(std::string key)
{
    std::optional<cached> known;
    if (shared_) {
        known = co_await shared_->find(key);
    }
    co_return known;
}

asio::awaitable<void> catalogue::store(std::string key, cached entry)
{
    if (shared_) {
        co_await shared_->store(key, entry);
    }
}

void catalogue::refresh_in_background(std::string const& key, load from_source)
{
    auto pass = refreshes_.enter(); // none: the process is about to end
    if (pass && being_refreshed_.insert(key).second) {
        asio::co_spawn(ex_, refresh(key, std::move(from_source), std::move(*pass)), asio::detached);
    }
}

asio::awaitable<void> catalogue::refresh(std::string key, load from_source, resil::service::in_flight::pass)
{
    try {
        co_await fetch(key, from_source);
    } catch (boost::system::system_error const&) {
        // What is known goes on being the answer; the breaker has told the log.
    }
    being_refreshed_.erase(key);
}

} // namespace storefront
