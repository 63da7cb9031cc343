// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_JUDGE_RESPONSE_HPP
#define RESIL_HTTP_JUDGE_RESPONSE_HPP

#include <resil/error.hpp>
#include <resil/http/header_counters.hpp>
#include <resil/http/retry_after.hpp>
#include <resil/http/status.hpp>
#include <resil/verdict.hpp>

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

#include <chrono>
#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace resil::http {

/// Whatever has a status code and header fields, as Beast's `response` and its header do.
template <class T>
concept any_response = requires(T const& response) {
    { response.result_int() } -> std::convertible_to<unsigned>;
    response.equal_range(boost::beast::http::field::retry_after);
};

/**
 * Judges an error as `resil::judge` does, and Beast's own errors too.
 *
 * Transient: `http::error::end_of_stream` (the peer closed a connection instead of answering),
 * `http::error::partial_message` (or while answering), and `beast::error::timeout`. Beast's
 * other errors are permanent: limits and malformed messages come back the same.
 */
inline verdict judge(error_code ec) noexcept
{
    namespace beast = boost::beast;
    bool const transient = ec == beast::http::error::end_of_stream ||
                           ec == beast::http::error::partial_message ||
                           ec == beast::error::timeout;
    return transient ? verdict::transient : resil::judge(ec);
}

namespace detail {

inline wall_time read_wall_clock() noexcept
{
    return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

} // namespace detail

/// What `judge_response` can be told.
struct judge_response_options
{
    /// Where ignored values of `Retry-After` are counted; shared by all copies.
    header_counters counters{};

    /// The wall clock, read only when a `Retry-After` is there to be read; never null.
    wall_time (*now)() noexcept = &detail::read_wall_clock;
};

namespace detail {

template <class T>
concept response_holder = requires(T const& holder) {
    static_cast<bool>(holder);
    { *holder } -> any_response;
};

template <class T>
concept outcome = requires(T const& result) {
    static_cast<bool>(result.has_value());
    error_code(result.error());
    requires !std::is_void_v<decltype(result.value())>;
};

/// The longest wait that the response asks for; what is malformed is counted.
template <class Response>
std::optional<duration> longest_retry_after(Response const& response,
                                            judge_response_options const& options) noexcept
{
    std::optional<duration> longest;
    auto [first, last] = response.equal_range(boost::beast::http::field::retry_after);
    for (std::optional<wall_time> now; first != last; ++first) {
        now = now ? now : options.now();
        auto const wait = parse_retry_after(first->value(), *now);
        if (!wait) {
            options.counters.count_malformed_retry_after();
        } else if (!longest || *wait > *longest) {
            longest = wait;
        }
    }
    return longest;
}

} // namespace detail

/**
 * Judges the outcome of an HTTP exchange: the classifier to give to policies.
 *
 * An error is judged by `http::judge`, whatever values came with it. Without an error the first
 * completion value that is a response (or an `optional`, a pointer or a `result` that holds
 * one) is judged by `judge_status`; if there is none, as after Beast's own `(error_code,
 * size_t)`, the outcome is a success: use `judge_response_in`.
 *
 * A response that is worth repeating may say when: the largest valid `Retry-After` becomes
 * `judgement::retry_after`, a floor. A malformed one is ignored and counted, each time that the
 * response is judged: several policies of a pipeline may judge the same one.
 *
 * Thread safety: calling it, and copying it, is safe from any thread.
 * Exceptions: making one without counters throws `bad_alloc`; judging never throws.
 * Cost: no allocation after construction, which makes the counters.
 *
 * Example:
 *
 *     static resil::http::judge_response const judge;
 *     return judge(ec, response); // a verdict, and how long the peer asked us to wait
 *
 * @see judge_status, parse_retry_after
 */
class judge_response
{
public:
    /// Counts by itself, and reads the system's wall clock.
    judge_response() = default;

    /// Counts, and reads the clock, as `options` say.
    explicit judge_response(judge_response_options options) noexcept
        : options_(std::move(options))
    {
    }

    /// Judges what an operation completed with.
    template <class... Values>
    judgement operator()(error_code ec, Values const&... values) const noexcept
    {
        if (ec) {
            return http::judge(ec);
        }
        std::optional<judgement> found;
        (judge_first(found, values), ...);
        return found.value_or(verdict::success);
    }

    /// Judges a `boost::system::result`, `std::expected` or the like: its error, or its value.
    template <detail::outcome Result>
    judgement operator()(Result const& result) const noexcept
    {
        return result.has_value() ? (*this)(error_code(), result.value())
                                  : judgement(http::judge(error_code(result.error())));
    }

    /// Judges a response that was received without an error.
    template <any_response Response>
    judgement judge_received(Response const& response) const noexcept
    {
        verdict const v = judge_status(static_cast<unsigned>(response.result_int()));
        if (v != verdict::transient && v != verdict::throttled) {
            return v;
        }
        return {v, detail::longest_retry_after(response, options_)};
    }

    /// Returns the counters that it counts with.
    header_counters const& counters() const noexcept { return options_.counters; }

private:
    template <class Value>
    void judge_first(std::optional<judgement>& found,
                     [[maybe_unused]] Value const& value) const noexcept
    {
        if constexpr (any_response<Value>) {
            if (!found) {
                found = judge_received(value);
            }
        } else if constexpr (detail::response_holder<Value>) {
            if (!found && static_cast<bool>(value)) {
                found = judge_received(*value);
            }
        }
    }

    judge_response_options options_;
};

/**
 * Judges the outcome of an exchange whose response is filled by reference, as `async_read`
 * does.
 *
 * As `judge_response`, but without an error it judges the response that it was made with.
 *
 * Lifetimes: the response must outlive every call that uses this classifier, so such a pipeline
 * is one call's own, or one connection's. To share a pipeline, complete with the response
 * instead. For a `response_parser`, give `parser.get()`.
 * Thread safety: it reads the response on the call's executor, when the operation has completed.
 * Exceptions: making one without counters throws `bad_alloc`; judging never throws.
 * Cost: making one without counters allocates them.
 *
 * Example:
 *
 *     http::response<http::string_body> response; // filled by reference, as async_read does
 *     resil::http::judge_response_in const judge(response);
 *     response.result(http::status::too_many_requests);
 *     return judge(resil::error_code(), response.payload_size().value_or(0));
 */
template <any_response Response>
class judge_response_in
{
public:
    /// Refers to the response; see `judge_response` for the options.
    explicit judge_response_in(Response const& response, judge_response_options options = {})
        : response_(&response), judge_(std::move(options))
    {
    }

    explicit judge_response_in(Response const&&, judge_response_options = {}) = delete;

    /// Judges what an operation completed with, by its error and the response.
    template <class... Values>
    judgement operator()(error_code ec, Values const&...) const noexcept
    {
        return ec ? judgement(http::judge(ec)) : judge_.judge_received(*response_);
    }

    /// Returns the counters that it counts with.
    header_counters const& counters() const noexcept { return judge_.counters(); }

private:
    Response const* response_;
    judge_response judge_;
};

} // namespace resil::http

#endif // RESIL_HTTP_JUDGE_RESPONSE_HPP
