// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The policy of a key that is known, from a registry that all threads share, beside a map and a mutex that forget
// nothing. Each gives a handle away, so both count a reference.

#include <resil/circuit_breaker.hpp>
#include <resil/keyed.hpp>

#include "support/counted_memory.hpp"
#include "support/floors.hpp"

#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

using namespace bench;

using hosts = std::array<std::string, 64>;

/// Longer than what a string keeps in itself.
hosts const& known_hosts()
{
    static hosts const made = [] {
        hosts names;
        for (std::size_t i = 0; i != names.size(); ++i) {
            names[i] = "node-" + std::to_string(i) + ".api.example.com";
        }
        return names;
    }();
    return made;
}

resil::circuit_breaker make_breaker(std::string_view host)
{
    return resil::circuit_breaker({.name = std::string(host)});
}

/// What is written by hand.
class mutex_map
{
public:
    resil::circuit_breaker at(std::string_view key)
    {
        std::lock_guard lock(mutex_);
        auto const found = breakers_.find(key);
        return found != breakers_.end() ? found->second
                                        : breakers_.emplace(std::string(key), make_breaker(key)).first->second;
    }

private:
    struct text_hash
    {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };

    std::mutex mutex_;
    std::unordered_map<std::string, resil::circuit_breaker, text_hash, std::equal_to<>> breakers_;
};

/// Asks for all hosts in turn; all are known by then.
template <class Registry>
void look_up(benchmark::State& state, Registry& registry)
{
    hosts const& names = known_hosts();
    for (std::string const& host : names) {
        benchmark::DoNotOptimize(registry.at(host));
    }
    std::size_t next = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(registry.at(names[next]));
        next = (next + 1) % names.size();
    }
    if (state.threads() == 1) {
        auto const used = memory_of([&] {
            for (std::string const& host : names) {
                benchmark::DoNotOptimize(registry.at(host));
            }
        });
        state.counters["allocs"] = double(used.calls) / double(names.size());
    }
}

void by_keyed(benchmark::State& state)
{
    static boost::asio::io_context context;
    static resil::keyed<resil::circuit_breaker> const breakers(context.get_executor(), &make_breaker);
    look_up(state, breakers);
}

void by_mutex_map(benchmark::State& state)
{
    static mutex_map breakers;
    look_up(state, breakers);
}

BENCH_REGISTER
{
    register_floors_on_threads();
    benchmark::RegisterBenchmark("keyed", by_keyed)->Apply(on_threads);
    benchmark::RegisterBenchmark("mutex_map", by_mutex_map)->Apply(on_threads);
}

} // namespace
