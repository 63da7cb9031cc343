// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_RESPONSE_READER_HPP
#define RESIL_HTTP_DETAIL_RESPONSE_READER_HPP

#include <resil/error.hpp>
#include <resil/http/detail/keep_alive.hpp>
#include <resil/http/detail/request_head.hpp>
#include <resil/http/error.hpp>
#include <resil/http/message_limits.hpp>
#include <resil/http/string_message.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

namespace resil::http::detail {

/**
 * Reads one response from bytes, however they are cut: interim responses are skipped, limits
 * are kept, and a framing of which two readers could think differently is refused.
 */
class response_reader
{
    using fault = boost::beast::http::error;

public:
    /// `bodiless` says that the response has no body whatever its header says: to HEAD.
    response_reader(message_limits const& limits, bool bodiless)
        : limits_(limits), bodiless_(bodiless)
    {
        begin();
    }

    /// Takes what belongs to the response from the front of `bytes`.
    error_code take(boost::beast::flat_buffer& bytes)
    {
        while (!done_ && bytes.size() != 0 && !is_half_a_last_chunk(bytes)) {
            error_code ec;
            std::size_t const shown = shown_of(bytes.size());
            bool const all = shown == bytes.size();
            std::size_t const used =
                parser_->put(boost::asio::buffer(bytes.data(), shown), ec);
            bytes.consume(used);
            bool const waits = ec == fault::need_more;
            if (!ec || waits) {
                ec = check(used, shown - used);
            }
            if (!ec && parser_->is_done()) {
                ec = finish();
            }
            if (ec || (waits && all)) {
                return ec;
            }
        }
        return {};
    }

    /// Hears that the peer closed the connection; fine if that is how the body ends.
    error_code end()
    {
        error_code ec = fault::partial_message;
        if (parser_->got_some()) {
            parser_->put_eof(ec);
        }
        done_ = !ec;
        return ec;
    }

    bool is_done() const noexcept { return done_; }

    /// Says whether the connection survives the response, which is done.
    bool keeps_alive() const { return parser_->keep_alive(); }

    /// Returns how long the peer keeps the connection, if it says.
    std::optional<duration> keep_alive_timeout() const
    {
        return parse_keep_alive(view(parser_->get()[field::keep_alive]));
    }

    string_response release() { return parser_->release(); }

private:
    void begin()
    {
        parser_.emplace();
        parser_->eager(true);
        parser_->skip(bodiless_);
        parser_->header_limit(static_cast<std::uint32_t>(limits_.header));
        parser_->body_limit(std::uint64_t(limits_.body));
        header_size_ = 0;
    }

    // Beast 1.83 limits only what waits to be parsed: it is shown no more than is allowed.
    std::size_t shown_of(std::size_t size) const
    {
        return parser_->is_header_done() ? size
                                         : std::min(size, limits_.header - header_size_);
    }

    error_code check(std::size_t used, std::size_t waiting)
    {
        if (!parser_->is_header_done()) {
            header_size_ += used;
            bool const over = header_size_ + waiting >= limits_.header;
            return over ? error_code(fault::header_limit) : error_code();
        }
        return check_coding();
    }

    // Nothing but `chunked` was offered; next to a length, or before HTTP/1.1, it is the stuff
    // of which smuggled responses are made (RFC 9112, section 6.1).
    error_code check_coding() const
    {
        string_response const& head = parser_->get();
        auto const [first, last] = head.equal_range(field::transfer_encoding);
        if (first == last || head.result_int() / 100 == 1) {
            return {};
        }
        bool const good = std::next(first) == last && head.version() == 11 &&
                          equal_ignoring_case(view(first->value()), "chunked");
        return good ? error_code() : error_code(fault::bad_transfer_encoding);
    }

    // A final response ends the reading, an interim one is forgotten.
    error_code finish()
    {
        unsigned const status = parser_->get().result_int();
        done_ = status / 100 != 1;
        if (done_) {
            return {};
        }
        if (status == 101) {
            return errc::unexpected_upgrade;
        }
        if (++interim_ > limits_.interim) {
            return errc::too_many_interim;
        }
        begin();
        return {};
    }

    // Beast 1.83 asserts that it never sees four bytes of an empty last chunk ("0\r\n\r").
    bool is_half_a_last_chunk(boost::beast::flat_buffer const& bytes) const
    {
        std::size_t const whole = 5;
        return parser_->is_header_done() && parser_->chunked() && bytes.size() < whole &&
               *static_cast<char const*>(bytes.data().data()) == '0';
    }

    message_limits limits_;
    bool bodiless_;
    bool done_ = false;
    std::size_t interim_ = 0;
    std::size_t header_size_ = 0;
    std::optional<boost::beast::http::response_parser<boost::beast::http::string_body>> parser_;
};

} // namespace resil::http::detail

#endif // RESIL_HTTP_DETAIL_RESPONSE_READER_HPP
