// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_RETRY_BUDGET_HPP
#define RESIL_CORE_RETRY_BUDGET_HPP

#include <resil/config.hpp>
#include <resil/core/cache_line.hpp>
#include <resil/core/option_check.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace resil {

/**
 * How many failures a dependency may show before retrying it pauses, and how fast that
 * recovers.
 *
 * The defaults are those of userver; gRPC and Envoy leave them to the configuration.
 */
struct retry_budget_options
{
    std::string name{};       ///< For events and messages; may be empty.
    double max_tokens = 100;  ///< Tokens of a full bucket; 1 to 1,000,000. Source: userver.
    double token_ratio = 0.1; ///< Tokens that a success returns; 0.001 to 1. Source: userver.

    /// Throws `invalid_option` if a number is NaN or out of range.
    RESIL_DECL void validate() const;
};

/**
 * Stops retries from multiplying the load on a dependency that is failing: the token bucket of
 * gRPC's A6 ("Throttling retry attempts and hedged RPCs").
 *
 * A bucket starts full. Every failure takes one token, down to none; every success returns
 * `token_ratio`, up to the maximum. Retrying is allowed while more than half of the tokens are
 * there. First attempts are never held back. An outcome which proves that the request was never
 * sent (a "transparent" retry of A6) takes nothing: do not tell the budget about it.
 *
 * A handle: copies share one bucket. Use one for each dependency, in all the policies
 * that call it. A moved-from handle still shares it.
 *
 * Thread safety: shared objects are safe from any threads; lock-free, one atomic word. In total
 * no more retries are allowed than there were tokens above the half, whatever the threads.
 * Exceptions: making one throws `invalid_option` and `bad_alloc`; nothing else throws.
 * Cost: a few nanoseconds; building one allocates once. A success in a full bucket only reads.
 *
 * Example:
 *
 *     struct search_client
 *     {
 *         resil::retry_budget budget{{.name = "search"}}; // one for everything that calls search
 *         resil::retry reads{{.idempotency = resil::idempotency::safe, .budget = budget}};
 *         resil::retry writes{{.idempotency = resil::idempotency::keyed, .budget = budget}};
 *     };
 */
class retry_budget
{
public:
    /// Makes a full bucket; throws `invalid_option`, see `retry_budget_options::validate`.
    explicit retry_budget(retry_budget_options options = {})
        : state_((options.validate(), std::make_shared<state>(std::move(options))))
    {
    }

    /// Shares the bucket; so does what would move it.
    retry_budget(retry_budget const&) = default;
    /// Shares the other's bucket from now on.
    retry_budget& operator=(retry_budget const&) = default;

    /// Says whether a retry may be made now: more than half of the tokens are there.
    bool allows() const noexcept { return state_->allows(state_->tokens.load(relaxed)); }

    /// Takes a token for a failed attempt; a bucket with less than one keeps none.
    void on_failure() noexcept { withdraw(); }

    /// Returns a share of a token for a successful attempt.
    void on_success() noexcept
    {
        auto before = state_->tokens.load(relaxed);
        while (before < state_->max) {
            auto const after = std::min(before + state_->ratio, state_->max);
            if (state_->tokens.compare_exchange_weak(before, after, relaxed)) {
                return;
            }
        }
    }

    /// Does `on_failure()` and returns what `allows()` says about the bucket it left behind.
    bool try_withdraw() noexcept { return state_->allows(withdraw()); }

    /// Returns the tokens in the bucket, in [0, max_tokens], in thousandths.
    double tokens() const noexcept
    {
        return static_cast<double>(state_->tokens.load(relaxed)) / millis;
    }

    /// Returns the name that was given.
    std::string const& name() const noexcept { return state_->name; }

    /// Says whether two handles share one bucket.
    friend bool operator==(retry_budget const& a, retry_budget const& b) noexcept
    {
        return a.state_ == b.state_;
    }

private:
    // Tokens are counted in thousandths, as A6 prescribes three decimal places.
    static constexpr std::int64_t millis = 1000;

    // Nothing else is published through the count, so no ordering is needed.
    static constexpr auto relaxed = std::memory_order_relaxed;

    struct state
    {
        explicit state(retry_budget_options options)
            : name(std::move(options.name)),
              max(in_millis(options.max_tokens)),
              ratio(in_millis(options.token_ratio)),
              tokens(max)
        {
        }

        static std::int64_t in_millis(double value) noexcept
        {
            return static_cast<std::int64_t>(value * millis + 0.5);
        }

        bool allows(std::int64_t left) const noexcept { return 2 * left > max; }

        std::string const name;
        std::int64_t const max;
        std::int64_t const ratio;
        alignas(core::cache_line) std::atomic<std::int64_t> tokens;
    };

    std::int64_t withdraw() noexcept
    {
        auto before = state_->tokens.load(relaxed);
        while (before > 0) {
            auto const after = std::max<std::int64_t>(before - millis, 0);
            if (state_->tokens.compare_exchange_weak(before, after, relaxed)) {
                return after;
            }
        }
        return 0;
    }

    std::shared_ptr<state> state_;
};

} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/retry_budget.ipp>
#endif

#endif // RESIL_CORE_RETRY_BUDGET_HPP
