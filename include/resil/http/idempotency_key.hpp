// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_IDEMPOTENCY_KEY_HPP
#define RESIL_HTTP_IDEMPOTENCY_KEY_HPP

#include <resil/error.hpp>
#include <resil/http/error.hpp>
#include <resil/http/text.hpp>

#include <boost/system/result.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace resil::http {

/// How `Idempotency-Key` is written; it is the server that decides, so see its documentation.
enum class key_style
{
    quoted, ///< `Idempotency-Key: "8e03..."`: a String of RFC 8941, as the IETF draft has it.
    bare,   ///< `Idempotency-Key: 8e03...`: as Stripe and most deployed services have it.
};

/**
 * Holds one idempotency key, in place: 1 to 255 characters of 0x20-0x7E, without its quotes.
 *
 * Made by `parse_idempotency_key` and `read_idempotency_key`.
 *
 * Thread safety: a value; distinct objects, and const use of a shared one, are safe.
 * Exceptions: nothing here throws.
 * Cost: copying copies 256 bytes.
 *
 * Example:
 *
 *     auto key = resil::http::read_idempotency_key(request, resil::http::key_style::quoted);
 *     if (!key) {
 *         return http::status::bad_request; // key.error() says whether it is missing or malformed
 *     }
 *     return key->view().size() < 16 ? http::status::bad_request : http::status::ok;
 */
class idempotency_key
{
public:
    /// The longest key, counted without quotes and escapes; the limit is Stripe's.
    static constexpr std::size_t max_size = 255;

    /// Returns the key's characters; valid as long as this object.
    constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }

    /// Says whether two keys have the same characters.
    constexpr bool operator==(idempotency_key const& other) const noexcept
    {
        return view() == other.view();
    }

private:
    friend constexpr std::optional<idempotency_key> parse_idempotency_key(
        std::string_view value, key_style style) noexcept;

    /// Takes the content of an sf-string: only '"' and '\\' are escaped, and always.
    constexpr bool assign_unescaped(std::string_view content) noexcept;

    constexpr bool append(char c) noexcept
    {
        if (size_ == max_size) {
            return false;
        }
        text_[size_++] = c;
        return true;
    }

    std::array<char, max_size> text_{};
    std::uint8_t size_ = 0;
};

namespace detail {

constexpr bool is_printable(char c) noexcept
{
    return c >= 0x20 && c < 0x7F;
}

constexpr bool is_bare_key_character(char c) noexcept
{
    return is_printable(c) && !is_one_of(c, " \",;\\");
}

/// A key between quotes, its quotes and backslashes escaped, in place.
class quoted_key
{
public:
    constexpr explicit quoted_key(std::string_view key) noexcept
    {
        append('"');
        for (char const c : key) {
            if (c == '"' || c == '\\') {
                append('\\');
            }
            append(c);
        }
        append('"');
    }

    constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }

private:
    constexpr void append(char c) noexcept { text_[size_++] = c; }

    std::array<char, 2 * idempotency_key::max_size + 2> text_{};
    std::size_t size_ = 0;
};

} // namespace detail

constexpr bool idempotency_key::assign_unescaped(std::string_view content) noexcept
{
    bool escaped = false;
    for (char const c : content) {
        if (c == '\\' && !escaped) {
            escaped = true;
            continue;
        }
        bool const special = c == '"' || c == '\\';
        if (special != escaped || !detail::is_printable(c) || !append(c)) {
            return false;
        }
        escaped = false;
    }
    return size_ != 0 && !escaped;
}

/// Says whether `key` can be written in `style`; `set_idempotency_key` says which can.
constexpr bool is_idempotency_key(std::string_view key, key_style style) noexcept
{
    return !key.empty() && key.size() <= idempotency_key::max_size &&
           std::ranges::all_of(key, style == key_style::quoted ? detail::is_printable
                                                               : detail::is_bare_key_character);
}

/**
 * Writes `Idempotency-Key`, replacing any that is there, after checking the key.
 *
 * Write the same key for every attempt of a call: `attempt::idempotency_key()` gives it.
 * Source: draft-ietf-httpapi-idempotency-key-header-07 and RFC 8941, section 3.3.3.
 *
 * Errors: `invalid_idempotency_key` if it is empty, longer than 255, has a character outside
 * 0x20-0x7E, or if `style` is `bare` and it has a space, '"', ',', ';' or '\'; then nothing was
 * written.
 * Thread safety: that of `fields`.
 * Exceptions: what `fields.set` throws (allocation).
 * Cost: no allocation but that of `fields.set`.
 *
 * Example:
 *
 *     // Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"
 *     return resil::http::set_idempotency_key(request, key);
 *
 * @param fields A Beast message, its header or its fields: anything with `set(name, value)`.
 * @param key The key.
 * @param style How the server wants it.
 */
template <class Fields>
[[nodiscard]] error_code set_idempotency_key(Fields& fields, std::string_view key,
                                             key_style style = key_style::quoted)
{
    if (!is_idempotency_key(key, style)) {
        return errc::invalid_idempotency_key;
    }
    if (style == key_style::quoted) {
        fields.set("Idempotency-Key", detail::quoted_key(key).view());
    } else {
        fields.set("Idempotency-Key", key);
    }
    return {};
}

/**
 * Reads the value of `Idempotency-Key`, on a server; accepts one style and not the other.
 *
 * A server that took both would hold two spellings for one key. `quoted`: a String of RFC 8941
 * with '\"' and '\\' as the only escapes, and without parameters, as the draft defines none.
 * `bare`: no space, quote, comma, semicolon or backslash. Spaces and tabs around it are
 * ignored.
 *
 * Errors: no value if it is anything else, empty, or longer than 255 characters after
 * unescaping.
 * Thread safety: pure, so safe from any thread.
 * Exceptions: never throws.
 * Cost: no allocation; it stops at the first character too many.
 */
constexpr std::optional<idempotency_key> parse_idempotency_key(std::string_view value,
                                                               key_style style) noexcept
{
    std::string_view text = detail::trim_ows(value);
    idempotency_key key;
    if (style == key_style::bare) {
        bool const good = is_idempotency_key(text, style) &&
                          std::ranges::all_of(text, [&key](char c) { return key.append(c); });
        return good ? std::optional(key) : std::nullopt;
    }
    if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) {
        return std::nullopt;
    }
    bool const good = key.assign_unescaped(text.substr(1, text.size() - 2));
    return good ? std::optional(key) : std::nullopt;
}

/**
 * Reads the key of a request, on a server.
 *
 * Errors: `missing_idempotency_key` if there is none, `invalid_idempotency_key` if it is
 * malformed or there is more than one; a server answers both with 400 where it requires a key.
 * Thread safety: that of `fields`.
 * Exceptions: never throws with Beast's fields.
 * Cost: no allocation.
 *
 * Example:
 *
 *     auto key = resil::http::read_idempotency_key(request, resil::http::key_style::quoted);
 *     if (!key) {
 *         return http::status::bad_request; // key.error() says whether it is missing or malformed
 *     }
 *
 * @param fields A Beast message, its header or its fields: anything with `equal_range(name)`.
 * @param style What the server accepts.
 */
template <class Fields>
boost::system::result<idempotency_key> read_idempotency_key(Fields const& fields,
                                                            key_style style)
{
    auto [first, last] = fields.equal_range("Idempotency-Key");
    if (first == last) {
        return error_code(errc::missing_idempotency_key);
    }
    auto const key = parse_idempotency_key(first->value(), style);
    if (++first != last || !key) {
        return error_code(errc::invalid_idempotency_key);
    }
    return *key;
}

} // namespace resil::http

#endif // RESIL_HTTP_IDEMPOTENCY_KEY_HPP
