// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "simulation/broken_layers.hpp"
#include "simulation/broken_policies.hpp"
#include "simulation/stacks.hpp"

namespace explorer {

namespace parts {

struct faulty_fallback
{
    static auto make(world& w, stack_facts& facts)
    {
        tell(facts, "fallback");
        facts.falls_back = true;
        return explorer::broken_fallback{w.broken()};
    }
};

struct faulty_retry
{
    static auto make(world& w, stack_facts& facts)
    {
        auto options = draw_retry(w, facts);
        return explorer::broken_retry(std::move(options), w.broken());
    }
};

struct faulty_breaker
{
    static auto make(world& w, stack_facts& facts)
    {
        tell(facts, "circuit breaker");
        facts.breaker = true;
        return w.share<explorer::broken_breaker>([&] {
            auto const options = w.draw_breaker();
            explorer::broken_breaker made(options, w.broken());
            w.watch([made] { return made.snapshot(); }, options);
            return made;
        });
    }
};

struct faulty_bulkhead
{
    static auto make(world& w, stack_facts& facts)
    {
        tell(facts, "bulkhead");
        facts.bulkhead = true;
        facts.breaker_is_direct = facts.breaker_is_direct && !facts.breaker;
        return w.share<explorer::broken_bulkhead>([&] {
            explorer::broken_bulkhead made(w.draw_bulkhead(), w.broken());
            w.watch([made] { return made.snapshot(); });
            return made;
        });
    }
};

struct faulty_timeout
{
    static auto make(world& w, stack_facts& facts)
    {
        return explorer::broken_timeout{draw_timeout(w, facts).after, w.broken()};
    }
};

} // namespace parts

namespace {

/// Calls whose completion itself goes wrong, now and then.
template <class... Parts>
class careless_stack final : public stack
{
public:
    explicit careless_stack(world& w) : sound_(stack_of<way::plain, Parts...>::make(w))
    {
        this->facts = sound_->facts;
    }

    static std::unique_ptr<stack> make(world& w) { return std::make_unique<careless_stack>(w); }

    void start(world& w, call_record& r) override
    {
        call_handler handler(r, w.context(r.context).get_executor());
        error_code const ec = asio::error::operation_aborted;
        if (w.draw().chance(80)) {
            sound_->start(w, r);
        } else if (w.broken() == defect::completes_inline) {
            return handler(ec, 0);
        } else if (w.broken() == defect::completes_twice) {
            sound_->start(w, r);
            asio::post(w.context(r.context),
                       [h = std::move(handler), ec]() mutable { h(ec, 0); });
        } else if (auto* other = w.other_context_than(r.context);
                   other && w.broken() == defect::completes_elsewhere) {
            asio::post(*other, [h = std::move(handler), ec]() mutable { h(ec, 0); });
        } else if (w.broken() != defect::never_completes) {
            sound_->start(w, r);
        } else {
            return; // and the handler is dropped
        }
        handler.forget();
    }

private:
    std::unique_ptr<stack> sound_;
};

} // namespace

using namespace parts;

std::vector<stack_factory> const& broken_stacks()
{
    static std::vector<stack_factory> const all{
        &stack_of<way::plain, judged, observed, faulty_fallback, deadline, faulty_retry,
                  faulty_bulkhead, faulty_breaker, faulty_timeout>::make,
        &stack_of<way::plain, judged, observed, deadline, faulty_retry, faulty_breaker,
                  faulty_bulkhead, faulty_timeout>::make,
        &careless_stack<timeout>::make,
    };
    return all;
}

} // namespace explorer
