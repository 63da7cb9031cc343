// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "redis.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <charconv>
#include <iterator>

namespace storefront::redis {

namespace {

constexpr std::size_t longest_answer = 1024 * 1024;
constexpr std::string_view line_end = "\r\n";

std::string spell(std::vector<std::string> const& words)
{
    std::string text = fmt::format("*{}\r\n", words.size());
    for (auto const& word : words) {
        fmt::format_to(std::back_inserter(text), "${}\r\n{}\r\n", word.size(), word);
    }
    return text;
}

[[noreturn]] void refuse(char const* what)
{
    throw boost::system::system_error(make_error_code(boost::system::errc::protocol_error), what);
}

/// The length of a bulk string; nothing for nil.
std::optional<std::size_t> read_length(std::string_view digits)
{
    long length = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (length > static_cast<long>(longest_answer)) {
        refuse("the answer is too long");
    }
    return length < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(length));
}

} // namespace

asio::awaitable<std::string> connection::read_line()
{
    auto const buffer = asio::dynamic_buffer(received_, longest_answer);
    std::size_t const size = co_await asio::async_read_until(socket_, buffer, line_end, asio::use_awaitable);
    std::string line = received_.substr(0, size - line_end.size());
    received_.erase(0, size);
    co_return line;
}

asio::awaitable<std::string> connection::read_bytes(std::size_t count)
{
    std::size_t const needed = count + line_end.size();
    if (received_.size() < needed) {
        auto const buffer = asio::dynamic_buffer(received_);
        auto const missing = asio::transfer_exactly(needed - received_.size());
        co_await asio::async_read(socket_, buffer, missing, asio::use_awaitable);
    }
    std::string bytes = received_.substr(0, count);
    received_.erase(0, needed);
    co_return bytes;
}

asio::awaitable<std::optional<std::string>> connection::command(std::vector<std::string> words)
{
    std::string const text = spell(words);
    quiet_ = false;
    co_await asio::async_write(socket_, asio::buffer(text), asio::use_awaitable);
    std::string const line = co_await read_line();
    std::optional<std::string> answer;
    if (line.starts_with('$')) {
        auto const length = read_length(std::string_view(line).substr(1));
        if (length) {
            answer = co_await read_bytes(*length);
        }
    } else if (line.starts_with('+')) {
        answer = line.substr(1);
    } else {
        quiet_ = line.starts_with('-');
        refuse("Redis refuses the command");
    }
    quiet_ = true;
    co_return answer;
}

} // namespace storefront::redis
