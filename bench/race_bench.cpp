// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Timeouts on several threads without a strand: does every handler run, and run once?
//
// Waves of calls are started, all of which expire at the same moment; what they wait for either
// never completes by itself (`timeouts`) or completes at that very moment (`races`). `lost`
// counts handlers that were destroyed without having been called, `doubled` those that were
// called more than once. Names are who/what/calls/threads.

#include <resil/timer_service.hpp>

#include "support/floors.hpp"
#include "support/pipelines.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace bench;
namespace asio = boost::asio;
using resil::error_code;

constexpr int wave = 1000;
constexpr auto patience = 2ms;

class races
{
public:
    races(int calls, int threads, bool meet)
        : threads_(threads), meet_(meet), called_(std::size_t(calls))
    {
        for (int i = 0; i < wave; ++i) {
            timers_.push_back(std::make_unique<asio::steady_timer>(context_));
        }
    }

    /// Runs all calls, a wave after the other: a wave is over when no handler is left, called
    /// or not.
    template <class Start>
    void run(Start start)
    {
        for (std::size_t first = 0; first < called_.size(); first += wave) {
            auto const meeting = std::chrono::steady_clock::now() + patience;
            std::size_t const size = std::min<std::size_t>(wave, called_.size() - first);
            for (std::size_t i = 0; i < size; ++i) {
                timers_[i]->expires_at(meet_ ? meeting : meeting + 1h);
                auto& called = called_[first + i];
                start(*timers_[i], meeting - std::chrono::steady_clock::now(),
                      asio::bind_executor(context_, [&called](error_code) {
                          called.fetch_add(1, std::memory_order_relaxed);
                      }));
            }
            run_threads();
        }
    }

    auto lost() const { return std::count(called_.begin(), called_.end(), 0); }

    auto doubled() const
    {
        return std::count_if(called_.begin(), called_.end(), [](auto& n) { return n > 1; });
    }

private:
    void run_threads()
    {
        context_.restart();
        std::vector<std::jthread> others;
        for (int i = 1; i < threads_; ++i) {
            others.emplace_back([this] { context_.run(); });
        }
        context_.run();
    }

    asio::io_context context_;
    int threads_;
    bool meet_;
    std::vector<std::unique_ptr<asio::steady_timer>> timers_;
    std::vector<std::atomic<unsigned char>> called_;
};

struct by_resil
{
    static constexpr auto name = "resil";

    template <class Handler>
    void operator()(asio::steady_timer& op, resil::duration after, Handler handler) const
    {
        resil::deadline{std::max<resil::duration>(after, 1us)}.async_call(
            [&op](auto token) { return op.async_wait(std::move(token)); }, std::move(handler));
    }
};

struct by_cancel_after
{
    static constexpr auto name = "cancel_after";

    template <class Handler>
    void operator()(asio::steady_timer& op, resil::duration after, Handler handler) const
    {
        op.async_wait(asio::cancel_after(after, std::move(handler)));
    }
};

template <class Start>
void add(bool meet, int calls, int threads)
{
    auto const run = [=](benchmark::State& state) {
        for (auto _ : state) {
            races all(calls, threads, meet);
            all.run(Start());
            state.counters["lost"] = double(all.lost());
            state.counters["doubled"] = double(all.doubled());
        }
    };
    std::string const name = std::string(Start::name) + (meet ? "/races/" : "/timeouts/") +
                             std::to_string(calls) + "/" + std::to_string(threads);
    benchmark::RegisterBenchmark(name.c_str(), run)->Iterations(1)->UseRealTime();
}

BENCH_REGISTER
{
    register_floors();
    for (bool const meet : {false, true}) {
        for (int const threads : {2, 3, 4}) {
            add<by_resil>(meet, 20'000, threads); // for a quick look
            add<by_resil>(meet, 334'000, threads);
        }
        for (int const threads : {2, 4}) {
            add<by_cancel_after>(meet, 40'000, threads);
        }
    }
}

} // namespace
