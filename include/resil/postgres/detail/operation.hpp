// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_DETAIL_OPERATION_HPP
#define RESIL_POSTGRES_DETAIL_OPERATION_HPP

#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace resil::postgres::detail {

/// Marks a step that ends the operation; posted, as no operation completes where it is started.
struct ended
{
    error_code ec;
};

/// Ends an operation from within its initiating function.
template <class Self>
void end_later(boost::asio::any_io_executor const& ex, Self& self, error_code ec)
{
    boost::asio::post(ex, boost::asio::append(std::move(self), ended{ec}));
}

inline bool is_cancelled(boost::asio::cancellation_type type) noexcept
{
    return type != boost::asio::cancellation_type::none;
}

} // namespace resil::postgres::detail

#endif // RESIL_POSTGRES_DETAIL_OPERATION_HPP
