// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "settings.hpp"

#include <resil/service/environment.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include <unistd.h>

namespace ingest {

using resil::service::environment;
using namespace std::chrono_literals;

namespace {

std::string own_name()
{
    char host[256] = "localhost";
    ::gethostname(host, sizeof host - 1);
    return std::string(host) + ":" + std::to_string(::getpid());
}

settings ask(environment& from)
{
    settings s;
    s.listen = from.address("LISTEN", {"127.0.0.1", 8080}, "where it listens");
    s.does = from.word<role>("ROLE", "both", {{"both", role::both}, {"receiver", role::receiver}, {"writer", role::writer}},
                             "what this process does; apart, they scale and fail apart");
    s.queue = from.word<queue_kind>("QUEUE", "memory", {{"memory", queue_kind::memory}, {"redis", queue_kind::redis}},
                                    "memory loses what it holds in a crash");
    s.redis = from.address("REDIS", {"127.0.0.1", 6379}, "where Redis is, with appendfsync always");
    s.consumer = from.text("CONSUMER", "", "name of this writer in the group; empty: host and process");
    s.queue_bound = from.number<std::size_t>("QUEUE_BOUND", 10'000, {1, 10'000'000},
                                             "how much may wait before points are refused with 429: points in memory, "
                                             "requests in Redis");
    s.batch = from.number<std::size_t>("BATCH", 10, {1, 1000}, "requests whose points are stored in one statement");
    s.most_points = from.number<std::size_t>("MOST_POINTS", 1000, {1, 10'000}, "points in one request");
    s.database = from.secret("DATABASE", "PostgreSQL, as postgresql://user@host/database; empty: a file");
    s.file = from.text("FILE", "points.txt", "where points go without a database");
    s.shutdown_budget = from.time("SHUTDOWN_BUDGET", 25s, {11s, 1h}, "for all of an orderly end");
    if (s.consumer.empty()) {
        s.consumer = own_name();
    }
    if (s.queue == queue_kind::memory && s.does != role::both) {
        from.refuse("ROLE", "a queue in memory has its receiver and its writer in one process");
    }
    return s;
}

} // namespace

std::optional<settings> read_settings()
{
    environment from("INGEST_");
    settings s = ask(from);
    if (!from.ok()) {
        fmt::print(stderr, "ingest: {}", from.report());
        return std::nullopt;
    }
    return s;
}

std::string describe_settings()
{
    environment from("INGEST_");
    ask(from);
    return from.describe();
}

} // namespace ingest
