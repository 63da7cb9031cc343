// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef INGEST_MEMORY_QUEUE_HPP
#define INGEST_MEMORY_QUEUE_HPP

#include "point_queue.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace ingest {

/// Needs nothing, and loses what it holds when the process crashes: for trying things out, not for keeping a promise.
class memory_queue final : public point_queue
{
public:
    memory_queue(boost::asio::any_io_executor const& ex, std::size_t most_points) : most_(most_points), filled_(ex) {}

    boost::asio::awaitable<offer_outcome> offer(std::string const& body, std::size_t points) override
    {
        if (points_ + points > most_) {
            co_return offer_outcome::full;
        }
        points_ += points;
        waiting_.push_back({body, points});
        filled_.cancel();
        co_return offer_outcome::taken;
    }

    boost::asio::awaitable<std::vector<entry>> take(std::size_t most) override
    {
        if (waiting_.empty()) {
            filled_.expires_after(std::chrono::milliseconds(200));
            auto const token = boost::asio::as_tuple(boost::asio::use_awaitable);
            co_await filled_.async_wait(token);
        }
        std::vector<entry> taken;
        for (; !waiting_.empty() && taken.size() < most; waiting_.pop_front()) {
            held& first = waiting_.front();
            taken.push_back({std::to_string(first.points), std::move(first.body)});
        }
        co_return taken;
    }

    boost::asio::awaitable<void> forget(std::vector<entry> const& stored) override
    {
        for (entry const& each : stored) {
            points_ -= std::stoul(each.id);
        }
        co_return;
    }

    bool is_available() const override { return true; }
    std::size_t backlog() const override { return points_; }
    bool dies_with_process() const override { return true; }

private:
    struct held
    {
        std::string body;
        std::size_t points;
    };

    std::size_t const most_;
    std::size_t points_ = 0; // those that are taken, and not stored yet, too
    std::deque<held> waiting_;
    boost::asio::steady_timer filled_;
};

} // namespace ingest

#endif // INGEST_MEMORY_QUEUE_HPP
