// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_HTTP_HTTP_SUPPORT_HPP
#define RESIL_TESTS_HTTP_HTTP_SUPPORT_HPP

#include <resil/http/retry_after.hpp>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <random>
#include <sstream>
#include <string>
#include <string_view>

namespace http_support {

namespace beast_http = boost::beast::http;

using request = beast_http::request<beast_http::empty_body>;
using response = beast_http::response<beast_http::string_body>;
using std::chrono::seconds;
using std::chrono::sys_seconds;

/// Sun, 06 Nov 1994 08:49:37 GMT: the date of all examples in RFC 9110.
inline constexpr sys_seconds rfc_date{seconds(784111777)};

/// 2026-11-21 00:00:00: "today" where a test does not choose another day.
inline constexpr sys_seconds today{seconds(1795219200)};

/// The same random numbers in every run.
class numbers
{
public:
    explicit numbers(std::uint64_t seed) : generator_(seed) {}

    std::int64_t between(std::int64_t low, std::int64_t high)
    {
        return std::uniform_int_distribution<std::int64_t>(low, high)(generator_);
    }

    /// Characters of `alphabet`, `low` to `high` of them.
    std::string text(std::string_view alphabet, std::int64_t low, std::int64_t high)
    {
        std::string made(static_cast<std::size_t>(between(low, high)), ' ');
        for (char& c : made) {
            c = alphabet[static_cast<std::size_t>(between(0, std::ssize(alphabet) - 1))];
        }
        return made;
    }

    /// Any bytes at all.
    std::string bytes(std::int64_t low, std::int64_t high)
    {
        std::string made(static_cast<std::size_t>(between(low, high)), ' ');
        for (char& c : made) {
            c = static_cast<char>(between(-128, 127));
        }
        return made;
    }

private:
    std::mt19937_64 generator_;
};

/// A date through the C library, which shares no code with the parser.
inline std::string written(sys_seconds date, char const* format)
{
    std::time_t const stamp = date.time_since_epoch().count();
    std::tm fields{};
    gmtime_r(&stamp, &fields);
    std::array<char, 64> text{};
    // strftime drops leading zeros of small years on this system, so years are printed by hand.
    std::string pattern(format);
    std::array<char, 16> year{};
    std::snprintf(year.data(), year.size(), "%04d", fields.tm_year + 1900);
    if (auto const at = pattern.find("%Y"); at != pattern.npos) {
        pattern.replace(at, 2, year.data());
    }
    std::size_t const size = std::strftime(text.data(), text.size(), pattern.c_str(), &fields);
    return {text.data(), size};
}

inline std::string imf_fixdate(sys_seconds date)
{
    return written(date, "%a, %d %b %Y %H:%M:%S GMT");
}

inline std::string rfc850_date(sys_seconds date)
{
    return written(date, "%A, %d-%b-%y %H:%M:%S GMT");
}

inline std::string asctime_date(sys_seconds date)
{
    return written(date, "%a %b %e %H:%M:%S %Y");
}

/// The bytes of a message's start line and header, as they would go over the wire.
template <class Message>
std::string wire(Message const& message)
{
    std::ostringstream out;
    out << message.base();
    return out.str();
}

inline request get_request()
{
    return {beast_http::verb::get, "/", 11};
}

inline response answer(unsigned status)
{
    response made;
    made.result(status);
    return made;
}

inline response answer(unsigned status, std::string_view retry_after)
{
    response made = answer(status);
    made.set(beast_http::field::retry_after, retry_after);
    return made;
}

} // namespace http_support

#endif // RESIL_TESTS_HTTP_HTTP_SUPPORT_HPP
