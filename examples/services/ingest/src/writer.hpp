// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef INGEST_WRITER_HPP
#define INGEST_WRITER_HPP

#include "point_queue.hpp"
#include "point_store.hpp"

#include <resil/service/metrics.hpp>
#include <resil/service/stop_notice.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>

namespace ingest {

/// Moves entries from the queue to the store, a batch at a time, until it is told to stop.
class writer
{
public:
    writer(point_queue& from, point_store& to, std::size_t batch, resil::service::metrics const& counted);

    boost::asio::awaitable<void> run(resil::service::stop_notice stopping);

private:
    bool is_done(resil::service::stop_notice const& stopping) const;
    boost::asio::awaitable<void> move_batch(resil::service::stop_notice stopping);
    boost::asio::awaitable<void> store(std::vector<entry> const& taken, resil::service::stop_notice stopping);

    point_queue& from_;
    point_store& to_;
    std::size_t const batch_;
    resil::service::counter stored_;
    resil::service::counter failures_;
};

} // namespace ingest

#endif // INGEST_WRITER_HPP
