// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_SERIAL_EXECUTOR_HPP
#define RESIL_DETAIL_SERIAL_EXECUTOR_HPP

#include <resil/detail/narrow_executor.hpp>
#include <resil/detail/turnstile.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <type_traits>
#include <utility>

namespace resil::detail {

/**
 * An executor that never runs two functions of a call at once.
 *
 * Wraps the executor that a call runs on. With a turnstile it behaves as a strand of its own; without
 * one the inner executor is serial already, and every operation goes straight to it.
 */
template <class Inner>
class serial_executor
{
public:
    using inner_executor_type = Inner;

    // Two arguments, always: with one, copying would ask whether this converts to `Inner`.
    serial_executor(Inner inner, turnstile_ptr turns) noexcept
        : inner_(std::move(inner)), turns_(std::move(turns)), may_block_(may_block(inner_))
    {
    }

    Inner const& inner() const noexcept { return inner_; }

    /// Says whether functions are queued by us, as opposed to by the inner executor.
    bool queues() const noexcept { return bool(turns_); }

    template <class Function>
    void execute(Function&& f) const
    {
        if (!turns_) {
            inner_.execute(std::forward<Function>(f));
        } else if (may_block_ && turns_->running_here()) {
            std::decay_t<Function> here(std::forward<Function>(f));
            std::move(here)();
        } else {
            enqueue(turn_of<std::decay_t<Function>>::make(std::forward<Function>(f)));
        }
    }

    template <class Property>
        requires boost::asio::can_query<Inner const&, Property>::value
    auto query(Property const& p) const
        noexcept(boost::asio::is_nothrow_query<Inner const&, Property>::value)
            -> typename boost::asio::query_result<Inner const&, Property>::type
    {
        return boost::asio::query(inner_, p);
    }

    template <class Property>
        requires(boost::asio::can_require<Inner const&, Property>::value &&
                 !std::is_convertible_v<Property, boost::asio::execution::blocking_t::always_t>)
    auto require(Property const& p) const
        -> serial_executor<std::decay_t<typename boost::asio::require_result<Inner const&, Property>::type>>
    {
        using required = std::decay_t<typename boost::asio::require_result<Inner const&, Property>::type>;
        return serial_executor<required>(boost::asio::require(inner_, p), turns_, may_block_with(p));
    }

    template <class Property>
        requires(boost::asio::can_prefer<Inner const&, Property>::value &&
                 !std::is_convertible_v<Property, boost::asio::execution::blocking_t::always_t>)
    auto prefer(Property const& p) const
        -> serial_executor<std::decay_t<typename boost::asio::prefer_result<Inner const&, Property>::type>>
    {
        using preferred = std::decay_t<typename boost::asio::prefer_result<Inner const&, Property>::type>;
        return serial_executor<preferred>(boost::asio::prefer(inner_, p), turns_, may_block_with(p));
    }

    friend bool operator==(serial_executor const& a, serial_executor const& b) noexcept
    {
        return a.inner_ == b.inner_ && a.turns_ == b.turns_;
    }

    friend bool operator!=(serial_executor const& a, serial_executor const& b) noexcept
    {
        return !(a == b);
    }

private:
    template <class>
    friend class serial_executor;

    serial_executor(Inner inner, turnstile_ptr turns, bool may_block) noexcept
        : inner_(std::move(inner)), turns_(std::move(turns)), may_block_(may_block)
    {
    }

    /// Drives the turnstile on the inner executor; dropped unrun, it drops what waits.
    class driver
    {
    public:
        driver(Inner inner, turnstile_ptr turns) noexcept
            : inner_(std::move(inner)), turns_(std::move(turns))
        {
        }

        driver(driver&&) noexcept = default;
        driver& operator=(driver&&) = delete;

        ~driver()
        {
            if (turns_) {
                turns_->drop_all();
            }
        }

        void operator()()
        {
            turnstile_ptr const turns = std::move(turns_);
            turns->run([&] { never_blocking().execute(driver(inner_, turns)); });
        }

    private:
        decltype(auto) never_blocking() const
        {
            namespace execution = boost::asio::execution;
            if constexpr (boost::asio::can_require<Inner const&, execution::blocking_t::never_t>::value) {
                return boost::asio::require(inner_, execution::blocking.never);
            } else {
                return (inner_);
            }
        }

        Inner inner_;
        turnstile_ptr turns_;
    };

    void enqueue(turn* t) const
    {
        turnstile* const gate = turns_.operator->();
        if (gate && gate->enter(t)) {           // never null here, but GCC 12 does not see that
            turnstile_ptr const turns = turns_; // what runs at once may destroy this executor
            turnstile::submission const scope(*gate);
            inner_.execute(driver(inner_, turns));
        }
    }

    // A type-erased executor allocates what it is asked for, so it is not asked: it may.
    static bool may_block([[maybe_unused]] Inner const& ex) noexcept
    {
        namespace execution = boost::asio::execution;
        if constexpr (boost::asio::is_nothrow_query<Inner const&, execution::blocking_t>::value) {
            return boost::asio::query(ex, execution::blocking) != execution::blocking.never;
        } else {
            return boost::asio::can_query<Inner const&, execution::blocking_t>::value;
        }
    }

    template <class Property>
    bool may_block_with([[maybe_unused]] Property const& p) const noexcept
    {
        namespace execution = boost::asio::execution;
        if constexpr (std::is_convertible_v<Property const&, execution::blocking_t>) {
            return execution::blocking_t(p) != execution::blocking.never;
        } else {
            return may_block_;
        }
    }

    Inner inner_;
    turnstile_ptr turns_;
    bool may_block_;
};

template <class Executor>
inline constexpr bool is_strand = false;

template <class Inner>
inline constexpr bool is_strand<boost::asio::strand<Inner>> = true;

template <class Inner>
inline constexpr bool is_strand<serial_executor<Inner>> = true;

/// Says whether an executor is known to run one function at a time, whatever its context.
template <class Executor>
bool runs_serially(Executor const& ex) noexcept
{
    if constexpr (is_strand<Executor>) {
        return true;
    } else if constexpr (std::is_same_v<Executor, narrow_executor>) {
        return ex.erased() && runs_serially(*ex.erased());
    } else if constexpr (std::is_same_v<Executor, boost::asio::any_io_executor>) {
        using boost::asio::strand;
        return ex.template target<strand<boost::asio::io_context::executor_type>>() ||
               ex.template target<strand<boost::asio::any_io_executor>>() ||
               ex.template target<strand<boost::asio::thread_pool::executor_type>>();
    } else {
        return false;
    }
}

/// Says whether a type of executors is that of a context itself.
template <class Executor>
inline constexpr bool is_plain_executor =
    std::is_same_v<Executor, boost::asio::io_context::executor_type>;

/// Says whether an executor is that of a context itself: what runs on the context runs on it.
template <class Executor>
bool is_plain(Executor const& ex) noexcept
{
    if constexpr (std::is_same_v<Executor, narrow_executor>) {
        return ex.is_plain();
    } else {
        return is_plain_executor<Executor>;
    }
}

} // namespace resil::detail

#endif // RESIL_DETAIL_SERIAL_EXECUTOR_HPP
