// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_BACKOFF_IPP
#define RESIL_CORE_BACKOFF_IPP

// The bodies of core/backoff.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>
#include <utility>

namespace resil {

backoff backoff::exponential(duration base, duration cap, double factor)
{
    backoff made{kind::exponential, base, cap};
    made.factor_ = factor;
    return made;
}

backoff backoff::generated(generator function, duration cap)
{
    backoff made{kind::generated, duration::zero(), cap};
    made.generator_ = std::move(function);
    return made;
}

duration backoff::plain(int failed_attempt, error_code error) const
{
    int const attempt = std::max(failed_attempt, 1);
    return std::clamp(unbounded(attempt, error), duration::zero(),
                      std::max(cap_, duration::zero()));
}

void backoff::validate() const
{
    core::require_at_least("backoff.base", base_, duration::zero());
    core::require_at_least("backoff.cap", cap_, base_);
    core::require_between("backoff.factor", factor_, 1.0, 1e6);
    if (kind_ == kind::generated && !generator_) {
        throw invalid_option("backoff.generator", "empty", "a function");
    }
}

duration backoff::unbounded(int attempt, error_code error) const
{
    switch (kind_) {
    case kind::fixed: return base_;
    case kind::linear: return added(attempt);
    case kind::exponential: return core::scaled(base_, core::power(factor_, attempt - 1));
    case kind::generated: return generator_(attempt, error);
    }
    return cap_;
}

duration backoff::added(int times) const noexcept
{
    duration const step = std::max(base_, duration::zero());
    return step > cap_ / times ? cap_ : step * times;
}

duration jittered(backoff const& policy, jitter kind, double jitter_ratio, duration min_delay,
                  int failed_attempt, duration previous_delay, error_code error, double unit)
{
    double const draw = unit > 0.0 ? std::min(unit, 1.0) : 0.0;
    auto const between = [draw](duration a, duration b) {
        return core::plus(a, core::scaled(b - a, draw));
    };
    duration const plain = policy.plain(failed_attempt, error);
    duration const cap = std::max(policy.cap(), duration::zero());
    duration delay = plain;
    switch (kind) {
    case jitter::none: break;
    case jitter::full: delay = between(duration::zero(), plain); break;
    case jitter::equal: delay = between(plain / 2, plain); break;
    case jitter::decorrelated: {
        duration const base = policy.base() > duration::zero() ? policy.base() : plain;
        delay = between(base, core::scaled(std::max(previous_delay, base), 3.0));
        break;
    }
    case jitter::ratio: {
        double const ratio = jitter_ratio > 0.0 ? std::min(jitter_ratio, 1.0) : 0.0;
        duration const centre = std::min(plain, core::scaled(cap, 1.0 / (1.0 + ratio)));
        delay = between(core::scaled(centre, 1.0 - ratio), core::scaled(centre, 1.0 + ratio));
        break;
    }
    }
    return std::clamp(delay, std::clamp(min_delay, duration::zero(), cap), cap);
}

} // namespace resil

#endif // RESIL_CORE_BACKOFF_IPP
