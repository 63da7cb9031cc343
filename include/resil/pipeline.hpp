// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_PIPELINE_HPP
#define RESIL_PIPELINE_HPP

#include <resil/attempt.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/detail/initiate.hpp>
#include <resil/detail/pipeline_order.hpp>
#include <resil/detail/policy_description.hpp>
#include <resil/detail/policy_list.hpp>
#include <resil/detail/with_token.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace resil {

/**
 * Names a pipeline: the name is in its events, its messages, and in what it prints.
 *
 * Thread safety: a value; distinct objects, and const use of a shared one, are safe.
 * Exceptions: none of its own; copying it throws `bad_alloc`.
 * Cost: that of a string.
 *
 * Example:
 *
 *     resil::named{"catalogue"}, // in every event, and in what the pipeline prints
 */
class named
{
public:
    /// Takes the name.
    explicit named(std::string name) : name_(std::move(name)) {}

    /// Returns the name.
    std::string_view name() const noexcept { return name_; }

private:
    std::string name_;
};

/**
 * Lets an object see what happens to every call of a pipeline.
 *
 * `Observer` is called with the events of `<resil/event.hpp>`; those that it cannot be called with are not told. It
 * is copied with the pipeline's first copy only.
 *
 * Thread safety: the observer is called from any number of calls at a time, and must be ready for that.
 * Exceptions: what copying the observer throws, when it is made; what it throws when it is told is dropped.
 * Calls: the observer, on the call's executor, outside of any lock.
 * Cost: a pipeline without observers pays nothing; no event allocates.
 *
 * Example:
 *
 *     auto observer()
 *     {
 *         return resil::observe{[this](auto const& event) { count(event); }};
 *     }
 */
template <class Observer>
class observe
{
public:
    /// Takes the observer.
    explicit observe(Observer observer) : observer_(std::move(observer)) {}

    /// Tells it an event that it takes.
    template <class Event>
        requires std::invocable<Observer const&, Event const&>
    void tell(Event const& event) const
    {
        observer_(event);
    }

private:
    Observer observer_;
};

/**
 * Judges outcomes for all policies of a pipeline that have no classifier of their own.
 *
 * `Classifier` is called with the completion arguments, or with an `error_code`, and returns a `verdict` or a
 * `judgement`.
 *
 * Thread safety: the classifier is called from any number of calls at a time, and must be ready for that.
 * Exceptions: what copying the classifier throws, when it is made; what it throws when it judges makes the outcome
 * permanent.
 * Calls: the classifier, on the call's executor, outside of any lock.
 * Cost: none of its own.
 *
 * Example:
 *
 *     resil::judged_by{judge}, // for all policies that have no classifier of their own
 */
template <class Classifier>
class judged_by
{
public:
    /// Takes the classifier.
    explicit judged_by(Classifier classifier) : classifier_(std::move(classifier)) {}

    /// Returns the classifier.
    Classifier const& classifier() const noexcept { return classifier_; }

private:
    Classifier classifier_;
};

namespace detail {

template <>
struct element_of<named> : plain_element
{
    static constexpr bool names = true;
};

template <class Observer>
struct element_of<observe<Observer>> : plain_element
{
    template <class Event>
    static constexpr bool observes = std::invocable<Observer const&, Event const&>;
};

template <class Classifier>
struct element_of<judged_by<Classifier>> : plain_element
{
    static constexpr bool classifies = true;
};

} // namespace detail

/**
 * Runs operations under several policies, the outermost first.
 *
 * The usual order is fallback, deadline, retry, circuit breaker, bulkhead, timeout. A pipeline knows the orders that
 * are mistakes: it refuses those that cannot work when it is built, and lists in `warnings()` those that are rarely
 * meant.
 *
 * A handle: copies share the policies, and a call keeps them alive. Printed with fmt by `<resil/format.hpp>`.
 *
 * Completion signature: unchanged.
 * Cancellation: passed on from the outermost policy to the innermost, to whatever runs.
 * Errors: those of its policies, and the operation's own as they are; `failure::reason()` says which policy ended the
 * call.
 * Thread safety: safe, shared objects too.
 * Exceptions: making one throws `invalid_option`, with a message that says what is wrong and what to do, and
 * `bad_alloc`.
 * Cost: a few allocations when built; none when copied; one for each call, however many policies there are.
 *
 * Example:
 *
 *     resil::circuit_breaker breaker{{.name = "recommendations"}};
 *     resil::pipeline recommendations{
 *         resil::deadline{800ms},
 *         resil::retry{{.max_attempts = 3, .idempotency = resil::idempotency::safe}},
 *         breaker,
 *         resil::timeout{250ms},
 *     };
 *     std::string page = co_await recommendations.async_call(
 *         [&](resil::attempt const&, auto token) { return service.async_fetch(std::move(token)); },
 *         asio::use_awaitable);
 */
template <class... Policies>
class pipeline : public detail::calls<pipeline<Policies...>>
{
public:
    /// Takes the policies, outermost first. Throws `invalid_option` if they cannot work together.
    explicit pipeline(Policies... policies)
        : facts_(std::make_shared<facts const>(policies...)), policies_(std::move(policies)...)
    {
    }

    /// Returns what is unusual about this pipeline, a sentence each; empty for most.
    std::vector<std::string> const& warnings() const noexcept { return facts_->warnings; }

    /// Returns the policies as text, outermost first, "deadline(800ms) > retry(3 attempts, ...)".
    std::string const& to_string() const noexcept { return facts_->text; }

    /// Returns the shared list of policies.
    auto policies() const noexcept { return policies_; }

private:
    /// What is found out once, when the pipeline is built.
    struct facts
    {
        explicit facts(Policies const&... policies)
        {
            auto const described = detail::describe(policies...);
            warnings = detail::order_check(described).run();
            text = detail::printed(detail::name_among(policies...), described);
        }

        std::vector<std::string> warnings;
        std::string text;
    };

    std::shared_ptr<facts const> facts_;
    detail::shared_policies<Policies...> policies_;
};

template <class... Policies>
pipeline(Policies...) -> pipeline<Policies...>;

/// The usual pipeline, as a type that can be written down: for members and parameters.
using standard_pipeline = pipeline<deadline, retry, circuit_breaker, timeout>;

/**
 * Makes a completion token that runs the operation it is given to under a policy or pipeline.
 *
 * Any initiating function can be used in place: only its token changes. Where the pipeline may repeat, the initiation
 * is repeated by copying it and its arguments, so each repetition must be valid on the same object. The call is as with
 * `async_call`.
 *
 * Completion signature: the operation's own.
 * Exceptions: what copying the policies' handle and the token throws.
 *
 * Example:
 *
 *     // 4: any initiating function, in place: only its token changes.
 *     p += co_await fetch(path, resil::with(client, asio::use_awaitable));
 */
template <class Pipeline, class Token>
auto with(Pipeline const& policies, Token&& token)
{
    return detail::with_token<decltype(policies.policies()), std::decay_t<Token>>{
        policies.policies(), std::forward<Token>(token)};
}

} // namespace resil

#endif // RESIL_PIPELINE_HPP
