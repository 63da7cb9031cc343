// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_IDEMPOTENCY_STORE_HPP
#define RESIL_POSTGRES_IDEMPOTENCY_STORE_HPP

#include <resil/connection_pool.hpp>
#include <resil/core/idempotency_options.hpp>
#include <resil/core/idempotency_record.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/error.hpp>
#include <resil/postgres/connector.hpp>
#include <resil/postgres/detail/idempotency_sql.hpp>
#include <resil/postgres/parameters.hpp>
#include <resil/postgres/result.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::postgres {

/**
 * Remembers in a table of PostgreSQL what was executed for which `Idempotency-Key`, and how it was answered.
 *
 * Processes share it, and it outlives them. With `begin`, `complete` and `abandon`, as every store has them, the key and
 * the effect are two things: a crash between them leaves a key in flight until its lease is over, and then the effect may
 * happen again. Where the effect is in the same database, `execute` puts both into one transaction, and nothing is
 * between them.
 *
 * What has expired is deleted, a few at a time, as others begin: the first of 16 deletes up to 64. So the table holds what
 * began within one lifetime, and little more; its size is the database's to bound, and `max_keys`, `max_keys_per_tenant` and
 * `max_bytes` mean nothing here: to count would be to let transactions wait for each other.
 *
 * A handle: copies are the same store.
 *
 * Executor: completes on that of the coroutine that awaits.
 * Cancellation: all three types, wherever a connection is awaited or a statement runs; nothing is committed then, unless
 * the commit was on its way.
 * Lifetimes: those of the pool.
 * Thread safety: as of the pool: safe.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`. The functions throw the errors of the pool and of
 * statements, as `system_error`.
 * Cost: one round trip for each of `begin`, `complete` and `abandon`; two for a `begin` that finds something; `execute`
 * four, and those of the effect; one more where something is deleted.
 *
 * Example:
 *
 *     auto const order = [&](resil::postgres::connection& db) -> asio::awaitable<resil::stored_answer> {
 *         co_await db.async_query("insert into orders (item) values ('tea')", asio::use_awaitable);
 *         co_return resil::stored_answer{201, {}, "ordered tea"};
 *     };
 *     resil::execution_claim const claim = co_await store.execute(name, payload, order);
 */
class idempotency_store
{
public:
    /// What gives connections.
    using pool_type = connection_pool<connector>;

    /// Uses a table, which `create_table` makes. Its name is a lower-case identifier of 1 to 40 characters.
    idempotency_store(pool_type pool, idempotency_options const& options, std::string const& table = "idempotency_keys")
        : shared_(std::make_shared<shared>(std::move(pool), options, table))
    {
        options.validate();
    }

    /// Makes the table, and an index of what expires, if they are not there.
    boost::asio::awaitable<void> create_table() const
    {
        auto const kept = shared_;
        co_await kept->run(kept->sql.create, parameters());
        co_await kept->run(kept->sql.create_index, parameters());
    }

    /// Says what is to be done with a request; `begun` is followed by `complete` or `abandon`.
    boost::asio::awaitable<execution_claim> begin(execution_name name, payload_fingerprint payload) const
    {
        auto const kept = shared_;
        auto const db = co_await kept->pool.async_acquire(boost::asio::use_awaitable);
        co_await kept->tidy(*db);
        execution_claim claim = co_await kept->begin(*db, name, payload);
        co_return claim;
    }

    /// Keeps an answer; false if the lease was over, and another execution has begun.
    boost::asio::awaitable<bool> complete(execution_name name, std::uint64_t lease, stored_answer answer) const
    {
        auto const kept = shared_;
        auto const db = co_await kept->pool.async_acquire(boost::asio::use_awaitable);
        bool const stored = co_await kept->complete(*db, name, lease, answer);
        co_return stored;
    }

    /// Forgets an execution that had no effect, so that the next request executes; false as of `complete`.
    boost::asio::awaitable<bool> abandon(execution_name name, std::uint64_t lease) const
    {
        auto const kept = shared_;
        result const gone = co_await kept->run(kept->sql.abandon, detail::lease_values(name, lease));
        co_return gone.affected() == 1;
    }

    /**
     * Executes an effect and remembers its answer in one transaction, or says what was found in place of that.
     *
     * A request with the same key that comes meanwhile waits for the transaction, and gets its answer. If the effect
     * throws, all of it is rolled back, and the next request executes.
     *
     * Exceptions: what the effect throws, too. An error of the commit leaves open whether it happened: the client asks
     * again, and is told.
     *
     * @param effect Called with the connection, which is in the transaction; returns an `awaitable<stored_answer>`.
     */
    template <class Effect>
    boost::asio::awaitable<execution_claim> execute(execution_name name, payload_fingerprint payload,
                                                    Effect effect) const
    {
        auto const kept = shared_;
        auto const db = co_await kept->pool.async_acquire(boost::asio::use_awaitable);
        co_await kept->tidy(*db); // not in the transaction, which may be a long one
        co_await db->async_query("begin", boost::asio::use_awaitable);
        execution_claim claim = co_await kept->begin(*db, name, payload);
        if (claim.state == claim_state::begun) {
            stored_answer made = co_await effect(*db);
            co_await kept->complete(*db, name, claim.lease, made);
            claim.answer = std::move(made);
        }
        co_await db->async_query("commit", boost::asio::use_awaitable);
        co_return claim;
    } // a connection that comes back in a transaction is rolled back by the pool

    /// Deletes keys whose lifetime is over, at most `most`; returns how many. For who wants the room at once.
    boost::asio::awaitable<std::size_t> forget_expired(std::size_t most) const
    {
        auto const kept = shared_;
        result const gone = co_await kept->run(kept->sql.forget, parameters{static_cast<std::int64_t>(most)});
        co_return static_cast<std::size_t>(gone.affected());
    }

private:
    static constexpr unsigned begins_a_tidying = 16;
    static constexpr std::int64_t expired_a_tidying = 64;

    struct shared
    {
        shared(pool_type p, idempotency_options const& o, std::string const& table)
            : pool(std::move(p)), options(o), sql(table)
        {
        }

        boost::asio::awaitable<result> run(std::string const& statement, parameters values) const
        {
            auto const db = co_await pool.async_acquire(boost::asio::use_awaitable);
            result answered = co_await db->async_query(statement, std::move(values), boost::asio::use_awaitable);
            co_return answered;
        }

        /// Deletes more than has begun meanwhile, now and then.
        boost::asio::awaitable<void> tidy(connection& db)
        {
            if (begins.fetch_add(1, std::memory_order_relaxed) % begins_a_tidying == 0) {
                parameters most{expired_a_tidying};
                co_await db.async_query(sql.forget, std::move(most), boost::asio::use_awaitable);
            }
        }

        boost::asio::awaitable<execution_claim> begin(connection& db, execution_name const& name,
                                                      payload_fingerprint const& payload) const
        {
            std::uint64_t const lease = detail::new_lease();
            parameters made = detail::begin_values(name, payload, lease, options);
            result const begun = co_await db.async_query(sql.begin, std::move(made), boost::asio::use_awaitable);
            if (!begun.empty()) {
                co_return execution_claim{claim_state::begun, lease, {}};
            }
            parameters asked = detail::find_values(name, payload);
            result const found = co_await db.async_query(sql.find, std::move(asked), boost::asio::use_awaitable);
            co_return detail::read_claim(found);
        }

        boost::asio::awaitable<bool> complete(connection& db, execution_name const& name, std::uint64_t lease,
                                              stored_answer const& answer) const
        {
            parameters values = detail::complete_values(name, lease, answer, options.max_answer_bytes);
            result const stored = co_await db.async_query(sql.complete, std::move(values), boost::asio::use_awaitable);
            co_return stored.affected() == 1;
        }

        pool_type pool;
        idempotency_options options;
        detail::idempotency_sql sql;
        std::atomic<unsigned> begins = 0;
    };

    std::shared_ptr<shared> shared_;
};

} // namespace resil::postgres

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_POSTGRES_IDEMPOTENCY_STORE_HPP
