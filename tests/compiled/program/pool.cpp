// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "parts.hpp"

#include <resil/resil.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

struct wire
{
    explicit wire(asio::any_io_executor const& e) : executor(e) {}
    asio::any_io_executor executor;
};

struct wire_connector
{
    using connection = wire;

    template <class Token>
    auto async_connect(wire& w, Token&& token) const
    {
        return asio::async_compose<Token, void(resil::error_code)>(
            [](auto& self) { self.complete(resil::error_code()); }, token, w.executor);
    }
};

} // namespace

asio::awaitable<bool> a_pool_works()
{
    auto const ex = co_await asio::this_coro::executor;
    resil::connection_pool<wire_connector> pool{ex, wire_connector{}};
    {
        auto const lease = co_await pool.async_acquire(asio::use_awaitable);
        if (!lease) {
            co_return false;
        }
    }
    resil::drain_report const report = co_await pool.async_drain(1s, asio::use_awaitable);
    co_return report.drained == 1 && pool.snapshot().idle == 0;
}
