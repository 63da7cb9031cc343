// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CHAOS_WITNESS_HPP
#define RESIL_TESTS_CHAOS_WITNESS_HPP

/// @file What the server itself says, asked over connections that have nothing to do with resil:
/// libpq, blocking.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <libpq-fe.h>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace soak {

/// A blocking connection.
class witness
{
public:
    explicit witness(std::string const& where) : connection_(::PQconnectdb(where.c_str())) {}

    bool connected() const { return ::PQstatus(connection_.get()) == CONNECTION_OK; }

    /// Returns the first row of the answer (empty if there is none), or nothing on an error.
    std::optional<std::vector<std::string>> try_ask(std::string const& statement)
    {
        result const answer(::PQexec(connection_.get(), statement.c_str()));
        auto const status = ::PQresultStatus(answer.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
            return std::nullopt;
        }
        std::vector<std::string> row;
        for (int i = 0; ::PQntuples(answer.get()) > 0 && i < ::PQnfields(answer.get()); ++i) {
            row.emplace_back(::PQgetvalue(answer.get(), 0, i));
        }
        return row;
    }

    /// The same; throws what the server says on an error.
    std::vector<std::string> ask(std::string const& statement)
    {
        auto answer = try_ask(statement);
        if (!answer) {
            throw std::runtime_error(::PQerrorMessage(connection_.get()));
        }
        return *std::move(answer);
    }

    std::size_t count(std::string const& statement) { return std::stoul(ask(statement).at(0)); }

private:
    struct closer
    {
        void operator()(PGconn* c) const { ::PQfinish(c); }
        void operator()(PGresult* r) const { ::PQclear(r); }
    };
    using result = std::unique_ptr<PGresult, closer>;

    std::unique_ptr<PGconn, closer> connection_;
};

/**
 * Counts, every few milliseconds, the server's connections of one application.
 *
 * A backend needs some time to notice that its client is gone, more so on a busy machine, and its
 * successor may be there before it has ended. No client can know when it has. Hence two numbers:
 * how many there were at any moment, and how many were there together for a tenth of a second.
 */
class connection_counter
{
public:
    connection_counter(std::string where, std::string const& application)
        : where_(std::move(where)),
          statement_("select count(*) filter (where backend_start < clock_timestamp() - "
                     "interval '100 ms'), count(*) from pg_stat_activity "
                     "where application_name = '" +
                     application + "'"),
          thread_([this](std::stop_token stop) { run(stop); })
    {
    }

    std::size_t most_together() const { return most_together_; }
    std::size_t most_at_a_moment() const { return most_at_a_moment_; }
    std::size_t samples() const { return samples_; }

private:
    void run(std::stop_token stop)
    {
        while (!stop.stop_requested()) {
            witness here(where_); // again and again, as the server is killed
            while (here.connected() && !stop.stop_requested()) {
                if (auto const counts = here.try_ask(statement_)) {
                    note(*counts);
                }
                pause(stop);
            }
            pause(stop);
        }
    }

    void note(std::vector<std::string> const& counts)
    {
        most_together_ = std::max<std::size_t>(most_together_, std::stoul(counts.at(0)));
        most_at_a_moment_ = std::max<std::size_t>(most_at_a_moment_, std::stoul(counts.at(1)));
        ++samples_;
    }

    void pause(std::stop_token stop)
    {
        std::unique_lock lock(mutex_);
        never_.wait_for(lock, stop, std::chrono::milliseconds(5), [] { return false; });
    }

    std::string where_;
    std::string statement_;
    std::atomic<std::size_t> most_together_{0};
    std::atomic<std::size_t> most_at_a_moment_{0};
    std::atomic<std::size_t> samples_{0};
    std::mutex mutex_{};
    std::condition_variable_any never_{};
    std::jthread thread_;
};

} // namespace soak

#endif // RESIL_TESTS_CHAOS_WITNESS_HPP
