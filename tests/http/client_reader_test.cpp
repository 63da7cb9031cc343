// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/detail/response_reader.hpp> // self-contained

#include <resil/http/detail/keep_alive.hpp>
#include <resil/http/error.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using fault = boost::beast::http::error;
using resil::error_code;
using resil::http::errc;
using resil::http::message_limits;
using resil::http::detail::parse_keep_alive;
using resil::http::detail::response_reader;

/// What became of bytes that were read piece by piece.
struct reading
{
    error_code ec{};
    bool done = false;
    bool keeps_alive = false;
    std::size_t left = 0;
    unsigned status = 0;
    std::string body{};
};

struct how
{
    std::size_t piece = 1u << 20;
    bool bodiless = false;
    bool closed = false;
    message_limits limits{};
};

reading read(std::string_view bytes, how const& way = {})
{
    response_reader reader(way.limits, way.bodiless);
    boost::beast::flat_buffer buffer(1u << 20);
    reading seen;
    for (std::size_t at = 0; at < bytes.size() && !seen.ec; at += way.piece) {
        std::string_view const piece = bytes.substr(at, way.piece);
        buffer.commit(
            asio::buffer_copy(buffer.prepare(piece.size()), asio::buffer(piece)));
        seen.ec = reader.take(buffer);
    }
    if (way.closed && !seen.ec && !reader.is_done()) {
        seen.ec = reader.end();
    }
    seen.done = reader.is_done();
    seen.left = buffer.size();
    if (seen.done) {
        seen.keeps_alive = reader.keeps_alive();
        auto const answer = reader.release();
        seen.status = answer.result_int();
        seen.body = answer.body();
    }
    return seen;
}

TEST_CASE("a response is the same however it is cut into pieces", "[http][client]")
{
    std::string_view const whole =
        GENERATE("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
                 "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
        reading const seen = read(whole, {.piece = piece});
        CAPTURE(whole, piece);
        CHECK_FALSE(seen.ec);
        CHECK(seen.done);
        CHECK(seen.keeps_alive);
        CHECK(seen.status == 200);
        CHECK(seen.body == "hello");
        CHECK(seen.left == 0);
    }
}

TEST_CASE("an empty chunked body that arrives byte by byte is an empty body", "[http][client]")
{
    reading const seen =
        read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {.piece = 1});
    CHECK_FALSE(seen.ec);
    CHECK(seen.done);
    CHECK(seen.body.empty());
}

TEST_CASE("what has no body is over with its header", "[http][client]")
{
    CHECK(read("HTTP/1.1 204 No Content\r\n\r\n").done);
    CHECK(read("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").done);
    reading const head = read("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
                              {.bodiless = true});
    CHECK(head.done);
    CHECK(head.keeps_alive);
    CHECK_FALSE(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").done);
}

TEST_CASE("bytes after the response are left where they are", "[http][client]")
{
    reading const seen = read("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n");
    CHECK(seen.done);
    CHECK(seen.left == 17);
}

TEST_CASE("a body that ends with the connection does not keep it alive", "[http][client]")
{
    reading const seen = read("HTTP/1.1 200 OK\r\n\r\nhello", {.closed = true});
    CHECK_FALSE(seen.ec);
    CHECK(seen.body == "hello");
    CHECK_FALSE(seen.keeps_alive);
}

TEST_CASE("a connection that ends within a response is an error", "[http][client]")
{
    std::string_view const cut =
        GENERATE("HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Le",
                 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r",
                 "HTTP/1.1 100 Continue\r\n\r\n");
    CAPTURE(cut);
    CHECK(read(cut, {.closed = true}).ec == fault::partial_message);
}

TEST_CASE("only who says so keeps the connection alive", "[http][client]")
{
    CHECK_FALSE(
        read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").keeps_alive);
    CHECK_FALSE(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keeps_alive);
    CHECK(read("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
              .keeps_alive);
}

TEST_CASE("interim responses are skipped, up to a number", "[http][client]")
{
    std::string bytes;
    for (int i = 0; i != 3; ++i) {
        bytes += "HTTP/1.1 102 Processing\r\n\r\n";
    }
    bytes += "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    CHECK(read(bytes, {.limits = {.interim = 3}}).status == 200);
    CHECK(read(bytes, {.limits = {.interim = 2}}).ec == errc::too_many_interim);
}

TEST_CASE("an upgrade is an error", "[http][client]")
{
    CHECK(read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n").ec ==
          errc::unexpected_upgrade);
}

TEST_CASE("a framing that can be read in two ways is refused", "[http][client]")
{
    std::string_view const fields = GENERATE(
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n", "Content-Length: +5\r\n", "Content-Length: -1\r\n",
        "Content-Length: 5a\r\n", "Content-Length:\r\n");
    CAPTURE(fields);
    auto const seen = read("HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\nhello");
    CHECK(seen.ec);
    CHECK_FALSE(seen.done);
}

TEST_CASE("chunks before HTTP/1.1 are refused", "[http][client]")
{
    CHECK(read("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
               "0\r\n\r\n")
              .ec == fault::bad_transfer_encoding);
}

TEST_CASE("a header that is too long is refused, trickled as well as at once", "[http][client]")
{
    std::size_t const piece = GENERATE(1u, 7u, 100u, 800u, 1u << 20);
    std::string bytes = "HTTP/1.1 200 OK\r\n";
    while (bytes.size() < 1500) {
        bytes += "X: y\r\n";
    }
    bytes += "\r\n";
    CAPTURE(piece);
    CHECK_FALSE(read(bytes, {.piece = piece, .bodiless = true, .limits = {.header = 1600}}).ec);
    CHECK(read(bytes, {.piece = piece, .limits = {.header = 1024}}).ec == fault::header_limit);
    CHECK(read("HTTP/1.1 200 " + std::string(4096, 'a'),
               {.piece = piece, .limits = {.header = 1024}})
              .ec == fault::header_limit);
}

TEST_CASE("a body that is too long is refused, whatever frames it", "[http][client]")
{
    how const four{.closed = true, .limits = {.body = 4}};
    std::string const start = "HTTP/1.1 200 OK\r\n";
    CHECK(read(start + "Content-Length: 5\r\n\r\n", four).ec == fault::body_limit);
    CHECK(read(start + "\r\nhello", four).ec == fault::body_limit);
    CHECK(read(start + "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n", four).ec ==
          fault::body_limit);
    CHECK(read(start + "Content-Length: 4\r\n\r\nhell", four).body == "hell");
}

TEST_CASE("what is not HTTP is refused", "[http][client]")
{
    std::string_view const bytes =
        GENERATE("SSH-2.0-OpenSSH\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
                 "HTTP/1.1 200 OK\r\nbad name: 1\r\n\r\n", "\r\n\r\nHTTP/1.1 200 OK\r\n",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
    CAPTURE(bytes);
    CHECK(read(bytes).ec);
}

TEST_CASE("Keep-Alive says how long the peer waits", "[http][client]")
{
    CHECK(parse_keep_alive("timeout=5, max=100") == 5s);
    CHECK(parse_keep_alive("max=100,timeout=5") == 5s);
    CHECK(parse_keep_alive(" Timeout = 5 ") == 5s);
    CHECK(parse_keep_alive("timeout=9, timeout=5") == 5s);
    CHECK(parse_keep_alive("timeout=0") == 0s);
    CHECK(parse_keep_alive("timeout=99999999999999999999") == resil::duration::max());
    CHECK_FALSE(parse_keep_alive(""));
    CHECK_FALSE(parse_keep_alive("max=100"));
    CHECK_FALSE(parse_keep_alive("timeout"));
    CHECK_FALSE(parse_keep_alive("timeout=-5"));
    CHECK_FALSE(parse_keep_alive("timeout=five"));
    CHECK_FALSE(parse_keep_alive("xtimeout=5"));
}

} // namespace
