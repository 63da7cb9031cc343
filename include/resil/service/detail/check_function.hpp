// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_DETAIL_CHECK_FUNCTION_HPP
#define RESIL_SERVICE_DETAIL_CHECK_FUNCTION_HPP

#include <resil/error.hpp>
#include <resil/service/detail/health_state.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <exception>
#include <utility>

namespace resil::service::detail {

template <class Check>
concept checks_by_handler =
    std::invocable<Check const&, boost::asio::any_io_executor const&, check_handler>;

template <class Check>
concept checks_by_coroutine = requires(Check const& c) {
    { c() } -> std::same_as<boost::asio::awaitable<void>>;
};

template <class Check>
concept checks_at_once = requires(Check const& c) {
    { c() } -> std::same_as<error_code>;
};

template <class Check>
concept checks = checks_by_handler<Check> || checks_by_coroutine<Check> || checks_at_once<Check>;

/// Returns what an exception says of a check; nothing if there is none.
inline error_code code_of(std::exception_ptr const& thrown) noexcept
{
    if (!thrown) {
        return {};
    }
    try {
        std::rethrow_exception(thrown);
    } catch (boost::system::system_error const& e) {
        return e.code() ? e.code() : error_code(errc::operation_threw);
    } catch (...) {
        return errc::operation_threw;
    }
}

/// Makes a check of any kind one that is given a handler.
template <checks Check>
check_function as_check_function(Check check)
{
    if constexpr (checks_by_handler<Check>) {
        return check;
    } else if constexpr (checks_by_coroutine<Check>) {
        return [check = std::move(check)](boost::asio::any_io_executor const& ex, check_handler handler) {
            auto const slot = boost::asio::get_associated_cancellation_slot(handler);
            auto ended = [handler = std::move(handler)](std::exception_ptr thrown) mutable {
                std::move(handler)(code_of(thrown));
            };
            auto bound = boost::asio::bind_executor(ex, std::move(ended));
            boost::asio::co_spawn(ex, check, boost::asio::bind_cancellation_slot(slot, std::move(bound)));
        };
    } else {
        return [check = std::move(check)](boost::asio::any_io_executor const& ex, check_handler handler) {
            error_code const found = check();
            boost::asio::post(ex, boost::asio::append(std::move(handler), found));
        };
    }
}

} // namespace resil::service::detail

#endif // RESIL_SERVICE_DETAIL_CHECK_FUNCTION_HPP
