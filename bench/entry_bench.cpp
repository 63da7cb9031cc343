// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The synchronous part of a call on the way in: from `async_call` until it returns, with an
// operation that only keeps its handler. A batch is started between two clock reads and
// completed outside of them. The handler brings a recycling allocator, so that memory costs a
// few instructions.

#include "support/floors.hpp"
#include "support/pipelines.hpp"
#include "support/world.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <new>

namespace {

using namespace bench;

constexpr int batch = 64;

/// Blocks of one size, taken and given back in the order of a stack.
class blocks
{
public:
    blocks()
    {
        for (auto& each : all_) {
            give_back(&each);
        }
    }

    void* take(std::size_t size)
    {
        if (size > block_size || free_count_ == 0) {
            throw std::bad_alloc();
        }
        return free_[--free_count_];
    }

    void give_back(void* one) noexcept { free_[free_count_++] = one; }

private:
    static constexpr std::size_t block_size = 2048;

    struct alignas(64) block
    {
        std::byte room[block_size];
    };

    std::array<block, 2 * batch> all_;
    std::array<void*, 2 * batch> free_{};
    std::size_t free_count_ = 0;
};

template <class T>
struct recycling
{
    using value_type = T;

    blocks* from;

    explicit recycling(blocks& b) : from(&b) {}

    template <class Other>
    recycling(recycling<Other> const& other) : from(other.from)
    {
    }

    T* allocate(std::size_t n) { return static_cast<T*>(from->take(n * sizeof(T))); }
    void deallocate(T* p, std::size_t) noexcept { from->give_back(p); }

    friend bool operator==(recycling const&, recycling const&) = default;
};

/// Keeps the handler of one call until it is completed.
class kept_call
{
public:
    template <class Handler>
    void keep(Handler&& handler)
    {
        using kept = std::decay_t<Handler>;
        static_assert(sizeof(kept) <= sizeof room_);
        new (room_) kept(std::forward<Handler>(handler));
        complete_ = [](void* room) {
            auto* const p = static_cast<kept*>(room);
            kept taken(std::move(*p));
            p->~kept();
            std::move(taken)(error_code());
        };
    }

    void complete() { complete_(room_); }

private:
    alignas(std::max_align_t) std::byte room_[64];
    void (*complete_)(void*) = nullptr;
};

struct kept_operation
{
    kept_call* call;

    template <class Token>
    auto operator()(Token&& token) const
    {
        return asio::async_initiate<Token, void(error_code)>(
            [](auto handler, kept_call* where) { where->keep(std::move(handler)); }, token,
            call);
    }
};

struct final_handler
{
    using executor_type = asio::io_context::executor_type;
    using allocator_type = recycling<void>;

    executor_type ex;
    blocks* memory;

    executor_type get_executor() const noexcept { return ex; }
    allocator_type get_allocator() const noexcept { return allocator_type(*memory); }
    void operator()(error_code ec) const { benchmark::DoNotOptimize(ec); }
};

template <class Start>
void run_batch(benchmark::State& state, Start& start, final_handler handler)
{
    static std::array<kept_call, batch> calls;
    auto const before = std::chrono::steady_clock::now();
    for (auto& call : calls) {
        start(kept_operation{&call}, handler);
    }
    std::chrono::duration<double> const taken = std::chrono::steady_clock::now() - before;
    state.SetIterationTime(taken.count());
    for (auto& call : calls) {
        call.complete();
    }
}

template <class Start>
void measure_entry(benchmark::State& state, Start start)
{
    world w(place::single);
    auto const memory = std::make_unique<blocks>();
    final_handler const handler{w.context().get_executor(), memory.get()};
    while (state.KeepRunningBatch(batch)) {
        asio::post(w.context(), [&] {
            run_batch(state, start, handler);
            w.lane_done();
        });
        w.run(1);
    }
}

template <class Start>
void add_entry(char const* name, Start start)
{
    benchmark::RegisterBenchmark(name, [start](benchmark::State& state) {
        measure_entry(state, start);
    })->UseManualTime();
}

template <class Pipeline>
void add_pipeline(char const* name, Pipeline pipeline)
{
    add_entry(name, [pipeline](kept_operation op, final_handler handler) {
        pipeline.async_call(op, handler);
    });
}

BENCH_REGISTER
{
    register_floors();
    add_entry("entry_operation", [](kept_operation op, final_handler handler) { op(handler); });
    add_pipeline("entry_empty", resil::pipeline{});
    add_pipeline("entry_deadline", whole_call);
    add_pipeline("entry_circuit_breaker_count", count_breaker());
    add_pipeline("entry_bulkhead", wide_bulkhead());
    add_pipeline("entry_stack", stack());
    add_pipeline("entry_full_stack", full_stack());
}

} // namespace
