// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_IDEMPOTENCY_STORE_HPP
#define RESIL_SERVICE_IDEMPOTENCY_STORE_HPP

#include <resil/core/idempotency_options.hpp>
#include <resil/core/idempotency_record.hpp>
#include <resil/core/idempotency_table.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::service {

/**
 * Remembers, in the memory of this process, what was executed for which `Idempotency-Key`, and how it was answered.
 *
 * For a service of one process, or whose clients always reach the same one. Where there are several, or an execution must
 * not be forgotten in a crash, use the store of a database: `postgres::idempotency_store`. All stores have the same three
 * functions, and `http::answer_once` works with any.
 *
 * A handle: copies are the same store.
 *
 * Executor: completes at once; the coroutines suspend nowhere.
 * Cancellation: none is needed.
 * Lifetimes: the execution context must outlive it.
 * Thread safety: safe, shared objects too.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`; the functions throw `bad_alloc`.
 * Cost: a mutex, and a search among the keys; a new key allocates some blocks.
 *
 * Example:
 *
 *     auto const payload = resil::fingerprint_of({order});
 *     resil::execution_claim const claim = co_await store.begin(name, payload);
 *     if (claim.state == resil::claim_state::begun) {
 *         resil::stored_answer const answer = charge(order);
 *         co_await store.complete(name, claim.lease, answer);
 *     }
 */
class memory_idempotency_store
{
public:
    /// Makes an empty store, on the clock of an executor's context.
    memory_idempotency_store(boost::asio::any_io_executor const& ex, idempotency_options const& options)
        : shared_(std::make_shared<shared>(
              timer_service::of(boost::asio::query(ex, boost::asio::execution::context)), options))
    {
    }

    /// The same, with the default options.
    explicit memory_idempotency_store(boost::asio::any_io_executor const& ex)
        : memory_idempotency_store(ex, idempotency_options())
    {
    }

    /// Says what is to be done with a request; `begun` is followed by `complete` or `abandon`.
    boost::asio::awaitable<execution_claim> begin(execution_name name, payload_fingerprint payload) const
    {
        auto const kept = shared_;
        std::lock_guard const lock(kept->mutex);
        co_return kept->table.begin(name, payload, kept->clock.now());
    }

    /// Keeps an answer; false if the lease was over, and another execution has begun.
    boost::asio::awaitable<bool> complete(execution_name name, std::uint64_t lease, stored_answer answer) const
    {
        auto const kept = shared_;
        std::lock_guard const lock(kept->mutex);
        co_return kept->table.complete(name, lease, std::move(answer));
    }

    /// Forgets an execution that had no effect, so that the next request executes; false as of `complete`.
    boost::asio::awaitable<bool> abandon(execution_name name, std::uint64_t lease) const
    {
        auto const kept = shared_;
        std::lock_guard const lock(kept->mutex);
        co_return kept->table.abandon(name, lease);
    }

    /// Returns how many keys it holds. Throws what a mutex throws.
    std::size_t size() const
    {
        std::lock_guard const lock(shared_->mutex);
        return shared_->table.size();
    }

private:
    struct shared
    {
        shared(timer_service& c, idempotency_options const& options)
            : clock(c), table((options.validate(), options))
        {
        }

        timer_service& clock;
        std::mutex mutex{};
        core::idempotency_table table;
    };

    std::shared_ptr<shared> shared_;
};

} // namespace resil::service

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_SERVICE_IDEMPOTENCY_STORE_HPP
