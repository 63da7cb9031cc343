// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Random histories of a pool, compared with a model of it after every event;
// and pools with a mistake, which must not get away with it.

#include <resil/core/pool_machine.hpp>

#include <catch2/catch_test_macros.hpp>

#include <core/pool_history.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;

TEST_CASE("no history of a pool breaks what must hold after every event", "[pool]")
{
    constexpr std::uint64_t histories = 3'000;
    constexpr int steps = 600;
    std::uint64_t events = 0;
    std::uint64_t served = 0;
    for (std::uint64_t seed = 1; seed <= histories; ++seed) {
        INFO("seed " << seed);
        pool_history<pool_machine> h(seed);
        for (int i = 0; i < steps; ++i) {
            h.step();
        }
        h.drain();
        events += h.events();
        served += h.served();
    }
    CHECK(events >= 1'000'000);
    CHECK(served >= 100'000);
}

// ----- mistakes
// -----------------------------------------------------------------------------

namespace {

/// Frees a place and wakes nobody.
struct deaf_to_closed : pool_machine
{
    using pool_machine::pool_machine;

    bool closed(pool_slot& slot, time_point now) noexcept
    {
        if (slot.state != pool_slot_state::closing) {
            return false;
        }
        begin(now);
        slots_.vacate(slot);
        return true;
    }
};

/// Puts what comes back among the idle ones, beside those who wait.
struct deaf_to_returns : pool_machine
{
    using pool_machine::pool_machine;

    bool give_back(pool_slot& slot, pool_return how, time_point now) noexcept
    {
        if (how != pool_return::clean || slot.state != pool_slot_state::leased) {
            return pool_machine::give_back(slot, how, now);
        }
        now = begin(now);
        slot.idle_since = slot.alive_at = now;
        slots_.make_idle(slot, now);
        stock_.close_surplus(now);
        return true;
    }
};

/// Lends what was lent last once more when there is nothing else.
struct lends_twice : pool_machine
{
    using pool_machine::pool_machine;

    pool_slot* try_acquire(time_point now) noexcept
    {
        pool_slot* const slot = pool_machine::try_acquire(now);
        last = slot != nullptr ? slot : last;
        return last;
    }

    pool_slot* last = nullptr;
};

/// Opens one more for good measure.
struct greedy : pool_machine
{
    using pool_machine::pool_machine;

    pool_entry acquire(pool_waiter& waiter, time_point now, time_point deadline) noexcept
    {
        auto const entry = pool_machine::acquire(waiter, now, deadline);
        if (may_open(now)) {
            opener_.open(now);
        }
        return entry;
    }
};

/// Allows one too many.
struct miscounting : pool_machine
{
    using pool_machine::pool_machine;

    void resize(std::size_t max_size, time_point now) noexcept
    {
        pool_machine::resize(max_size + 1, now);
    }
};

/// Never finds anything too old.
struct ageless : pool_machine
{
    using pool_machine::pool_machine;

    bool opened(pool_slot& slot, time_point now, double unit) noexcept
    {
        bool const taken = pool_machine::opened(slot, now, unit);
        slot.expires_at = time_point::max();
        return taken;
    }
};

/// Lends a connection any number of times.
struct tireless : pool_machine
{
    using pool_machine::pool_machine;

    bool opened(pool_slot& slot, time_point now, double unit) noexcept
    {
        bool const taken = pool_machine::opened(slot, now, unit);
        slot.last_use = 0;
        return taken;
    }
};

/// Takes idle connections for alive.
struct trusting : pool_machine
{
    using pool_machine::pool_machine;

    pool_entry acquire(pool_waiter& waiter, time_point now, time_point deadline) noexcept
    {
        for (auto* slot = least_recent(); slot != nullptr; slot = more_recent(*slot)) {
            slot->alive_at = now;
        }
        return pool_machine::acquire(waiter, now, deadline);
    }
};

/// Keeps the idle ones that are dead.
struct sentimental : pool_machine
{
    using pool_machine::pool_machine;

    void invalidate(time_point now) noexcept
    {
        generations_.invalidate(generations_.current());
        actions_.add_invalidation();
        begin(now);
    }
};

/// Says that a drain is over while something is still open.
struct hasty : pool_machine
{
    using pool_machine::pool_machine;

    bool drained() const noexcept { return draining_ && queue_.front() == nullptr; }
};

/// Forgets who could not be told.
struct forgetful : pool_machine
{
    using pool_machine::pool_machine;

    bool handover_failed(pool_waiter& waiter) noexcept
    {
        return std::exchange(waiter.ticket, 0) != 0;
    }
    using pool_machine::handover_failed;
};

/// Serves who could not be told after all others.
struct unfair : pool_machine
{
    using pool_machine::pool_machine;

    bool handover_failed(pool_waiter& waiter) noexcept
    {
        waiter.ticket += waiter.ticket != 0 ? 1'000'000 : 0;
        return pool_machine::handover_failed(waiter);
    }
    using pool_machine::handover_failed;
};

/// Returns what a model says of a machine with a mistake; empty if nothing in
/// many histories.
template <class Machine>
std::string mistake_of()
{
    try {
        for (std::uint64_t seed = 1; seed <= 200; ++seed) {
            pool_history<Machine> h(seed);
            for (int i = 0; i < 300; ++i) {
                h.step();
            }
            h.drain();
        }
    } catch (std::logic_error const& found) {
        return found.what();
    }
    return {};
}

} // namespace

TEST_CASE("a pool with a mistake does not get through its histories", "[pool]")
{
    CHECK(mistake_of<pool_machine>() == "");
    CHECK(mistake_of<deaf_to_closed>() == "not true: what is wanted and allowed is opened");
    CHECK(mistake_of<deaf_to_returns>() == "not true: nobody waits beside an idle connection");
    CHECK(mistake_of<lends_twice>() == "not true: a connection is lent to one user");
    CHECK(mistake_of<greedy>() == "not true: nothing is opened that nobody wants");
    CHECK(mistake_of<miscounting>() == "not true: it knows its size");
    CHECK(mistake_of<ageless>() == "not true: no connection is lent that is too old");
    CHECK(mistake_of<tireless>() == "not true: or used up");
    CHECK(mistake_of<trusting>() == "not true: or untested");
    CHECK(mistake_of<sentimental>() == "not true: nothing dead is kept");
    CHECK(mistake_of<hasty>() == "not true: not while anything is out");
    CHECK(mistake_of<forgetful>() == "not true: acquires are counted");
    CHECK(mistake_of<unfair>() == "not true: who came first is served first");
}
