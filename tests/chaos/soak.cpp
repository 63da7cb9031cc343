// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Kills PostgreSQL every two seconds and mistreats the wire, while users write through a pool.
//
//   soak MINUTES JSON-FILE          (scripts/soak builds and runs it)
//
// Exits with 1, and a sentence for each promise that was broken; with 4 without PostgreSQL.

#include <resil/connection_pool.hpp>

#include "chaos/findings.hpp"
#include "chaos/ledger.hpp"
#include "chaos/process_size.hpp"
#include "chaos/weather.hpp"
#include "chaos/witness.hpp"
#include "chaos/writers.hpp"
#include "support/chaos_proxy.hpp"
#include "support/postgres_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using minutes = std::chrono::duration<double, std::ratio<60>>;

constexpr std::size_t max_size = 8;
constexpr int users = 12; // more than connections: some always wait
constexpr auto rehearsal = 6s;
constexpr auto between_changes = 400ms; // of the weather
constexpr int changes_between_kills = 5;

resil::connection_pool_options pool_options()
{
    return {.name = "soak",
            .max_size = max_size,
            .acquire_timeout = 2s,
            .ping_after_idle = 10ms,
            .ping_timeout = 250ms,
            .max_lifetime = 5s,
            .max_uses = 1000,
            .connect_timeout = 500ms,
            .connect_backoff = 10ms,
            .max_connect_backoff = 200ms};
}

class soak_run
{
public:
    soak::findings run(minutes length)
    {
        kill_and_start();
        soak::witness(server_.conninfo()).list(soak::make_tables);
        // Whatever is made once and kept, by the allocator or the contexts, is made here.
        play(rehearsal);
        auto const before = soak::measure_this_process();
        soak::findings found = play(length);
        found.before = before;
        found.after = soak::measure_this_process();
        settle_accounts(found);
        return found;
    }

private:
    using clock = std::chrono::steady_clock;

    /// Lets users write through a pool of their own, and drains it.
    soak::findings play(minutes length)
    {
        soak::findings found{.max_size = max_size};
        soak::connection_counter const counter(server_.conninfo(), application);
        soak::pool const pool(threads_, connector(), pool_options());
        soak::writers writers(threads_, pool, static_cast<int>(accounts_.size()), users);

        auto const start = clock::now();
        mistreat(start + std::chrono::duration_cast<clock::duration>(length), found);
        for (auto const& a : writers.stop()) {
            found.acknowledged += a.acknowledged();
            found.failed_calls += a.failed.size();
            accounts_.push_back(a);
        }
        found.minutes = minutes(clock::now() - start).count();
        auto const [ec, report] = pool.async_drain(5s, asio::as_tuple(asio::use_future)).get();
        found.still_lent = report.forced + report.leaked.size();
        found.max_server_connections = counter.most_together();
        found.most_at_a_moment = counter.most_at_a_moment();
        found.samples = counter.samples();
        wait_for_the_proxy();
        auto const numbers = pool.snapshot();
        fmt::print("{:.2f} minutes: {} writes, {} attempts repeated, {} connections opened, "
                   "{} pings unanswered, {} at the server at most\n",
                   found.minutes, found.acknowledged, writers.repetitions(), numbers.opened,
                   numbers.pings_failed, found.most_at_a_moment);
        for (auto const& [what, times] : writers.failures()) {
            fmt::print("{} calls failed: {}\n", times, what);
        }
        return found;
    }

    /// On this thread, as it starts the server anew.
    void mistreat(clock::time_point end, soak::findings& found)
    {
        auto next = clock::now();
        for (int change = 1; next < end; ++change) {
            weather_.change();
            next += between_changes;
            wait_until(std::min(next, end));
            if (change % changes_between_kills == 0) {
                kill_and_start();
                ++found.kills;
            }
        }
        weather_.clear();
    }

    /// What is acknowledged must be in the system's page cache, which survives the server: the
    /// defaults of PostgreSQL, which tests that kill nothing do without.
    void kill_and_start()
    {
        server_.kill();
        server_.start({"-c", "synchronous_commit=on", "-c", "full_page_writes=on"});
    }

    void wait_until(clock::time_point when)
    {
        timer_.expires_at(when);
        timer_.wait();
    }

    /// The pool has closed its ends by now; the proxy hears of that a little later.
    void wait_for_the_proxy()
    {
        auto const patience = clock::now() + 2s;
        while (proxy_.open() > 0 && clock::now() < patience) {
            wait_until(clock::now() + 10ms);
        }
    }

    /// Of the rehearsal, too.
    void settle_accounts(soak::findings& found)
    {
        soak::witness server(server_.conninfo());
        for (auto const& a : accounts_) {
            found.missing += soak::count_missing(server, a);
            found.wrong_reply += a.wrong_reply;
        }
        found.duplicated = soak::count_duplicated(server);
    }

    soak::mixed_connector connector() const
    {
        auto through = server_.settings();
        through.application_name = application;
        auto direct = through;
        through.port = proxy_.port();
        return {resil::postgres::connector(direct), resil::postgres::connector(through)};
    }

    static constexpr char const* application = "soak";

    support::postgres_server server_{};
    support::chaos_proxy proxy_{server_.port()};
    soak::weather weather_{proxy_};
    asio::io_context io_{};
    asio::steady_timer timer_{io_};
    asio::thread_pool threads_{2};
    std::vector<soak::account> accounts_{}; // of all writers there were, by their numbers
};

} // namespace

int main(int argc, char** argv)
try {
    double const length = argc == 3 ? std::stod(argv[1]) : 0.0;
    if (!(length > 0.0)) {
        fmt::print(stderr, "usage: soak MINUTES JSON-FILE\n");
        return 2;
    }
    if (!support::postgres_server::find_programs()) {
        fmt::print("skipped: there is no PostgreSQL here\n");
        return 4;
    }
    auto const found = soak_run().run(minutes(length));
    auto const json = soak::json_of(found);
    fmt::print("{}", json);
    if (!(std::ofstream(argv[2]) << json << std::flush)) {
        throw std::runtime_error(fmt::format("cannot write {}", argv[2]));
    }
    auto const broken = soak::broken_promises(found);
    for (auto const& sentence : broken) {
        fmt::print(stderr, "soak: {}\n", sentence);
    }
    return broken.empty() ? 0 : 1;
} catch (std::exception const& e) {
    fmt::print(stderr, "soak: {}\n", e.what());
    return 1;
}
