// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_SHOP_HPP
#define STOREFRONT_SHOP_HPP

#include "catalogue.hpp"
#include "product_source.hpp"
#include "recommender.hpp"
#include "settings.hpp"
#include "telemetry.hpp"

#include <resil/http/exchange.hpp>
#include <resil/http/string_message.hpp>
#include <resil/service/health.hpp>
#include <resil/service/liveness.hpp>
#include <resil/service/shutdown.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace storefront {

/// Answers requests.
///
/// | target | answer |
/// |---|---|
/// | `/` | products, and what is recommended to this visitor |
/// | `/products/<id>` | one product |
/// | `/health/live`, `/health/ready` | for Kubernetes |
/// | `/metrics` | for Prometheus |
class shop
{
public:
    shop(boost::asio::any_io_executor const& ex, settings const& how);

    /// Makes the caches warm; waits for the database for as long as `settings::warm_up_time`.
    boost::asio::awaitable<void> open();

    boost::asio::awaitable<resil::http::string_response> answer(resil::http::exchange& caller);

    /// What has to be ended in order.
    void add_to(resil::service::shutdown& leaving);

private:
    using response = resil::http::string_response;

    boost::asio::awaitable<std::string> warm_up();
    boost::asio::awaitable<response> route(resil::http::string_request const& request);
    boost::asio::awaitable<response> page(resil::http::string_request const& request, std::string_view path);
    boost::asio::awaitable<response> front_page(resil::http::string_request const& request);
    boost::asio::awaitable<response> product_page(std::string_view id);
    boost::asio::awaitable<shelf> recommend(std::string const& visitor, products const& all);

    boost::asio::any_io_executor ex_;
    settings how_;
    telemetry told_;
    std::unique_ptr<product_source> source_;
    database const* database_ = nullptr; // `source_`, if it is one
    catalogue catalogue_;
    std::unique_ptr<recommender> recommender_;
    resil::service::health health_;
    resil::service::liveness loop_;
    resil::service::metric_family<resil::service::counter> answers_;
    resil::service::metric_family<resil::service::latency> durations_;
    resil::service::metric_family<resil::service::counter> shelves_;
};

} // namespace storefront

#endif // STOREFRONT_SHOP_HPP
