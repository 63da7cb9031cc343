// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_PARAMETERS_HPP
#define RESIL_POSTGRES_PARAMETERS_HPP

#include <resil/config.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace resil::postgres {

/**
 * Holds the value of one `$1`, `$2`, ... of a statement; a copy of what it is made from.
 *
 * Text, numbers and `bool` travel as text, and the server reads them as the type that the
 * statement wants. Bytes travel as they are: for `bytea`, also with zero bytes. `nullptr` and
 * an empty `optional` are NULL.
 *
 * Thread safety: a value; distinct objects, and const use of a shared one, are safe.
 * Exceptions: making or copying one throws `bad_alloc`; nothing else throws.
 * Cost: that of a string.
 *
 * Example:
 *
 *     resil::postgres::parameters const values{42, "text", nullptr, std::optional<int>(7)};
 */
class parameter
{
public:
    /// Makes NULL.
    parameter(std::nullptr_t) : null_(true) {}
    /// Takes a text.
    parameter(std::string text) noexcept : value_(std::move(text)) {}
    /// Copies a text.
    parameter(std::string_view text) : value_(text) {}
    /// Copies a text that ends with a zero byte.
    parameter(char const* text) : value_(text) {}

    /// Writes a number so that it is read back the same; and `bool` as "t" or "f".
    template <class Number>
        requires(std::integral<Number> || std::floating_point<Number>)
    parameter(Number number)
    {
        if constexpr (std::same_as<Number, bool>) {
            value_ = number ? "t" : "f";
        } else {
            char digits[64];
            value_.assign(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
        }
    }

    /// Copies a span, a vector or an array of `std::byte`.
    template <std::ranges::contiguous_range Bytes>
        requires(std::same_as<std::ranges::range_value_t<Bytes>, std::byte>)
    parameter(Bytes const& bytes)
        : value_(reinterpret_cast<char const*>(std::ranges::data(bytes)),
                 std::ranges::size(bytes)),
          binary_(true)
    {
    }

    /// Takes what an `optional` holds; NULL if it is empty.
    template <class T>
    parameter(std::optional<T> const& value)
        : parameter(value ? parameter(*value) : parameter(nullptr))
    {
    }

    /// Says whether it is NULL.
    bool is_null() const noexcept { return null_; }
    /// Says whether it travels as bytes, not as text.
    bool is_binary() const noexcept { return binary_; }
    /// Returns the value as it is sent.
    std::string const& value() const noexcept { return value_; }

private:
    std::string value_;
    bool null_ = false;
    bool binary_ = false;
};

/**
 * Holds the values of a statement, in order: `{42, "text", nullptr}`.
 *
 * A distinct class, not a plain vector, so that braces at a call mean a list of values.
 *
 * Thread safety: a value; distinct objects, and const use of a shared one, are safe.
 * Exceptions: making or copying one throws `bad_alloc`; nothing else throws.
 * Cost: that of a vector of strings.
 *
 * Example:
 *
 *     auto const rows =
 *         co_await c.async_query("select $1::int + 1", {42}, asio::use_awaitable);
 */
class parameters
{
public:
    /// Holds none.
    parameters() = default;

    /// Takes the values. No initializer list: GCC 12 does not compile those in the operand of a
    /// `co_await`.
    template <class... Values>
        requires(sizeof...(Values) > 0 && (std::constructible_from<parameter, Values> && ...))
    parameters(Values&&... values)
    {
        values_.reserve(sizeof...(Values));
        (values_.emplace_back(std::forward<Values>(values)), ...);
    }

    /// Takes the values.
    explicit parameters(std::vector<parameter> values) noexcept : values_(std::move(values)) {}

    /// Returns how many there are.
    std::size_t size() const noexcept { return values_.size(); }
    /// Returns where they begin.
    auto begin() const noexcept { return values_.begin(); }
    /// Returns where they end.
    auto end() const noexcept { return values_.end(); }

private:
    std::vector<parameter> values_;
};

} // namespace resil::postgres

#endif // RESIL_POSTGRES_PARAMETERS_HPP
