// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_CACHE_HPP
#define STOREFRONT_CACHE_HPP

#include "product.hpp"
#include "redis.hpp"
#include "telemetry.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace storefront {

/// What the database said, and when.
struct cached
{
    using clock = std::chrono::system_clock; // its ages are understood by other processes, too

    products found;
    clock::time_point stored = clock::now();

    std::chrono::milliseconds age() const
    {
        return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - stored);
    }
};

/// What this process knows. Nothing is ever too old to be kept: an old page is better than none.
class memory_cache
{
public:
    std::optional<cached> find(std::string const& key) const;
    void store(std::string const& key, cached entry);

private:
    static constexpr std::size_t most_entries = 10'000;

    std::map<std::string, cached, std::less<>> entries_;
};

/// Of each process, to Redis.
inline constexpr std::size_t shared_cache_connections = 4;

/// What all processes know: a Redis that may be gone at any time, and is then a cache with nothing in it.
class shared_cache
{
public:
    shared_cache(boost::asio::any_io_executor const& ex, redis::address const& server, telemetry const& told);
    ~shared_cache();

    boost::asio::awaitable<std::optional<cached>> find(std::string key);
    boost::asio::awaitable<void> store(std::string key, cached entry);

private:
    struct protected_redis;

    boost::asio::awaitable<std::optional<std::string>> command(std::vector<std::string> words);

    std::unique_ptr<protected_redis> redis_;
};

} // namespace storefront

#endif // STOREFRONT_CACHE_HPP
