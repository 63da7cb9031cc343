// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef INGEST_DATABASE_STORE_HPP
#define INGEST_DATABASE_STORE_HPP

#include "point_store.hpp"

#include <resil/connection_pool.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/postgres/postgres.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <string>

namespace ingest {

/**
 * A table of PostgreSQL, whose key is the point's id: a batch that is written again, because nobody knows whether it
 * arrived, changes nothing. That is what makes retries safe here.
 */
class database_store final : public point_store
{
public:
    database_store(boost::asio::any_io_executor const& ex, resil::postgres::settings const& server);

    boost::asio::awaitable<void> write(std::vector<point> const& points) override;
    bool is_available() const override { return available_; }

    resil::connection_pool<resil::postgres::connector> const& pool() const { return pool_; }

private:
    using policies = resil::pipeline<resil::judged_by<resil::postgres::judge_error>, resil::deadline, resil::retry,
                                     resil::timeout>;

    boost::asio::awaitable<void> run(std::string sql, resil::postgres::parameters values);

    resil::connection_pool<resil::postgres::connector> pool_;
    policies calls_;
    bool has_table_ = false;
    bool available_ = false;
};

} // namespace ingest

#endif // INGEST_DATABASE_STORE_HPP
