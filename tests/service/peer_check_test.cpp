// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/service/health.hpp>
#include <resil/service/peer_check.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using resil::criticality;
using resil::health_status;
using resil::service::health;

/// Answers each connection's `PING` with the same text.
class scripted_redis
{
public:
    scripted_redis(asio::io_context& context, std::string answer)
        : acceptor_(context, {asio::ip::address_v4::loopback(), 0}), answer_(std::move(answer))
    {
        asio::co_spawn(context, serve(), asio::detached);
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    asio::awaitable<void> serve()
    {
        for (;;) {
            tcp::socket peer = co_await acceptor_.async_accept(asio::use_awaitable);
            std::array<char, 6> asked{};
            auto const into = asio::buffer(asked);
            co_await asio::async_read(peer, into, asio::use_awaitable);
            CHECK(std::string_view(asked.data(), asked.size()) == "PING\r\n");
            auto const from = asio::buffer(answer_);
            co_await asio::async_write(peer, from, asio::use_awaitable);
        }
    }

    tcp::acceptor acceptor_;
    std::string answer_;
};

std::uint16_t closed_port(asio::io_context& context)
{
    return tcp::acceptor(context, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

/// Runs a check once.
template <class Check>
resil::health_check_report checked(asio::io_context& context, Check const& check)
{
    health const one(context.get_executor(), {.refresh = resil::health_refresh::on_demand, .answer_within = 20s});
    one.add("peer", criticality::hard, check, {.timeout = 10s, .ttl = 10s, .fail_after = 1});
    one.start();
    resil::health_report report;
    bool done = false;
    asio::co_spawn(context, one.fresh_report(), [&](std::exception_ptr, resil::health_report r) {
        report = std::move(r);
        done = true;
    });
    context.restart();
    while (!done) {
        context.run_one();
    }
    return report.checks.at(0);
}

} // namespace

TEST_CASE("a peer that accepts connections is well, and one that refuses them is not", "[service][health]")
{
    asio::io_context context;
    tcp::acceptor const acceptor(context, {asio::ip::address_v4::loopback(), 0});
    resil::service::tcp_check const open("127.0.0.1", acceptor.local_endpoint().port());
    CHECK(checked(context, open).status == health_status::ok);
    auto const refused = checked(context, resil::service::tcp_check("127.0.0.1", closed_port(context)));
    CHECK(refused.status == health_status::failing);
    CHECK(refused.error == asio::error::connection_refused);
}

TEST_CASE("a Redis server is well if it answers PONG, and nothing else will do", "[service][health]")
{
    asio::io_context context;
    scripted_redis const well(context, "+PONG\r\n");
    CHECK(checked(context, resil::service::redis_check("127.0.0.1", well.port())).status == health_status::ok);

    scripted_redis const loading(context, "-LOADING Redis is loading the dataset in memory\r\n");
    auto const not_yet = checked(context, resil::service::redis_check("127.0.0.1", loading.port()));
    CHECK(not_yet.status == health_status::failing);
    CHECK(not_yet.error == boost::system::errc::protocol_error);

    scripted_redis const curt(context, "+PO");
    CHECK(checked(context, resil::service::redis_check("127.0.0.1", curt.port())).error == asio::error::eof);
    auto const gone = checked(context, resil::service::redis_check("127.0.0.1", closed_port(context)));
    CHECK(gone.error == asio::error::connection_refused);
}
