// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_MEASURE_IPP
#define RESIL_CORE_CIRCUIT_MEASURE_IPP

// The bodies of core/circuit_measure.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>
#include <utility>

namespace resil::core {

circuit_measure::circuit_measure(circuit_window window)
    : window_(window)
{
    auto const size = static_cast<std::size_t>(window.size());
    if (window.what() == circuit_window::kind::time) {
        buckets_.resize(size);
    }
    if (window.what() == circuit_window::kind::count) {
        calls_.resize(size);
    }
}

void circuit_measure::record(bool failed, bool slow, time_point now) noexcept
{
    circuit_totals const one{1, failed, slow};
    switch (window_.what()) {
    case circuit_window::kind::time: add(one, tick(now)); break;
    case circuit_window::kind::count: push(one); break;
    case circuit_window::kind::consecutive: totals_ += one; break;
    }
}

void circuit_measure::record_successes(std::uint64_t calls, time_point now) noexcept
{
    circuit_totals const some{calls, 0, 0};
    switch (window_.what()) {
    case circuit_window::kind::time: add(some, tick(now)); break;
    case circuit_window::kind::count:
        for (auto left = std::min<std::uint64_t>(calls, calls_.size()); left > 0; --left) {
            push({1, 0, 0});
        }
        break;
    case circuit_window::kind::consecutive: totals_ += some; break;
    }
}

time_point circuit_measure::bucket_end(time_point t) const noexcept
{
    if (window_.what() != circuit_window::kind::time) {
        return time_point::max();
    }
    auto const nearest_to_epoch = time_point(width() * tick(t));
    return t < time_point() ? nearest_to_epoch : plus(nearest_to_epoch, width());
}

circuit_totals circuit_measure::totals(time_point now) const noexcept
{
    if (window_.what() != circuit_window::kind::time) {
        return totals_;
    }
    circuit_totals sum;
    auto const passed = std::max<std::int64_t>(tick(now) - newest_, 0);
    for (std::int64_t age = 0; age < window_.size() - passed; ++age) {
        sum += buckets_[index(newest_ - age)];
    }
    return sum;
}

void circuit_measure::clear() noexcept
{
    totals_ = {};
    std::fill(buckets_.begin(), buckets_.end(), circuit_totals());
    oldest_ = 0;
}

circuit_measure circuit_measure::resized(circuit_window window) const
{
    circuit_measure made(window);
    if (window.what() != window_.what()) {
        return made;
    }
    switch (window.what()) {
    case circuit_window::kind::time:
        for (std::int64_t age = window_.size() - 1; age >= 0; --age) {
            auto const began = time_point(width() * (newest_ - age));
            made.add(buckets_[index(newest_ - age)], made.tick(began));
        }
        break;
    case circuit_window::kind::count:
        for (std::size_t i = 0; i < totals_.calls; ++i) {
            made.push(unpack(calls_[(oldest_ + i) % calls_.size()]));
        }
        break;
    case circuit_window::kind::consecutive: made.totals_ = totals_; break;
    }
    return made;
}

std::size_t circuit_measure::index(std::int64_t tick) const noexcept
{
    std::int64_t const size = window_.size();
    return static_cast<std::size_t>((tick % size + size) % size);
}

void circuit_measure::add(circuit_totals const& some, std::int64_t tick) noexcept
{
    if (totals_.calls == 0) {
        newest_ = tick;
    }
    std::int64_t const passed = std::min<std::int64_t>(tick - newest_, window_.size());
    for (std::int64_t i = 1; i <= passed; ++i) {
        totals_ -= std::exchange(buckets_[index(newest_ + i)], {});
    }
    newest_ = std::max(newest_, tick);
    buckets_[index(newest_)] += some;
    totals_ += some;
}

void circuit_measure::push(circuit_totals const& one) noexcept
{
    if (totals_.calls < calls_.size()) {
        calls_[static_cast<std::size_t>(totals_.calls)] = pack(one);
    } else {
        totals_ -= unpack(std::exchange(calls_[oldest_], pack(one)));
        oldest_ = (oldest_ + 1) % calls_.size();
    }
    totals_ += one;
}

} // namespace resil::core

#endif // RESIL_CORE_CIRCUIT_MEASURE_IPP
