// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_RECOMMENDER_HPP
#define STOREFRONT_RECOMMENDER_HPP

#include "telemetry.hpp"

#include <resil/http/client_pool.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace storefront {

/// Of each process, to the recommendations service.
inline constexpr std::size_t recommender_connections = 32;

/// What is recommended to a visitor.
struct shelf
{
    std::vector<int> ids;
    std::string_view chosen_by; ///< "v1", "v2", or "popular" when nobody knew better.
};

/// Asks the recommendations service, and does without it when it has a bad day.
class recommender
{
public:
    recommender(boost::asio::any_io_executor const& ex, resil::http::endpoint const& service, unsigned rollout_percent,
                telemetry const& told);
    ~recommender();

    /// Throws nothing that has to do with the service: then the shelf is `popular`.
    boost::asio::awaitable<shelf> recommend(std::string visitor, std::vector<int> popular);

    resil::http::client_pool const& client() const;

private:
    struct protected_service;

    std::unique_ptr<protected_service> service_;
    unsigned rollout_percent_;
};

} // namespace storefront

#endif // STOREFRONT_RECOMMENDER_HPP
