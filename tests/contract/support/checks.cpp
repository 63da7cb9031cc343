// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "checks.hpp"

#include <boost/asio/error.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace contract {

namespace {

namespace asio = boost::asio;
using asio::cancellation_type;
using resil::error_code;

/// One call of a subject, on a stage of its own; whatever is wrong goes to the stage's record.
class trial
{
public:
    trial(subject const& what, ground g) : what_(what), stage_(g), instance_(what.make(stage_)) {}

    stage& on() { return stage_; }
    probe_record& record() { return stage_.record; }
    instance& policies() { return instance_; }
    void start() { instance_.start(stage_); }
    bool done() { return record().calls > 0; }

    void expect(bool condition, std::string const& otherwise)
    {
        record().expect(condition, otherwise.c_str());
    }

    void emit(cancellation_type type)
    {
        if (done()) {
            return;
        }
        if (starts_at_cancel_ < 0) {
            starts_at_cancel_ = stage_.operation.starts();
            cancelled_at_ = stage_.time().now();
        }
        bool const outer = std::exchange(record().emitting, true);
        record().signal.emit(type);
        record().emitting = outer;
    }

    bool cancelled() const noexcept { return starts_at_cancel_ >= 0; }

    /// What holds after every call that was let run to its end.
    void expect_end()
    {
        expect(record().calls == 1, "the handler was called " + std::to_string(record().calls) +
                                        " times, not once");
        expect(stage_.time().armed() == 0, "a timer is still armed");
        expect_nothing_left();
        stage_.destroy();
        expect_nothing_left();
    }

    /// What holds for a cancelled call, whenever it was cancelled.
    void expect_cancelled_end(resil::time_point completed_at)
    {
        bool const known_code = record().code == asio::error::operation_aborted ||
                                record().code == what_.ends_with || !record().code;
        expect(known_code, "a cancelled call completed with " + record().code.message());
        expect(stage_.operation.starts() == starts_at_cancel_,
               "an attempt was started after the cancellation");
        expect(!what_.ends_when_cancelled || completed_at == cancelled_at_,
               "the call went on after it was cancelled");
    }

    void expect_nothing_left()
    {
        expect(record().destroyed == 1, "the handler was destroyed " +
                                            std::to_string(record().destroyed) +
                                            " times, not once");
        expect(record().memory.live == 0, "memory of the call was not given back");
        expect(instance_.held() == 0, "a permit, a probe or a place in a queue was not given back");
    }

    violations take(std::string const& where)
    {
        violations found;
        for (std::string const& v : record().found) {
            found.push_back(where + ": " + v);
        }
        return found;
    }

private:
    subject const& what_;
    stage stage_;
    instance instance_;
    int starts_at_cancel_ = -1;
    resil::time_point cancelled_at_{};
};

void append(violations& all, violations more)
{
    all.insert(all.end(), more.begin(), more.end());
}

std::string point(char const* what, int i)
{
    return std::string(what) + " " + std::to_string(i);
}

cancellation_type other_than(cancellation_type type) noexcept
{
    return type == cancellation_type::terminal ? cancellation_type::total
                                               : cancellation_type::terminal;
}

/// Calls `f` when a function has been called so often.
std::function<void()> at_call(int number, std::function<void()> f)
{
    return [=, calls = 0]() mutable {
        if (calls++ == number) {
            f();
        }
    };
}

/// Runs to the end, with something done before step `when`; returns when the handler was called.
resil::time_point run(trial& t, int when, std::function<void()> const& action)
{
    resil::time_point completed_at{};
    t.record().when_called = [&] { completed_at = t.on().time().now(); };
    t.start();
    for (int i = 0; i < 1000; ++i) {
        if (i == when) {
            action();
        }
        if (!t.on().step()) {
            break;
        }
    }
    return completed_at;
}

violations cancelled_between(subject const& what, ground g, cancellation_type type, bool twice)
{
    violations all;
    int const points = count_steps(what, g);
    for (int i = 0; i <= points; ++i) {
        trial t(what, g);
        auto const completed_at = run(t, i, [&] {
            t.emit(type);
            if (twice) {
                t.emit(other_than(type));
                t.on().step();
                t.emit(type);
            }
        });
        if (t.cancelled()) {
            t.expect_cancelled_end(completed_at);
        }
        t.expect_end();
        append(all, t.take(point("cancelled before step", i)));
    }
    return all;
}

violations cancelled_inside(subject const& what, ground g, cancellation_type type, bool initiation)
{
    violations all;
    bool more = what.reaches_operation;
    for (int i = 0; more && i < 100; ++i) {
        trial t(what, g);
        auto& hook = initiation ? t.on().hooks.initiated : t.on().hooks.completing;
        hook = at_call(i, [&] { t.emit(type); });
        auto const completed_at = run(t, -1, {});
        more = t.cancelled();
        if (more) {
            t.expect_cancelled_end(completed_at);
        }
        t.expect_end();
        append(all, t.take(point("cancelled inside of start", i)));
    }
    return all;
}

violations cancelled_after(subject const& what, ground g, cancellation_type type)
{
    trial t(what, g);
    t.start();
    t.on().run();
    int const starts = t.on().operation.starts();
    t.record().signal.emit(type);
    t.on().run();
    t.expect(t.on().operation.starts() == starts, "a cancellation that came too late did something");
    t.expect(t.record().code == what.ends_with, "it completed with " + t.record().code.message());
    t.expect_end();
    return t.take("cancelled after completion");
}

/// An operation that behaves badly in one way; the call must end, or else go with its context.
violations with_operation(subject const& what, ground g, char const* how,
                          std::function<void(resil::testing::scripted_operation<int>&)> script)
{
    trial t(what, g);
    t.on().operation = {};
    script(t.on().operation);
    t.start();
    t.on().run();
    bool const drops = t.on().operation.dropped() > 0 && t.record().calls == 0;
    t.expect(t.record().calls == 1 || drops, "the handler was not called once");
    t.expect(t.on().time().armed() == 0, "a timer is still armed");
    t.on().destroy();
    t.expect_nothing_left();
    return t.take(how);
}

} // namespace

std::string_view to_string(moment m) noexcept
{
    switch (m) {
    case moment::between_handlers: return "between handlers";
    case moment::twice: return "twice";
    case moment::in_initiation: return "in the operation's initiation";
    case moment::with_completion: return "with the operation's completion";
    case moment::after_completion: return "after completion";
    }
    return "?";
}

int count_steps(subject const& what, ground g)
{
    trial t(what, g);
    t.start();
    return t.on().run();
}

violations completes_once(subject const& what, ground g)
{
    trial t(what, g);
    t.start();
    t.expect(!t.done(), "the handler was called before the context ran");
    t.on().run();
    t.expect(t.record().code == what.ends_with, "it completed with " + t.record().code.message());
    t.expect(what.reaches_operation == (t.on().operation.starts() > 0), "wrong number of starts");
    t.expect(t.record().memory.allocations > 0, "the handler's allocator was not used");
    t.expect_end();
    return t.take("undisturbed");
}

violations is_cancellable(subject const& what, ground g, cancellation_type type, moment m)
{
    switch (m) {
    case moment::between_handlers: return cancelled_between(what, g, type, false);
    case moment::twice: return cancelled_between(what, g, type, true);
    case moment::in_initiation: return cancelled_inside(what, g, type, true);
    case moment::with_completion: return cancelled_inside(what, g, type, false);
    case moment::after_completion: return cancelled_after(what, g, type);
    }
    return {};
}

violations passes_cancellation_on(subject const& what, ground g)
{
    violations all;
    for (auto const type :
         {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total}) {
        trial t(what, g);
        t.on().operation = {};
        t.on().operation.hangs();
        t.start();
        for (int i = 0; i < 100 && t.on().operation.starts() == 0 && t.on().step(); ++i) {
        }
        if (t.on().operation.starts() == 0) {
            t.expect(!what.reaches_operation, "the operation was not started");
            continue;
        }
        t.emit(type);
        t.on().run();
        auto const told = t.on().operation.cancellations();
        t.expect(!told.empty() && told.front() == type, "the operation was told another type");
        t.expect(t.record().code == asio::error::operation_aborted,
                 "it completed with " + t.record().code.message());
        t.expect_end();
        append(all, t.take(point("cancellation type", static_cast<int>(type))));
    }
    return all;
}

violations is_destructible(subject const& what, ground g)
{
    violations all;
    int const points = count_steps(what, g);
    for (int i = 0; i <= points; ++i) {
        trial t(what, g);
        t.start();
        for (int n = 0; n < i; ++n) {
            t.on().step();
        }
        int const calls = t.record().calls;
        t.on().destroy();
        t.expect(t.record().calls == calls, "the handler was called by the context's end");
        t.expect_nothing_left();
        append(all, t.take(point("context destroyed after step", i)));
    }
    return all;
}

violations is_destructible_when_cancelled(subject const& what, ground g)
{
    violations all;
    int const points = count_steps(what, g);
    for (int i = 0; i <= points; ++i) {
        for (int more = 0; more < 3; ++more) {
            trial t(what, g);
            t.start();
            for (int n = 0; n < i; ++n) {
                t.on().step();
            }
            t.emit(cancellation_type::terminal);
            for (int n = 0; n < more; ++n) {
                t.on().step();
            }
            t.on().destroy();
            t.expect_nothing_left();
            append(all, t.take(point("cancelled, then destroyed, after step", i)));
        }
    }
    return all;
}

violations outlives_its_policies(subject const& what, ground g)
{
    trial t(what, g);
    t.start();
    t.policies().forget();
    t.on().run();
    t.expect(t.record().code == what.ends_with, "it completed with " + t.record().code.message());
    t.expect_end();
    return t.take("policies destroyed");
}

violations survives_bad_operations(subject const& what, ground g)
{
    using operation = resil::testing::scripted_operation<int>;
    violations all;
    append(all, with_operation(what, g, "operation completes inline",
                               [](operation& op) { op.succeeds(7).completes_inline(); }));
    append(all, with_operation(what, g, "operation fails inline", [](operation& op) {
               op.fails(asio::error::connection_refused).completes_inline();
           }));
    append(all, with_operation(what, g, "operation throws", [](operation& op) { op.throws(); }));
    append(all, with_operation(what, g, "operation drops its handler inline",
                               [](operation& op) { op.drops().completes_inline(); }));
    append(all, with_operation(what, g, "operation drops its handler",
                               [](operation& op) { op.drops(); }));
    append(all, with_operation(what, g, "operation drops its handler later", [](operation& op) {
               op.drops().after(std::chrono::milliseconds(2));
           }));
    return all;
}

} // namespace contract
