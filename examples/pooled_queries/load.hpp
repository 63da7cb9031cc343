// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_EXAMPLES_POOLED_QUERIES_LOAD_HPP
#define RESIL_EXAMPLES_POOLED_QUERIES_LOAD_HPP

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <future>
#include <thread>
#include <vector>

namespace load {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

/// What users got.
struct tally
{
    int answers = 0;
    int errors = 0;
};

/// Looks at a page after the other; each needs one answer.
template <class Query>
asio::awaitable<tally> user(Query const& query, clock::time_point end)
{
    asio::steady_timer reading(co_await asio::this_coro::executor);
    tally seen;
    while (clock::now() < end) {
        try {
            co_await query();
            ++seen.answers;
        } catch (boost::system::system_error const&) {
            ++seen.errors;
        }
        reading.expires_after(std::chrono::milliseconds(20));
        co_await reading.async_wait(asio::use_awaitable);
    }
    co_return seen;
}

/// Lets users ask for some time, and kills the server in the middle of it.
template <class Query, class Server>
tally play(asio::thread_pool& threads, Server& server, Query const& query,
           std::chrono::milliseconds length)
{
    std::vector<std::future<tally>> users;
    for (int i = 0; i < 20; ++i) {
        users.push_back(
            asio::co_spawn(threads, user(query, clock::now() + length), asio::use_future));
    }
    std::this_thread::sleep_for(length / 2);
    server.restart();
    tally all;
    for (auto& u : users) {
        tally const seen = u.get();
        all.answers += seen.answers;
        all.errors += seen.errors;
    }
    return all;
}

} // namespace load

#endif // RESIL_EXAMPLES_POOLED_QUERIES_LOAD_HPP
