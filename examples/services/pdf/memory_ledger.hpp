// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef PDF_MEMORY_LEDGER_HPP
#define PDF_MEMORY_LEDGER_HPP

#include "ledger.hpp"

#include <resil/http/idempotency_answer.hpp>
#include <resil/service/idempotency_store.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace pdf {

/// Forgets everything when the process ends: for trying things out.
class memory_ledger final : public ledger
{
public:
    memory_ledger(boost::asio::any_io_executor const& ex, printer print) : store_(ex), print_(std::move(print)) {}

    boost::asio::awaitable<void> open() override { co_return; }

    boost::asio::awaitable<resil::http::string_response> answer(resil::http::string_request const& order) override
    {
        auto const make = [this](resil::http::string_request const& asked) { return charge(asked.body()); };
        resil::http::string_response answered = co_await resil::http::answer_once(store_, order, options_, make);
        co_return answered;
    }

    boost::asio::awaitable<std::size_t> count() override { co_return documents_; }

private:
    boost::asio::awaitable<resil::http::string_response> charge(std::string order)
    {
        resil::http::string_response made(boost::beast::http::status::created, 11);
        made.set(boost::beast::http::field::content_type, "application/pdf");
        std::string document = co_await print_(order);
        made.body() = std::move(document);
        ++documents_; // the last thing: nothing may fail after it
        co_return made;
    }

    resil::service::memory_idempotency_store store_;
    resil::http::answer_once_options options_{};
    printer print_;
    std::size_t documents_ = 0;
};

} // namespace pdf

#endif // PDF_MEMORY_LEDGER_HPP
