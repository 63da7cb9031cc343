// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_INITIATE_HPP
#define RESIL_DETAIL_INITIATE_HPP

#include <resil/attempt.hpp>
#include <resil/detail/associated.hpp>
#include <resil/detail/call_state.hpp>
#include <resil/detail/channel.hpp>
#include <resil/detail/deadline_layer.hpp>
#include <resil/detail/operation_form.hpp>
#include <resil/detail/policy_list.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution_context.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace resil::detail {

/// Starts calls; it has an executor if the operation, or the caller, named one.
template <class Policies, class Signature, class Candidate, bool HasFacts>
class initiate_call_base
{
public:
    initiate_call_base(Policies policies, Candidate candidate)
        : policies_(std::move(policies)), candidate_(std::move(candidate))
    {
    }

    template <class Handler, class Op, class Facts = no_facts>
    void operator()(Handler&& handler, Op&& op, Facts&& facts = {}) const&
    {
        start(policies_, std::forward<Handler>(handler), std::forward<Op>(op),
              std::forward<Facts>(facts));
    }

    // Most initiations are started once: the reference to the policies that they hold becomes the call's.
    template <class Handler, class Op, class Facts = no_facts>
    void operator()(Handler&& handler, Op&& op, Facts&& facts = {}) &&
    {
        start(std::move(policies_), std::forward<Handler>(handler), std::forward<Op>(op),
              std::forward<Facts>(facts));
    }

private:
    template <class Handler, class Op, class Facts>
    void start(Policies policies, Handler&& handler, Op&& op, Facts&& facts) const
    {
        using handler_type = std::decay_t<Handler>;
        using operation_type = std::decay_t<Op>;
        constexpr bool has_facts = HasFacts || has_outer_attempt<handler_type>;
        using state = call_state<handler_type, operation_type, Signature, Candidate, Policies,
                                 has_facts>;

        static_assert(!std::is_same_v<typename work_executor<handler_type, Candidate>::type,
                                      no_executor>,
                      "resil: no executor to run on: bind one to the completion handler, or pass "
                      "one: async_call(executor, operation, token)");
        static_assert(wants_failure<handler_type> || channel<Signature>::constructible,
                      "resil: a failed call completes with default-constructed values; complete "
                      "with resil::as_result(token) where a value has no default constructor");
        static_assert(form_of<operation_type>() != operation_form::coroutine ||
                          channel<Signature>::constructible,
                      "resil: what a coroutine returns must have a default constructor: with that "
                      "asio::co_spawn completes when it throws");
        static_assert(!state::needs::repeats || form_of<operation_type>() != operation_form::token ||
                          std::is_copy_constructible_v<operation_type>,
                      "resil: this pipeline may repeat the operation, so its initiation and all of "
                      "its arguments must be copyable; wrap it in a lambda that starts it anew");
        state::start(handler_type(std::forward<Handler>(handler)), std::forward<Op>(op), candidate_,
                     std::move(policies), std::forward<Facts>(facts));
    }

protected:
    Policies policies_;
    [[no_unique_address]] Candidate candidate_;
};

template <class Policies, class Signature, class Candidate, bool HasFacts>
class initiate_call : public initiate_call_base<Policies, Signature, Candidate, HasFacts>
{
public:
    using executor_type = Candidate;
    using initiate_call::initiate_call_base::initiate_call_base;

    executor_type get_executor() const noexcept { return this->candidate_; }
};

template <class Policies, class Signature, bool HasFacts>
class initiate_call<Policies, Signature, no_executor, HasFacts>
    : public initiate_call_base<Policies, Signature, no_executor, HasFacts>
{
public:
    using initiate_call::initiate_call_base::initiate_call_base;
};

template <class Signature, class Op>
struct chosen_signature
{
    using type = Signature;
};

/// Says that the completion signature is to be deduced from the operation.
struct deduce
{
};

template <class Op>
struct chosen_signature<deduce, Op>
{
    using type = signature_of<Op>;
};

template <class Signature>
constexpr void check_channel() noexcept
{
    static_assert(channel<Signature>::known,
                  "resil: the operation has no error channel: its completion signature must be "
                  "void(error_code, T...), void(std::exception_ptr, T...), or void(R) for an R with "
                  "has_value() and error()");
}

template <class T>
concept context = std::derived_from<std::remove_cvref_t<T>, boost::asio::execution_context>;

/// Returns an executor for what the caller passed: an executor, or a context.
template <class Where>
auto executor_for(Where&& where)
{
    if constexpr (context<Where>) {
        return where.get_executor();
    } else {
        return std::decay_t<Where>(std::forward<Where>(where));
    }
}

/**
 * Gives a policy or a pipeline its `async_call`: all of them run operations in this way.
 *
 * `Derived` has `policies()`.
 *
 * Thread safety: safe, shared objects too, if the policies are.
 * Exceptions: `async_call` throws `bad_alloc`, and what moving the operation and the handler throws; nothing has begun
 * then. What the operation throws when it is started is an outcome of the call.
 * Cost: a call is one block of memory, by the handler's associated allocator (by default Asio's recycling one), and is
 * given back before the handler is called.
 *
 * Example:
 *
 *     page p = co_await client.async_call(
 *         [&](resil::attempt const&, auto token) { return fetch(path, std::move(token)); },
 *         asio::use_awaitable);
 */
template <class Derived>
class calls
{
public:
    /**
     * Runs an operation under this policy.
     *
     * The operation is called with `(attempt const&, token)`, with `(token)`, or with `(attempt const&)` and returns an
     * `asio::awaitable`; a deferred operation is one of the second kind. `Signature` states a completion signature that
     * cannot be deduced. It must have an error channel: `void(error_code, T...)`, `void(std::exception_ptr, T...)`, or
     * `void(R)` for an `R` with `has_value()` and `error()`. `T...` are any number of values.
     *
     * Completion signature: the operation's own. The handler is called exactly once, never from within this function.
     * Executor: the call's own: the handler's associated one; else the one that is passed; else that of the operation's
     * initiation. The operation is started, and observers are told, on it. The final handler is called on its
     * associated one. Without any the call does not compile.
     * Cancellation: all three types. Before the first attempt, in a delay and in a queue: the call ends at once. While
     * an attempt runs: it gets the type, and obeys it or does not. Between two steps: kept, and no further step begins.
     * A call that was cancelled completes with `operation_aborted`, unless its operation had succeeded already.
     * Errors: those of the policies, and the operation's own as they are; `errc::operation_threw` for an exception that
     * the completion signature cannot carry.
     * Lifetimes: the operation is moved or copied into the call, and the policies are kept alive, until the call has
     * ended. What the operation refers to is the caller's to keep. A context that is destroyed takes its calls along,
     * handlers uncalled.
     */
    template <class Signature = deduce, class Op, class Token>
        requires(!std::same_as<std::remove_cvref_t<Op>, call>)
    auto async_call(Op&& op, Token&& token) const
    {
        auto const ex = executor_of(op);
        return initiate<Signature, false>(ex, call(), std::forward<Op>(op),
                                          std::forward<Token>(token));
    }

    /// The same with facts about this one call: a deadline, a key, an outer call.
    template <class Signature = deduce, class Op, class Token>
    auto async_call(call facts, Op&& op, Token&& token) const
    {
        auto const ex = executor_of(op);
        return initiate<Signature, true>(ex, facts, std::forward<Op>(op),
                                         std::forward<Token>(token));
    }

    /// The same on an executor, or a context, for handlers that have none of their own.
    template <class Signature = deduce, class Where, class Op, class Token>
        requires(!std::same_as<std::remove_cvref_t<Where>, call>)
    auto async_call(Where&& where, Op&& op, Token&& token) const
    {
        return initiate<Signature, false>(executor_for(std::forward<Where>(where)), call(),
                                          std::forward<Op>(op), std::forward<Token>(token));
    }

    /// The same on an executor, or a context, with facts about this one call.
    template <class Signature = deduce, class Where, class Op, class Token>
    auto async_call(Where&& where, call facts, Op&& op, Token&& token) const
    {
        return initiate<Signature, true>(executor_for(std::forward<Where>(where)), facts,
                                         std::forward<Op>(op), std::forward<Token>(token));
    }

private:
    template <class Signature, bool HasFacts, class Executor, class Op, class Token>
    auto initiate(Executor ex, call const& facts, Op&& op, Token&& token) const
    {
        using facts_type = std::conditional_t<HasFacts, call_facts, no_facts>;
        using signature = typename chosen_signature<Signature, std::decay_t<Op>>::type;
        check_channel<signature>();
        if constexpr (channel<signature>::known) {
            auto policies = static_cast<Derived const&>(*this).policies();
            using initiation = initiate_call<decltype(policies), signature, Executor, HasFacts>;
            return boost::asio::async_initiate<Token, signature>(
                initiation(std::move(policies), std::move(ex)), token, std::forward<Op>(op),
                make_facts<facts_type>(facts));
        }
    }
};

} // namespace resil::detail

#endif // RESIL_DETAIL_INITIATE_HPP
