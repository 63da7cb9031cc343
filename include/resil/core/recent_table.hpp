// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_RECENT_TABLE_HPP
#define RESIL_CORE_RECENT_TABLE_HPP

#include <resil/core/link.hpp>
#include <resil/error.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

namespace resil::core {

/**
 * A table that knows which of its values was used last, and can give up the one that was used the longest ago.
 *
 * Nothing is given up by itself. Thread safety: none. Cost: a search by hash; adding allocates a node.
 */
template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>>
class recent_table
{
public:
    /// Returns a value, and leaves it where it is; null if there is none. Throws what hashing throws.
    template <class Name>
    Value* find(Name const& key)
    {
        auto const known = places_.find(key);
        return known == places_.end() ? nullptr : &known->second.value;
    }

    /// Returns a value, which is then the last that was used; null if there is none. Throws what hashing throws.
    template <class Name>
    Value* use(Name const& key, time_point now)
    {
        auto const known = places_.find(key);
        return known == places_.end() ? nullptr : &moved_to_front(known->second, now);
    }

    /// Adds a value for a key that has none. Throws `bad_alloc`, and then nothing has changed.
    Value& add(Key key, Value value, time_point now)
    {
        auto const made = places_.try_emplace(std::move(key), std::move(value)).first;
        made->second.key = &made->first;
        return moved_to_front(made->second, now);
    }

    /// Gives up the value that was used the longest ago, of those that may go; nothing if none may.
    template <class MayGo>
    std::optional<Value> take_oldest(MayGo const& may_go)
    {
        return take_used_before(time_point::max(), may_go);
    }

    /// The same, of those that were used before a point in time.
    template <class MayGo>
    std::optional<Value> take_used_before(time_point then, MayGo const& may_go)
    {
        for (link* at = &recent_.prev(); at != &recent_; at = &at->prev()) {
            auto& oldest = static_cast<place&>(*at);
            if (oldest.used >= then) {
                return std::nullopt;
            }
            if (may_go(std::as_const(oldest.value))) {
                return take(oldest);
            }
        }
        return std::nullopt;
    }

    /// Gives up the value of a key; nothing if there is none.
    template <class Name>
    std::optional<Value> take(Name const& key)
    {
        auto const known = places_.find(key);
        return known == places_.end() ? std::nullopt : take(known->second);
    }

    /// Returns how many values there are. Throws nothing.
    std::size_t size() const noexcept { return places_.size(); }

private:
    struct place : link
    {
        explicit place(Value v) noexcept : value(std::move(v)) {}

        Value value;
        Key const* key = nullptr;
        time_point used{};
    };

    Value& moved_to_front(place& p, time_point now) noexcept
    {
        p.used = now;
        p.unlink();
        recent_.next().put_before(p);
        return p.value;
    }

    std::optional<Value> take(place& gone)
    {
        std::optional<Value> taken(std::move(gone.value));
        gone.unlink();
        places_.erase(places_.find(*gone.key));
        return taken;
    }

    link_head recent_; // the one that was used last comes first
    std::unordered_map<Key, place, Hash, Equal> places_;
};

} // namespace resil::core

#endif // RESIL_CORE_RECENT_TABLE_HPP
