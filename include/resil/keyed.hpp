// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_KEYED_HPP
#define RESIL_KEYED_HPP

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/core/option_check.hpp>
#include <resil/core/recent_table.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace resil {

/// How many policies there may be, and which keys.
struct keyed_options
{
    /// The most keys that have a policy of their own, >= 1. Source: resil's own.
    std::size_t max_entries = 1000;

    /// A policy that was not asked for during this time, > 0, and is not in use, may be forgotten when another is made.
    /// Source: resil's own.
    duration idle = std::chrono::minutes(10);

    /// The longest key, in bytes, >= 1; a longer one shares the overflow entry. Source: the longest name of a host.
    std::size_t max_key_length = 255;

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        std::size_t const one = 1;
        core::require_at_least("keyed.max_entries", max_entries, one);
        core::require_more_than("keyed.idle", idle, duration::zero());
        core::require_at_least("keyed.max_key_length", max_key_length, one);
    }
};

/// What has become of keys.
struct keyed_counts
{
    std::size_t entries = 0;     ///< Keys that have a policy now.
    std::uint64_t forgotten = 0; ///< Policies that were forgotten, ever.
    std::uint64_t overflows = 0; ///< Questions that were answered with the overflow entry, ever.
};

/**
 * Keeps a policy for each key: a circuit breaker for each host, so that one that is broken does not keep calls from the
 * others.
 *
 * Keys may come from outside, so their number is bounded. When there is no room, the policy that was asked for the longest
 * ago is forgotten, unless it is in use: a breaker that is not closed, a bulkhead with calls in it. To forget an open
 * breaker would be to close it. If all are in use, the new key shares the overflow entry with all others that have no room.
 *
 * A handle: copies share the policies.
 *
 * Executor: calls nothing on it; its context has the clock.
 * Lifetimes: the execution context must outlive it. A policy that was forgotten lives on in the calls that use it.
 * Thread safety: safe, shared objects too.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`, and what the factory throws.
 * Calls: the factory, outside of any lock; two threads may make the policy of one key at once, and one of the two is used.
 * Cost: a mutex and a search for a key that is known, without allocation.
 *
 * Example:
 *
 *     resil::keyed<resil::circuit_breaker> const breakers(context.get_executor(), [](std::string_view host) {
 *         return resil::circuit_breaker({.name = std::string(host)});
 *     });
 *     resil::pipeline const client{breakers.at("api.example.com"), resil::timeout{250ms}};
 */
template <class Policy>
class keyed
{
public:
    /// What makes the policy of a key.
    using factory_type = std::function<Policy(std::string_view key)>;

    /// Keeps what a function makes. Makes the overflow entry at once, for the key "".
    keyed(boost::asio::any_io_executor const& ex, factory_type make, keyed_options const& options)
        : shared_((options.validate(),
                   std::make_shared<shared>(
                       timer_service::of(boost::asio::query(ex, boost::asio::execution::context)), std::move(make),
                       options)))
    {
    }

    /// The same, with the default options.
    keyed(boost::asio::any_io_executor const& ex, factory_type make) : keyed(ex, std::move(make), keyed_options()) {}

    /// Returns the policy of a key, which is made if there is none; else the overflow entry. Throws what the factory
    /// throws, and `bad_alloc`.
    Policy at(std::string_view key) const { return shared_->at(key); }

    /// Returns the entry of those that have no room.
    Policy overflow() const { return shared_->overflow; }

    /// Returns what has become of keys.
    keyed_counts counts() const
    {
        std::lock_guard const lock(shared_->mutex);
        keyed_counts counted = shared_->counted;
        counted.entries = shared_->entries.size();
        return counted;
    }

private:
    struct text_hash
    {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };

    struct shared
    {
        shared(timer_service& c, factory_type m, keyed_options const& o)
            : clock(c), make(std::move(m)), options(o), overflow(make(std::string_view()))
        {
        }

        Policy at(std::string_view key)
        {
            if (key.size() > options.max_key_length) {
                return spill();
            }
            time_point const now = clock.recent();
            if (auto known = use(key, now)) {
                return std::move(*known);
            }
            Policy made = make(key);
            std::optional<Policy> gone; // ends outside of the lock
            std::lock_guard const lock(mutex);
            if (Policy const* const known = entries.use(key, now)) {
                return *known; // another thread was faster
            }
            gone = make_room(now);
            if (entries.size() >= options.max_entries) {
                ++counted.overflows;
                return overflow;
            }
            return entries.add(std::string(key), std::move(made), now);
        }

        std::optional<Policy> use(std::string_view key, time_point now)
        {
            std::lock_guard const lock(mutex);
            Policy const* const known = entries.use(key, now);
            return known ? std::optional(*known) : std::nullopt;
        }

        Policy spill()
        {
            std::lock_guard const lock(mutex);
            ++counted.overflows;
            return overflow;
        }

        std::optional<Policy> make_room(time_point now)
        {
            bool const is_full = entries.size() >= options.max_entries;
            time_point const then = is_full ? time_point::max() : now - std::min(options.idle, now.time_since_epoch());
            auto gone = entries.take_used_before(then, &may_forget);
            counted.forgotten += gone ? 1 : 0;
            return gone;
        }

        static bool may_forget(Policy const& policy)
        {
            if constexpr (requires { { policy.state() } -> std::same_as<circuit_state>; }) {
                return policy.state() == circuit_state::closed;
            } else if constexpr (std::same_as<Policy, bulkhead>) {
                auto const seen = policy.snapshot();
                return seen.in_use == 0 && seen.queued == 0;
            } else {
                return true;
            }
        }

        timer_service& clock;
        factory_type const make;
        keyed_options const options;
        Policy const overflow;
        std::mutex mutex{};
        core::recent_table<std::string, Policy, text_hash, std::equal_to<>> entries{};
        keyed_counts counted{};
    };

    std::shared_ptr<shared> shared_;
};

} // namespace resil

#endif // RESIL_KEYED_HPP
