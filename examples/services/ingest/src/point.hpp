// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef INGEST_POINT_HPP
#define INGEST_POINT_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ingest {

/// One measurement. Its `id` is the client's, and makes it the same point however often it is sent.
struct point
{
    std::string id;
    std::string series;
    std::int64_t at = 0; ///< Milliseconds since 1970.
    double value = 0;
};

/// What a body says, or what is wrong with it.
struct read_points
{
    std::vector<point> points{};
    std::string problem{}; ///< Empty if there is none.
};

/// Reads lines of `<id> <series> <timestamp> <value>`; `most` of them at most.
read_points read(std::string_view body, std::size_t most);

} // namespace ingest

#endif // INGEST_POINT_HPP
