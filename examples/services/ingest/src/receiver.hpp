// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef INGEST_RECEIVER_HPP
#define INGEST_RECEIVER_HPP

#include "point_queue.hpp"
#include "point_store.hpp"

#include <resil/http/exchange.hpp>
#include <resil/http/string_message.hpp>
#include <resil/service/metrics.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>

namespace ingest {

/// Answers requests: takes points, and says how it is.
class receiver
{
public:
    receiver(point_queue& queue, point_store const& store, std::size_t most_points, resil::service::metrics counted);

    boost::asio::awaitable<resil::http::string_response> answer(resil::http::exchange& caller);

    /// From now on readiness says no.
    void not_ready() { ready_ = false; }

private:
    boost::asio::awaitable<resil::http::string_response> take_points(resil::http::string_request const& request);
    resil::http::string_response outcome_of(offer_outcome outcome, std::size_t points) const;
    resil::http::string_response readiness() const;
    resil::http::string_response metrics_text() const;

    point_queue& queue_;
    point_store const& store_;
    std::size_t const most_points_;
    resil::service::metrics counted_;
    resil::service::metric_family<resil::service::counter> received_;
    resil::service::counter acknowledged_;
    resil::service::counter refused_;
    resil::service::counter malformed_;
    resil::service::counter unavailable_;
    resil::service::gauge backlog_;
    bool ready_ = true;
};

} // namespace ingest

#endif // INGEST_RECEIVER_HPP
