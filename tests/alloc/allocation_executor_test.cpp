// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// In steady state a call makes no call to the system's allocator, whatever it runs on.

#include <resil/circuit_breaker.hpp>
#include <resil/pipeline.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <catch2/catch_test_macros.hpp>

#include "alloc/counted_memory.hpp"

#include <dlfcn.h>

#include <chrono>
#include <cstddef>
#include <utility>

namespace {

std::size_t exceptions = 0;

} // namespace

// Every exception that is thrown passes here first.
extern "C" void* __cxa_allocate_exception(std::size_t size) noexcept
{
    using function = void* (*)(std::size_t);
    static auto const real =
        reinterpret_cast<function>(::dlsym(RTLD_NEXT, "__cxa_allocate_exception"));
    ++exceptions;
    return real(size);
}

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using resil::error_code;

/// Completes on the next turn of the loop.
struct operation
{
    template <class Token>
    auto operator()(Token&& token) const
    {
        auto const start = [](auto handler) {
            auto const ex = asio::get_associated_executor(handler);
            asio::post(ex, [h = std::move(handler)]() mutable { std::move(h)(error_code()); });
        };
        return asio::async_initiate<Token, void(error_code)>(start, token);
    }
};

/// Makes calls one after the other on an executor, and counts those after the warm-up.
template <class Policy, class Executor>
class chain
{
public:
    chain(Policy const& policy, Executor ex) : policy_(policy), ex_(std::move(ex)) {}

    std::size_t run(asio::io_context& context)
    {
        asio::post(ex_, [this] { next(); });
        context.run();
        return after_ - before_;
    }

private:
    void next()
    {
        if (made_ == 100) {
            before_ = allocations_so_far();
        }
        if (made_++ == 1100) {
            after_ = allocations_so_far();
            return;
        }
        policy_.async_call(operation(), asio::bind_executor(ex_, [this](error_code) { next(); }));
    }

    Policy const& policy_;
    Executor ex_;
    int made_ = 0;
    std::size_t before_ = 0;
    std::size_t after_ = 0;
};

template <class Policy, class Executor>
std::size_t allocations_on(asio::io_context& context, Policy const& policy, Executor ex)
{
    return chain<Policy, Executor>(policy, std::move(ex)).run(context);
}

/// A call that makes nothing of its own: what Asio itself allocates.
class bare
{
public:
    template <class Op, class Token>
    void async_call(Op op, Token&& token) const
    {
        op(std::forward<Token>(token));
    }
};

resil::standard_pipeline standard()
{
    return resil::standard_pipeline{resil::deadline{}, resil::retry{}, resil::circuit_breaker{},
                                    resil::timeout{}};
}

TEST_CASE("a call on any_io_executor allocates no more than its operation", "[alloc]")
{
    asio::io_context one;
    asio::io_context other;
    std::size_t const by_asio =
        allocations_on(one, bare(), asio::any_io_executor(one.get_executor()));

    CHECK(allocations_on(other, standard(), asio::any_io_executor(other.get_executor())) ==
          by_asio);
}

TEST_CASE("a call on a strand allocates no more than its operation", "[alloc]")
{
    asio::io_context one;
    asio::io_context other;
    std::size_t const by_asio = allocations_on(one, bare(), asio::make_strand(one));

    CHECK(allocations_on(other, standard(), asio::make_strand(other)) == by_asio);
}

TEST_CASE("an operation that may be left behind allocates nothing in steady state", "[alloc]")
{
    asio::io_context context;
    resil::timeout const abandoning{{.after = 1s, .on_expiry = resil::expiry::abandon}};

    CHECK(allocations_on(context, abandoning, context.get_executor()) == 0);
}

TEST_CASE("a rejection by an open circuit throws no exception", "[alloc]")
{
    asio::io_context context;
    resil::circuit_breaker const breaker;
    breaker.force_open();
    std::size_t const before = exceptions;

    CHECK(allocations_on(context, breaker, context.get_executor()) == 0);
    CHECK(exceptions == before);
}

} // namespace
