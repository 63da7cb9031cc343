// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef INGEST_REDIS_LINK_HPP
#define INGEST_REDIS_LINK_HPP

#include <resil/core/host_and_port.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/consign.hpp>
#include <boost/redis/connection.hpp>
#include <boost/redis/request.hpp>
#include <boost/redis/response.hpp>

#include <memory>
#include <string>
#include <utility>

namespace ingest {

/// One exchange with Redis. It owns what it touches: an answer may still be written to when nobody waits for it any more.
struct redis_exchange
{
    struct parts
    {
        boost::redis::request request;
        boost::redis::generic_response answer{};
    };

    template <class Token>
    auto operator()(Token&& token) const
    {
        return over->async_exec(owned->request, owned->answer,
                                boost::asio::consign(std::forward<Token>(token), owned, over));
    }

    std::shared_ptr<boost::redis::connection> over;
    std::shared_ptr<parts> owned;
};

/**
 * Keeps a connection to Redis, a new object each time it is lost.
 *
 * Boost.Redis can open a lost connection anew by itself, but gives up when connecting fails, and an object that was
 * answered `LOADING` by a Redis that has just started is of no further use: each answer adds to the error that it keeps.
 * Its health check throws then; so there is one here.
 */
class redis_link
{
public:
    redis_link(boost::asio::any_io_executor const& ex, resil::host_and_port server, std::string name);

    /// Starts an exchange's request on the connection that there is.
    redis_exchange exchange(boost::redis::request request) const;

private:
    using connection = boost::redis::connection;

    boost::asio::awaitable<void> keep_open();
    boost::asio::awaitable<void> watch(std::shared_ptr<connection> watched);

    boost::asio::any_io_executor const ex_;
    resil::host_and_port const server_;
    std::string const name_;
    resil::timeout const patience_;
    std::shared_ptr<connection> now_;
};

/// Returns an empty request that fails where there is no connection, rather than wait for one.
boost::redis::request make_redis_request();

} // namespace ingest

#endif // INGEST_REDIS_LINK_HPP
