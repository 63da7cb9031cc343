// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_IDEMPOTENCY_TABLE_HPP
#define RESIL_CORE_IDEMPOTENCY_TABLE_HPP

#include <resil/core/idempotency_options.hpp>
#include <resil/core/idempotency_record.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>

namespace resil::core {

/**
 * Remembers which executions are in flight, and how others were answered.
 *
 * What has begun is never forgotten before its lifetime is over, so a full table refuses new keys: to forget early would
 * be to execute twice. An execution whose lease is over counts as crashed; the next request with its key and payload
 * begins it again, and what the first still says is refused. Thread safety: none. Throws `bad_alloc`.
 */
class idempotency_table
{
public:
    /// Takes options that are valid.
    explicit idempotency_table(idempotency_options const& options) : options_(options) {}

    /// Says what is to be done with a request.
    execution_claim begin(execution_name const& name, payload_fingerprint const& payload, time_point now)
    {
        expire(now);
        auto const found = records_.find(name);
        if (found == records_.end()) {
            return begin_new(name, payload, now);
        }
        record& r = found->second;
        if (r.payload != payload) {
            return {claim_state::different};
        }
        if (r.state == claim_state::in_flight && now >= r.leased_until) {
            return lease(r, now);
        }
        return {r.state, 0, r.answer};
    }

    /// Keeps the answer of an execution; false if the lease is not, or no longer, its own.
    bool complete(execution_name const& name, std::uint64_t lease, stored_answer answer)
    {
        record* const r = leased(name, lease);
        if (!r) {
            return false;
        }
        std::size_t const size = size_of(answer);
        bool const fits = size <= options_.max_answer_bytes && bytes_ + size <= options_.max_bytes;
        r->state = fits ? claim_state::done : claim_state::forgotten;
        if (fits) {
            r->answer = std::move(answer);
            r->bytes += size;
            bytes_ += size;
        }
        return true;
    }

    /// Forgets an execution that has had no effect; false as of `complete`.
    bool abandon(execution_name const& name, std::uint64_t lease)
    {
        if (!leased(name, lease)) {
            return false;
        }
        erase(records_.find(name));
        return true;
    }

    /// Returns how many keys are kept. Throws nothing.
    std::size_t size() const noexcept { return records_.size(); }

    /// Returns how much memory is counted for them. Throws nothing.
    std::size_t bytes() const noexcept { return bytes_; }

private:
    struct record
    {
        payload_fingerprint payload{};
        claim_state state = claim_state::in_flight;
        std::uint64_t lease = 0;
        time_point leased_until{};
        time_point expires{};
        stored_answer answer{};
        std::size_t bytes = 0;
        std::list<execution_name const*>::iterator place{};
    };

    using table = std::map<execution_name, record>;

    static constexpr std::size_t overhead = 256; // nodes and their fields

    static std::size_t size_of(stored_answer const& answer)
    {
        std::size_t size = answer.body.size();
        for (auto const& [name, value] : answer.fields) {
            size += name.size() + value.size();
        }
        return size;
    }

    execution_claim begin_new(execution_name const& name, payload_fingerprint const& payload, time_point now)
    {
        std::size_t const size = overhead + 2 * name.tenant.size() + name.endpoint.size() + name.key.size();
        auto const of_tenant = tenants_.find(name.tenant);
        bool const tenant_is_full = of_tenant != tenants_.end() && of_tenant->second >= options_.max_keys_per_tenant;
        if (records_.size() >= options_.max_keys || tenant_is_full || bytes_ + size > options_.max_bytes) {
            return {claim_state::full};
        }
        auto const made = records_.emplace(name, record{}).first;
        record& r = made->second;
        r.payload = payload;
        r.bytes = size;
        r.expires = plus(now, options_.lifetime);
        r.place = by_age_.insert(by_age_.end(), &made->first);
        bytes_ += size;
        ++tenants_[name.tenant];
        return lease(r, now);
    }

    execution_claim lease(record& r, time_point now)
    {
        r.lease = ++last_lease_;
        r.leased_until = plus(now, options_.lease);
        return {claim_state::begun, r.lease, {}};
    }

    record* leased(execution_name const& name, std::uint64_t lease)
    {
        auto const found = records_.find(name);
        bool const its_own = found != records_.end() && found->second.state == claim_state::in_flight &&
                             found->second.lease == lease;
        return its_own ? &found->second : nullptr;
    }

    // All live equally long, so the oldest go first. One that is in flight lives until its lease is over as well.
    void expire(time_point now)
    {
        while (!by_age_.empty()) {
            auto const oldest = records_.find(*by_age_.front());
            record const& r = oldest->second;
            bool const runs = r.state == claim_state::in_flight && now < r.leased_until;
            if (now < r.expires || runs) {
                return;
            }
            erase(oldest);
        }
    }

    void erase(table::iterator gone)
    {
        bytes_ -= gone->second.bytes;
        by_age_.erase(gone->second.place);
        auto const tenant = tenants_.find(gone->first.tenant);
        if (--tenant->second == 0) {
            tenants_.erase(tenant);
        }
        records_.erase(gone);
    }

    idempotency_options options_;
    table records_{};
    std::list<execution_name const*> by_age_{};
    std::map<std::string, std::size_t> tenants_{};
    std::size_t bytes_ = 0;
    std::uint64_t last_lease_ = 0;
};

} // namespace resil::core

#endif // RESIL_CORE_IDEMPOTENCY_TABLE_HPP
