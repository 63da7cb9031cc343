// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_NARROW_EXECUTOR_HPP
#define RESIL_DETAIL_NARROW_EXECUTOR_HPP

#include <resil/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace resil::detail {

/**
 * What an `any_io_executor` holds, without its cost where that is the executor of an `io_context`.
 *
 * Coroutines have type-erased executors, and a call copies its executor several times: with virtual calls that took
 * more time than the call itself. A template so that whoever has no such executor need not compile it.
 */
template <class Any>
class basic_narrow_executor
{
public:
    struct unwrap
    {
    };

    // Two arguments, always: with one, copying would ask whether this converts to `any_io_executor`.
    basic_narrow_executor(Any const& ex, unwrap)
    {
        if (auto const* io = ex.template target<boost::asio::io_context::executor_type>()) {
            io_ = &io->context();
        } else {
            other_ = ex;
        }
    }

    basic_narrow_executor(basic_narrow_executor const&) noexcept = default;
    basic_narrow_executor(basic_narrow_executor&&) noexcept = default;
    basic_narrow_executor& operator=(basic_narrow_executor const&) noexcept = default;
    basic_narrow_executor& operator=(basic_narrow_executor&&) noexcept = default;

    /// Says whether this is the executor of an `io_context` itself.
    bool is_plain() const noexcept { return io_ != nullptr; }

    /// Returns what is held behind type erasure, or null.
    Any const* erased() const noexcept { return other_ ? &*other_ : nullptr; }

    /// Returns the executor as it came, but for its blocking property.
    Any to_any() const { return io_ ? Any(io_->get_executor()) : *other_; }

    template <class Function>
    void execute(Function&& f) const
    {
        if (!io_) {
            other_->execute(std::forward<Function>(f));
        } else if (never_blocks_) {
            boost::asio::require(io_->get_executor(), boost::asio::execution::blocking.never)
                .execute(std::forward<Function>(f));
        } else {
            io_->get_executor().execute(std::forward<Function>(f));
        }
    }

    boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept
    {
        return io_ ? *io_ : boost::asio::query(*other_, boost::asio::execution::context);
    }

    boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) const noexcept
    {
        using boost::asio::execution::blocking;
        return never_blocks_ ? boost::asio::execution::blocking_t(blocking.never)
                             : boost::asio::execution::blocking_t(blocking.possibly);
    }

    basic_narrow_executor require(boost::asio::execution::blocking_t::never_t never) const
    {
        basic_narrow_executor made(*this);
        made.never_blocks_ = true;
        if (other_) {
            made.other_ = boost::asio::require(*other_, never);
        }
        return made;
    }

    basic_narrow_executor require(boost::asio::execution::blocking_t::possibly_t possibly) const
    {
        basic_narrow_executor made(*this);
        made.never_blocks_ = false;
        if (other_) {
            made.other_ = boost::asio::prefer(*other_, possibly);
        }
        return made;
    }

    Any prefer(boost::asio::execution::outstanding_work_t::tracked_t tracked) const
    {
        return boost::asio::prefer(to_any(), tracked);
    }

    friend bool operator==(basic_narrow_executor const& a,
                           basic_narrow_executor const& b) noexcept
    {
        return a.io_ == b.io_ && a.other_ == b.other_ && a.never_blocks_ == b.never_blocks_;
    }

    friend bool operator!=(basic_narrow_executor const& a,
                           basic_narrow_executor const& b) noexcept
    {
        return !(a == b);
    }

private:
    boost::asio::io_context* io_ = nullptr; ///< Or null, and then there is another one.
    std::optional<Any> other_;
    bool never_blocks_ = false;
};

using narrow_executor = basic_narrow_executor<boost::asio::any_io_executor>;

/// Returns the executor by which a call knows another.
template <class Executor>
auto narrowed(Executor const& ex)
{
    if constexpr (std::is_same_v<Executor, boost::asio::any_io_executor>) {
        return basic_narrow_executor<Executor>(ex, typename basic_narrow_executor<Executor>::unwrap());
    } else {
        return ex;
    }
}

} // namespace resil::detail

#endif // RESIL_DETAIL_NARROW_EXECUTOR_HPP
