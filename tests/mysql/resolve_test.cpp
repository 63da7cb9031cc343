// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "mysql/mysql_support.hpp"

#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <dlfcn.h>
#include <latch>
#include <memory>
#include <netdb.h>

namespace {

// While there is one, resolving this name does not end before the test lets it.
constexpr char const* silent_name = "silent.invalid";
std::unique_ptr<std::latch> asked;
std::unique_ptr<std::latch> answered;

} // namespace

// In place of the C library's, which cannot be interrupted either.
extern "C" int getaddrinfo(char const* node, char const* service, addrinfo const* hints,
                           addrinfo** results)
{
    using function = int (*)(char const*, char const*, addrinfo const*, addrinfo**);
    if (node && std::strcmp(node, silent_name) == 0) {
        asked->count_down();
        answered->wait();
        return EAI_AGAIN;
    }
    static auto const original = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return original(node, service, hints, results);
}

using namespace mysql_support;

namespace {

// Runs until the connect has ended, while the name is still being resolved.
void run_until(asio::io_context& context, bool const& ended)
{
    while (!ended && context.run_one_for(60s) > 0) {
    }
}

struct silent_resolver
{
    silent_resolver()
    {
        asked = std::make_unique<std::latch>(1);
        answered = std::make_unique<std::latch>(1);
    }

    resil::mysql::connector connector = [] {
        mysql::connect_params params;
        params.server_address.emplace_host_and_port(silent_name);
        return connector_to(params);
    }();
};

} // namespace

TEST_CASE("a connect that is cancelled does not wait for a resolver that does not answer")
{
    silent_resolver const silent;
    asio::io_context context;
    auto const c = silent.connector.make(context.get_executor());
    begun connect;
    silent.connector.async_connect(*c, connect.token());
    asked->wait();
    connect.signal.emit(terminal);
    CHECK_FALSE(connect.ended);
    run_until(context, connect.ended);
    CHECK(connect.ec == asio::error::operation_aborted);
    CHECK_FALSE(silent.connector.is_reusable(*c));

    connect.ended = false;
    answered->count_down();
    context.run();
    CHECK_FALSE(connect.ended); // once is enough
}

TEST_CASE("a connection may be destroyed while a resolver does not answer")
{
    silent_resolver const silent;
    asio::io_context context;
    auto c = silent.connector.make(context.get_executor());
    begun connect;
    silent.connector.async_connect(*c, connect.token());
    asked->wait();
    SECTION("after the connect was cancelled")
    {
        connect.signal.emit(terminal);
        c.reset();
        run_until(context, connect.ended);
    }
    SECTION("before")
    {
        c.reset();
        answered->count_down();
    }
    if (!answered->try_wait()) {
        answered->count_down();
    }
    context.run();
    CHECK(connect.ended);
    CHECK(connect.ec);
}

TEST_CASE("a partial cancellation does not end a connect")
{
    silent_resolver const silent;
    asio::io_context context;
    auto const c = silent.connector.make(context.get_executor());
    begun connect;
    silent.connector.async_connect(*c, connect.token());
    asked->wait();
    connect.signal.emit(asio::cancellation_type::partial);
    answered->count_down();
    context.run();
    CHECK(connect.ec == asio::error::host_not_found_try_again);
}
