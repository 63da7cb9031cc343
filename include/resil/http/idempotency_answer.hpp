// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_IDEMPOTENCY_ANSWER_HPP
#define RESIL_HTTP_IDEMPOTENCY_ANSWER_HPP

#include <resil/core/idempotency_record.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/http/idempotency_key.hpp>
#include <resil/http/string_message.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::http {

/// A store that `answer_once` can use: in memory, or in a database.
template <class Store>
concept idempotency_store = requires(Store const& s, execution_name n, payload_fingerprint p, stored_answer a) {
    { s.begin(n, p) } -> std::same_as<boost::asio::awaitable<execution_claim>>;
    { s.complete(n, std::uint64_t(), a) } -> std::same_as<boost::asio::awaitable<bool>>;
    { s.abandon(n, std::uint64_t()) } -> std::same_as<boost::asio::awaitable<bool>>;
};

/// How requests with an `Idempotency-Key` are answered.
struct answer_once_options
{
    /// Whether a request without a key is refused, with 400; else it is executed each time. Source: the IETF draft
    /// leaves it to the resource; what costs money should ask for it.
    bool required = true;

    /// How keys are written. Source: the IETF draft.
    key_style style = key_style::quoted;

    /// Says who asks, as authentication has found; empty: there is but one tenant. It must not trust the request.
    /// Source: resil's own.
    std::function<std::string(string_request const&)> tenant{};

    /// The fields of an answer's header that are kept with it. Source: resil's own.
    std::vector<std::string> kept_fields{"Content-Type", "Location"};
};

namespace detail {

/// A problem of RFC 9457.
inline string_response key_problem(boost::beast::http::status code, std::string_view title)
{
    string_response made(code, 11);
    made.set(boost::beast::http::field::content_type, "application/problem+json");
    made.set(boost::beast::http::field::cache_control, "no-store");
    made.body() = R"({"title":")" + std::string(title) + R"(","status":)" + std::to_string(made.result_int()) + "}";
    return made;
}

inline string_response later_problem(boost::beast::http::status code, std::string_view title)
{
    string_response made = key_problem(code, title);
    made.set(boost::beast::http::field::retry_after, "1");
    return made;
}

inline string_response write_answer(stored_answer const& stored)
{
    string_response made(static_cast<boost::beast::http::status>(stored.status), 11);
    for (auto const& [name, value] : stored.fields) {
        made.set(name, value);
    }
    made.set("Idempotency-Replayed", "true");
    made.body() = stored.body;
    return made;
}

inline stored_answer read_answer(string_response const& made, std::vector<std::string> const& kept)
{
    stored_answer stored{made.result_int(), {}, made.body()};
    for (std::string const& name : kept) {
        auto const found = made.find(name);
        if (found != made.end()) {
            stored.fields.emplace_back(name, std::string(found->value()));
        }
    }
    return stored;
}

inline std::string endpoint_of(string_request const& request)
{
    std::string_view const target = request.target();
    return std::string(request.method_string()) + " " + std::string(target.substr(0, target.find('?')));
}

} // namespace detail

/// Returns the answer to a claim that is not `begun`: the one that is kept, 409, 422 or 503. Throws `bad_alloc`.
inline string_response answer_of(execution_claim const& claim)
{
    using boost::beast::http::status;
    switch (claim.state) {
    case claim_state::begun: break;
    case claim_state::done: return detail::write_answer(claim.answer);
    case claim_state::in_flight:
        return detail::later_problem(status::conflict, "A request with this Idempotency-Key is being processed");
    case claim_state::forgotten:
        return detail::key_problem(status::conflict, "This was done before; its answer is not kept");
    case claim_state::different:
        return detail::key_problem(status::unprocessable_entity, "This Idempotency-Key was used for another request");
    case claim_state::full: break;
    }
    return detail::later_problem(status::service_unavailable, "No room for another Idempotency-Key");
}

/// What a request names, and how it is to be refused if it names nothing.
struct named_request
{
    execution_name name{};           ///< The execution; its key is empty if there is none.
    payload_fingerprint payload{};   ///< Of method, target and body.
    string_response refusal{};       ///< 400; if `refused`.
    bool refused = false;            ///< Whether the key is missing, or malformed.
};

/**
 * Reads which execution a request names: for stores whose effect is in their own transaction.
 *
 * Errors: none. A key that is malformed, or missing where it is required, is `refused`.
 * Thread safety: pure, but for what `tenant` is.
 * Exceptions: `bad_alloc`, and what `tenant` throws.
 */
inline named_request name_request(string_request const& request, answer_once_options const& options)
{
    using boost::beast::http::status;
    named_request named;
    auto const key = read_idempotency_key(request, options.style);
    bool const missing = !key && request.find("Idempotency-Key") == request.end();
    if (!key) {
        named.refused = !missing || options.required;
        named.refusal = detail::key_problem(status::bad_request, missing ? "This needs an Idempotency-Key"
                                                                         : "The Idempotency-Key is malformed");
        return named;
    }
    named.name.tenant = options.tenant ? options.tenant(request) : std::string();
    named.name.endpoint = detail::endpoint_of(request);
    named.name.key = key->view();
    named.payload = fingerprint_of({request.method_string(), request.target(), request.body()});
    return named;
}

namespace detail {

/// Nothing if the store is away.
template <class Store>
boost::asio::awaitable<std::optional<execution_claim>> claim(Store const& store, named_request const& named)
{
    std::optional<execution_claim> claimed;
    try {
        execution_claim found = co_await store.begin(named.name, named.payload);
        claimed = std::move(found);
    } catch (boost::system::system_error const&) {
    }
    co_return claimed;
}

/// What a handler did.
struct execution
{
    string_response answer{};
    std::exception_ptr thrown{};
    bool cancelled = false; // nobody knows what it did
};

template <class Handler>
boost::asio::awaitable<execution> execute(string_request const& request, Handler const& handler)
{
    execution made;
    try {
        string_response answer = co_await handler(request);
        made.answer = std::move(answer);
    } catch (...) {
        made.thrown = std::current_exception();
    }
    auto const cancellation = co_await boost::asio::this_coro::cancellation_state;
    made.cancelled = made.thrown && cancellation.cancelled() != boost::asio::cancellation_type::none;
    co_return made;
}

template <class Store>
boost::asio::awaitable<void> keep(Store const& store, execution_name const& name, std::uint64_t lease,
                                  execution const& made, std::vector<std::string> const& fields)
{
    try {
        if (made.thrown || made.answer.result_int() >= 500) {
            co_await store.abandon(name, lease);
        } else {
            stored_answer kept = read_answer(made.answer, fields);
            co_await store.complete(name, lease, std::move(kept));
        }
    } catch (boost::system::system_error const&) {
    } // the effect is done: the client must have its answer
}

} // namespace detail

/**
 * Answers a request that must not be executed twice: lets `handler` execute it once, and repeats its answer.
 *
 * | the request | is answered |
 * |---|---|
 * | without a key, where one is required, or with one that is malformed | 400 |
 * | whose key is being executed | 409, `Retry-After: 1` |
 * | whose key was used for another method, target or body | 422 |
 * | whose key was executed | the same, with `Idempotency-Replayed: true` |
 * | whose store is full or away | 503, `Retry-After: 1`; nothing is executed |
 *
 * An answer of 500 or more, and an exception, are not kept: the execution is abandoned, and the next request executes
 * again; so a handler must not fail after its effect. An answer that could not be kept is sent all the same; its key is
 * in flight until the lease is over.
 *
 * Executor: that of the coroutine that awaits it.
 * Cancellation: passed on to the handler; an execution that was cancelled, and failed, is in flight until the lease is
 * over, as nobody knows what it did. One that succeeded all the same is kept.
 * Errors: none; they are answers.
 * Lifetimes: all arguments must live until it has ended.
 * Exceptions: what the handler throws; `operation_aborted`.
 * Cost: what the store costs, twice; copies of the answer and its body.
 *
 * Example:
 *
 *     auto const pay = [&](resil::http::string_request const& order) { return charge(order); };
 *     resil::http::string_response answer = co_await resil::http::answer_once(store, caller.request(), options, pay);
 *
 * @param store   Where executions are remembered.
 * @param request What was asked.
 * @param options See there.
 * @param handler Called with the request if it is to be executed; returns an `awaitable<string_response>`.
 */
template <idempotency_store Store, class Handler>
boost::asio::awaitable<string_response> answer_once(Store const& store, string_request const& request,
                                                    answer_once_options const& options, Handler const& handler)
{
    using boost::beast::http::status;
    named_request const named = name_request(request, options);
    if (named.refused) {
        co_return named.refusal;
    }
    if (named.name.key.empty()) {
        string_response unnamed = co_await handler(request);
        co_return unnamed;
    }
    std::optional<execution_claim> const claim = co_await detail::claim(store, named);
    if (!claim) {
        co_return detail::later_problem(status::service_unavailable, "Executions cannot be remembered now");
    }
    if (claim->state != claim_state::begun) {
        co_return answer_of(*claim);
    }
    detail::execution made = co_await detail::execute(request, handler);
    if (!made.cancelled) {
        // A cancellation that came too late must not lose the answer to what was done.
        bool const throws = co_await boost::asio::this_coro::throw_if_cancelled();
        co_await boost::asio::this_coro::throw_if_cancelled(false);
        co_await detail::keep(store, named.name, claim->lease, made, options.kept_fields);
        co_await boost::asio::this_coro::throw_if_cancelled(throws);
    }
    if (made.thrown) {
        std::rethrow_exception(made.thrown);
    }
    co_return std::move(made.answer);
}

} // namespace resil::http

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_HTTP_IDEMPOTENCY_ANSWER_HPP
