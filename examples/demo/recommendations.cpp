// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The recommendations service: an HTTP service with a bad day that follows a script.
//
//   recommendations --script healthy:7,slow:7,failing:7,refusing:7,hanging:7,healthy:12
//
// It prints two ports. On the first one it recommends: GET /recommendations. On the second one
// it is told when the script begins, GET /start?at=<steady nanoseconds>, and tells what reached
// it, GET /stats. A call has reached the service when its request has been read, whatever
// becomes of it; one whose connect was refused has not.

#include <resil/http/deadline_header.hpp>
#include <resil/http/header_counters.hpp>

#include "command_line.hpp"
#include "http.hpp"
#include "script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using demo::fault;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

class recommendations
{
public:
    recommendations(asio::io_context& io, demo::script script)
        : script_(std::move(script)), place_(io, tcp::v4()), acceptor_(io)
    {
        // The port stays ours while nobody listens on it.
        place_.set_option(asio::socket_base::reuse_address(true));
        place_.bind(demo::loopback());
        open();
    }

    unsigned short port() const { return place_.local_endpoint().port(); }

    asio::awaitable<void> play(steady_clock::time_point begin)
    {
        for (demo::phase const& next : script_) {
            co_await demo::wait_until(begin);
            begin += next.length;
            history_.push_back({next.kind, steady_clock::now(), begin});
            if (next.kind == fault::refusing) {
                acceptor_.close();
            } else if (!acceptor_.is_open()) {
                open();
            }
        }
    }

    asio::awaitable<std::optional<demo::response>> recommend(demo::request const& request)
    {
        auto const phase = history_.empty() ? episode{} : history_.back();
        arrivals_.push_back(steady_clock::now());
        if (!history_.empty()) {
            ++history_.back().calls;
        }
        switch (phase.kind) {
        case fault::healthy: co_await wait(5ms + arrivals_.size() % 11 * 1ms); break;
        case fault::slow:
            if (!co_await somebody_waits(request, 2s)) {
                co_return std::nullopt;
            }
            break;
        case fault::failing: co_return failed(arrivals_.size() % 2 == 0);
        case fault::refusing: co_return std::nullopt; // arrived as the door was closing
        case fault::hanging:
            co_await demo::wait_until(phase.end); // then it is restarted, and drops what it has
            co_return std::nullopt;
        }
        co_return demo::answer(http::status::ok, "A warm hat\nA good book\nA red kettle\n");
    }

    std::string stats() const
    {
        std::string text;
        for (episode const& e : history_) {
            fmt::format_to(std::back_inserter(text), "phase {} {} {} {}\n", to_string(e.kind),
                           demo::nanoseconds(e.begin), demo::nanoseconds(e.end), e.calls);
        }
        for (auto const arrival : arrivals_) {
            fmt::format_to(std::back_inserter(text), "call {}\n", demo::nanoseconds(arrival));
        }
        return text;
    }

private:
    struct episode
    {
        fault kind = fault::healthy;
        steady_clock::time_point begin{};
        steady_clock::time_point end{};
        long calls = 0;
    };

    void open()
    {
        acceptor_.open(tcp::v4());
        acceptor_.set_option(asio::socket_base::reuse_address(true));
        acceptor_.bind(place_.local_endpoint());
        acceptor_.listen();
        asio::co_spawn(
            acceptor_.get_executor(),
            demo::serve(acceptor_, [this](demo::request const& r) { return recommend(r); }),
            asio::detached);
    }

    static asio::awaitable<void> wait(steady_clock::duration time)
    {
        return demo::wait_until(steady_clock::now() + time);
    }

    /// Works for some time, but not for a caller who has told that he will be gone by then.
    asio::awaitable<bool> somebody_waits(demo::request const& request, resil::duration work)
    {
        auto const left =
            resil::http::read_remaining(request, counters_).value_or(resil::duration::max());
        co_await wait(std::min(left, work));
        co_return left >= work;
    }

    static demo::response failed(bool overloaded)
    {
        auto reply = demo::answer(overloaded ? http::status::service_unavailable
                                             : http::status::internal_server_error,
                                  "no recommendations today\n");
        if (overloaded) {
            reply.set(http::field::retry_after, "1");
        }
        return reply;
    }

    demo::script script_;
    tcp::acceptor place_;
    tcp::acceptor acceptor_;
    resil::http::header_counters counters_;
    std::vector<episode> history_;
    std::vector<steady_clock::time_point> arrivals_;
};

asio::awaitable<std::optional<demo::response>> control(recommendations& service,
                                                       demo::request const& request)
{
    std::string const target = request.target();
    if (target.starts_with("/start?at=")) {
        asio::co_spawn(co_await asio::this_coro::executor,
                       service.play(demo::steady_time(std::stoll(target.substr(10)))),
                       asio::detached);
        co_return demo::answer(http::status::ok, "started\n");
    }
    co_return target == "/stats" ? demo::answer(http::status::ok, service.stats())
                                 : demo::answer(http::status::not_found, "no such page\n");
}

int main(int argc, char** argv)
try {
    demo::command_line options(argc, argv);
    auto const script = demo::parse_script(options.text("--script", "healthy:3600"));
    options.finish();

    asio::io_context io(1);
    recommendations service(io, script);
    tcp::acceptor door(io, demo::loopback());
    asio::co_spawn(
        io, demo::serve(door, [&](demo::request const& r) { return control(service, r); }),
        asio::detached);
    fmt::print("ports {} {}\n", service.port(), door.local_endpoint().port());
    std::fflush(stdout);
    demo::run_until_told(io);
} catch (std::exception const& e) {
    fmt::print(stderr, "recommendations: {}\n", e.what());
    return 1;
}
