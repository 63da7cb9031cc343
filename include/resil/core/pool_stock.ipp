// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_STOCK_IPP
#define RESIL_CORE_POOL_STOCK_IPP

// The bodies of core/pool_stock.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>

namespace resil::core {

pool_stock::pool_stock(connection_pool_options const& options, pool_slots& slots,
                       pool_generations& generations, pool_counts& counts,
                       pool_actions& actions) noexcept
    : options_(options),
      slots_(slots),
      generations_(generations),
      counts_(counts),
      actions_(actions)
{
}

std::optional<pool_close> pool_stock::unfit(pool_slot const& slot,
                                            time_point now) const noexcept
{
    if (generations_.dead(slot.generation)) {
        return pool_close::generation;
    }
    if (slots_.live() > slots_.max_size()) {
        return pool_close::overflow;
    }
    if (used_up(slot)) {
        return pool_close::max_uses;
    }
    return now >= slot.expires_at ? std::optional(pool_close::expired) : std::nullopt;
}

bool pool_stock::needs_ping(pool_slot const& slot, time_point now) const noexcept
{
    return options_.ping_after_idle != connection_pool_options::never &&
           (generations_.suspect(slot.generation) || stale(options_, slot, now));
}

std::size_t pool_stock::pings_for_waiters() const noexcept
{
    return slots_.number(pool_slot_state::pinging) - keepalives_;
}

time_point pool_stock::next_due(time_point now, bool someone_waits) const noexcept
{
    bool const enough = slots_.idle() > options_.min_idle;
    time_point due = time_point::max();
    for (auto const* slot = slots_.newest(); slot != nullptr; slot = slot->next) {
        due = std::min(due, unfit(*slot, now) ? now : slot->expires_at);
        due = std::min(due, enough ? unused_at(options_, *slot) : due);
        auto const ping_at = keepalive_at(*slot);
        due = std::min(due,
                       someone_waits ? std::max(ping_at, plus(now, busy_pause)) : ping_at);
    }
    return due;
}

pool_slot* pool_stock::find_lendable(time_point now) noexcept
{
    for (pool_slot* slot = slots_.first(); slot != nullptr;) {
        pool_slot* const next = slots_.after(*slot);
        if (auto const why = unfit(*slot, now)) {
            retire(*slot, *why, now);
        } else if (!needs_ping(*slot, now)) {
            return slot;
        }
        slot = next;
    }
    return nullptr;
}

void pool_stock::lend(pool_slot& slot, time_point now) noexcept
{
    slots_.enter(slot, pool_slot_state::leased, now);
    ++slot.uses;
    counts_.pings_skipped += skipped_ping(slot);
}

void pool_stock::take_back(pool_slot& slot, time_point now) noexcept
{
    --slot.uses;
    counts_.pings_skipped -= skipped_ping(slot);
    slots_.make_first(slot, now);
}

void pool_stock::ping(pool_slot& slot, duration patience, time_point now) noexcept
{
    slot.patience = patience;
    slot.asked_in = generations_.current();
    slots_.order(slot, pool_slot_state::pinging, pool_task::ping, now);
}

void pool_stock::keep_alive(time_point now) noexcept
{
    for (pool_slot* slot = slots_.newest(); slot != nullptr;) {
        pool_slot* const next = slot->next;
        if (now >= keepalive_at(*slot)) {
            slot->unasked = true;
            ++keepalives_;
            ping(*slot, options_.ping_timeout, now);
        }
        slot = next;
    }
}

void pool_stock::ping_ended(pool_slot& slot) noexcept
{
    keepalives_ -= slot.unasked;
    slot.unasked = false;
}

void pool_stock::answered(pool_slot& slot, time_point now) noexcept
{
    ++counts_.pings_ok;
    if (generations_.suspect(slot.generation)) {
        generations_.answered();
    }
    if (!generations_.dead(slot.generation)) {
        slot.generation = std::max(slot.generation, slot.asked_in);
    }
    slot.alive_at = now;
}

void pool_stock::unanswered(pool_slot& slot, time_point now) noexcept
{
    ++counts_.pings_failed;
    // That somebody had no time says nothing of others.
    bool const hurried =
        slot.patience < options_.ping_timeout && until(slot.since, now) >= slot.patience;
    if (hurried) {
        close(slot, pool_close::ping, pool_task::cut, now);
    } else {
        lose(slot, pool_close::ping, now);
    }
}

void pool_stock::close(pool_slot& slot, pool_close why, pool_task how, time_point now) noexcept
{
    slot.why = why;
    counts_.count(why);
    slots_.order(slot, pool_slot_state::closing, how, now);
}

void pool_stock::retire(pool_slot& slot, pool_close why, time_point now) noexcept
{
    bool const dead = why == pool_close::generation;
    close(slot, why, dead ? pool_task::cut : pool_task::close, now);
}

void pool_stock::lose(pool_slot& slot, pool_close why, time_point now) noexcept
{
    auto const alarm = generations_.lost(slot.generation);
    close(slot, why, pool_task::cut, now);
    if (alarm == pool_alarm::suspect) {
        actions_.add_suspicion();
    } else if (alarm == pool_alarm::dead) {
        bury_dead(now);
    }
}

bool pool_stock::invalidate(std::uint64_t generation, time_point now) noexcept
{
    if (!generations_.invalidate(generation)) {
        return false;
    }
    bury_dead(now);
    return true;
}

void pool_stock::close_unfit(time_point now) noexcept
{
    close_idle_if(now, [&](pool_slot const& slot) { return unfit(slot, now); });
}

void pool_stock::close_unused(time_point now) noexcept
{
    close_idle_if(now, [&](pool_slot const& slot) {
        bool const spared = slots_.idle() <= options_.min_idle;
        return !spared && now >= unused_at(options_, slot) ? std::optional(pool_close::idle)
                                                           : std::nullopt;
    });
}

void pool_stock::close_surplus(time_point now) noexcept
{
    std::size_t const most = options_.idle_limit(slots_.max_size());
    while (slots_.idle() > 0 &&
           (slots_.idle() > most || slots_.live() > slots_.max_size())) {
        close(*slots_.oldest(), pool_close::overflow, pool_task::close, now);
    }
}

void pool_stock::clear(time_point now) noexcept
{
    while (slots_.oldest() != nullptr) {
        close(*slots_.oldest(), pool_close::drain, pool_task::close, now);
    }
}

bool pool_stock::skipped_ping(pool_slot const& slot) noexcept
{
    return slot.alive_at != slot.since;
}

void pool_stock::bury_dead(time_point now) noexcept
{
    actions_.add_invalidation();
    close_idle_if(now, [this](pool_slot const& slot) {
        return generations_.dead(slot.generation) ? std::optional(pool_close::generation)
                                                  : std::nullopt;
    });
}

} // namespace resil::core

#endif // RESIL_CORE_POOL_STOCK_IPP
