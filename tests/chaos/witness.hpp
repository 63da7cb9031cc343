// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CHAOS_WITNESS_HPP
#define RESIL_TESTS_CHAOS_WITNESS_HPP

/// @file What the server itself says, asked over connections that have nothing to do with
/// resil: libpq, blocking.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <libpq-fe.h>
#include <map>
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

    /// Returns the first column of the answer, or nothing on an error.
    std::optional<std::vector<std::string>> try_list(std::string const& statement)
    {
        result const answer(::PQexec(connection_.get(), statement.c_str()));
        auto const status = ::PQresultStatus(answer.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
            return std::nullopt;
        }
        std::vector<std::string> column;
        for (int row = 0; row < ::PQntuples(answer.get()); ++row) {
            column.emplace_back(::PQgetvalue(answer.get(), row, 0));
        }
        return column;
    }

    /// The same; throws what the server says on an error.
    std::vector<std::string> list(std::string const& statement)
    {
        auto answer = try_list(statement);
        if (!answer) {
            throw std::runtime_error(::PQerrorMessage(connection_.get()));
        }
        return *std::move(answer);
    }

    std::size_t count(std::string const& statement)
    {
        return std::stoul(list(statement).at(0));
    }

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
 * A backend needs some time to notice that its client is gone, more so on a busy machine, and
 * its successor may be there before it has ended. No client can know when it has. Hence two
 * numbers: how many there were at any moment, and how many were seen together for a tenth of a
 * second.
 */
class connection_counter
{
public:
    connection_counter(std::string where, std::string const& application)
        : where_(std::move(where)),
          statement_("select pid from pg_stat_activity where application_name = '" +
                     application + "'"),
          thread_([this](std::stop_token stop) { run(stop); })
    {
    }

    std::size_t most_together() const { return most_together_; }
    std::size_t most_at_a_moment() const { return most_at_a_moment_; }
    std::size_t samples() const { return samples_; }

private:
    using clock = std::chrono::steady_clock;

    void run(std::stop_token stop)
    {
        while (!stop.stop_requested()) {
            seen_since_.clear();
            witness here(where_); // again and again, as the server is killed
            while (here.connected() && !stop.stop_requested()) {
                if (auto const processes = here.try_list(statement_)) {
                    note(*processes, clock::now());
                }
                pause(stop);
            }
            pause(stop);
        }
    }

    void note(std::vector<std::string> const& processes, clock::time_point now)
    {
        std::map<std::string, clock::time_point> since;
        std::size_t together = 0;
        for (std::string const& process : processes) {
            auto const known = seen_since_.find(process);
            auto const first = known == seen_since_.end() ? now : known->second;
            since.emplace(process, first);
            together += now - first >= std::chrono::milliseconds(100) ? 1 : 0;
        }
        seen_since_ = std::move(since);
        most_together_ = std::max(most_together_.load(), together);
        most_at_a_moment_ = std::max(most_at_a_moment_.load(), processes.size());
        ++samples_;
    }

    void pause(std::stop_token stop)
    {
        std::unique_lock lock(mutex_);
        never_.wait_for(lock, stop, std::chrono::milliseconds(5), [] { return false; });
    }

    std::string where_;
    std::string statement_;
    std::map<std::string, clock::time_point> seen_since_{}; // by process id
    std::atomic<std::size_t> most_together_{0};
    std::atomic<std::size_t> most_at_a_moment_{0};
    std::atomic<std::size_t> samples_{0};
    std::mutex mutex_{};
    std::condition_variable_any never_{};
    std::jthread thread_;
};

} // namespace soak

#endif // RESIL_TESTS_CHAOS_WITNESS_HPP
