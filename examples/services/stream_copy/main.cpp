// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Copies the pages of an API to object storage, and goes on where it was when it is started again. See README.md.

#include "copier.hpp"

#include <resil/service/environment.hpp>
#include <resil/service/shutdown.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string_view>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using stream_copy::copier;
using stream_copy::copy_options;

namespace {

resil::http::endpoint endpoint_of(resil::host_and_port const& where)
{
    return {.host = where.host, .port = where.port};
}

copy_options ask(resil::service::environment& from)
{
    copy_options o;
    o.source = endpoint_of(from.address("SOURCE", {"127.0.0.1", 8091}, "the API: GET /pages?limit=&cursor="));
    o.target = endpoint_of(from.address("TARGET", {"127.0.0.1", 8092}, "the storage: PUT /objects/page-<n>"));
    o.state = from.text("STATE", "stream_copy.state", "the file that says how far it has come");
    o.chunk = from.number<std::size_t>("CHUNK", 256 * 1024, {1, 64 * 1024 * 1024}, "the largest page, in bytes");
    o.deadline = from.time("DEADLINE", 2min, {1ms, 24h}, "for a request with all of its attempts");
    o.attempt_timeout = from.time("ATTEMPT_TIMEOUT", 10s, {1ms, 1h}, "for each attempt");
    o.max_attempts = from.number("MAX_ATTEMPTS", 20, {1, 1000}, "for a request");
    return o;
}

/// Runs in the background of the shutdown: a failure of it is one of the process.
asio::awaitable<void> copy_all(copier& pages, resil::service::shutdown const& leaving, resil::service::stop_notice stopping)
{
    try {
        co_await pages.run(stopping);
    } catch (std::exception const& e) {
        fmt::print(stderr, "stream_copy: {}\n", e.what());
        throw;
    }
    leaving.request(); // it is done, or was told to stop
}

int copy(copy_options const& options)
{
    asio::io_context context;
    copier pages(context.get_executor(), options);
    resil::service::shutdown leaving(context.get_executor(), {.budget = 25s, .balancer_wait = 0s});
    leaving.on_signals();
    leaving.add_worker("copy", [&](resil::service::stop_notice s) { return copy_all(pages, leaving, s); });
    int exit_code = 1;
    asio::co_spawn(context, leaving.run(), [&](std::exception_ptr, int code) {
        exit_code = code;
        context.stop();
    });
    context.run();
    fmt::print("pages {}, {}, attempts {}\n", pages.at().pages, pages.at().complete ? "complete" : "to be continued",
               pages.attempts());
    return exit_code;
}

} // namespace

int main(int argc, char** argv)
try {
    resil::service::environment from("STREAM_COPY_");
    copy_options const options = ask(from);
    if (argc > 1 && std::string_view(argv[1]) == "--help") {
        fmt::print("stream_copy: copies pages of an API to object storage\n\n{}", from.describe());
        return 0;
    }
    if (!from.ok()) {
        fmt::print(stderr, "stream_copy: {}", from.report());
        return 2;
    }
    return copy(options);
} catch (std::exception const& e) {
    fmt::print(stderr, "stream_copy: {}\n", e.what());
    return 1;
}
