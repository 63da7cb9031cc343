// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_HYGIENE_PROGRAM_USE_HPP
#define RESIL_TESTS_HYGIENE_PROGRAM_USE_HPP

#include <every_header.hpp> // every public header that can be included here; written by CMake

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

// What several sources of one program include: what is used in it exists once, however often it is compiled.
namespace use {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using resil::testing::scripted_operation;

struct line
{
    explicit line(asio::any_io_executor const&) {}
};

struct line_connector
{
    using connection = line;

    scripted_operation<> connects{};

    template <class Token>
    auto async_connect(line&, Token&& token) const
    {
        return connects(std::forward<Token>(token));
    }
};

/// A call through all policies: it is refused, hangs, and succeeds.
inline std::string call(asio::io_context& io, resil::testing::virtual_time& time)
{
    resil::circuit_breaker const breaker{{.name = "hats"}};
    resil::pipeline const calls{
        resil::fallback{std::string("best sellers")},
        resil::deadline{800ms},
        resil::retry{{.idempotency = resil::idempotency::safe}},
        breaker,
        resil::bulkhead{},
        resil::timeout{20ms},
    };
    scripted_operation<std::string> hats;
    hats.fails(asio::error::connection_refused).hangs().succeeds("a warm hat");

    std::string got = "nothing";
    calls.async_call(hats, asio::bind_executor(io, [&](resil::error_code ec, std::string hat) {
        got = ec ? ec.message() : std::move(hat);
    }));
    time.advance(1s);
    return fmt::format("{} ({}): {}\n", fmt::format("{}", calls).substr(0, 8), breaker.state(), got);
}

/// A connection that is lent and given back.
inline std::string lend(asio::io_context& io, resil::testing::virtual_time& time)
{
    line_connector connector;
    connector.connects.succeeds();
    resil::connection_pool<line_connector> const pool(io, connector);

    std::string got = "nothing";
    pool.async_acquire(
        asio::bind_executor(io, [&](resil::error_code ec, resil::lease<line_connector> lease) {
            got = lease ? "a line" : ec.message();
        }));
    time.advance(1s);
    return fmt::format("{} of {}\n", got, pool.snapshot().opened);
}

/// What is counted, as Prometheus reads it.
inline std::string count()
{
    resil::service::metrics const metrics;
    metrics.counter("hats_total", "Hats.").add(2);
    return prometheus_text(metrics);
}

/// Uses all of it, and says what came of it.
inline std::string everything()
{
    asio::io_context io(1);
    resil::testing::virtual_time time(io);
    return call(io, time) + lend(io, time) + count() +
           fmt::format("{}\n", resil::reason::circuit_open);
}

/// What comes of it.
inline constexpr char const* expected = "fallback (closed): a warm hat\n"
                                        "a line of 1\n"
                                        "# HELP hats_total Hats.\n"
                                        "# TYPE hats_total counter\n"
                                        "hats_total 2\n"
                                        "circuit_open\n";

/// An entity of which a program has one, and where it was found.
struct entity
{
    char const* name;
    void const* place;

    friend bool operator==(entity const&, entity const&) = default;
};

// Not inline, on purpose: each source that includes this looks for itself.
[[maybe_unused]] static std::vector<entity> entities(asio::io_context& io)
{
    return {
        {"the category", &resil::error_category()},
        {"the service's id", &resil::timer_service::id},
        {"the service of a context", &asio::use_service<resil::timer_service>(io)},
        {"a function", reinterpret_cast<void const*>(&everything)},
        {"a function of resil", reinterpret_cast<void const*>(&resil::core::thread_number)},
#ifdef RESIL_HTTP_ERROR_HPP
        {"the category of HTTP", &resil::http::error_category()},
#endif
#ifdef RESIL_POSTGRES_ERROR_HPP
        {"the category of PostgreSQL", &resil::postgres::error_category()},
        {"the category of SQLSTATE", &resil::postgres::sqlstate_category()},
#endif
    };
}

/// What a source of this program sees.
struct seen
{
    std::vector<entity> entities;
    std::string told;
};

seen by_second(asio::io_context& io);   // second.cpp looks
[[noreturn]] void throw_from_second(); // for main.cpp to catch

} // namespace use

#endif // RESIL_TESTS_HYGIENE_PROGRAM_USE_HPP
