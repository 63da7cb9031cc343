// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_DETAIL_EXCHANGE_HPP
#define RESIL_POSTGRES_DETAIL_EXCHANGE_HPP

#include <resil/error.hpp>
#include <resil/postgres/detail/session.hpp>
#include <resil/postgres/error.hpp>
#include <resil/postgres/parameters.hpp>
#include <resil/postgres/result.hpp>

#include <libpq-fe.h>

#include <string>
#include <utility>
#include <vector>

namespace resil::postgres::detail {

/// A statement and its values; owned, as the operation may start long after it was made.
struct statement
{
    std::string sql;
    parameters values{};
    bool simple = false;              ///< Sent by the simple protocol, which has no values.
    bool only_in_transaction = false; ///< Left out elsewhere; never the last of several.
};

/// Says what libpq could not send.
inline error_code check(statement const& s) noexcept
{
    if (s.values.size() > PQ_QUERY_PARAM_MAX_LIMIT) {
        return errc::too_many_parameters;
    }
    bool valid = s.sql.find('\0') == s.sql.npos;
    for (parameter const& p : s.values) {
        valid = valid && (p.is_binary() || p.value().find('\0') == std::string::npos);
    }
    return valid ? error_code() : make_error_code(errc::invalid_statement);
}

/**
 * One statement's way to the server and its answer's way back, as far as that needs no waiting.
 *
 * The answer is read row by row and gathered, so that one that is too large is noticed before
 * it is all in memory.
 */
class exchange
{
public:
    enum class next
    {
        wait_read,
        wait_write,
        finished,
    };

    /// Puts the statement into libpq's buffer, which keeps a copy.
    next send(session& s, statement const& what)
    {
        *this = {};
        int const sent =
            what.simple ? PQsendQuery(s.native(), what.sql.c_str()) : send_with_values(s, what);
        if (sent == 0) {
            return lose(s);
        }
        PQsetSingleRowMode(s.native());
        return advance(s);
    }

    /// Goes on after the socket has become readable.
    next receive(session& s)
    {
        bool read = PQconsumeInput(s.native()) != 0;
        // libpq reads at least 8 KiB at once, which holds any TLS record of a server, but not
        // of a proxy (16 KiB); the reactor knows nothing of the rest.
        if (read && PQsslInUse(s.native())) {
            read = PQconsumeInput(s.native()) != 0;
        }
        return read ? advance(s) : lose(s);
    }

    /// Goes on with what is to be sent, then with what has come.
    next advance(session& s)
    {
        // The server reads a whole message before it answers: waiting for one direction is
        // enough.
        int const left = sent_ ? 0 : PQflush(s.native());
        if (left != 0) {
            return left > 0 ? next::wait_write : lose(s);
        }
        sent_ = true;
        while (!PQisBusy(s.native())) {
            result_ptr part(PQgetResult(s.native()));
            if (!part) {
                complete_ = true;
                return next::finished;
            }
            if (!take(s, std::move(part))) {
                return next::finished;
            }
        }
        return next::wait_read;
    }

    /// Says whether the answer was read to its end, so that another statement may follow.
    bool complete() const noexcept { return complete_; }

    error_code error() const noexcept { return error_; }

    result take_result() noexcept { return {std::move(rows_), affected_}; }

private:
    static int send_with_values(session& s, statement const& what)
    {
        std::vector<char const*> values;
        std::vector<int> lengths;
        std::vector<int> formats;
        for (parameter const& p : what.values) {
            values.push_back(p.is_null() ? nullptr : p.value().data());
            lengths.push_back(static_cast<int>(p.value().size()));
            formats.push_back(p.is_binary() ? 1 : 0);
        }
        return PQsendQueryParams(s.native(), what.sql.c_str(), static_cast<int>(values.size()),
                                 nullptr, values.data(), lengths.data(), formats.data(), 0);
    }

    // A reported error comes before the loss of the connection that it announced.
    next lose(session& s)
    {
        if (!error_) {
            error_ = s.lost();
        }
        return next::finished;
    }

    bool take(session& s, result_ptr part)
    {
        switch (PQresultStatus(part.get())) {
        case PGRES_SINGLE_TUPLE: return append(s, std::move(part));
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY: finish(std::move(part)); return true;
        case PGRES_NONFATAL_ERROR: return true;
        case PGRES_COPY_IN:
        case PGRES_COPY_OUT:
        case PGRES_COPY_BOTH: error_ = errc::copy_not_supported; return false;
        default: refuse(s, part.get()); return true;
        }
    }

    bool append(session& s, result_ptr row)
    {
        if (!rows_) {
            rows_.reset(PQcopyResult(row.get(), PG_COPYRES_ATTRS));
        }
        bool copied = rows_ != nullptr;
        int const at = PQntuples(rows_.get());
        for (int column = 0; copied && column < PQnfields(row.get()); ++column) {
            bool const null = PQgetisnull(row.get(), 0, column) != 0;
            copied = PQsetvalue(rows_.get(), at, column,
                                null ? nullptr : PQgetvalue(row.get(), 0, column),
                                null ? -1 : PQgetlength(row.get(), 0, column)) != 0;
        }
        if (!copied || PQresultMemorySize(rows_.get()) > s.max_result_bytes()) {
            error_ = errc::result_too_large;
            rows_.reset();
            return false;
        }
        return true;
    }

    void finish(result_ptr last)
    {
        affected_ = affected_rows(last.get());
        if (!rows_) {
            rows_ = std::move(last);
        }
    }

    void refuse(session& s, PGresult* failed)
    {
        rows_.reset();
        if (error_) {
            return;
        }
        s.note(PQresultErrorMessage(failed));
        char const* const state = PQresultErrorField(failed, PG_DIAG_SQLSTATE);
        error_ = state ? sqlstate_error(state) : s.lost(); // libpq's own errors have none
    }

    result_ptr rows_;
    std::uint64_t affected_ = 0;
    error_code error_;
    bool sent_ = false;
    bool complete_ = false;
};

} // namespace resil::postgres::detail

#endif // RESIL_POSTGRES_DETAIL_EXCHANGE_HPP
