// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "file_store.hpp"
#include "memory_queue.hpp"
#include "receiver.hpp"
#include "settings.hpp"
#include "writer.hpp"

#ifdef INGEST_HAS_POSTGRES
#include "database_store.hpp"
#endif
#ifdef INGEST_HAS_REDIS
#include "redis_queue.hpp"
#endif

#include <resil/http/server.hpp>
#include <resil/service/metrics.hpp>
#include <resil/service/shutdown.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace asio = boost::asio;
using namespace ingest;

namespace {

std::unique_ptr<point_queue> make_queue(asio::io_context& context, settings const& s)
{
    if (s.queue == queue_kind::memory) {
        return std::make_unique<memory_queue>(context.get_executor(), s.queue_bound);
    }
#ifdef INGEST_HAS_REDIS
    return std::make_unique<redis_queue>(
        context.get_executor(),
        redis_queue_options{s.redis, s.queue_bound, s.consumer});
#else
    throw std::runtime_error("INGEST_QUEUE: this was built without Redis, which needs Boost 1.84");
#endif
}

std::unique_ptr<point_store> make_store(asio::io_context& context, settings const& s)
{
    if (s.database.empty()) {
        return std::make_unique<file_store>(s.file);
    }
#ifdef INGEST_HAS_POSTGRES
    return std::make_unique<database_store>(context.get_executor(), resil::postgres::read_settings(s.database));
#else
    static_cast<void>(context);
    throw std::runtime_error("INGEST_DATABASE: this was built without PostgreSQL");
#endif
}

int serve(settings const& s)
{
    asio::io_context context;
    resil::service::metrics const counted;
    auto const queue = make_queue(context, s);
    auto const store = make_store(context, s);
    writer moves(*queue, *store, s.batch, counted);
    receiver answers(*queue, *store, s.most_points, counted);
    resil::http::server site(context.get_executor(), [&](resil::http::exchange& e) { return answers.answer(e); },
                             {.max_body = s.most_points * 200, .max_connections = 1000});

    resil::service::shutdown leaving(context.get_executor(), {.budget = s.shutdown_budget});
    leaving.on_signals();
    leaving.on_not_ready([&] { answers.not_ready(); });
    leaving.add_server(site);
    if (s.does != role::receiver) {
        leaving.add_worker("writer", [&](resil::service::stop_notice stopping) { return moves.run(stopping); });
    }
    if (s.does != role::writer) {
        site.start({asio::ip::make_address(s.listen.host), s.listen.port});
        fmt::print("ingest: listens on {}:{}\n", s.listen.host, s.listen.port);
        leaving.started();
    }
    std::fflush(stdout);

    int exit_code = 1;
    asio::co_spawn(context, leaving.run(), [&](std::exception_ptr, int code) {
        exit_code = code;
        context.stop();
    });
    context.run();
    for (auto const& each : leaving.cut_short()) {
        fmt::print("ingest: cut short: {}\n", each);
    }
    return exit_code;
}

} // namespace

int main(int argc, char** argv)
try {
    if (argc > 1 && std::string_view(argv[1]) == "--help") {
        fmt::print("ingest: takes points over HTTP, and stores all that it acknowledged\n\n{}", describe_settings());
        return 0;
    }
    auto const configured = read_settings();
    return configured ? serve(*configured) : 2;
} catch (std::exception const& e) {
    fmt::print(stderr, "ingest: {}\n", e.what());
    return 1;
}
