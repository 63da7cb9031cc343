// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef INGEST_POINT_STORE_HPP
#define INGEST_POINT_STORE_HPP

#include "point.hpp"

#include <boost/asio/awaitable.hpp>

#include <vector>

namespace ingest {

/// Where points end up. To store one twice is to store it once.
class point_store
{
public:
    virtual ~point_store() = default;

    /// Stores all or nothing; throws if it cannot.
    virtual boost::asio::awaitable<void> write(std::vector<point> const& points) = 0;

    /// Whether it answered when it was asked last.
    virtual bool is_available() const = 0;
};

} // namespace ingest

#endif // INGEST_POINT_STORE_HPP
