// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_CALL_ACCOUNT_HPP
#define RESIL_DETAIL_CALL_ACCOUNT_HPP

#include <resil/error.hpp>
#include <resil/verdict.hpp>

#include <boost/asio/error.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace resil::detail {

/// What is known of a call so far, and what its failure will say.
class call_account
{
public:
    int attempts() const noexcept { return attempts_; }
    int next_attempt() noexcept { return ++attempts_; }
    bool proved_not_sent() const noexcept { return not_sent_; }

    /// Notes which rule decides, unless what is known already says more.
    void because(reason why) noexcept
    {
        bool const says_less = (why == reason::permanent && reason_ == reason::exception) ||
                               (why == reason::ignored && reason_ != reason::none);
        if (!says_less) {
            reason_ = why;
        }
    }

    void retry_after(std::optional<duration> wait) noexcept { retry_after_ = wait; }

    void keep_exception(std::exception_ptr e) noexcept
    {
        if (!exception_) {
            exception_ = std::move(e);
        }
    }

    /// Forgets what was true of the attempt before.
    void begin_outcome() noexcept
    {
        reason_ = reason::none;
        retry_after_.reset();
        exception_ = nullptr;
        not_sent_ = false;
    }

    /// Notes how the operation itself ended; an end that we asked for is not its own error.
    template <class Outcome>
    void note_outcome(Outcome const& outcome, bool not_sent, bool asked_for)
    {
        begin_outcome();
        not_sent_ = not_sent;
        if (outcome.succeeded()) {
            return;
        }
        error_code const ec = outcome.code();
        if (!(asked_for && ec == boost::asio::error::operation_aborted)) {
            last_error_ = ec;
        }
        not_sent_ = not_sent || proves_not_sent(ec);
    }

    /// A fallback answers for the call: what failed before is not the call's failure any more.
    void forget_failure() noexcept
    {
        code_ = {};
        reason_ = reason::none;
        exception_ = nullptr;
    }

protected:
    call_account() = default;
    ~call_account() = default;

    failure make_failure(duration elapsed) const
    {
        return failure({.code = code_,
                        .reason = reason_,
                        .attempts = attempts_,
                        .elapsed = elapsed,
                        .last_error = last_error_,
                        .retry_after = retry_after_,
                        .exception = exception_});
    }

    error_code code_;
    error_code last_error_;
    std::optional<duration> retry_after_;
    std::exception_ptr exception_;
    int attempts_ = 0;
    reason reason_ = reason::none;

private:
    bool not_sent_ = false;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_CALL_ACCOUNT_HPP
