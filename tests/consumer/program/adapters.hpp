// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CONSUMER_ADAPTERS_HPP
#define RESIL_TESTS_CONSUMER_ADAPTERS_HPP

#include <resil/connection_pool.hpp>
#include <resil/error.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <utility>

// Each connects to 127.0.0.1, port 1, and returns the error of it; each is in a file of its own.
resil::error_code use_http();
resil::error_code use_http_tls();
resil::error_code use_postgres();
resil::error_code use_mysql();

/// Borrows a connection where there is none to be had, and returns the error.
template <class Connector>
resil::error_code borrow(Connector how)
{
    boost::asio::io_context context(1);
    resil::connection_pool_options options;
    options.acquire_timeout = std::chrono::milliseconds(50);
    resil::connection_pool<Connector> pool{context, std::move(how), options};
    resil::error_code found;
    pool.async_acquire([&](resil::error_code ec, resil::lease<Connector>) { found = ec; });
    context.run();
    return found;
}

#endif // RESIL_TESTS_CONSUMER_ADAPTERS_HPP
