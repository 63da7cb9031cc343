// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef PDF_REDIS_LEDGER_HPP
#define PDF_REDIS_LEDGER_HPP

#include "ledger.hpp"

#include <resil/core/host_and_port.hpp>
#include <resil/http/idempotency_answer.hpp>
#include <resil/redis/idempotency_store.hpp>
#include <resil/redis/link.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/redis/request.hpp>
#include <boost/redis/response.hpp>

#include <cstddef>
#include <string>

namespace pdf {

/// A field for each document, named as its order's key. A server that was killed between the charge and the key's end leaves
/// an order that is executed again when its lease is over, and finds that it was charged.
class redis_ledger final : public ledger
{
public:
    /// An execution counts as crashed after `lease`.
    redis_ledger(boost::asio::any_io_executor const& ex, resil::host_and_port const& server, resil::duration lease,
                 printer print);

    boost::asio::awaitable<void> open() override;
    boost::asio::awaitable<resil::http::string_response> answer(resil::http::string_request const& order) override;
    boost::asio::awaitable<std::size_t> count() override;

private:
    boost::asio::awaitable<resil::http::string_response> charge(resil::http::string_request const& order);
    boost::asio::awaitable<boost::redis::generic_response> ask(boost::redis::request request);

    resil::redis::link link_;
    resil::redis::idempotency_store store_;
    resil::http::answer_once_options options_{};
    printer print_;
};

} // namespace pdf

#endif // PDF_REDIS_LEDGER_HPP
