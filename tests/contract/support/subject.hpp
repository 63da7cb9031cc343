// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CONTRACT_SUPPORT_SUBJECT_HPP
#define RESIL_TESTS_CONTRACT_SUPPORT_SUBJECT_HPP

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>

#include "stage.hpp"

#include <boost/asio/bind_executor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace contract {

/// A policy, or a stack of them, put up on a stage: its call can be started, and its leaks seen.
class instance
{
public:
    /// Takes what starts a call; it holds the policies, and lets go of them with `forget`.
    explicit instance(std::function<void(probe_handler)> start) : start_(std::move(start)) {}

    /// Starts a call as a program would, and notes when the initiating function is running.
    void start(stage& s)
    {
        struct initiating
        {
            bool& flag;
            explicit initiating(bool& f) : flag(f) { flag = true; }
            ~initiating() { flag = false; }
        } const scope(s.record.initiating);
        start_(probe_handler(s.record, s.executor()));
    }

    /// Destroys the policies, as far as they are ours.
    void forget() { start_ = nullptr; }

    instance& watch(resil::bulkhead b)
    {
        watched_.push_back([b] { return b.snapshot().in_use + b.snapshot().queued; });
        return *this;
    }

    instance& watch(resil::circuit_breaker b)
    {
        watched_.push_back([b] { return std::size_t(b.snapshot().probes_in_flight); });
        return *this;
    }

    template <class T>
    instance& watch(T count)
        requires std::is_invocable_r_v<std::size_t, T>
    {
        watched_.push_back(std::move(count));
        return *this;
    }

    /// Returns how many permits, probes and places in queues are held.
    std::size_t held() const
    {
        std::size_t sum = 0;
        for (auto const& count : watched_) {
            sum += count();
        }
        return sum;
    }

private:
    std::function<void(probe_handler)> start_;
    std::vector<std::function<std::size_t()>> watched_;
};

/// One row of the matrix: a policy in a situation.
struct subject
{
    std::string name;

    /// Writes the operation's script, and puts up the policies.
    std::function<instance(stage&)> make;

    /// What the call completes with when nobody interferes.
    resil::error_code ends_with{};

    /// Whether the operation is started at all.
    bool reaches_operation = true;

    /// Whether the operation ends when it is cancelled, and the call with it.
    bool ends_when_cancelled = true;

    /// Whether a failure of the operation is hidden by a fallback.
    bool falls_back = false;
};

/// Makes an instance of anything that has `async_call`.
template <class Policy>
instance on(stage& s, Policy policy)
{
    return instance([p = std::move(policy), &s](probe_handler handler) {
        p.async_call(staged_operation(s), std::move(handler));
    });
}

/// Occupies a permit of a bulkhead for a while, by a call of somebody else's.
inline void occupy(stage& s, resil::bulkhead const& b, resil::duration time)
{
    resil::testing::scripted_operation<int> other;
    other.succeeds(0).after(time);
    b.async_call(other, boost::asio::bind_executor(s.executor(), [](resil::error_code, int) {}));
    s.context().restart();
    s.context().poll();
}

std::vector<subject> bounded_subjects();   ///< deadline, timeout, timeout that abandons
std::vector<subject> repeated_subjects();  ///< retry
std::vector<subject> breaker_subjects();   ///< circuit breaker
std::vector<subject> bulkhead_subjects();  ///< bulkhead
std::vector<subject> fallback_subjects();  ///< fallback: a value, a function, an operation
std::vector<subject> stacked_subjects();   ///< empty, standard, all six layers
std::vector<subject> nested_subjects();    ///< a pipeline inside of a pipeline, `with`

/// All rows.
std::vector<subject> const& all_subjects();

} // namespace contract

#endif // RESIL_TESTS_CONTRACT_SUPPORT_SUBJECT_HPP
