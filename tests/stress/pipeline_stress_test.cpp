// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/core/random.hpp>
#include <resil/core/retry_budget.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>
#include <resil/timer_service.hpp>

#include "stress/threaded_operation.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace resil;
using namespace std::chrono_literals;
using stress::peer;
using stress::threaded_operation;

namespace {

constexpr auto test_time = 6s;
constexpr int callers = 32;

/// What all calls of a test share, and what became of the calls.
struct shared
{
    circuit_breaker breaker{{.failure_ratio = 0.8,
                             .window = circuit_window::count(20),
                             .minimum_calls = 5,
                             .open_duration = 2ms,
                             .max_open_duration = 5ms,
                             .half_open_max_calls = 3,
                             .probe_lease = 20ms}};
    bulkhead permits{{.max_concurrent = 12, .max_queued = 16, .max_wait = 3ms}};
    retry_budget budget{{.max_tokens = 1'000, .token_ratio = 1.0}};
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> ended{0};
    std::atomic<std::uint64_t> lost{0};
    std::atomic<std::uint64_t> succeeded{0};
    std::atomic<std::uint64_t> timed_out{0};
    std::atomic<std::uint64_t> rejected{0};
    std::atomic<std::uint64_t> cancelled{0};
    std::atomic<bool> stop{false};

    auto pipeline() const
    {
        return resil::pipeline{
            deadline{10ms},
            retry{{.max_attempts = 3,
                   .backoff = backoff::fixed(200us),
                   .idempotency = idempotency::safe,
                   .budget = budget}},
            breaker,
            permits,
            timeout{800us},
        };
    }

    void note(error_code ec)
    {
        succeeded += !ec;
        timed_out += ec == errc::timed_out || ec == errc::deadline_exceeded;
        rejected += ec == errc::circuit_open || ec == errc::bulkhead_full;
        cancelled += ec == asio::error::operation_aborted;
        ++ended;
    }

    void check() const
    {
        WARN(begun << " calls: " << succeeded << " succeeded, " << timed_out << " timed out, "
                   << rejected << " were rejected, " << cancelled << " cancelled");
        CHECK(begun == ended);
        CHECK(lost == 0);
        CHECK(succeeded > 0);
        CHECK(timed_out > 0);
        CHECK(rejected > 0);
        CHECK(permits.snapshot().in_use == 0);
        CHECK(permits.snapshot().queued == 0);
        CHECK(breaker.snapshot().probes_in_flight == 0);
    }
};

using pipeline_type = decltype(std::declval<shared const&>().pipeline());

/// Counts a completion, and notices a handler that is destroyed uncalled.
template <class Then>
class counted
{
public:
    counted(shared& s, Then then) : shared_(&s), then_(std::move(then)) {}

    counted(counted&& other) noexcept
        : shared_(std::exchange(other.shared_, nullptr)), then_(std::move(other.then_))
    {
    }

    ~counted()
    {
        if (shared_) {
            ++shared_->lost;
        }
    }

    void operator()(error_code ec, int)
    {
        auto* const s = std::exchange(shared_, nullptr);
        s->note(ec);
        then_(ec == errc::circuit_open || ec == errc::bulkhead_full);
    }

private:
    shared* shared_;
    Then then_;
};

/// Makes one call after the other, and cancels some of them from where they run.
class caller : public std::enable_shared_from_this<caller>
{
public:
    caller(shared& s, peer& p, pipeline_type pipeline, asio::any_io_executor ex,
           std::uint64_t seed)
        : shared_(s),
          peer_(p),
          pipeline_(std::move(pipeline)),
          executor_(std::move(ex)),
          draw_(seed)
    {
    }

    /// `Executor` is plain: nothing but the call itself keeps its handlers apart.
    template <class Executor>
    void call(Executor ex)
    {
        if (shared_.stop) {
            return;
        }
        ++shared_.begun;
        auto next = [self = shared_from_this(), ex](bool rejected) {
            self->go_on(rejected,
                        [self, ex] { asio::post(ex, [self, ex] { self->call(ex); }); });
        };
        pipeline_.async_call(threaded_operation{&peer_},
                             asio::bind_executor(ex, counted(shared_, std::move(next))));
    }

    /// `Strand` keeps the cancellations apart from the call.
    template <class Strand>
    void call_and_cancel(Strand strand)
    {
        if (shared_.stop) {
            return;
        }
        ++shared_.begun;
        signal_.emplace();
        auto next = [self = shared_from_this(), strand](bool rejected) {
            self->go_on(rejected, [self, strand] {
                asio::post(strand, [self, strand] { self->call_and_cancel(strand); });
            });
        };
        auto const number = ++number_;
        pipeline_.async_call(
            threaded_operation{&peer_},
            asio::bind_cancellation_slot(
                signal_->slot(),
                asio::bind_executor(strand, counted(shared_, std::move(next)))));
        if (draw_.next() % 2) {
            peer_.later([self = shared_from_this(), strand, number] {
                asio::post(strand, [self, number] {
                    if (self->number_ == number) {
                        self->signal_->emit(asio::cancellation_type::terminal);
                    }
                });
            });
        }
    }

private:
    // Who was rejected at once waits a little, or there would be nothing but rejections.
    template <class Next>
    void go_on(bool rejected, Next next)
    {
        if (rejected) {
            peer_.later(std::move(next));
        } else {
            next();
        }
    }

    shared& shared_;
    peer& peer_;
    pipeline_type pipeline_;
    asio::any_io_executor executor_;
    core::generator draw_;
    std::optional<asio::cancellation_signal> signal_{};
    int number_ = 0;
};

} // namespace

TEST_CASE("eight threads without a strand: every call completes once", "[stress]")
{
    shared s;
    peer p(4);
    asio::thread_pool pool(8);
    auto const pipeline = s.pipeline();
    for (std::uint64_t i = 0; i < callers; ++i) {
        auto const c = std::make_shared<caller>(s, p, pipeline, pool.get_executor(), i);
        asio::post(pool, [c, &pool] { c->call(pool.get_executor()); });
    }
    std::this_thread::sleep_for(test_time);
    s.stop = true;
    pool.join();
    p.join();
    s.check();
}

TEST_CASE("eight threads and strands: calls are cancelled while they complete", "[stress]")
{
    shared s;
    peer p(4);
    asio::thread_pool pool(8);
    auto const pipeline = s.pipeline();
    for (std::uint64_t i = 0; i < callers; ++i) {
        auto const c = std::make_shared<caller>(s, p, pipeline, pool.get_executor(), i);
        auto const strand = asio::make_strand(pool);
        asio::post(strand, [c, strand] { c->call_and_cancel(strand); });
    }
    std::this_thread::sleep_for(test_time);
    s.stop = true;
    p.join();
    pool.join();
    s.check();
    CHECK(s.cancelled > 0);
}

TEST_CASE("an io_context run by four threads: every call completes once", "[stress]")
{
    shared s;
    peer p(4);
    asio::io_context context;
    auto work = asio::make_work_guard(context);
    auto const pipeline = s.pipeline();
    for (std::uint64_t i = 0; i < callers; ++i) {
        auto const c = std::make_shared<caller>(s, p, pipeline, context.get_executor(), i);
        asio::post(context, [c, &context] { c->call(context.get_executor()); });
    }
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] { context.run(); });
    }
    std::this_thread::sleep_for(test_time);
    s.stop = true;
    p.join();
    work.reset();
    threads.clear(); // run() returns by itself: nothing is left to do
    s.check();
}

TEST_CASE("two contexts share a bulkhead, and one after the other is destroyed", "[stress]")
{
    shared s;
    peer p(4);
    auto const pipeline = s.pipeline();
    asio::thread_pool survivor(4);
    for (std::uint64_t i = 0; i < callers; ++i) {
        auto const c = std::make_shared<caller>(s, p, pipeline, survivor.get_executor(), i);
        asio::post(survivor, [c, &survivor] { c->call(survivor.get_executor()); });
    }
    shared mortal{.breaker = s.breaker, .permits = s.permits, .budget = s.budget};
    auto const end = std::chrono::steady_clock::now() + test_time;
    int destroyed = 0;
    while (std::chrono::steady_clock::now() < end) {
        peer quick(1);
        asio::io_context context;
        for (std::uint64_t i = 0; i < 32; ++i) {
            auto const c =
                std::make_shared<caller>(mortal, quick, pipeline, context.get_executor(), i);
            asio::post(context, [c, &context] { c->call(context.get_executor()); });
        }
        {
            std::jthread const other([&] { context.run_for(10ms); });
            context.run_for(10ms);
        }
        quick.join(); // what its threads hold must not outlive the context
        ++destroyed;
    }
    s.stop = true;
    survivor.join();
    p.join();
    WARN(mortal.begun << " calls, " << mortal.lost << " of them lost, on " << destroyed
                      << " contexts; beside them:");
    CHECK(mortal.begun == mortal.ended + mortal.lost);
    CHECK(mortal.lost > 0);
    s.check();
}
