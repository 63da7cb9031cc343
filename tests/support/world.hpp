// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SUPPORT_WORLD_HPP
#define RESIL_TESTS_SUPPORT_WORLD_HPP

#include <resil/attempt.hpp>
#include <resil/error.hpp>
#include <resil/idempotency.hpp>
#include <resil/result.hpp>
#include <resil/testing/scripted_operation.hpp>
#include <resil/testing/virtual_time.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace support {

namespace asio = boost::asio;
namespace net = boost::asio::error;
using namespace std::chrono_literals;
using resil::errc;
using resil::error_code;
using resil::idempotency;
using resil::reason;
using resil::testing::scripted_operation;

/// What became of a call, and the means to cancel it.
template <class Value>
class watched
{
public:
    /// What the handler and the test share.
    struct state
    {
        resil::testing::virtual_time const* time = nullptr;
        resil::time_point started{};
        resil::time_point ended{};
        int count = 0;
        int dropped = 0;
        bool initiating = true;
        std::shared_ptr<resil::result<Value>> got{};
        asio::cancellation_signal signal{};
    };

    explicit watched(std::shared_ptr<state> s) : state_(std::move(s)) {}

    bool done() const { return state_->count == 1; }
    int count() const { return state_->count; }
    int dropped() const { return state_->dropped; }

    /// The time from the call to its end.
    resil::duration at() const { return state_->ended - state_->started; }

    bool ok() const { return result().has_value(); }
    auto value() const { return result().value(); }
    error_code code() const { return ok() ? error_code() : result().error().code(); }
    resil::reason reason() const
    {
        return ok() ? resil::reason::none : result().error().reason();
    }
    int attempts() const { return failure().attempts(); }
    error_code last_error() const { return failure().last_error(); }

    /// The failure of a call that must have failed.
    resil::failure failure() const
    {
        REQUIRE(!ok());
        return result().error();
    }

    void cancel(asio::cancellation_type_t type = asio::cancellation_type::terminal) const
    {
        state_->signal.emit(type);
    }

private:
    resil::result<Value> const& result() const
    {
        REQUIRE(state_->count == 1);
        return *state_->got;
    }

    std::shared_ptr<state> state_;
};

/// A completion handler that notes how it was completed, and that it was, exactly once.
template <class Value>
class noting_handler
{
    using state = typename watched<Value>::state;

public:
    using executor_type = asio::io_context::executor_type;
    using cancellation_slot_type = asio::cancellation_slot;

    noting_handler(asio::io_context& context, std::shared_ptr<state> s)
        : executor_(context.get_executor()), state_(std::move(s))
    {
    }

    noting_handler(noting_handler&&) = default;
    noting_handler& operator=(noting_handler&&) = delete;

    ~noting_handler()
    {
        if (state_) {
            ++state_->dropped;
        }
    }

    void operator()(resil::result<Value> r)
    {
        auto const s = std::exchange(state_, nullptr);
        CHECK(!s->initiating);
        CHECK(executor_.running_in_this_thread());
        ++s->count;
        s->ended = s->time->now();
        s->got = std::make_shared<resil::result<Value>>(std::move(r));
    }

    executor_type get_executor() const noexcept { return executor_; }
    cancellation_slot_type get_cancellation_slot() const noexcept
    {
        return state_->signal.slot();
    }

private:
    executor_type executor_;
    std::shared_ptr<state> state_;
};

/// Says that a world is run by one thread, so that its calls queue nothing of their own.
struct one_thread
{};

/**
 * A context in virtual time.
 *
 * At its end nothing may be left: no armed timer, no work. A test that leaves something on
 * purpose says so.
 */
class world
{
public:
    world() = default;
    explicit world(one_thread) { resil::single_threaded(context); }

    ~world()
    {
        if (!leaves_work_) {
            time.run_ready();
            CHECK(time.armed() == 0);
            CHECK(context.stopped());
        }
    }

    /// Says that calls are still running at the end, to be destroyed with the context.
    void leaves_work() { leaves_work_ = true; }

    /// Starts a call, and runs nothing.
    template <class Value = int, class Policy, class Operation>
    watched<Value> start(Policy const& policy, Operation operation)
    {
        auto state = begin<Value>();
        policy.async_call(std::move(operation), resil::as_result(handler<Value>(state)));
        state->initiating = false;
        return watched<Value>(std::move(state));
    }

    template <class Value = int, class Policy, class Operation>
    watched<Value> start(Policy const& policy, resil::call facts, Operation operation)
    {
        auto state = begin<Value>();
        policy.async_call(std::move(facts), std::move(operation),
                          resil::as_result(handler<Value>(state)));
        state->initiating = false;
        return watched<Value>(std::move(state));
    }

    /// Starts a call, and runs what is ready.
    template <class Value = int, class Policy, class Operation>
    watched<Value> call(Policy const& policy, Operation operation)
    {
        auto started = start<Value>(policy, std::move(operation));
        time.run_ready();
        return started;
    }

    template <class Value = int, class Policy, class Operation>
    watched<Value> call(Policy const& policy, resil::call facts, Operation operation)
    {
        auto started = start<Value>(policy, std::move(facts), std::move(operation));
        time.run_ready();
        return started;
    }

    asio::io_context context;
    resil::testing::virtual_time time{context};

private:
    template <class Value>
    auto begin()
    {
        auto state = std::make_shared<typename watched<Value>::state>();
        state->time = &time;
        state->started = time.now();
        return state;
    }

    template <class Value>
    noting_handler<Value> handler(std::shared_ptr<typename watched<Value>::state> state)
    {
        return noting_handler<Value>(context, std::move(state));
    }

    bool leaves_work_ = false;
};

} // namespace support

template <>
struct Catch::StringMaker<resil::reason>
{
    static std::string convert(resil::reason why) { return std::string(to_string(why)); }
};

#endif // RESIL_TESTS_SUPPORT_WORLD_HPP
