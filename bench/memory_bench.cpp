// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Bytes that a call in flight takes, by pipeline and completion token: what it asks of the
// allocator that is bound to its handler, while an operation that takes none itself is under
// way. `blocks` is in how many pieces. The time is that of starting and completing one call.

#include "support/floors.hpp"
#include "support/pipelines.hpp"
#include "support/world.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <memory>

namespace {

using namespace bench;

struct in_use
{
    std::size_t bytes = 0;
    std::size_t blocks = 0;
};

template <class T>
struct counting
{
    using value_type = T;

    in_use* counted;

    explicit counting(in_use& c) : counted(&c) {}

    template <class Other>
    counting(counting<Other> const& other) : counted(other.counted)
    {
    }

    T* allocate(std::size_t n)
    {
        counted->bytes += n * sizeof(T);
        ++counted->blocks;
        return std::allocator<T>().allocate(n);
    }

    void deallocate(T* p, std::size_t n) noexcept
    {
        counted->bytes -= n * sizeof(T);
        --counted->blocks;
        std::allocator<T>().deallocate(p, n);
    }

    friend bool operator==(counting const&, counting const&) = default;
};

/// Notes what is in use once the operation is under way. Its own post allocates through the
/// default allocator, which is not counted.
struct noting_operation
{
    posted op;
    in_use const* now;
    in_use* noted;

    template <class Token>
    auto operator()(Token&& token) const
    {
        *noted = *now;
        return op(std::forward<Token>(token));
    }
};

template <class Pipeline>
void callback(benchmark::State& state, Pipeline const& pipeline)
{
    world w(place::single);
    in_use now;
    in_use noted;
    for (auto _ : state) {
        pipeline.async_call(
            noting_operation{w.operation(), &now, &noted},
            asio::bind_allocator(
                counting<void>(now),
                asio::bind_executor(w.context(), [&](error_code) { w.lane_done(); })));
        w.run(1);
    }
    state.counters["bytes"] = double(noted.bytes);
    state.counters["blocks"] = double(noted.blocks);
}

template <class Pipeline>
asio::awaitable<void> one_call(Pipeline const& pipeline, noting_operation op,
                               counting<void> memory)
{
    co_await pipeline.async_call(op, asio::bind_allocator(memory, asio::use_awaitable));
}

template <class Pipeline>
void awaited(benchmark::State& state, Pipeline const& pipeline)
{
    world w(place::single);
    in_use now;
    in_use noted;
    for (auto _ : state) {
        asio::co_spawn(w.context(),
                       one_call(pipeline, {w.operation(), &now, &noted}, counting<void>(now)),
                       [&](std::exception_ptr) { w.lane_done(); });
        w.run(1);
    }
    state.counters["bytes"] = double(noted.bytes);
    state.counters["blocks"] = double(noted.blocks);
}

template <class Pipeline>
void add_memory(std::string const& name, Pipeline pipeline)
{
    benchmark::RegisterBenchmark((name + "/callback").c_str(),
                                 [=](benchmark::State& state) { callback(state, pipeline); });
    benchmark::RegisterBenchmark((name + "/awaited").c_str(),
                                 [=](benchmark::State& state) { awaited(state, pipeline); });
}

BENCH_REGISTER
{
    register_floors();
    add_memory("empty", resil::pipeline{});
    add_memory("deadline", whole_call);
    add_memory("timeout", each_attempt);
    add_memory("retry", resil::retry{});
    add_memory("circuit_breaker", resil::circuit_breaker{});
    add_memory("bulkhead", wide_bulkhead());
    add_memory("fallback", answer_nothing());
    add_memory("standard", resil::standard_pipeline{whole_call, resil::retry{},
                                                    resil::circuit_breaker{}, each_attempt});
    add_memory("stack", stack());
    add_memory("full_stack", full_stack());
}

} // namespace
