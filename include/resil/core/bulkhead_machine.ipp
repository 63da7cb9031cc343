// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_BULKHEAD_MACHINE_IPP
#define RESIL_CORE_BULKHEAD_MACHINE_IPP

// The bodies of core/bulkhead_machine.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>

namespace resil::core {

bulkhead_machine::bulkhead_machine(bulkhead_options const& options) noexcept
    : max_concurrent_(options.max_concurrent), max_queued_(options.max_queued)
{
}

bulkhead_entry bulkhead_machine::enter(bulkhead_waiter& waiter) noexcept
{
    if (queued_ == 0 && in_use_ < max_concurrent_) {
        take_permit();
        return bulkhead_entry::admitted;
    }
    if (queued_ >= max_queued_) {
        ++rejected_;
        return bulkhead_entry::full;
    }
    link_before(waiter, nullptr);
    return bulkhead_entry::queued;
}

bulkhead_waiter* bulkhead_machine::leave() noexcept
{
    if (in_use_ > 0) {
        --in_use_;
    }
    return grant_next();
}

bulkhead_waiter* bulkhead_machine::grant_next() noexcept
{
    if (head_ == nullptr || in_use_ >= max_concurrent_) {
        return nullptr;
    }
    bulkhead_waiter* const waiter = head_;
    unlink(*waiter);
    take_permit();
    return waiter;
}

bool bulkhead_machine::abandon(bulkhead_waiter& waiter) noexcept
{
    if (!waiter.queued) {
        return false;
    }
    unlink(waiter);
    ++abandoned_;
    return true;
}

bool bulkhead_machine::handover_failed(bulkhead_waiter& waiter) noexcept
{
    if (waiter.queued || in_use_ == 0) {
        return false;
    }
    --in_use_;
    --admitted_;
    link_before(waiter, head_);
    return true;
}

std::uint64_t bulkhead_machine::lend(std::uint64_t most) noexcept
{
    auto const lent = std::min<std::uint64_t>(max_concurrent_ - in_use_, most);
    in_use_ += static_cast<std::size_t>(lent);
    return lent;
}

void bulkhead_machine::take_back(std::uint64_t permits, std::uint64_t admitted) noexcept
{
    in_use_ -= static_cast<std::size_t>(permits);
    admitted_ += admitted;
}

void bulkhead_machine::resize(std::size_t max_concurrent, std::size_t max_queued) noexcept
{
    max_concurrent_ = max_concurrent;
    max_queued_ = max_queued;
}

bulkhead_snapshot bulkhead_machine::snapshot() const noexcept
{
    return {in_use_,   queued_,   max_concurrent_, max_queued_,
            admitted_, rejected_, abandoned_};
}

void bulkhead_machine::take_permit() noexcept
{
    ++in_use_;
    ++admitted_;
}

void bulkhead_machine::link_before(bulkhead_waiter& waiter, bulkhead_waiter* successor) noexcept
{
    waiter.next = successor;
    waiter.prev = successor != nullptr ? successor->prev : tail_;
    (waiter.prev != nullptr ? waiter.prev->next : head_) = &waiter;
    (successor != nullptr ? successor->prev : tail_) = &waiter;
    waiter.queued = true;
    ++queued_;
}

void bulkhead_machine::unlink(bulkhead_waiter& waiter) noexcept
{
    (waiter.prev != nullptr ? waiter.prev->next : head_) = waiter.next;
    (waiter.next != nullptr ? waiter.next->prev : tail_) = waiter.prev;
    waiter = {};
    --queued_;
}

} // namespace resil::core

#endif // RESIL_CORE_BULKHEAD_MACHINE_IPP
