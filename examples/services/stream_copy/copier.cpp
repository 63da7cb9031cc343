// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "copier.hpp"

#include <resil/attempt.hpp>

#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace stream_copy {

namespace asio = boost::asio;
using boost::beast::http::field;
using boost::beast::http::verb;
using resil::http::string_request;
using resil::http::string_response;
using namespace std::chrono_literals;

namespace {

/// Where the API says that there is another page.
constexpr char const* next_cursor = "X-Next-Cursor";

string_request make_request(verb method, std::string const& target)
{
    string_request request(method, "/", 11);
    if (auto const ec = resil::http::set_target(request, target)) {
        throw boost::system::system_error(ec, target);
    }
    return request;
}

resil::http::endpoint with_limit(resil::http::endpoint where, std::size_t largest_body)
{
    where.limits.body = largest_body;
    return where;
}

} // namespace

copier::copier(asio::any_io_executor const& ex, copy_options const& options)
    : file_(options.state),
      source_(ex, with_limit(options.source, options.chunk), {.name = "source", .max_size = 1}),
      target_(ex, options.target, {.name = "target", .max_size = 1}),
      chunk_(options.chunk),
      policies_{
          resil::judged_by{resil::http::judge_response()},
          resil::deadline{options.deadline},
          resil::retry{{.max_attempts = options.max_attempts,
                        .backoff = resil::backoff::exponential(100ms, 5s),
                        .idempotency = resil::idempotency::safe}},
          resil::timeout{options.attempt_timeout},
      },
      at_(file_.read())
{
}

asio::awaitable<void> copier::run(resil::service::stop_notice stopping)
{
    while (!at_.complete && !stopping.requested()) {
        co_await copy_page();
    }
}

asio::awaitable<void> copier::copy_page()
{
    std::string const target = "/pages?limit=" + std::to_string(chunk_) + "&cursor=" + at_.cursor;
    string_response page = co_await ask(source_, make_request(verb::get, target));
    checkpoint next{at_.pages + 1, std::string(page[next_cursor]), page[next_cursor].empty()};

    string_request put = make_request(verb::put, "/objects/page-" + std::to_string(at_.pages));
    put.set(field::content_type, page[field::content_type]);
    put.body() = std::move(page.body());
    co_await ask(target_, std::move(put));
    file_.write(next);
    at_ = std::move(next);
}

asio::awaitable<string_response> copier::ask(resil::http::client_pool const& peer, string_request request)
{
    auto const once = [&](resil::attempt const& a) -> asio::awaitable<string_response> {
        ++attempts_;
        string_response answer = co_await peer.async_request(a, request, asio::use_awaitable);
        co_return answer;
    };
    string_response answer = co_await policies_.async_call(once, asio::use_awaitable);
    if (answer.result_int() < 200 || answer.result_int() > 299) {
        std::string const what(request.method_string());
        throw std::runtime_error(what + " " + std::string(request.target()) + " was answered with " +
                                 std::to_string(answer.result_int()));
    }
    co_return answer;
}

} // namespace stream_copy
