// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "cache.hpp"

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/pipeline.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <charconv>
#include <utility>
#include <vector>

namespace storefront {

namespace asio = boost::asio;
using namespace std::chrono_literals;

std::optional<cached> memory_cache::find(std::string const& key) const
{
    auto const entry = entries_.find(key);
    return entry == entries_.end() ? std::nullopt : std::optional(entry->second);
}

void memory_cache::store(std::string const& key, cached entry)
{
    if (entries_.size() >= most_entries && !entries_.contains(key)) {
        entries_.erase(entries_.begin());
    }
    entries_.insert_or_assign(key, std::move(entry));
}

namespace {

/// No retry: what a cache does not answer at once, the database answers.
auto cache_policies(telemetry const& told)
{
    resil::circuit_breaker const breaker{{.name = "redis", .open_duration = 1s, .listener = told.circuit_listener()}};
    resil::bulkhead const bulkhead{{.name = "redis", .max_concurrent = 16}};
    told.watch("redis", breaker, bulkhead);
    return resil::pipeline{
        resil::observe{told.policies.observer("catalogue", "redis")},
        breaker,
        bulkhead,
        resil::timeout{100ms}, // not 10 s: a healthy Redis takes one
    };
}

std::string encode(cached const& entry)
{
    auto const time = std::chrono::duration_cast<std::chrono::milliseconds>(entry.stored.time_since_epoch());
    return std::to_string(time.count()) + "\n" + encode(entry.found);
}

std::optional<cached> decode_entry(std::string_view text)
{
    long long stored = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), stored);
    auto const line = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || line == text.size()) {
        return std::nullopt;
    }
    auto found = decode(text.substr(line + 1));
    if (found.empty()) {
        return std::nullopt;
    }
    return cached{std::move(found), cached::clock::time_point(std::chrono::milliseconds(stored))};
}

} // namespace

struct shared_cache::protected_redis
{
    resil::connection_pool<redis::connector> pool;
    decltype(cache_policies(std::declval<telemetry const&>())) policies;
};

shared_cache::shared_cache(asio::any_io_executor const& ex, redis::address const& server, telemetry const& told)
{
    resil::connection_pool_options const options{
        .name = "redis", .max_size = shared_cache_connections, .acquire_timeout = 100ms, .listener = told.policies.pool_listener()};
    resil::connection_pool const pool(ex, redis::connector{server}, options);
    told.watch("redis", pool);
    redis_.reset(new protected_redis{pool, cache_policies(told)});
}

shared_cache::~shared_cache() = default;

asio::awaitable<std::optional<std::string>> shared_cache::command(std::vector<std::string> words)
{
    auto const ask = [&](resil::attempt const& a) -> asio::awaitable<std::optional<std::string>> {
        auto const connection = co_await redis_->pool.async_acquire(resil::within(a), asio::use_awaitable);
        std::optional<std::string> said = co_await connection->command(words);
        co_return said;
    };
    std::optional<std::string> answer;
    try {
        answer = co_await redis_->policies.async_call(ask, asio::use_awaitable);
    } catch (boost::system::system_error const&) {
        // A cache that does not answer has nothing; the breaker has told the log.
    }
    co_return answer;
}

asio::awaitable<std::optional<cached>> shared_cache::find(std::string key)
{
    std::vector<std::string> words{"GET", "storefront:" + key};
    auto const text = co_await command(std::move(words));
    co_return text ? decode_entry(*text) : std::nullopt;
}

asio::awaitable<void> shared_cache::store(std::string key, cached entry)
{
    std::vector<std::string> words{"SET", "storefront:" + key, encode(entry), "EX", "86400"};
    co_await command(std::move(words));
}

} // namespace storefront
