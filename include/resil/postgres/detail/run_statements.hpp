// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_DETAIL_RUN_STATEMENTS_HPP
#define RESIL_POSTGRES_DETAIL_RUN_STATEMENTS_HPP

#include <resil/error.hpp>
#include <resil/postgres/detail/exchange.hpp>
#include <resil/postgres/detail/operation.hpp>
#include <resil/postgres/detail/session.hpp>
#include <resil/postgres/result.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace resil::postgres::detail {

/**
 * Runs statements one after the other, up to the first that fails; for `async_compose`.
 *
 * `Result` is what the operation completes with beside an error code: `result` or nothing. A
 * cancelled one leaves the session in the middle of its answer, which makes it unfit for
 * more.
 */
template <class... Result>
class run_statements
{
public:
    run_statements(std::shared_ptr<session> s, std::vector<statement> what)
        : session_(std::move(s)), statements_(std::move(what))
    {
    }

    template <class Self>
    void operator()(Self& self)
    {
        self.reset_cancellation_state(boost::asio::enable_total_cancellation());
        for (statement const& s : statements_) {
            if (error_code const ec = check(s)) {
                return end_later(session_->get_executor(), self, ec);
            }
        }
        if (error_code const ec = session_->begin()) {
            return end_later(session_->get_executor(), self, ec);
        }
        next(self, send(), true);
    }

    /// A wait is over.
    template <class Self>
    void operator()(Self& self, error_code ec)
    {
        if (ec || session_->abandoned()) {
            return abort(self);
        }
        next(self, reading_ ? exchange_.receive(*session_) : exchange_.advance(*session_),
             false);
    }

    template <class Self>
    void operator()(Self& self, ended how)
    {
        finish(self, how.ec);
    }

private:
    template <class Self>
    void next(Self& self, exchange::next step, bool starting)
    {
        while (step == exchange::next::finished && more()) {
            ++current_;
            step = send();
        }
        if (step == exchange::next::finished) {
            session_->end(exchange_.complete());
            return starting ? end_later(session_->get_executor(), self, exchange_.error())
                            : finish(self, exchange_.error());
        }
        if (is_cancelled(self.cancelled())) {
            return abort(self);
        }
        reading_ = step == exchange::next::wait_read;
        using descriptor = boost::asio::posix::stream_descriptor;
        session_->descriptor().async_wait(
            reading_ ? descriptor::wait_read : descriptor::wait_write, std::move(self));
    }

    exchange::next send()
    {
        while (statements_[current_].only_in_transaction && !session_->in_transaction()) {
            ++current_;
        }
        return exchange_.send(*session_, statements_[current_]);
    }

    bool more() const noexcept
    {
        return exchange_.complete() && !exchange_.error() && current_ + 1 < statements_.size();
    }

    template <class Self>
    void abort(Self& self)
    {
        session_->end(false);
        finish(self, boost::asio::error::operation_aborted);
    }

    template <class Self>
    void finish(Self& self, error_code ec)
    {
        self.complete(ec, (ec ? Result() : Result(exchange_.take_result()))...);
    }

    std::shared_ptr<session> session_;
    std::vector<statement> statements_;
    exchange exchange_;
    std::size_t current_ = 0;
    bool reading_ = false;
};

} // namespace resil::postgres::detail

#endif // RESIL_POSTGRES_DETAIL_RUN_STATEMENTS_HPP
