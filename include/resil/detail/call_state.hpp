// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_CALL_STATE_HPP
#define RESIL_DETAIL_CALL_STATE_HPP

#include <resil/attempt.hpp>
#include <resil/detail/associated.hpp>
#include <resil/detail/call_account.hpp>
#include <resil/detail/call_memory.hpp>
#include <resil/detail/call_parts.hpp>
#include <resil/detail/call_policies.hpp>
#include <resil/detail/call_timer.hpp>
#include <resil/detail/channel.hpp>
#include <resil/detail/entropy.hpp>
#include <resil/detail/final_call.hpp>
#include <resil/detail/layer.hpp>
#include <resil/detail/operation_state.hpp>
#include <resil/detail/policy_list.hpp>
#include <resil/detail/serial_executor.hpp>
#include <resil/event.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace resil::detail {

/**
 * One call, in one allocation: the handler, the operation, and the states of all layers.
 *
 * All that happens to a call happens on its executor, one thing at a time. `pending_` counts what
 * still holds a pointer to it: the running operation, armed timers, messages on their way. When it
 * falls to zero the call is delivered if it has ended, and freed if it never will.
 */
template <class Handler, class Operation, class Signature, class Candidate, class Policies,
          bool HasFacts>
class call_state final : public call_view, public call_account
{
public:
    using signature = Signature;
    using channel_type = channel<Signature>;
    using operation_type = Operation;
    using policy_tuple = typename Policies::list;
    using plan = layer_plan<HasFacts, policy_tuple>;

    static constexpr std::size_t layer_count = plan::size;
    static constexpr auto positions = plan::positions();

    using needs = layer_needs<policy_tuple>;

private:
    template <std::size_t Position>
    struct policy_at
    {
        using type = std::tuple_element_t<Position, policy_tuple>;
    };

    template <std::size_t Position>
        requires(Position == no_position)
    struct policy_at<Position>
    {
        using type = deadline_of_call;
    };

public:
    template <std::size_t K>
    using policy_type = typename policy_at<positions[K]>::type;

    static constexpr bool abandons = needs::abandons && std::is_copy_constructible_v<Operation>;
    static constexpr bool timed = needs::timed || plan::adds_deadline;

    using inner_executor_type = typename work_executor<Handler, Candidate>::type;
    using executor_type =
        std::conditional_t<is_strand<inner_executor_type>, inner_executor_type,
                           serial_executor<inner_executor_type>>;
    using allocator_type =
        typename boost::asio::associated_allocator<Handler,
                                                   boost::asio::recycling_allocator<void>>::type;
    using innermost_type = parent_at<call_state, layer_count>;
    using operation_state_type =
        operation_state<call_state, innermost_type, own_operation<call_state>>;

    /// Allocates a call and sends it on its way.
    template <class Op, class Facts>
    static void start(Handler&& handler, Op&& op, Candidate const& candidate, Policies policies,
                      Facts&& facts)
    {
        auto const allocator = allocator_of(handler);
        rebound memory(allocator);
        call_state* const place = std::allocator_traits<rebound>::allocate(memory, 1);
        call_state* self = nullptr;
        try {
            self = ::new (static_cast<void*>(place))
                call_state(std::move(handler), std::forward<Op>(op), candidate,
                           std::move(policies), std::move(facts));
        } catch (...) {
            std::allocator_traits<rebound>::deallocate(memory, place, 1);
            throw;
        }
        self->hold();
        delivery<call_state> message(*self);
        self->connect_cancellation();
        boost::asio::dispatch(self->executor_, std::move(message));
    }

    // What layers ask of their call.

    template <std::size_t K>
    auto const& policy() const noexcept
    {
        if constexpr (positions[K] == no_position) {
            static constexpr deadline_of_call instance{};
            return instance;
        } else {
            return policies_.template get<positions[K]>();
        }
    }

    template <std::size_t K>
    auto& fixture() noexcept
    {
        return static_cast<fixture_slot<call_state, K>&>(fixtures_).fixture;
    }

    Operation& operation() noexcept { return operation_; }
    executor_type const& executor() const noexcept { return executor_; }
    allocator_type allocator() const noexcept { return allocator_of(handler_); }

    inner_executor_type const& inner_executor() const noexcept
    {
        if constexpr (std::is_same_v<executor_type, inner_executor_type>) {
            return executor_;
        } else {
            return executor_.inner();
        }
    }

    timer_service& service() const noexcept { return *service_; }

    /// Returns the time, read at most once between two things that happen to the call.
    time_point now() noexcept
    {
        if (now_ == unknown) {
            now_ = service_->now();
        }
        return now_;
    }

    void stale_clock() noexcept { now_ = unknown; }

    /// Lets a call that needed no clock so far have one: its time counts from here.
    void start_clock() noexcept
    {
        if (started_ == unknown) {
            started_ = now();
        }
    }

    /// Says whether what the timer service runs, runs on the call's executor.
    bool runs_on_driver() const noexcept
    {
        return service_->single_threaded() && is_plain(inner_executor());
    }

    // What policies need to know of each other.

    std::string_view idempotency_key() override
    {
        if (facts_.idempotency_key.empty() && !made_key_) {
            made_key_ = random_key();
        }
        return made_key();
    }

    std::string_view made_key() const noexcept override
    {
        return made_key_ ? made_key_->view() : std::string_view(facts_.idempotency_key);
    }

    bool repeats() const noexcept override { return repeated_ || facts_.nested; }

    /// Says whether the operation can send the key with every attempt.
    bool key_reaches_operation() const noexcept
    {
        return form_of<Operation>() != operation_form::token || facts_.key_given;
    }

    /// Says whether the caller cancelled, even if the layers have not been told yet.
    bool is_cancelled() const noexcept
    {
        return latched_ != boost::asio::cancellation_type::none ||
               emitted_.load(std::memory_order_relaxed) != 0;
    }

    bool nested() const noexcept { return facts_.nested; }
    void will_repeat() noexcept { repeated_ = true; }
    bool abandons_now() const noexcept { return abandons_now_; }
    void set_abandons() noexcept { abandons_now_ = true; }

    /// Judges an outcome by a policy's own classifier, or else by the pipeline's.
    template <class Policy, class Outcome>
    judgement judge(Policy const& policy, Outcome const& outcome) noexcept
    {
        try {
            return policies_.judge(policy, outcome);
        } catch (...) {
            keep_exception(std::current_exception());
            reason_ = reason::exception;
            return verdict::permanent;
        }
    }

    // What observers are told.

    template <class Event>
    static constexpr bool observes() noexcept
    {
        return call_policies<Policies>::template observes<Event>();
    }

    template <class Event>
    void tell(Event&& event) const noexcept
    {
        event.call = this;
        policies_.tell(std::as_const(event));
    }

    std::string_view name() const noexcept { return policies_.name(); }

    void tell_attempt_started() noexcept
    {
        if constexpr (times_attempts) {
            attempt_started_ = now();
        }
        if constexpr (observes<attempt_started>()) {
            tell(attempt_started{name(), attempts_});
        }
    }

    template <class Outcome>
    void tell_attempt_ended(Outcome const& outcome) noexcept
    {
        if constexpr (times_attempts) {
            judgement const judged = judge(any_policy(), outcome);
            duration const took = now() - attempt_started_;
            if (judged.verdict == verdict::success) {
                tell(attempt_succeeded{name(), attempts_, took});
            } else {
                tell(attempt_failed{name(), attempts_, outcome.code(), judged.verdict, took});
            }
        }
    }

    // Lifetime.

    void hold() noexcept { ++pending_; }
    void unhold() noexcept { --pending_; }

    /// Runs something that may end the call; if it throws, the call is destroyed.
    template <class Function>
    void enter(Function f)
    {
        bool gone = false;
        bool* const outer = std::exchange(gone_, &gone);
        try {
            f();
        } catch (...) {
            if (!gone) {
                gone_ = outer;
                abandon();
            } else if (outer) {
                *outer = true;
            }
            throw;
        }
        if (!gone) {
            gone_ = outer;
        } else if (outer) {
            *outer = true;
        }
    }

    /// Says that something that the call had counted has arrived, too late to matter.
    void settle()
    {
        if (unreferenced() && !root_) {
            conclude();
        }
    }

    /// Says that something that the call had counted will never arrive.
    void settle_lost() noexcept
    {
        if (unreferenced()) {
            free();
        }
    }

    /// Destroys the call without completing it: its context, or its operation, gave it up.
    void abandon() noexcept
    {
        disconnect_cancellation();
        stored_.reset();
        ended_ = false;
        root_.reset();
        settle_lost();
    }

    /// The last step of every outcome.
    template <class Outcome>
    void finish(Outcome&& outcome)
    {
        if (!outcome.succeeded()) {
            code_ = outcome.code();
            keep_exception(outcome.exception());
            note_cancelled();
        }
        disconnect_cancellation();
        measure();
        if constexpr (observes<call_ended>()) {
            tell(call_ended{name(), code_, reason_, attempts_, elapsed_});
        }
        root_.reset();
        ended_ = true;
        if (unreferenced()) {
            deliver(outcome);
        } else {
            store(outcome);
        }
    }

    // The message that begins the call, on its executor.

    void arrived()
    {
        enter_deferred([this] {
            unhold();
            begin();
        });
    }

    void lost() noexcept
    {
        unhold();
        settle_lost();
    }

private:
    using rebound = typename call_allocator_for<call_state, allocator_type>::type;
    using facts_type = std::conditional_t<HasFacts, call_facts, no_facts>;
    using root_type = state_at<call_state, 0>;
    using handler_executor_type = typename work_executor<Handler, Candidate>::handlers;
    static constexpr bool completes_here = work_executor<Handler, Candidate>::is_handlers;

    static constexpr time_point unknown = time_point::min();
    static constexpr unsigned underway = 0x8000'0000U; ///< Set while a cancellation is queued.

    /// Receives the caller's cancellation; on a call that queues, it takes its turn.
    struct on_cancel
    {
        call_state* self;

        void operator()(boost::asio::cancellation_type_t type) const { self->cancelled(type); }
    };

    /// Carries a cancellation through the executor.
    struct cancel_message
    {
        call_state* self;

        void arrived() { self->cancel_arrived(); }
        void lost() noexcept { self->cancel_lost(); }
    };

    /// What is known of time where it does not matter; takes no memory.
    struct no_time
    {
    };

    /// Whether somebody is told how long attempts took.
    static constexpr bool times_attempts =
        call_policies<Policies>::template observes<attempt_succeeded>() ||
        call_policies<Policies>::template observes<attempt_failed>();

    using fixtures = fixture_pack<call_state, std::make_index_sequence<layer_count>>;

    template <class Op, class Facts>
    call_state(Handler&& handler, Op&& op, Candidate const& candidate, Policies policies,
               Facts&& facts)
        : executor_(make_executor(work_executor<Handler, Candidate>::get(handler, candidate))),
          fixtures_(*this),
          policies_(std::move(policies)), facts_(std::move(facts)), operation_(std::forward<Op>(op)),
          handler_(std::move(handler))
    {
        if constexpr (has_outer_attempt<Handler>) {
            adopt(*associated_attempt<Handler, no_attempt>::get(handler_));
        }
    }

    ~call_state() = default;

    static allocator_type allocator_of(Handler const& handler) noexcept
    {
        return boost::asio::get_associated_allocator(handler,
                                                     boost::asio::recycling_allocator<void>());
    }

    executor_type make_executor(inner_executor_type inner)
    {
        service_ = &timer_service::of(
            boost::asio::query(inner, boost::asio::execution::context));
        if constexpr (std::is_same_v<executor_type, inner_executor_type>) {
            return inner;
        } else {
            bool const serial = service_->single_threaded() || runs_serially(inner);
            auto turns = serial ? turnstile_ptr() : turnstile_ptr(turnstile::make());
            return executor_type(std::move(inner), std::move(turns));
        }
    }

    void adopt(attempt const& outer)
    {
        call inherited = within(outer);
        if (inherited.deadline && (!facts_.deadline || *inherited.deadline < *facts_.deadline)) {
            facts_.deadline = inherited.deadline;
        }
        if (facts_.idempotency_key.empty()) {
            facts_.idempotency_key = inherited.idempotency_key;
        }
        facts_.nested = facts_.nested || inherited.nested;
    }

    void begin()
    {
        if constexpr (timed || observes<call_ended>()) {
            started_ = now();
        }
        if constexpr (observes<call_started>()) {
            tell(call_started{name()});
        }
        if (is_cancelled()) {
            return finish(ended(boost::asio::error::operation_aborted));
        }
        root_.emplace(*this, *this);
        root_->start(facts_.deadline.value_or(time_point::max()));
    }

    struct deferral
    {
        explicit deferral(call_state& c) noexcept : self(c)
        {
            self.deferred_ = true;
            self.hold();
        }

        deferral(deferral const&) = delete;
        deferral& operator=(deferral const&) = delete;

        ~deferral()
        {
            self.unhold();
            self.deferred_ = false;
        }

        call_state& self;
    };

    // Within this nothing is delivered: the frame of the caller's own code is still below us.
    template <class Function>
    void enter_deferred(Function f)
    {
        if (deferred_) {
            return f();
        }
        enter([&] {
            {
                deferral const scope(*this);
                f();
            }
            if (unreferenced() && !root_) {
                posted_ = true;
                conclude();
            }
        });
    }

    bool unreferenced() const noexcept
    {
        return pending_ == 0 && emitted_.load(std::memory_order_relaxed) == 0;
    }

    void connect_cancellation()
    {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected()) {
            slot.template emplace<on_cancel>(this);
        }
    }

    void disconnect_cancellation() noexcept
    {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected()) {
            slot.clear();
        }
    }

    void cancelled(boost::asio::cancellation_type_t type)
    {
        if constexpr (!std::is_same_v<executor_type, inner_executor_type>) {
            if (executor_.queues()) {
                return queue_cancel(type);
            }
        }
        cancel(type);
    }

    void queue_cancel(boost::asio::cancellation_type_t type)
    {
        auto const before = emitted_.fetch_or(static_cast<unsigned>(type) | underway);
        if (before == 0) {
            boost::asio::dispatch(executor_, delivery<cancel_message>(cancel_message_));
        }
    }

    void cancel_arrived()
    {
        auto const types = emitted_.exchange(0) & ~underway;
        cancel(static_cast<boost::asio::cancellation_type_t>(types));
    }

    void cancel_lost() noexcept
    {
        emitted_.store(0);
        settle_lost();
    }

    void cancel(boost::asio::cancellation_type_t type)
    {
        stale_clock();
        latched_ |= type;
        initiating_ = initiating_ && deferred_;
        enter_deferred([&] {
            if (root_) {
                root_->cancel(type);
            }
        });
    }

    void note_cancelled() noexcept
    {
        if (code_ == boost::asio::error::operation_aborted && is_cancelled()) {
            reason_ = reason::cancelled;
        }
    }

    void measure() noexcept
    {
        if (started_ != unknown && (code_ || observes<call_ended>())) {
            elapsed_ = now() - started_;
        }
    }

public:
    /// Returns what is known of the call's failure so far; for the fallback.
    failure failure_so_far(error_code code, std::exception_ptr exception)
    {
        code_ = code;
        keep_exception(std::move(exception));
        measure();
        return make_failure(elapsed_);
    }

private:
    template <class Outcome>
    void store(Outcome& outcome)
    {
        if constexpr (Outcome::from_operation) {
            stored_.emplace(outcome.store());
        }
    }

    /// Delivers what was stored when the call ended, or frees a call that was given up.
    void conclude()
    {
        if (!ended_) {
            return free();
        }
        if (stored_) {
            auto values = std::move(*stored_);
            std::apply(
                [&](auto&... v) {
                    answered<channel_type, std::remove_reference_t<decltype(v)>...> outcome(v...);
                    deliver(outcome);
                },
                values);
        } else {
            ended outcome(code_);
            deliver(outcome);
        }
    }

    template <class Outcome>
    void deliver(Outcome& outcome)
    {
        rebound const memory(allocator());
        final_call<Handler, Signature> last(std::move(handler_), failure_if_needed(outcome));
        if (posted_ || !completes_here) {
            last.keep(outcome);
            bool const posted = posted_;
            bool const initiating = initiating_;
            auto const inner = inner_executor();
            free(memory);
            return std::move(last).template send<completes_here>(inner, posted, initiating);
        }
        free(memory);
        last.complete(outcome);
    }

    template <class Outcome>
    std::optional<failure> failure_if_needed(Outcome const& outcome) const
    {
        bool const needed = wants_failure<Handler> ? !outcome.succeeded() : !Outcome::from_operation;
        return needed ? std::optional(make_failure(elapsed_)) : std::nullopt;
    }

    void free() noexcept { free(rebound(allocator())); }

    void free(rebound memory) noexcept
    {
        if (gone_) {
            *gone_ = true;
        }
        this->~call_state();
        std::allocator_traits<rebound>::deallocate(memory, this, 1);
    }

    timer_service* service_ = nullptr;
    executor_type executor_;
    [[no_unique_address]] fixtures fixtures_;
    int pending_ = 0;
    bool ended_ = false;
    bool deferred_ = false;
    bool posted_ = false;
    bool initiating_ = true; ///< Nothing has happened yet but the initiating function.
    bool repeated_ = false;
    bool abandons_now_ = false;
    std::atomic<unsigned> emitted_{0};
    boost::asio::cancellation_type_t latched_ = boost::asio::cancellation_type::none;
    bool* gone_ = nullptr;
    cancel_message cancel_message_{this};
    time_point now_ = unknown;
    time_point started_ = unknown;
    [[no_unique_address]] std::conditional_t<times_attempts, time_point, no_time> attempt_started_{};
    duration elapsed_{0};
    std::optional<core::idempotency_key> made_key_;
    call_policies<Policies> policies_;
    [[no_unique_address]] facts_type facts_;
    Operation operation_;
    std::optional<root_type> root_;
    std::optional<typename channel_type::stored> stored_;
    Handler handler_;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_CALL_STATE_HPP
