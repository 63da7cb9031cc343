// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_DETAIL_CALL_SERIES_HPP
#define RESIL_SERVICE_DETAIL_CALL_SERIES_HPP

#include <resil/config.hpp>
#include <resil/core/call_outcome.hpp>
#include <resil/error.hpp>
#include <resil/event.hpp>
#include <resil/service/metrics.hpp>
#include <resil/verdict.hpp>

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace resil::service::detail {

/// Counters for some of the reasons; those that it was not made for are not counted.
class reason_counters
{
public:
    reason_counters(metric_family<counter> const& family, std::string_view endpoint,
                    std::string_view dependency, std::initializer_list<reason> reasons)
    {
        counters_.reserve(reasons.size());
        for (auto const why : reasons) {
            counters_.emplace_back(why, family.with({endpoint, dependency, to_string(why)}));
        }
    }

    void add(reason why) const noexcept
    {
        for (auto const& [known, count] : counters_) {
            if (known == why) {
                count.add();
            }
        }
    }

private:
    std::vector<std::pair<reason, counter>> counters_;
};

/// What is counted of the calls that one endpoint makes to one dependency, looked up once.
struct call_series
{
    void attempt_ended(verdict judged, duration took) const noexcept
    {
        attempts[static_cast<std::size_t>(judged)].add();
        attempt_time.record(took);
    }

    void ended(call_ended const& event) const noexcept
    {
        auto const outcome = outcome_of(event);
        calls[static_cast<std::size_t>(outcome)].add();
        (outcome == call_outcome::success ? success_time : failure_time).record(event.elapsed);
    }

    void expired_by(error_code code) const noexcept
    {
        (code == errc::timed_out ? timeouts : deadlines).add();
    }

    std::vector<counter> calls;    // by call_outcome
    latency success_time;
    latency failure_time;
    std::vector<counter> attempts; // by verdict
    latency attempt_time;
    counter retries;
    reason_counters abandoned;
    reason_counters rejected;
    counter timeouts;
    counter deadlines;
    counter fallbacks;
};

} // namespace resil::service::detail

#endif // RESIL_SERVICE_DETAIL_CALL_SERIES_HPP
