// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_OPENTELEMETRY_DETAIL_OBSERVED_INSTRUMENT_HPP
#define RESIL_OPENTELEMETRY_DETAIL_OBSERVED_INSTRUMENT_HPP

#include <resil/config.hpp>
#include <resil/opentelemetry/detail/views.hpp>

#include <opentelemetry/metrics/async_instruments.h>
#include <opentelemetry/metrics/observer_result.h>
#include <opentelemetry/nostd/shared_ptr.h>
#include <opentelemetry/nostd/variant.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace resil::otel::detail {

/// Takes the numbers of one dependency, while an instrument is being read.
class report
{
public:
    using result = ::opentelemetry::metrics::ObserverResultT<std::int64_t>;

    report(result& to, std::string_view dependency) noexcept : to_(to), dependency_(dependency) {}

    template <std::integral Number>
    void operator()(Number value) const noexcept
    {
        to_.Observe(static_cast<std::int64_t>(value), {{"dependency", view(dependency_)}});
    }

    template <std::integral Number>
    void operator()(Number value, std::string_view label, std::string_view of) const noexcept
    {
        to_.Observe(static_cast<std::int64_t>(value),
                    {{"dependency", view(dependency_)}, {view(label), view(of)}});
    }

private:
    result& to_;
    std::string_view dependency_;
};

/// An instrument that asks when it is read. It stays where it is, for OpenTelemetry knows it by its address.
class observed_instrument
{
public:
    using instrument =
        ::opentelemetry::nostd::shared_ptr<::opentelemetry::metrics::ObservableInstrument>;

    explicit observed_instrument(instrument i) : instrument_(std::move(i))
    {
        instrument_->AddCallback(&observe, this);
    }

    observed_instrument(observed_instrument const&) = delete;
    observed_instrument& operator=(observed_instrument const&) = delete;

    ~observed_instrument() { instrument_->RemoveCallback(&observe, this); }

    void watch(std::string_view dependency, std::function<void(report const&)> look)
    {
        std::lock_guard const lock(mutex_);
        looks_.emplace_back(std::string(dependency), std::move(look));
    }

private:
    static void observe(::opentelemetry::metrics::ObserverResult result, void* self)
    {
        auto const* const to = ::opentelemetry::nostd::get_if<
            ::opentelemetry::nostd::shared_ptr<report::result>>(&result);
        if (to) {
            static_cast<observed_instrument*>(self)->look(**to);
        }
    }

    void look(report::result& to)
    {
        std::lock_guard const lock(mutex_);
        for (auto const& [dependency, look] : looks_) {
            look(report(to, dependency));
        }
    }

    instrument instrument_;
    std::mutex mutex_;
    std::vector<std::pair<std::string, std::function<void(report const&)>>> looks_;
};

} // namespace resil::otel::detail

#endif // RESIL_OPENTELEMETRY_DETAIL_OBSERVED_INSTRUMENT_HPP
