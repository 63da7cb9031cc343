// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "writer.hpp"

#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <utility>
#include <vector>

namespace ingest {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

std::vector<point> points_of(std::vector<entry> const& taken)
{
    std::vector<point> all;
    for (entry const& each : taken) {
        for (point& one : read(each.body, no_limit).points) {
            all.push_back(std::move(one));
        }
    }
    return all;
}

} // namespace

writer::writer(point_queue& from, point_store& to, std::size_t batch, resil::service::metrics const& counted)
    : from_(from),
      to_(to),
      batch_(batch),
      stored_(counted.counter("ingest_points_stored_total", "Points that are in the store")),
      failures_(counted.counter("ingest_batches_failed_total", "Batches that could not be stored, and are tried again"))
{
}

asio::awaitable<void> writer::run(resil::service::stop_notice stopping)
{
    while (!is_done(stopping)) {
        co_await move_batch(stopping);
    }
}

// What is in Redis is there for the next process; what is in memory is stored first, or lost.
bool writer::is_done(resil::service::stop_notice const& stopping) const
{
    return stopping.requested() && (!from_.dies_with_process() || from_.backlog() == 0);
}

asio::awaitable<void> writer::move_batch(resil::service::stop_notice stopping)
{
    bool failed = false;
    try {
        std::vector<entry> const taken = co_await from_.take(batch_);
        if (!taken.empty()) {
            co_await store(taken, stopping);
            co_await from_.forget(taken);
        }
    } catch (boost::system::system_error const&) {
        failed = true; // Redis is away; its entries are read, or claimed, again
    }
    if (failed) {
        co_await stopping.pause(200ms);
    }
}

asio::awaitable<void> writer::store(std::vector<entry> const& taken, resil::service::stop_notice stopping)
{
    std::vector<point> const points = points_of(taken);
    bool stored = points.empty();
    while (!stored) {
        try {
            co_await to_.write(points);
            stored = true;
        } catch (std::exception const&) {
            failures_.add();
        }
        if (!stored) {
            if (stopping.requested() && !from_.dies_with_process()) {
                throw boost::system::system_error(asio::error::operation_aborted);
            }
            co_await stopping.pause(500ms);
        }
    }
    stored_.add(points.size());
}

} // namespace ingest
