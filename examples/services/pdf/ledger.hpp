// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef PDF_LEDGER_HPP
#define PDF_LEDGER_HPP

#include <resil/http/string_message.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <string>

namespace pdf {

/// Where orders are kept, and what makes each of them happen once.
class ledger
{
public:
    /// Makes the document of an order; slow.
    using printer = std::function<boost::asio::awaitable<std::string>(std::string order)>;

    virtual ~ledger() = default;

    /// Gets ready. Throws if it cannot.
    virtual boost::asio::awaitable<void> open() = 0;

    /// Answers an order, which is executed once, however often it comes.
    virtual boost::asio::awaitable<resil::http::string_response> answer(resil::http::string_request const& order) = 0;

    /// Returns how many documents were made and are charged.
    virtual boost::asio::awaitable<std::size_t> count() = 0;
};

} // namespace pdf

#endif // PDF_LEDGER_HPP
