// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_LIST_HPP
#define RESIL_CORE_POOL_LIST_HPP

#include <resil/core/tally.hpp>

#include <cstddef>

namespace resil::core {

/// An intrusive list of nodes with `prev` and `next`. Its size may be read from any thread.
template <class Node>
class pool_list
{
public:
    Node* front() const noexcept { return front_; }
    Node* back() const noexcept { return back_; }
    std::size_t size() const noexcept { return size_; }

    /// Links a node before another; null stands for the end.
    void insert(Node& node, Node* successor) noexcept
    {
        node.next = successor;
        node.prev = successor != nullptr ? successor->prev : back_;
        (node.prev != nullptr ? node.prev->next : front_) = &node;
        (successor != nullptr ? successor->prev : back_) = &node;
        ++size_;
    }

    /// Unlinks a node that is in the list.
    void erase(Node& node) noexcept
    {
        (node.prev != nullptr ? node.prev->next : front_) = node.next;
        (node.next != nullptr ? node.next->prev : back_) = node.prev;
        node.prev = node.next = nullptr;
        --size_;
    }

private:
    Node* front_ = nullptr;
    Node* back_ = nullptr;
    relaxed<std::size_t> size_{0};
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_LIST_HPP
