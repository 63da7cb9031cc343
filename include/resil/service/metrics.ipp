// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_METRICS_IPP
#define RESIL_SERVICE_METRICS_IPP

// The bodies of service/metrics.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil::service {

std::vector<family_reading> metrics::read() const
{
    std::unique_lock lock(shared_->mutex);
    auto const functions = shared_->before_reading;
    lock.unlock();
    for (auto const& function : functions) {
        (*function)();
    }
    lock.lock();
    auto const families = shared_->families;
    lock.unlock();
    std::vector<family_reading> all;
    all.reserve(families.size());
    for (auto const& [name, family] : families) {
        all.push_back(family->read(name));
    }
    return all;
}

} // namespace resil::service

#endif // RESIL_SERVICE_METRICS_IPP
