// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "document_client.hpp"

#include "document.hpp"

#include <resil/attempt.hpp>
#include <resil/http/http.hpp>

#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace pdf {

namespace asio = boost::asio;
using boost::beast::http::status;
using boost::beast::http::verb;
using resil::http::string_request;
using resil::http::string_response;
using namespace std::chrono_literals;

resil::judgement judge_document::operator()(resil::error_code ec, string_response const& answer) const
{
    if (ec) {
        return judge(ec, answer);
    }
    if (answer.result() == status::conflict) {
        return resil::verdict::transient; // an attempt of before is still being executed
    }
    if (answer.result() == status::created && !is_whole(answer.body())) {
        return resil::verdict::transient;
    }
    return judge(ec, answer);
}

document_client::document_client(asio::any_io_executor const& ex, client_options const& options)
    : connections_(ex, options.server, {.name = "documents", .max_size = options.connections}),
      policies_{
          resil::judged_by{judge_document{}},
          resil::deadline{options.deadline},
          resil::retry{{.max_attempts = options.max_attempts,
                        .backoff = resil::backoff::exponential(50ms, 2s),
                        .idempotency = resil::idempotency::keyed}},
          resil::timeout{options.attempt_timeout},
      }
{
}

asio::awaitable<std::string> document_client::order(std::string key, std::string text)
{
    auto const send = [&](resil::attempt const& a) -> asio::awaitable<string_response> {
        ++attempts_;
        string_request request(verb::post, "/orders", 11, text);
        if (auto const ec = resil::http::set_idempotency_key(request, a.idempotency_key())) {
            throw boost::system::system_error(ec);
        }
        string_response answer = co_await connections_.async_request(a, request, asio::use_awaitable);
        co_return answer;
    };
    resil::call const facts{.idempotency_key = key};
    string_response answer = co_await policies_.async_call(facts, send, asio::use_awaitable);
    if (answer.result() != status::created || !is_whole(answer.body())) {
        throw std::runtime_error("the server answered " + std::to_string(answer.result_int()));
    }
    co_return std::move(answer.body());
}

} // namespace pdf
