// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef INGEST_REDIS_QUEUE_HPP
#define INGEST_REDIS_QUEUE_HPP

#include "point_queue.hpp"

#include <resil/circuit_breaker.hpp>
#include <resil/core/host_and_port.hpp>
#include <resil/redis/link.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/redis/request.hpp>
#include <boost/redis/response.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace ingest {

/// Where the stream is, and how it is read.
struct redis_queue_options
{
    resil::host_and_port server;
    std::size_t most_requests = 10'000; ///< The bound of the stream; more are refused.
    std::string consumer;               ///< The name of this process in the group.
    std::chrono::milliseconds abandoned_after = std::chrono::seconds(5); ///< When a consumer's entries are taken over.
};

/**
 * A Redis stream with a consumer group: what was acknowledged is on Redis' disk, and outlives all processes.
 *
 * Needs `appendfsync always`: with `everysec`, Redis' default, a crash of its machine loses up to a second of what was
 * acknowledged. An entry is deleted from the stream when it is stored, so the length of the stream is the backlog. Entries
 * of a consumer that crashed are claimed by the others.
 */
class redis_queue final : public point_queue
{
public:
    redis_queue(boost::asio::any_io_executor const& ex, redis_queue_options options);

    boost::asio::awaitable<offer_outcome> offer(std::string const& body, std::size_t points) override;
    boost::asio::awaitable<std::vector<entry>> take(std::size_t most) override;
    boost::asio::awaitable<void> forget(std::vector<entry> const& stored) override;
    bool is_available() const override;
    std::size_t backlog() const override { return backlog_; }
    bool dies_with_process() const override { return false; }

private:
    using reply = boost::redis::generic_response;

    boost::asio::awaitable<void> make_group();
    boost::asio::awaitable<std::vector<entry>> claim_abandoned(std::size_t most);
    boost::asio::awaitable<std::vector<entry>> read_new(std::size_t most);
    boost::asio::awaitable<reply> ask(boost::redis::request request);

    redis_queue_options const options_;
    resil::redis::link writing_;
    resil::redis::link reading_; // waits for entries: nothing else may wait behind that
    resil::circuit_breaker breaker_; // of what is written
    std::size_t backlog_ = 0;
    std::chrono::steady_clock::time_point next_look_{};
    std::chrono::steady_clock::time_point next_claim_{};
    bool has_group_ = false;
};

} // namespace ingest

#endif // INGEST_REDIS_QUEUE_HPP
