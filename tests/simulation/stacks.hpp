// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SIMULATION_STACKS_HPP
#define RESIL_TESTS_SIMULATION_STACKS_HPP

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/detail/initiate.hpp>
#include <resil/detail/policy_list.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "simulation/explorer.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/strand.hpp>

#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// The parts that stacks are made of. A part draws its options, and says what it promises.
namespace explorer::parts {

inline void tell(stack_facts& facts, char const* what)
{
    facts.text += facts.text.empty() ? what : std::string(" > ") + what;
}

struct judged
{
    static auto make(world&, stack_facts&) { return resil::judged_by(hint_reader()); }
};

struct watcher
{
    world* owner;

    void operator()(resil::retry_scheduled const& e) const { owner->retry_scheduled(e.delay); }
};

struct observed
{
    static auto make(world& w, stack_facts&) { return resil::observe(watcher{&w}); }
};

struct fallback
{
    static auto make(world&, stack_facts& facts)
    {
        tell(facts, "fallback");
        facts.falls_back = true;
        return resil::fallback(fallback_value);
    }
};

struct fallback_operation
{
    static auto make(world& w, stack_facts& facts)
    {
        tell(facts, "fallback operation");
        facts.falls_back = true;
        facts.fallback_runs = true;
        return resil::fallback(drawn_fallback{&w}, {.timeout = w.draw().ms({5, 20})});
    }
};

struct deadline
{
    static auto make(world& w, stack_facts& facts)
    {
        tell(facts, "deadline");
        facts.deadline = w.draw().ms({5, 10, 20, 50, 100});
        facts.deadline_is_inside = facts.bulkhead;
        return resil::deadline(*facts.deadline);
    }
};

inline resil::retry_options draw_retry(world& w, stack_facts& facts)
{
    auto& draw = w.draw();
    tell(facts, "retry");
    facts.retries = true;
    facts.breaker_is_direct = facts.breaker_is_direct && !facts.breaker;
    resil::retry_options o;
    o.max_attempts = facts.max_attempts = draw.between(1, 4);
    auto const delay = draw.ms({0, 1, 5, 20});
    if (draw.chance(50)) {
        o.backoff = resil::backoff::fixed(delay);
        o.jitter = resil::jitter::none;
        facts.min_delay = delay;
    } else {
        o.backoff = resil::backoff::exponential(std::chrono::milliseconds(2),
                                                std::chrono::milliseconds(20), 2.0);
    }
    static constexpr resil::idempotency kinds[] = {
        resil::idempotency::safe, resil::idempotency::unsafe, resil::idempotency::keyed};
    o.idempotency = facts.idempotency = draw.pick(kinds);
    o.max_retry_after = std::chrono::milliseconds(30);
    o.seed = draw.word();
    if (draw.chance(30)) {
        facts.budgeted = true;
        o.budget = w.share<resil::retry_budget>([&] {
            resil::retry_budget made({.max_tokens = 6, .token_ratio = 0.5});
            w.watch(made);
            return made;
        });
    }
    return o;
}

struct retry
{
    static auto make(world& w, stack_facts& facts)
    {
        return resil::retry(draw_retry(w, facts));
    }
};

struct breaker
{
    static auto make(world& w, stack_facts& facts)
    {
        tell(facts, "circuit breaker");
        facts.breaker = true;
        return w.share<resil::circuit_breaker>([&] {
            auto const options = w.draw_breaker();
            resil::circuit_breaker made(options);
            w.watch([made] { return made.snapshot(); }, options);
            return made;
        });
    }
};

struct bulkhead
{
    static auto make(world& w, stack_facts& facts)
    {
        tell(facts, "bulkhead");
        facts.bulkhead = true;
        facts.breaker_is_direct = facts.breaker_is_direct && !facts.breaker;
        return w.share<resil::bulkhead>([&] {
            resil::bulkhead made(w.draw_bulkhead());
            w.watch([made] { return made.snapshot(); });
            return made;
        });
    }
};

inline resil::timeout_options draw_timeout(world& w, stack_facts& facts)
{
    tell(facts, "timeout");
    facts.timeout = true;
    return {.after = w.draw().ms({2, 5, 10, 20, 50})};
}

struct timeout
{
    static auto make(world& w, stack_facts& facts)
    {
        return resil::timeout(draw_timeout(w, facts));
    }
};

struct abandoning_timeout
{
    static auto make(world& w, stack_facts& facts)
    {
        auto options = draw_timeout(w, facts);
        options.on_expiry = resil::expiry::abandon;
        facts.abandons = true;
        return resil::timeout(options);
    }
};

} // namespace explorer::parts

namespace explorer {

/// A pipeline whose order nobody checks: any order must keep the promises of its parts.
template <class... Policies>
class unchecked_pipeline : public resil::detail::calls<unchecked_pipeline<Policies...>>
{
public:
    explicit unchecked_pipeline(std::tuple<Policies...> policies)
        : policies_(std::make_from_tuple<resil::detail::shared_policies<Policies...>>(
              std::move(policies)))
    {
    }

    auto policies() const { return policies_; }

private:
    resil::detail::shared_policies<Policies...> policies_;
};

/// How the calls of a stack are made.
enum class way
{
    plain,         ///< On the context's own executor.
    stranded,      ///< On a strand.
    erased,        ///< On an `any_io_executor`.
    with_deadline, ///< With a deadline of the call's own.
};

template <way Way, class... Parts>
class stack_of final : public stack
{
    template <class Part>
    using policy = decltype(Part::make(std::declval<world&>(), std::declval<stack_facts&>()));

public:
    // The braces order the draws: outermost first.
    explicit stack_of(world& w)
        : pipeline_(std::tuple<policy<Parts>...>{Parts::make(w, this->facts)...})
    {
        if constexpr (Way == way::with_deadline) {
            this->facts.call_deadline = w.draw().ms({5, 10, 20, 50});
        }
    }

    static std::unique_ptr<stack> make(world& w) { return std::make_unique<stack_of>(w); }

    void start(world& w, call_record& r) override
    {
        auto const ex = w.context(r.context).get_executor();
        drawn_operation op{&r};
        if constexpr (Way == way::stranded) {
            auto const strand = asio::make_strand(ex);
            pipeline_.async_call(op, call_handler(r, strand));
        } else if constexpr (Way == way::erased) {
            pipeline_.async_call(op, call_handler(r, asio::any_io_executor(ex)));
        } else if constexpr (Way == way::with_deadline) {
            resil::call about{.deadline = w.now() + this->facts.call_deadline};
            pipeline_.async_call(std::move(about), op, call_handler(r, ex));
        } else {
            pipeline_.async_call(op, call_handler(r, ex));
        }
    }

private:
    unchecked_pipeline<policy<Parts>...> pipeline_;
};

/// The stacks of one file each, so that no compiler has to see all of them.
std::vector<stack_factory> single_stacks();
std::vector<stack_factory> short_stacks();
std::vector<stack_factory> full_stacks();

} // namespace explorer

#endif // RESIL_TESTS_SIMULATION_STACKS_HPP
