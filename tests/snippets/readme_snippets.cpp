// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The code of README.md, compiled and run.

#include <catch2/catch_test_macros.hpp>

//[readme_includes
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>
//]

#include <resil/fallback.hpp>
#include <resil/result.hpp>
#include <resil/testing/virtual_time.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Refuses the first call, and answers from then on.
class flaky_service
{
public:
    explicit flaky_service(asio::io_context& context) : context_(context) {}

    template <class Token>
    auto async_fetch(Token&& token)
    {
        auto const start = [this](auto handler) {
            bool const refuse = ++calls_ == 1;
            asio::post(context_, [h = std::move(handler), refuse]() mutable {
                auto const ec = refuse ? resil::error_code(asio::error::connection_refused)
                                       : resil::error_code();
                std::move(h)(ec, std::string(refuse ? "" : "a page"));
            });
        };
        return asio::async_initiate<Token, void(resil::error_code, std::string)>(start, token);
    }

private:
    asio::io_context& context_;
    int calls_ = 0;
};

asio::awaitable<std::string> fetch_page(flaky_service& service)
{
    //[readme_ten_lines
    resil::circuit_breaker breaker{{.name = "recommendations"}};
    resil::pipeline recommendations{
        resil::deadline{800ms},
        resil::retry{{.max_attempts = 3, .idempotency = resil::idempotency::safe}},
        breaker,
        resil::timeout{250ms},
    };
    std::string page = co_await recommendations.async_call(
        [&](resil::attempt const&, auto token) { return service.async_fetch(std::move(token)); },
        asio::use_awaitable);
    //]
    co_return page;
}

asio::awaitable<std::string> fetch_or_explain(flaky_service& service)
{
    resil::pipeline once{resil::timeout{250ms}};
    auto const fetch = [&](auto token) { return service.async_fetch(std::move(token)); };
    //[readme_result
    resil::result<std::string> page =
        co_await once.async_call(fetch, resil::as_result(asio::use_awaitable));
    if (!page) {
        resil::failure const& why = page.error(); // code, reason, attempts, elapsed, last error
        co_return "no page: " + why.code().message();
    }
    //]
    co_return page.value();
}

std::string run(asio::awaitable<std::string> (*function)(flaky_service&))
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    flaky_service service(context);
    std::string answer;
    asio::co_spawn(context, function(service), [&](std::exception_ptr e, std::string text) {
        REQUIRE(!e);
        answer = std::move(text);
    });
    time.advance(10s);
    return answer;
}

} // namespace

TEST_CASE("the README's ten lines survive a refused connection", "[readme]")
{
    CHECK(run(&fetch_page) == "a page");
}

TEST_CASE("the README's result tells why there is no page", "[readme]")
{
    CHECK(run(&fetch_or_explain) == "no page: Connection refused");
}
