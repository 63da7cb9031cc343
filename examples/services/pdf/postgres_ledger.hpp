// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef PDF_POSTGRES_LEDGER_HPP
#define PDF_POSTGRES_LEDGER_HPP

#include "ledger.hpp"

#include <resil/connection_pool.hpp>
#include <resil/http/idempotency_answer.hpp>
#include <resil/postgres/idempotency_store.hpp>
#include <resil/postgres/postgres.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>

namespace pdf {

/// A row for each document, in the same transaction as the key of its order: both are there, or neither.
class postgres_ledger final : public ledger
{
public:
    postgres_ledger(boost::asio::any_io_executor const& ex, resil::postgres::settings const& server, printer print);

    boost::asio::awaitable<void> open() override;
    boost::asio::awaitable<resil::http::string_response> answer(resil::http::string_request const& order) override;
    boost::asio::awaitable<std::size_t> count() override;

private:
    boost::asio::awaitable<resil::stored_answer> charge(resil::postgres::connection& db, std::string order);

    resil::connection_pool<resil::postgres::connector> pool_;
    resil::postgres::idempotency_store store_;
    resil::http::answer_once_options options_{};
    printer print_;
};

} // namespace pdf

#endif // PDF_POSTGRES_LEDGER_HPP
