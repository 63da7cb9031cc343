// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/bulkhead_gate.hpp> // self-contained
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <barrier>
#include <core/words.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <set>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;

static_assert(!std::is_copy_constructible_v<bulkhead_gate>);
static_assert(noexcept(std::declval<bulkhead_gate&>().try_enter()));
static_assert(noexcept(std::declval<bulkhead_gate&>().leave()));
static_assert(sizeof(bulkhead_gate) == cache_line && alignof(bulkhead_gate) == cache_line);

namespace {

bulkhead_options limits(std::size_t max_concurrent, std::size_t max_queued)
{
    return {.max_concurrent = max_concurrent, .max_queued = max_queued};
}

/// A machine and its gate, as a handle uses them; a woken waiter is found in `woken`.
struct gated
{
    gated(std::size_t max_concurrent, std::size_t max_queued)
        : machine(limits(max_concurrent, max_queued)), gate(machine)
    {
    }

    void pump()
    {
        while (auto* const waiter = machine.grant_next()) {
            woken.push_back(waiter);
        }
    }

    bulkhead_entry enter(bulkhead_waiter& waiter)
    {
        if (gate.try_enter()) {
            return bulkhead_entry::admitted;
        }
        gate.shut(machine);
        auto const entry = machine.enter(waiter);
        gate.open(machine);
        return entry;
    }

    void leave()
    {
        if (!gate.leave()) {
            attend([] {});
        }
    }

    template <class Function>
    void attend(Function f)
    {
        gate.shut(machine);
        f();
        pump();
        gate.open(machine);
    }

    bulkhead_snapshot seen() const { return gate.snapshot(machine); }

    bulkhead_machine machine;
    bulkhead_gate gate;
    std::deque<bulkhead_waiter*> woken{};
};

} // namespace

TEST_CASE("the permits of a new bulkhead lie in its gate", "[bulkhead][gate]")
{
    gated b(3, 0);

    CHECK(b.seen().in_use == 0);
    for (std::size_t i = 1; i <= 3; ++i) {
        CHECK(b.gate.try_enter());
        CHECK(b.seen().in_use == i);
        CHECK(b.seen().admitted == i);
    }
    CHECK_FALSE(b.gate.try_enter());
    CHECK(b.gate.leave());
    CHECK(b.seen().in_use == 2);
    CHECK(b.seen().admitted == 3);
    CHECK(b.gate.try_enter());
    CHECK(b.seen().admitted == 4);
}

TEST_CASE("the machine has all permits while the gate is shut", "[bulkhead][gate]")
{
    gated b(2, 1);
    b.gate.try_enter();

    b.gate.shut(b.machine);

    CHECK(b.machine.snapshot().in_use == 1);
    CHECK(b.machine.snapshot().admitted == 1);
    CHECK_FALSE(b.gate.try_enter());
    b.gate.open(b.machine);
    CHECK(b.seen().in_use == 1);
    CHECK(b.gate.try_enter());
    CHECK_FALSE(b.gate.try_enter());
}

TEST_CASE("a permit given back at a gate that is shut has to be collected", "[bulkhead][gate]")
{
    gated b(1, 1);
    bulkhead_waiter waiter;
    b.gate.try_enter();
    CHECK(b.enter(waiter) == bulkhead_entry::queued);

    CHECK_FALSE(b.gate.leave());
    CHECK(b.seen().in_use == 0);
    CHECK_FALSE(b.gate.try_enter()); // it is the waiter's
    b.attend([] {});

    CHECK(b.woken == std::deque{&waiter});
    CHECK(b.seen().in_use == 1);
    CHECK(b.seen().admitted == 2);
    CHECK(b.gate.leave());
    CHECK(b.seen().in_use == 0);
}

TEST_CASE("a gate does not open over a permit that came in meanwhile", "[bulkhead][gate]")
{
    gated b(2, 0);
    b.gate.try_enter();
    b.gate.shut(b.machine);
    CHECK_FALSE(b.gate.leave()); // before the machine is done

    b.gate.open(b.machine);

    CHECK_FALSE(b.gate.try_enter());
    CHECK(b.seen().in_use == 0);
    CHECK(b.seen().admitted == 1);
    b.attend([] {}); // as who left has to
    CHECK(b.seen().in_use == 0);
    CHECK(b.gate.try_enter());
    CHECK(b.gate.try_enter());
    CHECK_FALSE(b.gate.try_enter());
}

TEST_CASE("a gate without permits is open, and takes them back", "[bulkhead][gate]")
{
    gated b(1, 0);
    bulkhead_waiter other;
    b.gate.try_enter();

    CHECK(b.enter(other) == bulkhead_entry::full);
    CHECK(b.seen().rejected == 1);
    CHECK(b.gate.leave());
    CHECK(b.gate.try_enter());
}

TEST_CASE("a gate stays shut until as many have left as it takes", "[bulkhead][gate][resize]")
{
    gated b(3, 0);
    for (int i = 0; i < 3; ++i) {
        b.gate.try_enter();
    }
    b.attend([&] { b.machine.resize(1); });
    CHECK(b.seen().in_use == 3);

    b.leave();
    CHECK_FALSE(b.gate.try_enter());
    b.leave();
    CHECK_FALSE(b.gate.try_enter());
    b.leave();
    CHECK(b.gate.try_enter());
    CHECK_FALSE(b.gate.try_enter());
}

TEST_CASE("more admissions than the gate can count are counted", "[bulkhead][gate]")
{
    constexpr std::uint64_t many = (std::uint64_t(1) << 23) + 5;
    gated b(1, 0);
    bulkhead_waiter waiter;
    std::uint64_t refused = 0;
    for (std::uint64_t i = 0; i < many; ++i) {
        if (!b.gate.try_enter()) {
            ++refused;
            b.enter(waiter);
        }
        b.leave();
    }
    CHECK(b.seen().admitted == many);
    CHECK(b.seen().in_use == 0);
    CHECK(refused == 1);
}

TEST_CASE("a bulkhead may have more permits than fit into its gate", "[bulkhead][gate]")
{
    gated b(std::numeric_limits<std::size_t>::max(), 0);

    CHECK(b.gate.try_enter());
    CHECK(b.seen().in_use == 1);
    CHECK(b.seen().admitted == 1);
    b.attend([&] { b.machine.resize(1); });
    CHECK_FALSE(b.gate.try_enter());
    b.leave();
    CHECK(b.seen().in_use == 0);
}

TEST_CASE("two threads at a gate lose no permit, and make none", "[bulkhead][gate]")
{
    constexpr std::uint64_t each = 300'000;
    gated b(3, 0);
    std::barrier begin(2);
    auto const pass = [&] {
        begin.arrive_and_wait();
        for (std::uint64_t i = 0; i < each; ++i) {
            if (b.gate.try_enter()) {
                (void)b.gate.leave(); // open all the time
            }
        }
    };
    std::thread one(pass), other(pass);
    one.join();
    other.join();

    CHECK(b.seen().in_use == 0);
    CHECK(b.seen().admitted == 2 * each);
}

namespace {

/// Random calls through a gate, beside a list that knows who is where.
class traffic
{
public:
    explicit traffic(std::uint64_t seed)
        : draw_(seed),
          max_(1 + draw_.next() % 4),
          max_queued_(draw_.next() % 4),
          b_(max_, max_queued_),
          calls_(16)
    {
    }

    void step()
    {
        auto& call = calls_[draw_.next() % calls_.size()];
        bool const waits = std::find(line_.begin(), line_.end(), &call) != line_.end();
        switch (draw_.next() % 8) {
        case 0:
        case 1:
        case 2:
            if (!waits && !holders_.contains(&call)) {
                enter(call);
            }
            break;
        case 3:
        case 4:
            if (holders_.erase(&call) == 1) {
                b_.leave();
            }
            break;
        case 5:
            b_.attend([&] { REQUIRE(b_.machine.abandon(call) == waits); });
            std::erase(line_, &call);
            break;
        case 6:
            if (holders_.erase(&call) == 1) {
                b_.gate.shut(b_.machine);
                REQUIRE(b_.machine.handover_failed(call));
                line_.push_front(&call);
                b_.gate.open(b_.machine); // nobody pumps now; the next event does
                b_.attend([] {});
            }
            break;
        default:
            max_ = 1 + draw_.next() % 4;
            b_.attend([&] { b_.machine.resize(max_); });
            break;
        }
        hear();
        check();
    }

private:
    void enter(bulkhead_waiter& call)
    {
        auto const entry = b_.enter(call);
        if (line_.empty() && holders_.size() < max_) {
            REQUIRE(entry == bulkhead_entry::admitted);
            holders_.insert(&call);
        } else if (line_.size() < max_queued_) {
            REQUIRE(entry == bulkhead_entry::queued);
            line_.push_back(&call);
        } else {
            REQUIRE(entry == bulkhead_entry::full);
        }
    }

    void hear()
    {
        for (; !b_.woken.empty(); b_.woken.pop_front()) {
            REQUIRE(b_.woken.front() == line_.front());
            holders_.insert(line_.front());
            line_.pop_front();
        }
    }

    void check() const
    {
        auto const seen = b_.seen();
        REQUIRE(seen.in_use == holders_.size());
        REQUIRE(seen.queued == line_.size());
        REQUIRE((seen.queued == 0 || seen.in_use >= max_)); // no waiter beside a free permit
    }

    generator draw_;
    std::size_t max_;
    std::size_t max_queued_;
    gated b_;
    std::vector<bulkhead_waiter> calls_;
    std::deque<bulkhead_waiter*> line_{};
    std::set<bulkhead_waiter*> holders_{};
};

} // namespace

TEST_CASE("whatever happens at a gate, nobody waits beside a free permit", "[bulkhead][gate]")
{
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        CAPTURE(seed);
        traffic some(seed);
        for (int i = 0; i < 1000; ++i) {
            some.step();
        }
    }
}
