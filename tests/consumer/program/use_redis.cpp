// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/redis/redis.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/redis/error.hpp>
#include <boost/redis/src.hpp> // Boost.Redis is compiled where a program says so
#include <boost/system/system_error.hpp>

#include <exception>

// Nobody listens on port 1, and it says so.
int main()
{
    boost::asio::io_context context;
    boost::redis::config server;
    server.addr = {"127.0.0.1", "1"};
    resil::redis::link const link(context.get_executor(), server);
    resil::redis::idempotency_store const store(link, {});
    bool refused = false;
    resil::execution_name const name{"shop", "POST /orders", "1"};
    boost::asio::co_spawn(context, store.begin(name, resil::fingerprint_of({"tea"})),
                          [&](std::exception_ptr failure, resil::execution_claim const&) {
                              try {
                                  std::rethrow_exception(failure);
                              } catch (boost::system::system_error const& e) {
                                  refused = e.code() == boost::redis::error::not_connected;
                              }
                              context.stop();
                          });
    context.run();
    return refused ? 0 : 1;
}
