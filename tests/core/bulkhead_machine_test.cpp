// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/bulkhead_machine.hpp> // self-contained
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <core/words.hpp>
#include <deque>
#include <ostream>
#include <set>
#include <type_traits>
#include <vector>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;
using enum bulkhead_entry;

static_assert(std::is_aggregate_v<bulkhead_waiter>);
static_assert(!std::is_copy_constructible_v<bulkhead_machine>);
static_assert(!std::is_move_constructible_v<bulkhead_machine>);
static_assert(noexcept(std::declval<bulkhead_machine&>().leave()));
static_assert(
    noexcept(std::declval<bulkhead_machine&>().enter(std::declval<bulkhead_waiter&>())));

namespace {

bulkhead_options limits(std::size_t max_concurrent, std::size_t max_queued)
{
    return {.max_concurrent = max_concurrent, .max_queued = max_queued};
}

/// A bulkhead whose permits are all taken, with some calls waiting.
struct busy
{
    busy(std::size_t permits, std::size_t waiting, std::size_t max_queued = 4)
        : machine(limits(permits, max_queued))
    {
        for (std::size_t i = 0; i < permits; ++i) {
            REQUIRE(machine.enter(others[i]) == admitted);
        }
        for (std::size_t i = 0; i < waiting; ++i) {
            REQUIRE(machine.enter(waiters[i]) == queued);
        }
    }

    bulkhead_snapshot seen() const { return machine.snapshot(); }

    bulkhead_machine machine;
    std::array<bulkhead_waiter, 8> others{};
    std::array<bulkhead_waiter, 8> waiters{};
};

} // namespace

TEST_CASE("a bulkhead admits up to its permits", "[bulkhead]")
{
    bulkhead_machine machine(limits(2, 0));
    bulkhead_waiter call;

    CHECK(machine.enter(call) == admitted);
    CHECK(machine.enter(call) == admitted);
    CHECK(machine.enter(call) == full);
    CHECK_FALSE(call.queued);
    CHECK(machine.snapshot().in_use == 2);
    CHECK(machine.snapshot().admitted == 2);
    CHECK(machine.snapshot().rejected == 1);
}

TEST_CASE("a snapshot tells the limits", "[bulkhead]")
{
    bulkhead_machine const machine(limits(3, 4));

    CHECK(machine.snapshot().max_concurrent == 3);
    CHECK(machine.snapshot().max_queued == 4);
    CHECK(machine.snapshot().in_use == 0);
    CHECK(machine.snapshot().queued == 0);
}

TEST_CASE("who left has made room for the next", "[bulkhead]")
{
    busy b(1, 0, 0);
    bulkhead_waiter next;

    CHECK(b.machine.leave() == nullptr);
    CHECK(b.seen().in_use == 0);
    CHECK(b.machine.enter(next) == admitted);
}

TEST_CASE("without a free permit a call waits, up to the length of the queue", "[bulkhead]")
{
    busy b(1, 2, 2);
    bulkhead_waiter late;

    CHECK(b.machine.enter(late) == full);
    CHECK(b.waiters[0].queued);
    CHECK(b.seen().queued == 2);
    CHECK(b.seen().rejected == 1);
    CHECK(b.machine.head() == &b.waiters[0]);
}

TEST_CASE("a freed permit goes to who has waited longest, in the same step", "[bulkhead]")
{
    busy b(1, 3);

    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(b.machine.leave() == &b.waiters[i]);
        CHECK_FALSE(b.waiters[i].queued);
        CHECK(b.seen().in_use == 1);
        CHECK(b.seen().queued == 2 - i);
    }
    CHECK(b.machine.leave() == nullptr);
    CHECK(b.machine.head() == nullptr);
    CHECK(b.seen().in_use == 0);
    CHECK(b.seen().admitted == 4);
}

TEST_CASE("leaving without a permit in use changes nothing", "[bulkhead]")
{
    bulkhead_machine machine(limits(1, 1));

    CHECK(machine.leave() == nullptr);
    CHECK(machine.snapshot().in_use == 0);
}

TEST_CASE("who gives up leaves the place to the next", "[bulkhead]")
{
    SECTION("at the head")
    {
        busy b(1, 3);
        CHECK(b.machine.abandon(b.waiters[0]));
        CHECK(b.machine.leave() == &b.waiters[1]);
        CHECK(b.machine.leave() == &b.waiters[2]);
    }
    SECTION("in the middle")
    {
        busy b(1, 3);
        CHECK(b.machine.abandon(b.waiters[1]));
        CHECK(b.machine.leave() == &b.waiters[0]);
        CHECK(b.machine.leave() == &b.waiters[2]);
    }
    SECTION("at the end")
    {
        busy b(1, 3);
        CHECK(b.machine.abandon(b.waiters[2]));
        bulkhead_waiter after;
        CHECK(b.machine.enter(after) == queued);
        CHECK(b.machine.leave() == &b.waiters[0]);
        CHECK(b.machine.leave() == &b.waiters[1]);
        CHECK(b.machine.leave() == &after);
    }
    SECTION("alone")
    {
        busy b(1, 1);
        CHECK(b.machine.abandon(b.waiters[0]));
        CHECK(b.machine.head() == nullptr);
        CHECK(b.machine.leave() == nullptr);
        CHECK(b.seen().in_use == 0);
    }
}

TEST_CASE("who gives up once is gone, and may wait again", "[bulkhead]")
{
    busy b(1, 2);

    CHECK(b.machine.abandon(b.waiters[0]));
    CHECK_FALSE(b.machine.abandon(b.waiters[0]));
    CHECK_FALSE(b.waiters[0].queued);
    CHECK(b.waiters[0].next == nullptr);
    CHECK(b.seen().queued == 1);
    CHECK(b.seen().abandoned == 1);
    CHECK(b.machine.enter(b.waiters[0]) == queued);
    CHECK(b.machine.leave() == &b.waiters[1]);
    CHECK(b.machine.leave() == &b.waiters[0]);
}

TEST_CASE("giving up after the handover says that there is a permit to give back", "[bulkhead]")
{
    busy b(1, 2);

    auto* const granted = b.machine.leave();
    REQUIRE(granted == &b.waiters[0]);
    CHECK_FALSE(b.machine.abandon(*granted));
    CHECK(b.seen().abandoned == 0);
    CHECK(b.machine.leave() == &b.waiters[1]); // the permit is passed on, not lost
}

TEST_CASE("a handover that failed puts the waiter back at the head", "[bulkhead]")
{
    busy b(1, 3);
    auto* const granted = b.machine.leave();

    CHECK(b.machine.handover_failed(*granted));

    CHECK(granted->queued);
    CHECK(b.machine.head() == granted);
    CHECK(b.seen().in_use == 0);
    CHECK(b.seen().queued == 3);
    CHECK(b.seen().admitted == 1);
    CHECK(b.machine.grant_next() == granted);
    CHECK(b.machine.grant_next() == nullptr);
    CHECK(b.machine.leave() == &b.waiters[1]);
    CHECK(b.machine.leave() == &b.waiters[2]);
}

TEST_CASE("a handover to the only waiter can fail, too", "[bulkhead]")
{
    busy b(1, 1);
    auto* const granted = b.machine.leave();

    CHECK(b.machine.handover_failed(*granted));
    CHECK_FALSE(b.machine.handover_failed(*granted)); // it is queued already
    CHECK(b.seen().queued == 1);
    CHECK(b.machine.abandon(*granted));
    CHECK(b.machine.head() == nullptr);
}

TEST_CASE("a handover cannot fail where no permit is in use", "[bulkhead]")
{
    bulkhead_machine machine(limits(1, 1));
    bulkhead_waiter stray;

    CHECK_FALSE(machine.handover_failed(stray));
    CHECK_FALSE(stray.queued);
    CHECK(machine.head() == nullptr);
}

TEST_CASE("a newcomer does not overtake who was put back", "[bulkhead]")
{
    busy b(1, 1);
    b.machine.handover_failed(*b.machine.leave());
    bulkhead_waiter newcomer;

    CHECK(b.machine.enter(newcomer) == queued);
    CHECK(b.machine.grant_next() == &b.waiters[0]);
    CHECK(b.machine.grant_next() == nullptr);
    CHECK(b.machine.leave() == &newcomer);
}

TEST_CASE("more permits go to who waits", "[bulkhead]")
{
    busy b(1, 3);

    CHECK(b.machine.grant_next() == nullptr);
    b.machine.resize(3);
    CHECK(b.machine.grant_next() == &b.waiters[0]);
    CHECK(b.machine.grant_next() == &b.waiters[1]);
    CHECK(b.machine.grant_next() == nullptr);
    CHECK(b.seen().in_use == 3);
    CHECK(b.seen().max_concurrent == 3);
    CHECK(b.seen().max_queued == 4);
}

TEST_CASE("fewer permits are not taken from who holds one, but not handed on", "[bulkhead]")
{
    busy b(3, 2);

    b.machine.resize(1);
    CHECK(b.seen().in_use == 3);
    CHECK(b.machine.leave() == nullptr);
    CHECK(b.machine.leave() == nullptr);
    CHECK(b.seen().in_use == 1);
    CHECK(b.machine.leave() == &b.waiters[0]);
    CHECK(b.seen().in_use == 1);
}

TEST_CASE("a shorter queue drops nobody, and takes nobody", "[bulkhead]")
{
    busy b(1, 3);
    bulkhead_waiter late;

    b.machine.resize(1, 1);
    CHECK(b.seen().queued == 3);
    CHECK(b.seen().max_queued == 1);
    CHECK(b.machine.enter(late) == full);
    b.machine.leave();
    b.machine.leave();
    CHECK(b.machine.enter(late) == full);
    b.machine.leave();
    CHECK(b.machine.enter(late) == queued);
    b.machine.resize(2, 9);
    CHECK(b.machine.grant_next() == &late);
    CHECK(b.seen().max_queued == 9);
    CHECK(b.seen().max_concurrent == 2);
}

TEST_CASE("free permits are lent, and count as in use", "[bulkhead][gate]")
{
    busy b(3, 0);
    CHECK(b.machine.may_lend());
    CHECK(b.machine.lend(9) == 0);
    b.machine.leave();
    b.machine.leave();

    CHECK(b.machine.lend(1) == 1);
    CHECK(b.seen().in_use == 2);
    CHECK(b.machine.lend(9) == 1);
    CHECK(b.seen().in_use == 3);
    CHECK(b.seen().admitted == 3);

    b.machine.take_back(2, 7);
    CHECK(b.seen().in_use == 1);
    CHECK(b.seen().admitted == 10);
}

TEST_CASE("nothing is lent while somebody waits, or too many run", "[bulkhead][gate]")
{
    busy b(2, 1);
    CHECK_FALSE(b.machine.may_lend());
    CHECK(b.machine.abandon(b.waiters[0]));
    CHECK(b.machine.may_lend());

    b.machine.resize(1);
    CHECK_FALSE(b.machine.may_lend());
    b.machine.leave();
    CHECK(b.machine.may_lend());
}

namespace {

/// Random calls through a bulkhead, beside a list that knows who is where.
class traffic
{
public:
    explicit traffic(std::uint64_t seed)
        : draw_(seed),
          max_(1 + draw_.next() % 4),
          max_queued_(draw_.next() % 5),
          machine_(limits(max_, max_queued_)),
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
            if (holders_.contains(&call)) {
                holders_.erase(&call);
                granted(machine_.leave());
            }
            break;
        case 5:
            REQUIRE(machine_.abandon(call) == waits);
            std::erase(line_, &call);
            break;
        case 6:
            if (holders_.contains(&call)) {
                REQUIRE(machine_.handover_failed(call));
                holders_.erase(&call);
                line_.push_front(&call);
            }
            break;
        default:
            max_ = 1 + draw_.next() % 4;
            machine_.resize(max_);
            break;
        }
        pump();
        check();
    }

private:
    void enter(bulkhead_waiter& call)
    {
        auto const entry = machine_.enter(call);
        if (line_.empty() && holders_.size() < max_) {
            REQUIRE(entry == admitted);
            holders_.insert(&call);
        } else if (line_.size() < max_queued_) {
            REQUIRE(entry == queued);
            line_.push_back(&call);
        } else {
            REQUIRE(entry == full);
        }
    }

    void granted(bulkhead_waiter* waiter)
    {
        if (line_.empty() || holders_.size() >= max_) {
            REQUIRE(waiter == nullptr);
            return;
        }
        REQUIRE(waiter == line_.front());
        REQUIRE_FALSE(waiter->queued);
        holders_.insert(line_.front());
        line_.pop_front();
    }

    void pump()
    {
        while (auto* const waiter = machine_.grant_next()) {
            granted(waiter);
        }
        granted(nullptr);
    }

    void check() const
    {
        auto const seen = machine_.snapshot();
        REQUIRE(seen.in_use == holders_.size());
        REQUIRE(seen.queued == line_.size());
        REQUIRE((seen.queued == 0 || seen.in_use >= max_)); // no waiter beside a free permit
        auto* waiter = machine_.head();
        for (auto const* expected : line_) {
            REQUIRE(waiter == expected);
            REQUIRE(waiter->queued);
            waiter = waiter->next;
        }
        REQUIRE(waiter == nullptr);
    }

    generator draw_;
    std::size_t max_;
    std::size_t max_queued_;
    bulkhead_machine machine_;
    std::vector<bulkhead_waiter> calls_;
    std::deque<bulkhead_waiter*> line_{};
    std::set<bulkhead_waiter*> holders_{};
};

} // namespace

TEST_CASE("whatever happens to a bulkhead, nobody waits beside a free permit", "[bulkhead]")
{
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        CAPTURE(seed);
        traffic some(seed);
        for (int i = 0; i < 1000; ++i) {
            some.step();
        }
    }
}
