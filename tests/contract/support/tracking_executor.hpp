// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CONTRACT_SUPPORT_TRACKING_EXECUTOR_HPP
#define RESIL_TESTS_CONTRACT_SUPPORT_TRACKING_EXECUTOR_HPP

#include <boost/asio/execution.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <type_traits>
#include <utility>

namespace contract {

/// The number of the tracking executor whose function this thread runs; 0 if there is none.
inline thread_local int running_on = 0;

/// Marks the thread, for the length of a scope, as running a function of an executor.
class running_mark
{
public:
    explicit running_mark(int id) noexcept : before_(std::exchange(running_on, id)) {}
    running_mark(running_mark const&) = delete;
    running_mark& operator=(running_mark const&) = delete;
    ~running_mark() { running_on = before_; }

private:
    int before_;
};

/**
 * An executor that marks the thread while a function of its runs, and is else as its inner one.
 *
 * It is neither a strand nor a context's own executor, so nothing is known of it: a call must make
 * itself serial on it.
 */
template <class Inner>
class tracking_executor
{
public:
    tracking_executor(Inner inner, int id) noexcept : inner_(std::move(inner)), id_(id) {}

    template <class Function>
    void execute(Function&& f) const
    {
        inner_.execute([id = id_, g = std::decay_t<Function>(std::forward<Function>(f))]() mutable {
            running_mark const mark(id);
            std::move(g)();
        });
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
        requires boost::asio::can_require<Inner const&, Property>::value
    auto require(Property const& p) const
    {
        using type = typename boost::asio::require_result<Inner const&, Property>::type;
        return tracking_executor<std::decay_t<type>>(boost::asio::require(inner_, p), id_);
    }

    template <class Property>
        requires boost::asio::can_prefer<Inner const&, Property>::value
    auto prefer(Property const& p) const
    {
        using type = typename boost::asio::prefer_result<Inner const&, Property>::type;
        return tracking_executor<std::decay_t<type>>(boost::asio::prefer(inner_, p), id_);
    }

    friend bool operator==(tracking_executor const& a, tracking_executor const& b) noexcept
    {
        return a.inner_ == b.inner_ && a.id_ == b.id_;
    }

    friend bool operator!=(tracking_executor const& a, tracking_executor const& b) noexcept
    {
        return !(a == b);
    }

private:
    Inner inner_;
    int id_;
};

} // namespace contract

#endif // RESIL_TESTS_CONTRACT_SUPPORT_TRACKING_EXECUTOR_HPP
