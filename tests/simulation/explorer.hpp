// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SIMULATION_EXPLORER_HPP
#define RESIL_TESTS_SIMULATION_EXPLORER_HPP

#include <resil/attempt.hpp>
#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/core/random.hpp>
#include <resil/core/retry_budget.hpp>
#include <resil/event.hpp>
#include <resil/idempotency.hpp>
#include <resil/testing/simulation.hpp>
#include <resil/verdict.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Explores schedules: a world is drawn from a seed, runs some dozens of events, and checks
// after every one of them what must always hold.
namespace explorer {

namespace asio = boost::asio;
using resil::duration;
using resil::error_code;
using resil::time_point;
using resil::testing::simulation;

/// Draws everything that is random in a world.
class dice
{
public:
    explicit dice(std::uint64_t seed) : generator_(seed) {}

    std::uint64_t word() { return generator_.next(); }
    int below(int n) { return static_cast<int>(word() % static_cast<std::uint64_t>(n)); }
    int between(int low, int high) { return low + below(high - low + 1); }
    bool chance(int percent) { return below(100) < percent; }

    template <class T, std::size_t N>
    T pick(T const (&from)[N])
    {
        return from[word() % N];
    }

    duration ms(std::initializer_list<int> from)
    {
        return std::chrono::milliseconds(from.begin()[word() % from.size()]);
    }

private:
    resil::core::generator generator_;
};

/// The deliberate mistakes that the explorer has to find; `tests/simulation/broken_*.hpp`.
enum class defect
{
    none,
    bulkhead_loses_wake_up,
    bulkhead_leaks_late_grant,
    bulkhead_releases_twice,
    bulkhead_admits_one_more,
    breaker_ignores_generation,
    breaker_keeps_cancelled_probe,
    breaker_counts_cancellation,
    breaker_admits_extra_probe,
    breaker_passes_while_open,
    retry_ignores_cancel_in_delay,
    retry_sleeps_past_deadline,
    retry_makes_one_more,
    retry_repeats_unsafe,
    retry_undercuts_hint,
    timeout_drops_success,
    timeout_stays_armed,
    timeout_forgets_to_cancel,
    cancel_is_not_passed_on,
    fallback_answers_cancellation,
    completes_inline,
    completes_twice,
    completes_elsewhere,
    never_completes,
    last,
};

char const* to_string(defect d);

/// What the checks need to know of a stack of policies.
struct stack_facts
{
    std::optional<duration> deadline{}; ///< The pipeline's own.
    bool deadline_is_inside = false;    ///< It begins after a wait.
    duration call_deadline{};           ///< Given with each call, relative; zero: none.
    bool retries = false;
    int max_attempts = 1;
    resil::idempotency idempotency = resil::idempotency::unsafe;
    duration min_delay{};
    bool budgeted = false;
    bool breaker = false;
    bool breaker_is_direct = true; ///< No queue between its admission and the operation.
    bool bulkhead = false;
    bool timeout = false;
    bool abandons = false;
    bool falls_back = false;
    bool fallback_runs = false; ///< The fallback is an operation.
    std::string text{};
};

class world;
struct call_record;

/// A stack of policies that can start calls; see `stacks.hpp`.
class stack
{
public:
    virtual ~stack() = default;
    virtual void start(world& w, call_record& r) = 0;

    stack_facts facts{};
};

using stack_factory = std::unique_ptr<stack> (*)(world&);

/// Where the value of a fallback can be told from that of an operation.
inline constexpr int fallback_value = -1;

/// The error of a throttled operation; its value is the peer's hint in milliseconds.
inline error_code throttled_error()
{
    return resil::errc::rate_limited;
}

/// Judges as the default does, and reads the hint of a throttled operation.
struct hint_reader
{
    resil::judgement operator()(error_code ec, int value) const
    {
        auto const hint = std::chrono::milliseconds(value);
        return ec == throttled_error() ? resil::judgement(resil::verdict::throttled, hint)
                                       : resil::judgement(resil::judge(ec));
    }

    resil::judgement operator()(error_code ec) const { return resil::judge(ec); }
};

/// A started operation's handler, whatever its type: one pointer wide.
class operation_end
{
public:
    operation_end() = default;

    template <class Handler>
        requires(!std::same_as<Handler, operation_end>)
    explicit operation_end(Handler h) : does_(&does_for<Handler>)
    {
        static_assert(sizeof(Handler) <= sizeof(place_) &&
                      std::is_nothrow_move_constructible_v<Handler>);
        ::new (place_) Handler(std::move(h));
    }

    operation_end(operation_end&& other) noexcept : does_(std::exchange(other.does_, nullptr))
    {
        if (does_) {
            does_->move(other.place_, place_);
        }
    }

    operation_end& operator=(operation_end&& other) noexcept
    {
        if (this != &other) {
            this->~operation_end();
            ::new (this) operation_end(std::move(other));
        }
        return *this;
    }

    ~operation_end()
    {
        if (does_) {
            std::exchange(does_, nullptr)->destroy(place_);
        }
    }

    explicit operator bool() const { return does_; }
    asio::cancellation_slot slot() { return does_->slot(place_); }

    /// Sends the completion to the handler's executor, as any Asio operation does.
    void complete(world& w, int op, error_code ec, int value, bool posted)
    {
        std::exchange(does_, nullptr)->complete(place_, w, op, ec, value, posted);
    }

private:
    struct actions
    {
        void (*move)(void* from, void* to);
        void (*destroy)(void*);
        asio::cancellation_slot (*slot)(void*);
        void (*complete)(void*, world&, int, error_code, int, bool);
    };

    template <class Handler>
    struct completion;

    template <class Handler>
    static Handler& in(void* place)
    {
        return *std::launder(static_cast<Handler*>(place));
    }

    template <class Handler>
    static constexpr actions does_for{
        [](void* from, void* to) {
            ::new (to) Handler(std::move(in<Handler>(from)));
            in<Handler>(from).~Handler();
        },
        [](void* place) { in<Handler>(place).~Handler(); },
        [](void* place) { return asio::get_associated_cancellation_slot(in<Handler>(place)); },
        [](void* place, world& w, int op, error_code ec, int value, bool posted) {
            Handler h(std::move(in<Handler>(place)));
            in<Handler>(place).~Handler();
            auto const ex = asio::get_associated_executor(h);
            completion<Handler> done(w, op, ec, value, std::move(h));
            if (posted) {
                asio::post(ex, std::move(done));
            } else {
                asio::dispatch(ex, std::move(done));
            }
        }};

    actions const* does_ = nullptr;
    alignas(void*) unsigned char place_[sizeof(void*)];
};

/// One start of an operation.
struct operation
{
    enum class outcome
    {
        success,
        reset,
        refused,
        broken,
        throttled
    };
    enum class reaction
    {
        at_once,
        inside,
        ignored,
        late_success,
        late_failure
    };
    enum class phase
    {
        waiting,
        completing,
        gone
    };

    call_record* call = nullptr; ///< Null for that of a fallback.
    int context = 0;
    int number = 0;
    outcome ends = outcome::success;
    reaction on_cancel = reaction::at_once;
    phase now = phase::waiting;
    bool not_sent = false;
    bool drops = false;
    bool cancelled = false; ///< It was told to cancel.
    bool cancelled_by_caller = false;
    time_point due = time_point::max();
    time_point bound = time_point::max();
    time_point launched{};
    std::uint64_t generation = 0;
    resil::circuit_state circuit = resil::circuit_state::closed;
    operation_end end{};

    bool running() const { return now != phase::gone; }
    bool cooperates() const
    {
        return on_cancel == reaction::at_once || on_cancel == reaction::inside;
    }
};

/// One call, from its initiation to its completion or destruction.
struct call_record
{
    world* owner = nullptr;
    int id = 0;
    int context = 0;
    stack* through = nullptr;
    asio::cancellation_signal signal{};
    time_point initiated{};
    time_point deadline =
        time_point::max(); ///< By which it must be over, exact on a fast machine.

    bool initiating = false;
    bool started = false; ///< The initiation has returned.
    int completed = 0;
    bool destroyed = false;
    error_code result{};
    int value = 0;
    std::size_t allocated = 0;

    bool cancelled = false;
    bool must_abort = false; ///< It reached a running operation: only success may precede it.

    int attempts = 0;
    int running = -1; ///< The operation that runs.
    bool dropped = false;
    bool threw = false;
    bool not_sent = false; ///< The last attempt proved it.
    error_code last_error{};
    time_point not_before{}; ///< The floor under the next attempt.
    std::optional<int> success{};
    std::string key{};

    bool active() const { return completed == 0 && !destroyed; }
};

/// Counts what a call takes from the handler's allocator.
template <class T>
class call_allocator
{
public:
    using value_type = T;

    explicit call_allocator(call_record& r) : record_(&r) {}

    template <class U>
    call_allocator(call_allocator<U> const& other) : record_(other.record_)
    {
    }

    T* allocate(std::size_t n)
    {
        record_->allocated += n * sizeof(T);
        return static_cast<T*>(::operator new(n * sizeof(T)));
    }

    void deallocate(T* p, std::size_t n)
    {
        record_->allocated -= n * sizeof(T);
        ::operator delete(p);
    }

    template <class U>
    friend bool operator==(call_allocator const& a, call_allocator<U> const& b)
    {
        return a.record_ == b.record_;
    }

private:
    template <class>
    friend class call_allocator;

    call_record* record_;
};

/// What became of a world.
struct verdict_of_world
{
    std::string violation{}; ///< Empty if there was none.
    std::uint64_t trace = 0; ///< A hash of all events.
    std::uint64_t events = 0;
};

/// One schedule.
class world
{
public:
    world(std::uint64_t seed, std::vector<stack_factory> const& factories, defect broken);
    ~world();

    verdict_of_world run();

    // For stacks, while they are built.

    dice& draw() { return dice_; }
    defect broken() const { return defect_; }

    /// Returns the object of a type that all stacks share, made on first use.
    template <class T, class Make>
    T& share(Make make)
    {
        static constexpr char key = 0;
        for (auto& [known, object] : shared_) {
            if (known == &key) {
                return *static_cast<T*>(object.get());
            }
        }
        auto made = std::make_shared<T>(make());
        shared_.emplace_back(&key, made);
        return *made;
    }

    resil::bulkhead_options draw_bulkhead();
    resil::circuit_breaker_options draw_breaker();
    void watch(std::function<resil::bulkhead_snapshot()> look) { look_at_bulkhead_ = look; }
    void watch(std::function<resil::circuit_snapshot()> look,
               resil::circuit_breaker_options const& options)
    {
        look_at_breaker_ = look;
        most_probes_ = options.half_open_max_calls;
        probe_lease_ = options.probe_lease;
    }
    void watch(resil::retry_budget const& budget) { budget_ = budget; }

    // For calls and operations.

    simulation& context(int which) { return *contexts_[static_cast<std::size_t>(which)].sim; }
    simulation* other_context_than(int which);
    bool turned(int which) const { return !contexts_[static_cast<std::size_t>(which)].single; }
    time_point now() const { return now_; }

    void launch(call_record& r, resil::attempt const& a, operation_end end);
    void launch_fallback(asio::execution_context& where, operation_end end);
    void processed(int op, error_code ec);
    void gone(int op);
    void completed(call_record& r, error_code ec, int value);
    void destroyed(call_record& r);
    void retry_scheduled(duration delay);
    void circuit_changed(resil::circuit_event const& event);

    void fail(char const* what);
    void fail(call_record const& r, char const* what, error_code ec = {});
    void note(std::uint64_t kind, std::uint64_t a = 0, std::uint64_t b = 0);

private:
    struct on_cancel;
    struct context_slot;
    class operation_store;

    struct simulated
    {
        std::unique_ptr<simulation> sim{};
        bool single = false;
    };

    struct generation_counts
    {
        std::uint64_t launched = 0;
        std::uint64_t succeeded = 0;
        std::uint64_t failed = 0;
    };

    void act();
    bool act_on_something();
    void advance();
    void start_call();
    void cancel_one();
    void cancel(call_record& r);
    void emit(call_record& r, asio::cancellation_type_t type);
    void complete(int op);
    void told_to_cancel(int op, asio::cancellation_type_t type);
    void destroy_context(int which);
    void drop_operations(int context);
    void plan(operation& op);
    int add_operation(operation op);
    void hurry();
    void drain();
    void check();
    void check_bulkhead();
    void check_breaker();
    std::uint64_t probes_running(std::uint64_t generation) const;
    void check_idle();
    void check_idle_call(call_record& r);
    void check_result(call_record& r);
    void check_quiet();
    void check_recovery();
    void settle(int limit);
    bool anything_ready() const;
    time_point next_time() const;
    void trace(char const* what, int which = 0, error_code ec = {}) const;
    generation_counts& counts(std::uint64_t generation);
    operation& op(int id) { return operations_[static_cast<std::size_t>(id)]; }
    operation* running(call_record const& r);

    std::uint64_t seed_;
    dice dice_;
    defect defect_;
    bool busy_ = false;    ///< Time passes while functions are ready.
    bool stalls_ = false;  ///< It did so before the faults ended.
    bool healthy_ = false; ///< Operations succeed from now on.
    bool tracing_ = false;
    time_point start_;
    time_point now_;
    std::vector<std::unique_ptr<call_record>> calls_{};
    std::vector<simulated> contexts_{};
    std::vector<std::pair<void const*, std::shared_ptr<void>>> shared_{};
    std::function<resil::bulkhead_snapshot()> look_at_bulkhead_{};
    std::function<resil::circuit_snapshot()> look_at_breaker_{};
    std::optional<resil::retry_budget> budget_{};
    int most_probes_ = 0;
    duration probe_lease_{};
    std::vector<std::unique_ptr<stack>> stacks_{};
    std::vector<operation> operations_{};
    std::vector<call_record*> active_{};
    std::vector<generation_counts> generations_{};
    bool breaker_is_direct_ = true;
    call_record* current_ = nullptr; ///< Whose operation is being processed.
    int callers_ = 1;
    std::string violation_{};
    std::uint64_t trace_ = 0;
    std::uint64_t events_ = 0;
};

/// A completion on its way to the handler of an operation.
template <class Handler>
struct operation_end::completion
{
    completion(world& in, int which, error_code e, int v, Handler h)
        : w(&in), op(which), ec(e), value(v), handler(std::move(h))
    {
    }

    completion(completion&& other) noexcept
        : w(std::exchange(other.w, nullptr)),
          op(other.op),
          ec(other.ec),
          value(other.value),
          handler(std::move(other.handler))
    {
    }

    ~completion()
    {
        if (w) {
            w->gone(op);
        }
    }

    void operator()()
    {
        std::exchange(w, nullptr)->processed(op, ec);
        std::move(handler)(ec, value);
    }

    world* w;
    int op;
    error_code ec;
    int value;
    Handler handler;
};

/// The completion handler of a call.
template <class Executor>
class call_handler
{
public:
    using executor_type = Executor;
    using allocator_type = call_allocator<void>;
    using cancellation_slot_type = asio::cancellation_slot;

    call_handler(call_record& r, Executor ex) : record_(&r), executor_(std::move(ex)) {}

    call_handler(call_handler&& other) noexcept
        : record_(std::exchange(other.record_, nullptr)), executor_(std::move(other.executor_))
    {
    }

    call_handler& operator=(call_handler&&) = delete;

    /// Lets another handler speak for the call.
    void forget() { record_ = nullptr; }

    ~call_handler()
    {
        if (record_) {
            record_->owner->destroyed(*record_);
        }
    }

    executor_type get_executor() const noexcept { return executor_; }
    allocator_type get_allocator() const noexcept { return allocator_type(*record_); }
    cancellation_slot_type get_cancellation_slot() const noexcept
    {
        return record_->signal.slot();
    }

    void operator()(error_code ec, int value)
    {
        auto* const r = std::exchange(record_, nullptr);
        r->owner->completed(*r, ec, value);
    }

private:
    call_record* record_;
    executor_type executor_;
};

/// The operation under test: what it does is drawn each time that it is started.
struct drawn_operation
{
    struct start
    {
        call_record* record;
        resil::attempt const* about;

        template <class Handler>
        void operator()(Handler h) const
        {
            record->owner->launch(*record, *about, operation_end(std::move(h)));
        }
    };

    template <class Token>
    auto operator()(resil::attempt const& a, Token&& token) const
    {
        return asio::async_initiate<Token, void(error_code, int)>(start{record, &a}, token);
    }

    call_record* record;
};

/// The operation that stands in for a failed call.
struct drawn_fallback
{
    struct start
    {
        world* owner;

        template <class Handler>
        void operator()(Handler h) const
        {
            auto const ex = asio::get_associated_executor(h);
            owner->launch_fallback(asio::query(ex, asio::execution::context),
                                   operation_end(std::move(h)));
        }
    };

    template <class Token>
    auto operator()(resil::failure const&, Token&& token) const
    {
        return asio::async_initiate<Token, void(error_code, int)>(start{owner}, token);
    }

    world* owner;
};

/// All stacks that are sound, and those in which every policy is a broken double.
std::vector<stack_factory> const& sound_stacks();
std::vector<stack_factory> const& broken_stacks();

} // namespace explorer

#endif // RESIL_TESTS_SIMULATION_EXPLORER_HPP
