// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/resil.hpp> // self-contained

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <type_traits>
#include <utility>

// Every public template is instantiated with all its members, used or not: a member that nobody has
// called yet may not compile.

namespace {

using resil::error_code;

struct classifier
{
    resil::verdict operator()(error_code ec, int) const { return resil::judge(ec); }
    resil::verdict operator()(error_code ec) const { return resil::judge(ec); }
};

struct observer
{
    template <class Event>
    void operator()(Event const&) const
    {
    }
};

struct fallback_function
{
    int operator()(resil::failure const&) const { return 9; }
};

} // namespace

template class resil::basic_retry<>;
template class resil::basic_retry<classifier>;
template class resil::basic_circuit_breaker<>;
template class resil::basic_circuit_breaker<classifier>;
template class resil::fallback<int>;
template class resil::fallback<fallback_function>;
template class resil::observe<observer>;
template class resil::judged_by<classifier>;
template class resil::pipeline<>;
template class resil::pipeline<resil::deadline, resil::retry, resil::circuit_breaker, resil::timeout>;
template class resil::pipeline<resil::named, resil::observe<observer>, resil::judged_by<classifier>,
                               resil::fallback<int>, resil::bulkhead>;
template struct resil::as_result_t<observer>;

namespace {

// What users write down: plain classes, aggregates, handles that are cheap to copy and to move.

template <class T>
constexpr bool is_handle = std::is_copy_constructible_v<T> && std::is_copy_assignable_v<T> &&
                           std::is_nothrow_move_constructible_v<T> && !std::is_aggregate_v<T>;

static_assert(is_handle<resil::deadline>);
static_assert(is_handle<resil::timeout>);
static_assert(is_handle<resil::retry>);
static_assert(is_handle<resil::circuit_breaker>);
static_assert(is_handle<resil::bulkhead>);
static_assert(is_handle<resil::fallback<std::string>>);
static_assert(is_handle<resil::pipeline<>>);
static_assert(is_handle<resil::standard_pipeline>);

static_assert(std::is_aggregate_v<resil::call>);
static_assert(std::is_aggregate_v<resil::deadline_options>);
static_assert(std::is_aggregate_v<resil::timeout_options>);
static_assert(std::is_aggregate_v<resil::retry_options>);
static_assert(std::is_aggregate_v<resil::circuit_breaker_options>);
static_assert(std::is_aggregate_v<resil::bulkhead_options>);
static_assert(std::is_aggregate_v<resil::fallback_options>);

static_assert(!std::is_copy_constructible_v<resil::attempt>);
static_assert(std::is_error_code_enum<resil::errc>::value ||
              boost::system::is_error_code_enum<resil::errc>::value);
static_assert(std::is_same_v<resil::standard_pipeline,
                             resil::pipeline<resil::deadline, resil::retry, resil::circuit_breaker,
                                             resil::timeout>>);
static_assert(std::is_same_v<resil::retry, resil::basic_retry<>>);
static_assert(std::is_same_v<resil::circuit_breaker, resil::basic_circuit_breaker<>>);

/// Completes at once with success.
struct operation
{
    template <class Token>
    auto operator()(resil::attempt const&, Token&& token) const
    {
        return boost::asio::async_initiate<Token, void(error_code, int)>(
            [](auto handler) {
                auto const ex = boost::asio::get_associated_executor(handler);
                boost::asio::post(ex, [h = std::move(handler)]() mutable { h(error_code(), 7); });
            },
            token);
    }
};

/// Makes a call by each form of `async_call` that takes an executor or a context.
template <class Policy>
int calls_of(Policy const& policy)
{
    boost::asio::io_context context;
    int sum = 0;
    auto const handler = [&](error_code, int v) { sum += v; };

    policy.async_call(context, operation(), handler);
    policy.async_call(context.get_executor(), operation(), handler);
    policy.async_call(context, resil::call(), operation(), handler);
    policy.async_call(operation(), boost::asio::bind_executor(context, handler));
    policy.async_call(resil::call(), operation(), boost::asio::bind_executor(context, handler));
    context.run();

    return sum;
}

TEST_CASE("every policy has every form of async_call", "[compile]")
{
    CHECK(calls_of(resil::deadline()) == 35);
    CHECK(calls_of(resil::timeout()) == 35);
    CHECK(calls_of(resil::retry()) == 35);
    CHECK(calls_of(resil::circuit_breaker()) == 35);
    CHECK(calls_of(resil::bulkhead()) == 35);
    CHECK(calls_of(resil::fallback(9)) == 35);
    CHECK(calls_of(resil::pipeline()) == 35);
}

} // namespace
