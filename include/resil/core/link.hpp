// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_LINK_HPP
#define RESIL_CORE_LINK_HPP

#include <resil/config.hpp>

namespace resil::core {

/// A member of a circular list, or the head of one; alone it follows itself.
class link
{
public:
    link() = default;
    link(link const&) = delete;
    link& operator=(link const&) = delete;

    /// Says whether there are others: of a member, whether it is in a list; of a head, whether any is.
    bool is_linked() const noexcept { return next_ != this; }

    /// Returns the one that follows: of a head, the first.
    link& next() const noexcept { return *next_; }

    /// Returns the one before: of a head, the last.
    link& prev() const noexcept { return *prev_; }

    /// Puts one that is in no list before this one: of a head, at the end.
    void put_before(link& other) noexcept
    {
        other.prev_ = prev_;
        other.next_ = this;
        prev_->next_ = &other;
        prev_ = &other;
    }

    /// Takes this one out of its list.
    void unlink() noexcept
    {
        prev_->next_ = next_;
        next_->prev_ = prev_;
        prev_ = next_ = this;
    }

protected:
    ~link() = default;

private:
    link* prev_ = this;
    link* next_ = this;
};

/// The head of a list.
class link_head : public link
{
};

} // namespace resil::core

#endif // RESIL_CORE_LINK_HPP
