// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef INGEST_POINT_QUEUE_HPP
#define INGEST_POINT_QUEUE_HPP

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace ingest {

/// What became of an offer.
enum class offer_outcome
{
    taken,       ///< The queue has it, and will not lose it as far as the queue promises.
    full,        ///< There is too much already; later.
    unavailable, ///< The queue cannot be reached. It may or may not have it.
};

/// A body of points that was acknowledged.
struct entry
{
    std::string id; ///< The queue's.
    std::string body;
};

/// Keeps what was acknowledged until it is stored. Used from one thread.
class point_queue
{
public:
    virtual ~point_queue() = default;

    /// Takes a body of `points` points, or says why not.
    virtual boost::asio::awaitable<offer_outcome> offer(std::string const& body, std::size_t points) = 0;

    /// Waits for entries that nobody stores yet; at most `most`, and none if it waited for long. Throws if it cannot.
    virtual boost::asio::awaitable<std::vector<entry>> take(std::size_t most) = 0;

    /// Forgets entries that are stored. Throws if it cannot; they are taken again then.
    virtual boost::asio::awaitable<void> forget(std::vector<entry> const& stored) = 0;

    /// Whether offers can be taken at all.
    virtual bool is_available() const = 0;

    /// How much waits, as far as is known: points of the queue in memory, requests of the one in Redis.
    virtual std::size_t backlog() const = 0;

    /// Whether entries are lost with this process, so that all must be stored before it ends.
    virtual bool dies_with_process() const = 0;
};

} // namespace ingest

#endif // INGEST_POINT_QUEUE_HPP
