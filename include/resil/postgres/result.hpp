// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_RESULT_HPP
#define RESIL_POSTGRES_RESULT_HPP

#include <resil/config.hpp>

#include <libpq-fe.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace resil::postgres {

namespace detail {

struct clear_result
{
    void operator()(PGresult* r) const noexcept { PQclear(r); }
};

using result_ptr = std::unique_ptr<PGresult, clear_result>;

/// Reads the number of rows that a statement has touched; 0 for statements that touch none.
inline std::uint64_t affected_rows(PGresult* r) noexcept
{
    std::string_view const digits = PQcmdTuples(r);
    std::uint64_t count = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
    return count;
}

} // namespace detail

/**
 * Holds what a statement returned: rows of text, and the number of rows that it touched.
 *
 * Move-only; independent of the connection it came from. Rows and columns count from 0.
 *
 * Lifetimes: views stay valid for as long as the result lives, also if it is moved.
 * Thread safety: reading is safe from several threads at once.
 * Exceptions: what takes a row or a column throws `out_of_range`; nothing else throws.
 * Cost: no copy: libpq's own memory, which is freed with the result.
 *
 * Example:
 *
 *     std::optional<std::string_view> const sum = rows.at(0, 0); // nothing for NULL
 */
class result
{
public:
    /// Holds no rows and no columns.
    result() = default;

    /// Takes over libpq's own result, which may be null.
    result(detail::result_ptr rows, std::uint64_t affected) noexcept
        : rows_(std::move(rows)), affected_(affected)
    {
    }

    /// Returns how many rows there are.
    std::size_t rows() const noexcept
    {
        return static_cast<std::size_t>(PQntuples(rows_.get()));
    }
    /// Returns how many columns there are.
    std::size_t columns() const noexcept
    {
        return static_cast<std::size_t>(PQnfields(rows_.get()));
    }
    /// Says whether there are no rows.
    bool empty() const noexcept { return rows() == 0; }

    /// Returns how many rows were inserted, updated, deleted or selected.
    std::uint64_t affected() const noexcept { return affected_; }

    /// Returns the value as the server writes it, or nothing for NULL. Throws `out_of_range`.
    std::optional<std::string_view> at(std::size_t row, std::size_t column) const
    {
        if (row >= rows()) {
            throw std::out_of_range("the result has no such row");
        }
        check(column);
        int const r = static_cast<int>(row);
        int const c = static_cast<int>(column);
        if (PQgetisnull(rows_.get(), r, c)) {
            return std::nullopt;
        }
        return std::string_view(PQgetvalue(rows_.get(), r, c),
                                static_cast<std::size_t>(PQgetlength(rows_.get(), r, c)));
    }

    /// Says whether the value is NULL. Throws `out_of_range`.
    bool is_null(std::size_t row, std::size_t column) const { return !at(row, column); }

    /// Returns the name of a column. Throws `out_of_range`.
    std::string_view name(std::size_t column) const
    {
        check(column);
        return PQfname(rows_.get(), static_cast<int>(column));
    }

private:
    void check(std::size_t column) const
    {
        if (column >= columns()) {
            throw std::out_of_range("the result has no such column");
        }
    }

    detail::result_ptr rows_;
    std::uint64_t affected_ = 0;
};

} // namespace resil::postgres

#endif // RESIL_POSTGRES_RESULT_HPP
