// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CONTRACT_SUPPORT_SIGNATURES_HPP
#define RESIL_TESTS_CONTRACT_SUPPORT_SIGNATURES_HPP

#include <resil/pipeline.hpp>
#include <resil/testing/virtual_time.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

namespace contract {

/// Calls an operation of one signature, the outcome of which is made and read by `Traits`.
template <class Traits>
class signature_world
{
public:
    using signature = typename Traits::signature;

    int starts = 0;

    void succeeds_after(int failures) { set(failures, false, false); }
    void hangs() { set(0, true, false); }
    void throws() { set(0, false, true); }

    /// Makes one call; returns its error. Checks that it completes once.
    resil::error_code call()
    {
        resil::error_code code;
        int calls = 0;
        pipeline_.async_call(
            context_, [this](auto token) { return this->start(std::move(token)); },
            [&]<class... Args>(Args&&... args) {
                ++calls;
                code = Traits::read(std::forward<Args>(args)...);
            });
        time_.advance(std::chrono::seconds(2));
        CHECK(calls == 1);
        return code;
    }

private:
    template <class Token>
    auto start(Token token)
    {
        return boost::asio::async_initiate<Token, signature>(
            [this](auto handler) { this->initiate(std::move(handler)); }, token);
    }

    template <class Handler>
    void initiate(Handler handler)
    {
        ++starts;
        if (throws_) {
            throw std::runtime_error("thrown by the operation");
        }
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto const ex = boost::asio::get_associated_executor(handler);
        auto complete = [h = std::move(handler), ex](resil::error_code ec) mutable {
            boost::asio::post(ex, [g = std::move(h), args = Traits::make(ec)]() mutable {
                std::apply([&](auto&... a) { std::move(g)(std::move(a)...); }, args);
            });
        };
        if (hangs_) {
            auto kept = std::make_shared<decltype(complete)>(std::move(complete));
            slot.assign([kept](boost::asio::cancellation_type) {
                (*kept)(boost::asio::error::operation_aborted);
            });
        } else {
            complete(starts > failures_ ? resil::error_code()
                                        : resil::error_code(boost::asio::error::eof));
        }
    }

    void set(int failures, bool hangs, bool throws)
    {
        starts = 0;
        failures_ = failures;
        hangs_ = hangs;
        throws_ = throws;
    }

    boost::asio::io_context context_;
    resil::testing::virtual_time time_{context_};
    resil::standard_pipeline pipeline_{
        resil::deadline{std::chrono::seconds(1)},
        resil::retry{{.max_attempts = 3,
                      .backoff = resil::backoff::fixed(resil::duration(0)),
                      .idempotency = resil::idempotency::safe}},
        resil::circuit_breaker{}, resil::timeout{std::chrono::seconds(1)}};
    int failures_ = 0;
    bool hangs_ = false;
    bool throws_ = false;
};

} // namespace contract

#endif // RESIL_TESTS_CONTRACT_SUPPORT_SIGNATURES_HPP
