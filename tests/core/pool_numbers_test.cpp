// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// What a pool tells about itself.

#include <resil/core/pool_event.hpp>   // self-contained
#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <core/pool_rig.hpp>
#include <numeric>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

using namespace resil;
using namespace resil::tests;

static_assert(std::is_aggregate_v<pool_snapshot>);
static_assert(std::is_aggregate_v<pool_event>);
static_assert(std::is_aggregate_v<pool_waiter>);
static_assert(std::is_aggregate_v<pool_warm_up>);
static_assert(!std::is_copy_constructible_v<core::pool_machine>);
static_assert(noexcept(std::declval<core::pool_machine const&>().snapshot()));

namespace {

/// Returns whether the values 0 to `count` - 1 of an enumeration have names, all different, and
/// the next one has none.
template <class Word>
bool all_named(int count)
{
    std::vector<std::string_view> names;
    for (int i = 0; i < count; ++i) {
        names.push_back(to_string(static_cast<Word>(i)));
    }
    names.push_back("unknown");
    bool const ends = to_string(static_cast<Word>(count)) == "unknown";
    std::sort(names.begin(), names.end());
    return ends && std::adjacent_find(names.begin(), names.end()) == names.end();
}

/// Ends the connect of a round; every third one fails, one way or the other.
void finish_connect(core::pool_machine& machine, pool_slot& slot, int round, time_point now)
{
    if (round % 3 != 0) {
        machine.opened(slot, now, 0.0);
        return;
    }
    error_code const error = round % 2 == 0
                                 ? error_code(boost::asio::error::access_denied)
                                 : error_code(boost::asio::error::connection_refused);
    machine.open_failed(slot, false, error, now, 0.5);
}

} // namespace

TEST_CASE("every word of the pool has its name", "[pool]")
{
    CHECK(all_named<pool_close>(pool_closes));
    CHECK(all_named<pool_failure>(pool_failures));
    CHECK(all_named<idle_order>(2));
    CHECK(all_named<drain_waiters>(2));
    CHECK(all_named<pool_event_kind>(13));
    CHECK(all_named<pool_slot_state>(core::pool_slot_states));
    CHECK(all_named<pool_task>(5));
    CHECK(all_named<pool_entry>(3));
    CHECK(all_named<pool_return>(4));

    CHECK(to_string(pool_close::max_uses) == "max_uses");
    CHECK(to_string(pool_failure::connect_failed) == "connect_failed");
    CHECK(to_string(idle_order::fifo) == "fifo");
    CHECK(to_string(drain_waiters::serve_until_deadline) == "serve_until_deadline");
    CHECK(to_string(pool_event_kind::acquire_failed) == "acquire_failed");
    CHECK(to_string(pool_slot_state::leased) == "leased");
    CHECK(to_string(pool_task::cut) == "cut");
    CHECK(to_string(pool_entry::queued) == "queued");
    CHECK(to_string(pool_return::disconnected) == "disconnected");
}

TEST_CASE("a new pool has nothing to tell but its size", "[pool]")
{
    pool_rig const r(plain_pool(7));
    auto const s = r.seen();
    CHECK(s.max_size == 7);
    CHECK((s.size == 0 && s.opening == 0 && s.idle == 0 && s.pinging == 0 && s.in_use == 0));
    CHECK((s.resetting == 0 && s.closing == 0 && s.waiters == 0));
    CHECK((s.acquired_at_once == 0 && s.acquired_waiting == 0 && s.opened == 0));
    CHECK((s.open_failed == 0 && s.pings_ok == 0 && s.pings_failed == 0));
    CHECK((s.pings_skipped == 0 && s.detached == 0 && s.connect_failures == 0));
    CHECK_FALSE((s.paused || s.draining || s.last_connect_error));
    CHECK(std::accumulate(s.failed.begin(), s.failed.end(), std::uint64_t(0)) == 0);
    CHECK(std::accumulate(s.closed.begin(), s.closed.end(), std::uint64_t(0)) == 0);
    CHECK_FALSE(r.machine.draining());
    CHECK(r.machine.connections_opened() == 0);
}

TEST_CASE("an empty snapshot is all zero", "[pool]")
{
    pool_snapshot const s;
    CHECK((s.max_size == 0 && s.size == 0 && s.opening == 0 && s.idle == 0 && s.pinging == 0));
    CHECK((s.in_use == 0 && s.resetting == 0 && s.closing == 0 && s.waiters == 0));
    CHECK((s.connect_failures == 0 && s.generation == 0 && !s.paused && !s.draining));
    CHECK((s.acquired_at_once == 0 && s.acquired_waiting == 0 && s.opened == 0));
    CHECK((s.open_failed == 0 && s.pings_ok == 0 && s.pings_failed == 0));
    CHECK((s.pings_skipped == 0 && s.detached == 0));
}

TEST_CASE("every connection is counted in the state that it is in", "[pool]")
{
    auto options = plain_pool(6);
    options.ping_after_idle = 0s;
    pool_rig r(options);
    auto const lent = r.leases(4);
    r.give_back(*lent[0], pool_return::dirty);
    r.give_back(*lent[1], pool_return::broken);
    r.give_back(*lent[2]);
    r.pass(1s);
    r.wait();
    r.wait();
    auto s = r.seen();
    CHECK((s.opening == 1 && s.pinging == 1 && s.in_use == 1 && s.resetting == 1));
    CHECK((s.closing == 1 && s.idle == 0 && s.size == 5 && s.waiters == 2));
    r.reset(true); // and to a waiter
    r.answer(true);
    r.open();
    r.close();
    s = r.seen();
    CHECK((s.in_use == 3 && s.idle == 1 && s.size == 4 && s.waiters == 0));
    CHECK((s.acquired_at_once == 0 && s.acquired_waiting == 6 && s.opened == 5));
    CHECK(s.pings_ok == 1);
    CHECK(s.count(pool_close::broken) == 1);
}

TEST_CASE("connections are numbered as they are opened", "[pool]")
{
    auto options = plain_pool(2);
    pool_rig r(options);
    r.wait();
    r.wait();
    CHECK(r.first(pool_task::open).id == 1);
    r.fail_open();
    CHECK(r.first(pool_task::open).id == 2);
    r.open();
    CHECK(r.first(pool_task::open).id == 3); // for who still waits
    CHECK(r.machine.connections_opened() == 1);
}

TEST_CASE(
    "waits of those who were served and of those who were not are told apart, and both are "
    "told",
    "[pool]")
{
    pool_rig r(plain_pool(1));
    auto& lent = r.lease();
    auto const before = r.machine.waits_served().count();
    auto& a = r.wait(1h);
    auto& b = r.wait(1h);
    auto& c = r.wait(3s);
    r.pass(2s);
    r.give_back(lent);
    CHECK(r.machine.waits_served().count() == before + 1);
    CHECK(r.machine.waits_served().max() == 2s);
    CHECK(a.waited == 2s);
    r.abandon(b);
    CHECK(r.machine.waits_failed().count() == 1);
    CHECK(r.machine.waits_failed().max() == 2s);
    r.pass(2s);
    r.poke();
    CHECK(r.failed(c) == pool_failure::timed_out);
    CHECK(r.machine.waits_failed().count() == 2);
    CHECK(r.machine.waits_failed().max() == 4s);
    CHECK(r.seen().count(pool_failure::cancelled) == 1);
    CHECK(r.seen().count(pool_failure::timed_out) == 1);

    r.give_back(*a.slot);
    r.ask();
    CHECK(r.entry == pool_entry::granted); // did not wait: not among them
    CHECK(r.machine.waits_served().count() == before + 1);
    CHECK(r.seen().acquired_at_once == 1);
}

TEST_CASE("how long connections took to open and were lent is told", "[pool]")
{
    pool_rig r(plain_pool(1));
    r.wait();
    r.pass(30ms);
    auto& slot = r.open();
    CHECK(r.machine.connects().count() == 1);
    CHECK(r.machine.connects().max() == 30ms);
    r.pass(70ms);
    CHECK(r.machine.holds().count() == 0);
    r.give_back(slot, pool_return::dirty);
    r.pass(1h);
    r.reset(true);
    CHECK(r.machine.holds().count() == 1);
    CHECK(r.machine.holds().max() == 70ms);
}

TEST_CASE("T21: who reads the numbers while they change sees none that cannot be",
          "[pool][T21]")
{
    auto options = plain_pool(4);
    options.ping_after_idle = 500ms;
    core::pool_machine machine(options);
    std::vector<pool_slot> slots(4);
    for (auto& slot : slots) {
        machine.supply(slot);
    }
    std::atomic<bool> over{false};
    std::atomic<bool> wrong{false};
    std::atomic<bool> reading{false};
    std::thread reader([&] {
        pool_snapshot before;
        while (!over) {
            auto const s = machine.snapshot();
            bool sizes = s.waiters <= 1;
            for (auto const n :
                 {s.size, s.opening, s.idle, s.pinging, s.in_use, s.resetting, s.closing}) {
                sizes = sizes && n <= 4;
            }
            bool const grown = s.opened >= before.opened &&
                               s.open_failed >= before.open_failed &&
                               s.acquired_waiting >= before.acquired_waiting;
            bool const error = !s.last_connect_error ||
                               s.last_connect_error == boost::asio::error::connection_refused ||
                               s.last_connect_error == boost::asio::error::access_denied;
            bool const quantile = machine.waits_served().quantile(0.5) >= 0s;
            wrong = wrong || !sizes || !grown || !error || !quantile;
            before = s;
            reading = true;
        }
    });
    while (!reading) {
        std::this_thread::yield();
    }
    auto now = at(0s);
    for (int i = 0; i < 30'000; ++i) {
        now += 100ms;
        pool_waiter waiter;
        machine.acquire(waiter, now, now + 1min);
        for (auto actions = machine.take_actions(); !actions.empty();
             actions = machine.take_actions()) {
            while (auto* const slot = actions.next_slot()) {
                switch (slot->task) {
                case pool_task::open: finish_connect(machine, *slot, i, now); break;
                case pool_task::ping: machine.pinged(*slot, i % 5 != 0, now); break;
                case pool_task::reset: machine.reset_done(*slot, true, now); break;
                case pool_task::close:
                case pool_task::cut: machine.closed(*slot, now); break;
                }
            }
            while (actions.next_waiter() != nullptr) {
            }
        }
        if (waiter.slot != nullptr) {
            machine.give_back(*waiter.slot,
                              i % 7 == 0 ? pool_return::broken : pool_return::clean, now);
        }
        machine.abandon(waiter, pool_failure::cancelled, now);
    }
    over = true;
    reader.join();
    CHECK_FALSE(wrong);
}

// ----- idle connections that are lent without asking -----------------------------------------

TEST_CASE("idle connections may be lent without asking when order and limits allow it",
          "[pool]")
{
    auto options = plain_pool(3);
    pool_rig r(options);
    CHECK(r.machine.may_lend());
    auto& lent = r.lease();
    r.leases(2);
    CHECK(r.machine.may_lend());
    r.wait();
    CHECK_FALSE(r.machine.may_lend()); // whatever comes back is for who waits
    r.give_back(lent);
    CHECK(r.machine.may_lend());
    r.machine.pause();
    CHECK_FALSE(r.machine.may_lend());
    r.machine.resume(r.now);
    r.resize(2);
    CHECK_FALSE(r.machine.may_lend()); // one has to go as it comes back
    r.resize(3);
    CHECK(r.machine.may_lend());
    r.drain();
    CHECK_FALSE(r.machine.may_lend());
    CHECK(r.machine.draining());

    options.idle_order = idle_order::fifo;
    CHECK_FALSE(pool_rig(options).machine.may_lend());
    options.idle_order = idle_order::lifo;
    options.max_idle = 2;
    CHECK_FALSE(pool_rig(options).machine.may_lend());
    options.max_idle = 3;
    CHECK(pool_rig(options).machine.may_lend());
    CHECK(r.machine.options().max_size == 3);
}

TEST_CASE("what is lent without asking counts as lent until it is taken in again, in its order",
          "[pool]")
{
    auto options = plain_pool(3);
    options.ping_after_idle = 500ms;
    options.max_lifetime = 1min;
    pool_rig r(options);
    auto const all = r.leases(3);
    for (auto* slot : all) {
        r.give_back(*slot);
        r.pass(1ms);
    }
    auto* const oldest = r.machine.least_recent();
    CHECK(oldest == all[0]);
    CHECK(r.machine.more_recent(*oldest) == all[1]);
    CHECK(r.machine.more_recent(*all[2]) == nullptr);

    auto const uses = oldest->uses;
    CHECK(r.machine.lend_out(*oldest, r.now));
    CHECK(r.machine.lend_out(*all[1], r.now));
    CHECK((r.seen().in_use == 2 && r.seen().idle == 1));
    CHECK(oldest->uses == uses);
    CHECK(r.machine.take_actions().empty());

    r.machine.take_in(*oldest);
    r.machine.take_in(*all[1]);
    r.poke();
    CHECK(r.seen().idle == 3);
    CHECK(r.machine.least_recent() == oldest);
    CHECK(r.machine.more_recent(*oldest) == all[1]);

    CHECK_FALSE(r.machine.lend_out(*oldest, r.now + 501ms)); // to be pinged
    CHECK_FALSE(r.machine.lend_out(*oldest, r.now + 1min));  // too old
    CHECK(oldest->state == pool_slot_state::idle);
    auto const before = r.now;
    r.pass(1s);
    r.poke();
    CHECK_FALSE(r.machine.lend_out(*oldest, before)); // time does not go back
    r.lease();

    CHECK(r.machine.trusted_from() == oldest->generation);
    r.give_back(r.lease(), pool_return::disconnected);
    CHECK(r.machine.trusted_from() == oldest->generation + 1);
    CHECK_FALSE(r.machine.lend_out(*oldest, r.now)); // suspect
}
