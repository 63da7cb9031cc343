// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "simulation/explorer.hpp"

#include <boost/asio/execution_context.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

using namespace std::chrono_literals;

namespace explorer {

namespace {

constexpr int most_events = 60;
constexpr int fewest_events = 20;
constexpr duration long_enough = 5min;

long long in_us(duration d)
{
    return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
}

error_code error_of(operation::outcome o)
{
    switch (o) {
    case operation::outcome::success: return {};
    case operation::outcome::reset: return asio::error::connection_reset;
    case operation::outcome::refused: return asio::error::connection_refused;
    case operation::outcome::broken: return asio::error::fault;
    case operation::outcome::throttled: return throttled_error();
    }
    return {};
}

} // namespace

char const* to_string(defect d)
{
    switch (d) {
    case defect::none: return "none";
    case defect::bulkhead_loses_wake_up: return "bulkhead loses a wake-up";
    case defect::bulkhead_leaks_late_grant: return "bulkhead leaks a permit granted too late";
    case defect::bulkhead_releases_twice: return "bulkhead releases a permit twice";
    case defect::bulkhead_admits_one_more: return "bulkhead admits one call more";
    case defect::breaker_ignores_generation:
        return "breaker takes results of older generations";
    case defect::breaker_keeps_cancelled_probe:
        return "breaker keeps the place of a cancelled probe";
    case defect::breaker_counts_cancellation: return "breaker counts a cancellation as failure";
    case defect::breaker_admits_extra_probe: return "breaker admits one probe more";
    case defect::breaker_passes_while_open: return "breaker lets a call pass while open";
    case defect::retry_ignores_cancel_in_delay:
        return "retry forgets a cancellation during a delay";
    case defect::retry_sleeps_past_deadline: return "retry sleeps beyond the deadline";
    case defect::retry_makes_one_more: return "retry makes one attempt more";
    case defect::retry_repeats_unsafe: return "retry repeats what is not safe to repeat";
    case defect::retry_undercuts_hint: return "retry comes back sooner than it was asked to";
    case defect::timeout_drops_success: return "timeout throws a success away";
    case defect::timeout_stays_armed: return "timeout leaves its timer armed";
    case defect::timeout_forgets_to_cancel: return "timeout does not cancel the operation";
    case defect::cancel_is_not_passed_on: return "a layer swallows the cancellation";
    case defect::fallback_answers_cancellation:
        return "fallback answers the caller's cancellation";
    case defect::completes_inline: return "call completes inside its initiation";
    case defect::completes_twice: return "call completes twice";
    case defect::completes_elsewhere: return "call completes on another executor";
    case defect::never_completes: return "call forgets to complete";
    case defect::last: break;
    }
    return "?";
}

/// Owns, as the services of sockets do, the operations that a context has in flight.
class world::operation_store : public asio::execution_context::service
{
public:
    using key_type = operation_store;
    inline static asio::execution_context::id id;

    explicit operation_store(asio::execution_context& owned_by) : service(owned_by) {}

    world* owner = nullptr;
    int context = 0;

private:
    void shutdown() override { owner->drop_operations(context); }
};

/// What an operation puts into its cancellation slot.
struct world::on_cancel
{
    world* owner;
    int op;

    void operator()(asio::cancellation_type_t type) const { owner->told_to_cancel(op, type); }
};

world::world(std::uint64_t seed, std::vector<stack_factory> const& factories, defect broken)
    : seed_(seed),
      dice_(seed),
      defect_(broken),
      tracing_(std::getenv("RESIL_TRACE") != nullptr),
      start_(1h),
      now_(start_)
{
    operations_.reserve(128);
    stalls_ = busy_ = dice_.chance(25);
    callers_ = dice_.between(1, 4);
    int const contexts = dice_.chance(25) ? 2 : 1;
    for (int i = 0; i < contexts; ++i) {
        auto const order = dice_.chance(80) ? resil::testing::ready_order::shuffled
                                            : resil::testing::ready_order::fifo;
        auto sim = std::make_unique<simulation>(dice_.word(), order, start_);
        bool const single = dice_.chance(50);
        if (single) {
            resil::single_threaded(*sim);
        }
        auto& store = asio::use_service<operation_store>(*sim);
        store.owner = this;
        store.context = i;
        contexts_.push_back({std::move(sim), single});
    }
    int const stacks = dice_.chance(30) ? 2 : 1;
    for (int i = 0; i < stacks; ++i) {
        auto const which =
            static_cast<std::size_t>(dice_.below(static_cast<int>(factories.size())));
        stacks_.push_back(factories[which](*this));
        auto const& facts = stacks_.back()->facts;
        breaker_is_direct_ = breaker_is_direct_ && (!facts.breaker || facts.breaker_is_direct);
        trace(facts.text.c_str(), static_cast<int>(which));
    }
    trace(busy_ ? "busy; callers:" : "fast; callers:", callers_);
    for (auto const& context : contexts_) {
        trace(context.single ? "single-threaded" : "turned");
    }
}

world::~world()
{
    for (auto& context : contexts_) {
        context.sim.reset();
    }
}

resil::bulkhead_options world::draw_bulkhead()
{
    resil::bulkhead_options o;
    o.max_concurrent = static_cast<std::size_t>(dice_.between(1, 2));
    o.max_queued = static_cast<std::size_t>(dice_.between(0, 3));
    o.max_wait = dice_.ms({2, 10, 40});
    return o;
}

resil::circuit_breaker_options world::draw_breaker()
{
    resil::circuit_breaker_options o;
    o.window = dice_.chance(60) ? resil::circuit_window::consecutive(dice_.between(1, 3))
                                : resil::circuit_window::count(dice_.between(2, 6));
    o.minimum_calls = dice_.between(1, 3);
    o.open_duration = dice_.ms({5, 20});
    o.open_growth = dice_.chance(50) ? 1.0 : 2.0;
    o.max_open_duration = 60ms;
    o.open_jitter_ratio = 0; // its generator cannot be seeded
    o.half_open_max_calls = dice_.between(1, 3);
    o.half_open_required_successes = dice_.between(1, o.half_open_max_calls);
    o.probe_lease = dice_.ms({10, 30});
    o.listener = [this](resil::circuit_event const& e) { circuit_changed(e); };
    return o;
}

void world::fail(char const* what)
{
    if (violation_.empty()) {
        violation_ = what;
        trace(what);
    }
}

void world::fail(call_record const& r, char const* what, error_code ec)
{
    if (violation_.empty()) {
        fail(("call " + std::to_string(r.id) + " " + what + (ec ? ": " + ec.message() : ""))
                 .c_str());
    }
}

void world::note(std::uint64_t kind, std::uint64_t a, std::uint64_t b)
{
    auto const when = static_cast<std::uint64_t>(in_us(now_ - start_));
    trace_ = resil::core::mix(trace_ ^ (kind + (a << 8) + (b << 24) + (when << 40)));
}

void world::trace(char const* what, int which, error_code ec) const
{
    if (tracing_) {
        std::fprintf(stderr, "%10.3f ms  %s %d %s\n",
                     static_cast<double>(in_us(now_ - start_)) / 1000, what, which,
                     ec ? ec.message().c_str() : "");
    }
}

simulation* world::other_context_than(int which)
{
    return contexts_.size() > 1 ? contexts_[static_cast<std::size_t>(1 - which)].sim.get()
                                : nullptr;
}

world::generation_counts& world::counts(std::uint64_t generation)
{
    auto const place = static_cast<std::size_t>(generation);
    if (place >= generations_.size()) {
        generations_.resize(place + 1);
    }
    return generations_[place];
}

operation* world::running(call_record const& r)
{
    return r.running < 0 ? nullptr : &op(r.running);
}

// --- what happens
// -------------------------------------------------------------------------------

verdict_of_world world::run()
{
    int const wanted = dice_.between(fewest_events, most_events);
    while (violation_.empty() && events_ < static_cast<std::uint64_t>(wanted)) {
        act();
    }
    if (violation_.empty()) {
        drain();
    }
    if (violation_.empty()) {
        check_recovery();
    }
    for (auto& context : contexts_) {
        context.sim.reset();
    }
    if (violation_.empty()) {
        for (auto const& r : calls_) {
            if (r->started && r->completed == 0 && !r->destroyed) {
                fail(*r, "was neither completed nor destroyed");
            }
            if (r->allocated != 0) {
                fail(*r, "leaked memory of its allocator");
            }
        }
        check_quiet();
    }
    return {violation_, trace_, events_};
}

void world::act()
{
    current_ = nullptr;
    std::erase_if(active_, [](call_record const* r) { return !r->active(); });
    int const roll = dice_.below(100);
    if (static_cast<int>(active_.size()) < callers_ && roll < 20) {
        start_call();
    } else if (roll < 26 && !active_.empty()) {
        cancel_one();
    } else if (roll == 99 && dice_.chance(25)) {
        int const which = dice_.below(static_cast<int>(contexts_.size()));
        if (contexts_[static_cast<std::size_t>(which)].sim) {
            destroy_context(which);
        }
    } else if (busy_ && roll > 92) {
        advance();
    } else if (!act_on_something()) {
        check_idle();
        if (next_time() != time_point::max()) {
            advance();
        } else if (static_cast<int>(active_.size()) < callers_) {
            start_call();
        } else {
            hurry();
        }
    }
    ++events_;
    check();
}

// Takes one of the things that can happen now: a ready function, a timer or an operation that
// is due.
bool world::act_on_something()
{
    int options = 0;
    int chosen_context = -1;
    bool chosen_timer = false;
    int chosen_operation = -1;
    auto const consider = [&](int weight) {
        options += weight;
        return dice_.below(options) < weight;
    };
    for (int i = 0; i < static_cast<int>(contexts_.size()); ++i) {
        auto& sim = contexts_[static_cast<std::size_t>(i)].sim;
        if (sim && sim->ready() != 0 && consider(4)) {
            chosen_context = i;
            chosen_timer = false;
        }
        if (sim && sim->next() <= now_ && consider(1)) {
            chosen_context = i;
            chosen_timer = true;
        }
    }
    for (int i = 0; i < static_cast<int>(operations_.size()); ++i) {
        if (op(i).now == operation::phase::waiting && op(i).due <= now_ && consider(1)) {
            chosen_operation = i;
        }
    }
    if (options == 0) {
        return false;
    }
    if (chosen_operation >= 0) {
        complete(chosen_operation);
    } else if (chosen_timer) {
        trace("timer of context", chosen_context);
        note(2, static_cast<std::uint64_t>(chosen_context));
        context(chosen_context).advance_to_next();
    } else {
        trace("step of context", chosen_context);
        note(1, static_cast<std::uint64_t>(chosen_context));
        context(chosen_context).step();
    }
    return true;
}

time_point world::next_time() const
{
    time_point next = time_point::max();
    for (auto const& context : contexts_) {
        if (context.sim) {
            next = std::min(next, context.sim->next());
        }
    }
    for (auto const& o : operations_) {
        if (o.now == operation::phase::waiting) {
            next = std::min(next, o.due);
        }
    }
    return next;
}

void world::advance()
{
    time_point const next = next_time();
    if (next == time_point::max()) {
        return;
    }
    now_ = std::max(now_, next);
    note(3);
    for (auto& context : contexts_) {
        if (context.sim) {
            context.sim->stall_until(now_);
        }
    }
}

bool world::anything_ready() const
{
    bool any = next_time() <= now_;
    for (auto const& context : contexts_) {
        any = any || (context.sim && context.sim->ready() != 0);
    }
    return any;
}

void world::start_call()
{
    int which = dice_.below(static_cast<int>(contexts_.size()));
    if (!contexts_[static_cast<std::size_t>(which)].sim) {
        which = static_cast<int>(contexts_.size()) - 1 - which;
        if (!contexts_[static_cast<std::size_t>(which)].sim) {
            return;
        }
    }
    auto& r = *calls_.emplace_back(std::make_unique<call_record>());
    r.owner = this;
    r.id = static_cast<int>(calls_.size());
    r.context = which;
    r.through =
        stacks_[static_cast<std::size_t>(dice_.below(static_cast<int>(stacks_.size())))].get();
    active_.push_back(&r);
    auto const begin = [this, &r] {
        auto const& facts = r.through->facts;
        r.initiated = now_;
        if (!busy_ && facts.deadline && !facts.deadline_is_inside) {
            r.deadline = now_ + *facts.deadline;
        }
        if (facts.call_deadline != 0ns) {
            r.deadline = std::min(r.deadline, now_ + facts.call_deadline);
        }
        trace("begins: call", r.id);
        r.started = true;
        r.initiating = true;
        r.through->start(*this, r);
        r.initiating = false;
    };
    note(4, static_cast<std::uint64_t>(r.id), static_cast<std::uint64_t>(which));
    if (dice_.chance(50)) {
        begin();
    } else {
        asio::post(context(which), begin);
    }
}

void world::cancel_one()
{
    auto& r = *active_[static_cast<std::size_t>(dice_.below(static_cast<int>(active_.size())))];
    cancel(r);
    if (dice_.chance(20)) {
        cancel(r);
    }
}

void world::cancel(call_record& r)
{
    using asio::cancellation_type;
    static constexpr asio::cancellation_type_t types[] = {
        cancellation_type::terminal, cancellation_type::terminal, cancellation_type::partial,
        cancellation_type::total, cancellation_type::all};
    auto const type = dice_.pick(types);
    if (dice_.chance(50) || !r.started) {
        emit(r, type);
    } else {
        asio::post(context(r.context), [this, &r, type] { emit(r, type); });
    }
}

void world::emit(call_record& r, asio::cancellation_type_t type)
{
    if (!r.active() || !r.signal.slot().has_handler()) {
        return;
    }
    trace("is cancelled: call", r.id);
    note(5, static_cast<std::uint64_t>(r.id), static_cast<std::uint64_t>(type));
    r.cancelled = true;
    if (auto* const o = running(r); o && o->running()) {
        o->cancelled_by_caller = true;
        r.must_abort = true;
    }
    r.signal.emit(type);
}

void world::destroy_context(int which)
{
    trace("is destroyed: context", which);
    note(6, static_cast<std::uint64_t>(which));
    // Some operations are owned by functions that are ready, which outlive the services.
    for (auto& o : operations_) {
        if (o.now == operation::phase::waiting && o.context == which && dice_.chance(30)) {
            auto const id = static_cast<int>(&o - operations_.data());
            o.now = operation::phase::completing;
            asio::post(context(which), [this, id, end = std::move(o.end)]() mutable {
                op(id).end = std::move(end);
                op(id).now = operation::phase::waiting;
            });
        }
    }
    contexts_[static_cast<std::size_t>(which)].sim.reset();
    for (auto& o : operations_) {
        if (o.context == which) {
            o.now = operation::phase::gone;
        }
    }
    for (auto* r : active_) {
        if (r->context == which && r->started && r->active()) {
            fail(*r, "outlived its context");
        } else if (r->context == which) {
            r->destroyed = true;
        }
    }
}

void world::drop_operations(int context)
{
    for (std::size_t i = 0; i < operations_.size(); ++i) {
        if (operations_[i].context == context && operations_[i].end) {
            operations_[i].now = operation::phase::gone;
            auto const dropped = std::move(operations_[i].end);
        }
    }
}

// --- operations
// ---------------------------------------------------------------------------------

void world::plan(operation& o)
{
    using outcome = operation::outcome;
    using reaction = operation::reaction;
    static constexpr outcome outcomes[] = {
        outcome::success, outcome::success, outcome::reset,  outcome::reset,
        outcome::refused, outcome::refused, outcome::broken, outcome::throttled};
    static constexpr reaction reactions[] = {
        reaction::at_once, reaction::at_once,      reaction::at_once,      reaction::at_once,
        reaction::inside,  reaction::late_success, reaction::late_failure, reaction::ignored};
    o.ends = healthy_ ? outcome::success : dice_.pick(outcomes);
    o.due = now_;
    if (healthy_) {
        return;
    }
    o.due += dice_.chance(30) ? 0ms : dice_.ms({1, 2, 5, 10, 20, 50});
    o.on_cancel = dice_.pick(reactions);
    o.not_sent = dice_.chance(10);
    o.drops = dice_.chance(1);
    if (dice_.chance(15) && o.on_cancel != reaction::ignored) {
        o.due = time_point::max(); // hangs until it is cancelled
    }
}

int world::add_operation(operation o)
{
    operations_.push_back(std::move(o));
    int const id = static_cast<int>(operations_.size()) - 1;
    auto slot = op(id).end.slot();
    if (slot.is_connected()) {
        slot.emplace<on_cancel>(this, id);
    }
    return id;
}

void world::launch(call_record& r, resil::attempt const& a, operation_end end)
{
    auto const& facts = r.through->facts;
    trace("attempt starts, of call", r.id);
    trace("  as operation", static_cast<int>(operations_.size()));
    note(7, static_cast<std::uint64_t>(r.id), static_cast<std::uint64_t>(a.number()));
    if (!context(r.context).running_here()) {
        fail(r, "starts outside of its executor");
    }
    if (auto const* before = running(r); before && before->running() && !facts.abandons) {
        fail(r, "starts while another one runs");
    }
    if (a.number() != ++r.attempts || a.number() > facts.max_attempts) {
        fail(r, "makes an attempt too many");
    }
    if (now_ >= a.deadline() || now_ >= r.deadline) {
        fail(r, "starts at or after the deadline");
    }
    if (a.deadline() > r.deadline) {
        fail(r, "may run longer than the call");
    }
    if (r.cancelled) {
        fail(r, "starts after the caller cancelled");
    }
    if (r.success && !facts.abandons) {
        fail(r, "starts after a success");
    }
    if (now_ < r.not_before) {
        fail(r, "starts too soon");
    }
    if (a.number() > 1 && !r.not_sent && !facts.abandons &&
        facts.idempotency == resil::idempotency::unsafe) {
        fail(r, "repeats a request that may have been sent");
    }
    if (facts.idempotency == resil::idempotency::keyed) {
        auto const key = a.idempotency_key();
        if (!r.key.empty() && key != r.key) {
            fail(r, "has another key");
        }
        r.key = key;
    }
    operation o;
    o.call = &r;
    o.context = r.context;
    o.number = a.number();
    o.bound = a.deadline();
    o.launched = now_;
    plan(o);
    if (o.not_sent && o.ends != operation::outcome::success) {
        a.not_sent();
    }
    if (facts.breaker && look_at_breaker_) {
        auto const seen = look_at_breaker_();
        o.generation = seen.generation;
        o.circuit = seen.state;
        ++counts(seen.generation).launched;
        if (facts.breaker_is_direct && seen.state == resil::circuit_state::open) {
            fail(r, "passes an open circuit");
        }
    }
    if (!healthy_ && dice_.chance(2)) {
        r.threw = true;
        r.running = -1;
        if (facts.breaker) {
            ++counts(o.generation).failed;
        }
        throw std::runtime_error("the operation throws");
    }
    bool const inside =
        dice_.chance(5) && !busy_; // it is put in order at once, if nobody stalls
    o.end = std::move(end);
    int const id = add_operation(std::move(o));
    r.running = id;
    if (inside && op(id).due <= now_) {
        complete(id);
    } else if (!healthy_ && dice_.chance(2)) {
        emit(r, asio::cancellation_type::terminal);
    }
}

void world::launch_fallback(asio::execution_context& where, operation_end end)
{
    trace("a fallback starts");
    note(8);
    operation o;
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
        if (contexts_[i].sim.get() == &where) {
            o.context = static_cast<int>(i);
        }
    }
    plan(o);
    o.end = std::move(end);
    add_operation(std::move(o));
}

void world::complete(int id)
{
    auto& o = op(id);
    note(9, static_cast<std::uint64_t>(id), static_cast<std::uint64_t>(o.ends));
    trace(o.drops ? "drops its handler: operation" : "completes: operation", id,
          error_of(o.ends));
    o.now = operation::phase::completing;
    auto* const r = o.call;
    if (o.drops) {
        o.now = operation::phase::gone;
        if (r) {
            r->dropped = true;
        }
        auto const dropped = std::move(o.end);
        return;
    }
    bool const same_tick = !healthy_ && r && dice_.chance(15);
    bool const before = dice_.chance(50);
    if (same_tick && before) {
        emit(*r, asio::cancellation_type::terminal);
        if (op(id).now != operation::phase::completing) {
            return; // it completed inside
        }
    }
    auto& same = op(id);
    int const hint = 10;
    int const value = same.ends == operation::outcome::throttled ? hint
                      : r                                        ? r->id * 100 + same.number
                                                                 : fallback_value;
    auto end = std::move(same.end);
    end.complete(*this, id, error_of(same.ends), value, dice_.chance(50));
    if (same_tick && !before) {
        emit(*r, asio::cancellation_type::terminal);
    }
}

void world::told_to_cancel(int id, asio::cancellation_type_t)
{
    auto& o = op(id);
    trace("is told to cancel: operation", id);
    o.cancelled = true;
    if (o.now != operation::phase::waiting) {
        return;
    }
    switch (o.on_cancel) {
    case operation::reaction::at_once:
    case operation::reaction::inside: {
        o.now = operation::phase::completing;
        bool const posted = o.on_cancel == operation::reaction::at_once;
        auto end = std::move(o.end);
        end.complete(*this, id, asio::error::operation_aborted, 0, posted);
        return;
    }
    case operation::reaction::ignored: return;
    case operation::reaction::late_success: o.ends = operation::outcome::success; break;
    case operation::reaction::late_failure: o.ends = operation::outcome::reset; break;
    }
    o.due = now_ + dice_.ms({1, 5, 20});
}

void world::processed(int id, error_code ec)
{
    auto& o = op(id);
    trace("is processed: operation", id, ec);
    note(10, static_cast<std::uint64_t>(id), static_cast<std::uint64_t>(ec.value()));
    o.now = operation::phase::gone;
    auto* const r = o.call;
    if (!r) {
        return;
    }
    current_ = r;
    if (!context(r->context).running_here()) {
        fail(*r, "has an operation that completes outside of its executor");
    }
    if (!ec) {
        r->success = r->id * 100 + o.number;
    }
    if (r->through->facts.breaker) {
        bool const too_late =
            o.circuit == resil::circuit_state::half_open && now_ >= o.launched + probe_lease_;
        counts(o.generation).succeeded += !ec && !too_late;
        counts(o.generation).failed += ec && !o.cancelled_by_caller;
    }
    if (o.number == r->attempts && !r->through->facts.abandons) {
        r->last_error = ec;
        r->not_sent =
            resil::proves_not_sent(ec) || (o.not_sent && o.ends != operation::outcome::success);
        bool const hinted = ec == throttled_error() && !o.cancelled; // else it is a timeout
        r->not_before =
            now_ + std::max(r->through->facts.min_delay, duration(hinted ? 10ms : 0ms));
    }
}

void world::gone(int id)
{
    op(id).now = operation::phase::gone;
}

void world::completed(call_record& r, error_code ec, int value)
{
    trace("completes: call", r.id, ec);
    note(11, static_cast<std::uint64_t>(r.id), static_cast<std::uint64_t>(ec.value()));
    if (++r.completed > 1) {
        return fail(r, "completes twice");
    }
    if (r.destroyed) {
        fail(r, "completes after it was destroyed");
    }
    if (r.initiating) {
        fail(r, "completes inside its initiation");
    }
    if (!contexts_[static_cast<std::size_t>(r.context)].sim ||
        !context(r.context).running_here()) {
        fail(r, "completes outside its executor");
    }
    if (r.allocated != 0) {
        fail(r, "completes before its memory was given back");
    }
    if (r.signal.slot().has_handler()) {
        fail(r, "completes before its cancellation slot was cleared");
    }
    r.result = ec;
    r.value = value;
    check_result(r);
    if (violation_.empty() && !healthy_ && dice_.chance(5) && !active_.empty()) {
        auto* const other =
            active_[static_cast<std::size_t>(dice_.below(static_cast<int>(active_.size())))];
        if (other->context == r.context) {
            emit(*other, asio::cancellation_type::terminal);
        }
    }
}

void world::destroyed(call_record& r)
{
    trace("is destroyed: call", r.id);
    r.destroyed = true;
}

void world::retry_scheduled(duration delay)
{
    note(12, static_cast<std::uint64_t>(in_us(delay)));
    if (delay < 0ns) {
        fail("a retry is to be made in the past");
    }
    if (!current_) {
        return;
    }
    if (current_->deadline != time_point::max() && now_ + delay >= current_->deadline) {
        fail(*current_, "waits beyond its deadline to try again");
    }
    bool const free_of_charge = current_->not_sent;
    if (budget_ && current_->through->facts.budgeted && !free_of_charge && !budget_->allows()) {
        fail(*current_, "retries though the budget is empty");
    }
}

void world::circuit_changed(resil::circuit_event const& event)
{
    using resil::circuit_state;
    trace(to_string(event.to).data(), static_cast<int>(event.generation));
    note(13, static_cast<std::uint64_t>(event.to), event.generation);
    bool const known =
        (event.from == circuit_state::closed && event.to == circuit_state::open) ||
        (event.from == circuit_state::open && event.to == circuit_state::half_open) ||
        event.from == circuit_state::half_open;
    if (!known) {
        fail("the circuit takes a step that does not exist");
    }
    if (event.from == circuit_state::half_open && event.to == circuit_state::closed &&
        event.snapshot.probe_successes > counts(event.generation - 1).succeeded) {
        fail("the circuit closes, but no probe of its round succeeded");
    }
}

// --- what must hold
// -----------------------------------------------------------------------------

void world::check()
{
    check_bulkhead();
    check_breaker();
}

void world::check_bulkhead()
{
    if (!look_at_bulkhead_) {
        return;
    }
    auto const seen = look_at_bulkhead_();
    if (seen.in_use > seen.max_concurrent) {
        fail("the bulkhead has more permits in use than it has");
    }
    if (seen.queued > seen.max_queued) {
        fail("the bulkhead's queue is too long");
    }
    if (seen.queued > 0 && seen.in_use < seen.max_concurrent) {
        fail("a call waits beside a free permit");
    }
    std::size_t inside = 0;
    for (auto const& o : operations_) {
        inside += o.running() && o.call && o.call->through->facts.bulkhead &&
                  !o.call->through->facts.abandons;
    }
    if (inside > seen.in_use) {
        fail("more operations run in the bulkhead than permits are in use");
    }
}

void world::check_breaker()
{
    using resil::circuit_state;
    if (!look_at_breaker_ || !breaker_is_direct_) {
        return;
    }
    auto const seen = look_at_breaker_();
    auto const& count = counts(seen.generation);
    if (seen.state == circuit_state::closed &&
        (seen.calls > count.succeeded + count.failed || seen.failures > count.failed)) {
        fail("the circuit counts results that do not belong to it");
    }
    if (seen.state != circuit_state::half_open) {
        return;
    }
    // Where it stalls, a probe's bound and lease may end before its operation was started.
    bool const too_many_failures =
        !stalls_ && seen.probe_failures > count.launched - count.succeeded;
    if (seen.probe_successes > count.succeeded || too_many_failures) {
        fail("the circuit counts probes that do not belong to its round");
    }
    if (probes_running(seen.generation) > static_cast<std::uint64_t>(most_probes_)) {
        fail("more probes run than the circuit may admit");
    }
}

std::uint64_t world::probes_running(std::uint64_t generation) const
{
    auto const is_probe = [generation](operation const& o) {
        return o.running() && o.call && o.call->through->facts.breaker &&
               o.generation == generation;
    };
    return static_cast<std::uint64_t>(
        std::count_if(operations_.begin(), operations_.end(), is_probe));
}

// Nothing is ready and nothing is due: whoever waits now must have a reason.
void world::check_idle()
{
    for (auto* r : active_) {
        if (r->active()) {
            check_idle_call(*r);
        }
    }
    std::size_t waiting = 0;
    for (auto const* r : active_) {
        auto* const o = running(*r);
        waiting += r->active() && (!o || !o->running());
    }
    std::size_t reasons = look_at_bulkhead_ ? look_at_bulkhead_().queued : 0;
    for (auto const& context : contexts_) {
        reasons += context.sim ? context.sim->armed() : 0;
    }
    for (auto const& o : operations_) {
        reasons += o.running() && !o.call;
    }
    if (waiting > 0 && reasons == 0) {
        fail("a call waits for nothing");
    }
    if (look_at_breaker_ && breaker_is_direct_) {
        auto const seen = look_at_breaker_();
        if (seen.probes_in_flight > probes_running(seen.generation)) {
            fail("the circuit counts probes in flight that are over");
        }
    }
}

void world::check_idle_call(call_record& r)
{
    auto const& facts = r.through->facts;
    auto* const o = running(r);
    bool const runs = o && o->running();
    bool const may_fall_back = facts.fallback_runs;
    if (r.dropped && !facts.abandons) {
        fail(r, "lives on though its operation dropped the handler");
    }
    if (r.success && !facts.abandons) {
        fail(r, "has succeeded but does not complete");
    }
    if (r.cancelled && !runs && !may_fall_back) {
        fail(r, "was cancelled but does not complete");
    }
    if (r.cancelled && runs && !o->cancelled) {
        fail(r, "was cancelled but its operation was not told");
    }
    if (now_ >= r.deadline && !may_fall_back && !runs) {
        fail(r, "does not complete though its deadline is over");
    }
    if (runs && now_ >= o->bound && !o->cancelled && !facts.abandons) {
        fail(r, "runs beyond its bound, and its operation was not told");
    }
    if (runs && o->cancelled && o->cooperates()) {
        fail(r, "has lost an operation");
    }
}

void world::check_result(call_record& r)
{
    auto const& facts = r.through->facts;
    auto const ec = r.result;
    if (!ec) {
        bool const own = r.success && r.value == *r.success;
        if (!own && !(facts.falls_back && r.value == fallback_value)) {
            fail(r, "succeeds with a value that its operation did not give");
        }
        if (r.must_abort && !own && !facts.fallback_runs) {
            fail(r, "was cancelled, and is answered by its fallback");
        }
        return;
    }
    if (r.success && !facts.abandons) {
        fail(r, "fails though its operation succeeded");
    }
    if (r.must_abort && ec != asio::error::operation_aborted) {
        fail(r, "was cancelled but ends with", ec);
    }
    if (ec == asio::error::operation_aborted) {
        if (!r.cancelled) {
            fail(r, "ends as cancelled, but nobody did");
        }
    } else if (ec == resil::errc::deadline_exceeded) {
        if (!facts.deadline && facts.call_deadline == 0ns) {
            fail(r, "has no deadline to exceed");
        }
        if (now_ < r.deadline && r.deadline != time_point::max() && !facts.deadline_is_inside) {
            fail(r, "ends by its deadline before it");
        }
    } else if (ec == resil::errc::timed_out) {
        if (!facts.timeout && !facts.fallback_runs) {
            fail(r, "has no timeout");
        }
    } else if (ec == resil::errc::circuit_open) {
        if (!facts.breaker) {
            fail(r, "has no circuit");
        }
    } else if (ec == resil::errc::bulkhead_full) {
        if (!facts.bulkhead) {
            fail(r, "has no bulkhead");
        }
    } else if (ec == resil::errc::operation_threw) {
        if (!r.threw) {
            fail(r, "threw nothing");
        }
    } else if (ec != r.last_error && !facts.fallback_runs && !facts.abandons) {
        fail(r, "ends with an error that is not its last one", ec);
    }
}

// --- the end
// ------------------------------------------------------------------------------------

/// Ends the hanging of one operation, or of a call that waits for ever.
void world::hurry()
{
    for (auto& o : operations_) {
        if (o.now == operation::phase::waiting && o.due == time_point::max()) {
            o.due = now_;
            return;
        }
    }
}

void world::settle(int limit)
{
    for (int i = 0; violation_.empty() && i < limit; ++i) {
        current_ = nullptr;
        if (!act_on_something()) {
            check_idle();
            if (next_time() == time_point::max()) {
                return;
            }
            advance();
        }
        ++events_;
        check();
    }
    fail("it does not come to rest");
}

// The faults end: what hangs is cut off, and everything must come to rest.
void world::drain()
{
    trace("the faults end");
    healthy_ = true;
    busy_ = false;
    for (auto& o : operations_) {
        if (o.now == operation::phase::waiting && o.due == time_point::max()) {
            o.due = now_ + 10ms;
        }
    }
    auto const from = now_;
    settle(5'000);
    if (now_ - from > long_enough) {
        fail("it takes too long to come to rest");
    }
    std::erase_if(active_, [](call_record const* r) { return !r->active(); });
    for (auto const& r : calls_) {
        if (r->started && r->active()) {
            fail(*r, "never completes");
        }
        if (r->completed == 0 && !r->dropped && !r->through->facts.fallback_runs &&
            r->started && contexts_[static_cast<std::size_t>(r->context)].sim) {
            fail(*r, "was destroyed for no reason");
        }
    }
    if (violation_.empty()) {
        check_quiet();
    }
}

void world::check_quiet()
{
    for (auto const& context : contexts_) {
        if (context.sim && (context.sim->armed() != 0 || context.sim->ready() != 0)) {
            fail("something is armed or ready though nothing runs");
        }
    }
    if (look_at_bulkhead_) {
        auto const seen = look_at_bulkhead_();
        if (seen.in_use != 0 || seen.queued != 0) {
            fail("the bulkhead is in use though nothing runs");
        }
    }
    if (look_at_breaker_ && look_at_breaker_().probes_in_flight != 0) {
        fail("the circuit has probes in flight though nothing runs");
    }
}

// From any state a healthy peer gets its calls, and the circuit closes, in bounded time.
void world::check_recovery()
{
    bool const alive = std::any_of(contexts_.begin(), contexts_.end(),
                                   [](auto const& context) { return context.sim != nullptr; });
    if (!alive) {
        return;
    }
    trace("recovery");
    constexpr int calls = 8;
    for (int i = 0; i < calls && violation_.empty(); ++i) {
        now_ += 100ms;
        for (auto& context : contexts_) {
            if (context.sim) {
                context.sim->stall_until(now_);
            }
        }
        start_call();
        settle(1'000);
        auto const& r = *calls_.back();
        std::erase_if(active_, [](call_record const* c) { return !c->active(); });
        if (r.completed != 1) {
            fail(r, "to a healthy peer does not complete");
        }
        if (i > 0 && r.result) {
            fail(r, "to a healthy peer fails", r.result);
        }
    }
}

} // namespace explorer
