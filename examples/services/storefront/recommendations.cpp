// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// What the storefront asks for recommendations, and what goes wrong there.
//
//   RECOMMENDATIONS_LISTEN=127.0.0.1:8090 RECOMMENDATIONS_V2_FAIL=50 recommendations
//
// GET /recommendations and GET /v2/recommendations answer with ids of products, one a line. How good a day it has can
// be changed while it runs: curl -X POST 'localhost:8090/mood?delay=500&fail=20&v2_fail=100'

#include <resil/http/server.hpp>
#include <resil/service/environment.hpp>
#include <resil/service/shutdown.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <exception>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

int number(std::string_view digits)
{
    int value = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value < 0) {
        throw std::invalid_argument(fmt::format("\"{}\" is no number", digits));
    }
    return value;
}

/// Milliseconds that an answer takes, and percents of answers that are failures.
struct mood
{
    int delay;
    int fail;
    int v2_fail;
};

struct settings
{
    resil::host_and_port listen;
    mood first_mood;
};

settings read_settings(resil::service::environment& from)
{
    return {
        .listen = from.address("LISTEN", {"127.0.0.1", 8090}, "address and port to listen on"),
        .first_mood = {.delay = from.number("DELAY", 5, {0, 60'000}, "milliseconds that an answer takes"),
                       .fail = from.number("FAIL", 0, {0, 100}, "percent of answers that are failures"),
                       .v2_fail = from.number("V2_FAIL", 0, {0, 100}, "the same, of the new recommender")},
    };
}

resil::http::string_response answer(http::status status, std::string body)
{
    resil::http::string_response made(status, 11);
    made.set(http::field::content_type, "text/plain");
    made.body() = std::move(body);
    return made;
}

class recommendations
{
public:
    explicit recommendations(mood first) : mood_(first) {}

    asio::awaitable<resil::http::string_response> answer_to(resil::http::exchange& caller)
    {
        std::string_view const target = caller.request().target();
        if (target.starts_with("/mood?")) {
            change_mood(target.substr(target.find('?') + 1));
            co_return answer(http::status::ok, "as you like\n");
        }
        bool const is_v2 = target.starts_with("/v2/");
        co_await caller.pause(std::chrono::milliseconds(mood_.delay));
        if (happens(is_v2 ? mood_.v2_fail : mood_.fail)) {
            co_return answer(http::status::service_unavailable, "no recommendations today\n");
        }
        co_return answer(http::status::ok, is_v2 ? "6\n11\n4\n" : choose(target));
    }

private:
    bool happens(int percent) { return std::uniform_int_distribution<>(0, 99)(random_) < percent; }

    /// The same visitor sees the same three.
    static std::string choose(std::string_view target)
    {
        auto const first = std::hash<std::string_view>()(target) % 10;
        return fmt::format("{}\n{}\n{}\n", first + 1, first + 2, first + 3);
    }

    void change_mood(std::string_view query)
    {
        while (!query.empty()) {
            auto const pair = query.substr(0, query.find('&'));
            auto const equals = std::min(pair.find('='), pair.size() - 1);
            member(pair.substr(0, equals)) = number(pair.substr(equals + 1));
            query.remove_prefix(std::min(pair.size() + 1, query.size()));
        }
    }

    int& member(std::string_view name)
    {
        if (name == "delay") {
            return mood_.delay;
        }
        if (name == "fail") {
            return mood_.fail;
        }
        if (name == "v2_fail") {
            return mood_.v2_fail;
        }
        throw std::invalid_argument("there is no such mood");
    }

    mood mood_;
    std::mt19937 random_{std::random_device()()};
};

} // namespace

int main()
try {
    resil::service::environment from("RECOMMENDATIONS_");
    settings const how = read_settings(from);
    if (!from.ok()) {
        fmt::print(stderr, "{}", from.report());
        return 2;
    }
    asio::io_context context(1);
    recommendations service(how.first_mood);
    resil::http::server site(context.get_executor(),
                             [&](resil::http::exchange& caller) { return service.answer_to(caller); });
    resil::service::shutdown leaving(context.get_executor(), {.balancer_wait = resil::duration::zero()});
    leaving.on_signals();
    leaving.add_server(site);
    site.start({asio::ip::make_address(how.listen.host), how.listen.port});
    fmt::print(stderr, "recommendations: listening on port {}\n", site.port());
    int exit_code = 1;
    asio::co_spawn(context, leaving.run(), [&](std::exception_ptr, int code) { exit_code = code; });
    context.run();
    return exit_code;
} catch (std::exception const& e) {
    fmt::print(stderr, "recommendations: {}\n", e.what());
    return 1;
}
