// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_DEADLINES_HPP
#define RESIL_CORE_POOL_DEADLINES_HPP

#include <resil/config.hpp>

#include <utility>

namespace resil::core {

/**
 * Knows whose deadline is the next: an intrusive pairing heap of nodes with a `deadline` and,
 * for the heap's own use, `child`, `left` and `right`.
 *
 * Those who have waited too long are found without a look at those who have not, wherever they
 * stand in the queue. Adding takes constant time, erasing logarithmic time on average. Source:
 * Fredman, Sedgewick, Sleator and Tarjan, "The pairing heap", Algorithmica 1986.
 */
template <class Node>
class pool_deadlines
{
public:
    /// Returns the node with the earliest deadline, or null.
    Node* first() const noexcept { return root_; }

    /// Adds a node. Its deadline must not change until it is erased.
    void insert(Node& node) noexcept
    {
        node.child = node.left = node.right = nullptr;
        root_ = meld(root_, &node);
    }

    /// Takes a node out that was added.
    void erase(Node& node) noexcept
    {
        Node* const orphans = meld_all(std::exchange(node.child, nullptr));
        if (&node == root_) {
            root_ = orphans;
            return;
        }
        // `left` is the parent of a first child, and the sibling before any other.
        (node.left->child == &node ? node.left->child : node.left->right) = node.right;
        if (node.right != nullptr) {
            node.right->left = node.left;
        }
        node.left = node.right = nullptr;
        root_ = meld(root_, orphans);
    }

private:
    // Makes the later of two trees the first child of the earlier; either may be null.
    static Node* meld(Node* a, Node* b) noexcept
    {
        if (a == nullptr || b == nullptr) {
            return a != nullptr ? a : b;
        }
        if (b->deadline < a->deadline) {
            std::swap(a, b);
        }
        b->left = a;
        b->right = a->child;
        if (b->right != nullptr) {
            b->right->left = b;
        }
        a->child = b;
        return a;
    }

    static Node* take_first(Node*& siblings) noexcept
    {
        Node* const first = siblings;
        if (first != nullptr) {
            siblings = std::exchange(first->right, nullptr);
            first->left = nullptr;
        }
        return first;
    }

    // In pairs from the first to the last, then the pairs from the last to the first: it is
    // this that makes the heap fast.
    static Node* meld_all(Node* siblings) noexcept
    {
        Node* pairs = nullptr;
        while (siblings != nullptr) {
            Node* const one = take_first(siblings);
            Node* const pair = meld(one, take_first(siblings));
            pair->right = pairs;
            pairs = pair;
        }
        Node* root = nullptr;
        while (pairs != nullptr) {
            root = meld(root, take_first(pairs));
        }
        return root;
    }

    Node* root_ = nullptr;
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_DEADLINES_HPP
