// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef PDF_DOCUMENT_CLIENT_HPP
#define PDF_DOCUMENT_CLIENT_HPP

#include <resil/deadline.hpp>
#include <resil/http/client_pool.hpp>
#include <resil/http/judge_response.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>

namespace pdf {

/// How patient a client is.
struct client_options
{
    resil::http::endpoint server;
    std::size_t connections = 8;
    resil::duration deadline{};        ///< For an order.
    resil::duration attempt_timeout{}; ///< For each attempt.
    int max_attempts = 10;
};

/// What an answer means to this client: a document that is broken, and an order that is being executed, are asked for again.
struct judge_document
{
    resil::judgement operator()(resil::error_code ec, resil::http::string_response const& answer) const;

    resil::http::judge_response judge;
};

/**
 * Orders documents, and never pays twice for one.
 *
 * What makes that so is the key: it belongs to the order, not to the attempt, and not to the process. An order whose
 * answer was lost is sent again, by this process or the next one, and the server tells what it has done already. There is
 * no breaker: it would only keep orders from being asked for, and nobody waits behind them.
 */
class document_client
{
public:
    document_client(boost::asio::any_io_executor const& ex, client_options const& options);

    /// Returns the document of an order. Throws when the deadline is over, or the server refuses the order.
    boost::asio::awaitable<std::string> order(std::string key, std::string text);

    /// Returns how many requests were begun.
    std::size_t attempts() const { return attempts_; }

private:
    resil::http::client_pool connections_;
    resil::pipeline<resil::judged_by<judge_document>, resil::deadline, resil::retry, resil::timeout> policies_;
    std::size_t attempts_ = 0;
};

} // namespace pdf

#endif // PDF_DOCUMENT_CLIENT_HPP
