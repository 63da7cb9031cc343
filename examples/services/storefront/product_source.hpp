// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_PRODUCT_SOURCE_HPP
#define STOREFRONT_PRODUCT_SOURCE_HPP

#include "product.hpp"
#include "telemetry.hpp"

#include <resil/connection_pool.hpp>
#include <resil/postgres/postgres.hpp>
#include <resil/service/health.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>

namespace storefront {

/// Where products come from. Each function throws `system_error`.
class product_source
{
public:
    virtual ~product_source() = default;

    /// Makes sure that there are products.
    virtual boost::asio::awaitable<void> prepare() = 0;

    virtual boost::asio::awaitable<products> all() = 0;

    /// One or none.
    virtual boost::asio::awaitable<products> one(int id) = 0;

    /// Adds what readiness should look at.
    virtual void add_checks(resil::service::health const& health) const = 0;
};

/// For trying things out: what `sample_products` has.
class embedded_products : public product_source
{
public:
    boost::asio::awaitable<void> prepare() override;
    boost::asio::awaitable<products> all() override;
    boost::asio::awaitable<products> one(int id) override;
    void add_checks(resil::service::health const& health) const override;
};

using database_pool = resil::connection_pool<resil::postgres::connector>;

/// PostgreSQL, through a pool and policies.
class database : public product_source
{
public:
    database(boost::asio::any_io_executor const& ex, resil::postgres::settings const& server, std::size_t connections,
             telemetry const& told);
    ~database() override;

    boost::asio::awaitable<void> prepare() override;
    boost::asio::awaitable<products> all() override;
    boost::asio::awaitable<products> one(int id) override;
    void add_checks(resil::service::health const& health) const override;

    database_pool const& pool() const;

private:
    struct protected_database;

    boost::asio::awaitable<products> select(std::string sql, resil::postgres::parameters values);

    std::unique_ptr<protected_database> database_;
};

} // namespace storefront

#endif // STOREFRONT_PRODUCT_SOURCE_HPP
