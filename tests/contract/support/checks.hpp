// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CONTRACT_SUPPORT_CHECKS_HPP
#define RESIL_TESTS_CONTRACT_SUPPORT_CHECKS_HPP

#include "subject.hpp"

#include <boost/asio/cancellation_type.hpp>

#include <string_view>

namespace contract {

/// When, relative to a step of a call, a cancellation is emitted.
enum class moment
{
    between_handlers, ///< Before a handler runs: it may be queued already.
    twice,            ///< The same, and again at once with another type, and after the next step.
    in_initiation,    ///< Inside of the operation's initiation, when it may have completed already.
    with_completion,  ///< In the handler of the operation's completion, just before it is told.
    after_completion, ///< When the handler has been called, and the call is gone.
};

std::string_view to_string(moment m) noexcept;

// Each of these runs a subject as often as it takes, and returns what was wrong.

/// Undisturbed: it completes once, as expected, on its executor, and nothing is left.
violations completes_once(subject const& what, ground g);

/// A cancellation at every point: it completes once and at once, without a further attempt.
violations is_cancellable(subject const& what, ground g, boost::asio::cancellation_type type,
                          moment m);

/// Every type of cancellation reaches a running operation.
violations passes_cancellation_on(subject const& what, ground g);

/// The context is destroyed after every number of steps: the handler too, and nothing is left.
violations is_destructible(subject const& what, ground g);

/// The same after a cancellation at every point before.
violations is_destructible_when_cancelled(subject const& what, ground g);

/// Its policies are destroyed as soon as the call has been started.
violations outlives_its_policies(subject const& what, ground g);

/// The operation completes inside of its initiation, or throws, or drops its handler.
violations survives_bad_operations(subject const& what, ground g);

/// Returns how many points there are in a call at which something may happen.
int count_steps(subject const& what, ground g);

} // namespace contract

#endif // RESIL_TESTS_CONTRACT_SUPPORT_CHECKS_HPP
