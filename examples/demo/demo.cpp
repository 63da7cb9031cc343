// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Plays one outage twice against the storefront, with its policies off and on, and compares.
//
//   demo [--json FILE] [--report FILE] [--rate 100] [--script healthy:7,slow:7,...] [--quick]
//
// The other three programs stand beside this one; it starts them, and ends them whatever
// happens. Exits with 1 and a sentence for each promise that the runs did not keep.

#include "child.hpp"
#include "command_line.hpp"
#include "http.hpp"
#include "recording.hpp"
#include "report.hpp"
#include "script.hpp"
#include "verdict.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

struct settings
{
    std::filesystem::path folder; ///< Where the programs are.
    std::string script_text{};
    demo::script script{};
    long long rate = 100;        ///< Pages a second.
    long long timeout_ms = 5000; ///< How long a shopper waits.
};

/// Asks one of the services something, and returns what it answers.
asio::awaitable<std::string> ask(std::string_view name, unsigned short port, std::string target)
{
    try {
        asio::ip::tcp::socket connection(co_await asio::this_coro::executor);
        auto const request = demo::get(target);
        auto const reply = co_await demo::exchange(connection, demo::loopback(port), request);
        co_return reply.body();
    } catch (boost::system::system_error const& e) {
        throw std::runtime_error(
            fmt::format("{} does not answer: {}", name, e.code().message()));
    }
}

asio::awaitable<void> read_visits(demo::child& load, demo::recording& r)
{
    while (auto const line = co_await load.read_line()) {
        r.add_visit(*line);
    }
}

/// A line a second; on a terminal always the same one.
asio::awaitable<void> show_progress(settings const& s, demo::recording const& r)
{
    bool const terminal = ::isatty(STDOUT_FILENO) == 1;
    auto const total = demo::length_of(s.script);
    for (auto passed = 0ms;; passed += 1000ms) {
        co_await demo::wait_until(demo::steady_time(r.begin) + passed);
        auto const now = demo::pages_between(r, -1e9, 1e9);
        std::string_view doing = "waiting for the last pages";
        for (auto begin = 0ms; demo::phase const& p : s.script) {
            if (passed >= begin && passed < begin + p.length) {
                doing = to_string(p.kind);
            }
            begin += p.length;
        }
        fmt::print(
            "{}{:<17} {:>3} s of {}  {:<9} pages: {:>5} full {:>5} degraded {:>5} errors{}",
            terminal ? "\r" : "", r.name, passed / 1s, total / 1s, doing, now.full,
            now.degraded, now.errors, terminal ? "\033[K" : "\n");
        std::fflush(stdout);
    }
}

/// One run: the script against the storefront, with its policies on or off.
asio::awaitable<demo::recording> play(settings const& s, bool policies)
{
    using namespace asio::experimental::awaitable_operators;
    auto const executor = co_await asio::this_coro::executor;
    demo::recording r{.name = policies ? "with policies" : "without policies"};

    demo::child recommendations(executor, s.folder / "recommendations",
                                {"--script", s.script_text});
    auto const service = co_await recommendations.read_ports();
    demo::child storefront(executor, s.folder / "storefront",
                           {"--recommendations", std::to_string(service.at(0)), "--policies",
                            policies ? "on" : "off"});
    auto const store = co_await storefront.read_ports();

    r.begin = demo::nanoseconds(steady_clock::now() + 300ms);
    co_await ask("recommendations", service.at(1), fmt::format("/start?at={}", r.begin));
    demo::child load(executor, s.folder / "load",
                     {"--storefront", std::to_string(store.at(0)), "--rate",
                      std::to_string(s.rate), "--milliseconds",
                      std::to_string(demo::length_of(s.script).count()), "--timeout",
                      std::to_string(s.timeout_ms), "--at", std::to_string(r.begin)});
    co_await (read_visits(load, r) || show_progress(s, r));
    co_await load.ended();

    r.add_stats(co_await ask("recommendations", service.at(1), "/stats"));
    r.add_stats(co_await ask("storefront", store.at(0), "/stats"));
    co_await storefront.stop();
    co_await recommendations.stop();
    r.finish();
    fmt::print("{}", ::isatty(STDOUT_FILENO) == 1 ? "\n" : "");
    co_return r;
}

/// Runs both, or throws what ended them.
demo::comparison play_both(settings const& s)
{
    asio::io_context io(1);
    asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&io](boost::system::error_code, int) { io.stop(); });

    std::optional<demo::comparison> compared;
    std::exception_ptr problem;
    auto const both = [&]() -> asio::awaitable<void> {
        auto without = co_await play(s, false);
        auto with = co_await play(s, true);
        compared.emplace(demo::comparison{std::move(without), std::move(with)});
    };
    asio::co_spawn(io, both, [&](std::exception_ptr e) {
        problem = e;
        io.stop();
    });
    io.run();
    if (problem) {
        std::rethrow_exception(problem);
    }
    if (!compared) {
        throw std::runtime_error("interrupted");
    }
    return std::move(*compared);
}

void print_table(demo::comparison const& c, demo::limits const& l)
{
    fmt::print("\n{:<36}{:>18}{:>18}\n", "", c.without.name, c.with.name);
    for (demo::row const& line : demo::table_of(c, l)) {
        fmt::print("{:<36}{:>18}{:>18}\n", line.what, line.without, line.with);
    }
    fmt::print("\n");
}

void write_file(std::string const& path, std::string const& text)
{
    std::ofstream file(path);
    if (!(file << text << std::flush)) {
        throw std::runtime_error("cannot write " + path);
    }
}

/// Without policies, connections pile up while the service hangs.
void allow_many_connections()
{
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
}

int main(int argc, char** argv)
try {
    demo::command_line options(argc, argv);
    bool const quick = options.flag("--quick");
    demo::limits const limits =
        quick ? demo::limits{.healthy_full_share = 0.95, .calls_share = 0.5} : demo::limits{};
    settings s{.folder = std::filesystem::canonical("/proc/self/exe").parent_path()};
    s.script_text = options.text(
        "--script", quick
                        ? "healthy:1,slow:0.8,failing:0.8,refusing:0.8,hanging:0.8,healthy:3.5"
                        : "healthy:7,slow:7,failing:7,refusing:7,hanging:7,healthy:12");
    s.script = demo::parse_script(s.script_text);
    s.rate = options.number("--rate", s.rate, 1);
    s.timeout_ms = options.number("--timeout", s.timeout_ms, 1);
    auto const report_path = options.text("--report", (s.folder / "report.html").string());
    auto const json_path = options.text("--json", "");
    options.finish();
    allow_many_connections();

    demo::comparison const compared = play_both(s);
    auto const promises = demo::promises_of(compared, limits);
    print_table(compared, limits);
    write_file(report_path, demo::report(compared, promises, limits).html());
    if (!json_path.empty()) {
        write_file(json_path,
                   fmt::format("{{\"unprotected\": {},\n \"protected\": {}}}\n",
                               demo::json_of(compared.off), demo::json_of(compared.on)));
    }
    int broken = 0;
    for (demo::promise const& p : promises) {
        fmt::print("{:<8}{}\n", p.kept ? "kept" : "BROKEN", p.text);
        broken += p.kept ? 0 : 1;
    }
    fmt::print("\nthe report with the curves: {}\n",
               std::filesystem::absolute(report_path).string());
    if (broken != 0) {
        fmt::print(stderr, "demo: {} of what was promised did not hold; see BROKEN above\n",
                   broken);
    }
    return broken == 0 ? 0 : 1;
} catch (std::exception const& e) {
    fmt::print(stderr, "demo: {}\n", e.what());
    return 1;
}
