// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Providers of OpenTelemetry's interfaces that write down what they are told.

#ifndef RESIL_TESTS_OPENTELEMETRY_RECORDED_TELEMETRY_HPP
#define RESIL_TESTS_OPENTELEMETRY_RECORDED_TELEMETRY_HPP

#include <opentelemetry/metrics/meter.h>
#include <opentelemetry/metrics/noop.h>
#include <opentelemetry/trace/span.h>
#include <opentelemetry/trace/tracer.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace recorded {

namespace api = ::opentelemetry;
using text_view = api::nostd::string_view;
using iterable = api::common::KeyValueIterable;
using attribute = api::common::AttributeValue;

inline std::string text(text_view t)
{
    return {t.data(), t.size()};
}

inline std::string text(attribute const& value)
{
    return api::nostd::visit(
        [](auto const& v) -> std::string {
            if constexpr (std::is_convertible_v<decltype(v), text_view>) {
                return text(text_view(v));
            } else if constexpr (std::is_arithmetic_v<std::decay_t<decltype(v)>>) {
                std::ostringstream out;
                out << v;
                return out.str();
            } else {
                return "a list";
            }
        },
        value);
}

/// Writes attributes as "name=value name=value", in the order in which they come.
inline std::string text(iterable const& attributes)
{
    std::string all;
    attributes.ForEachKeyValue([&](text_view name, attribute value) {
        all += (all.empty() ? "" : " ") + text(name) + "=" + text(value);
        return true;
    });
    return all;
}

/// What became of a span.
struct span_record
{
    std::string name{};
    std::map<std::string, std::string> attributes{};
    std::vector<std::string> events{};
    std::string status{}; // empty: unset
    std::uint8_t number = 0;
    std::uint8_t parent = 0; // zero: none
    bool client = false;
    int ended = 0;
    bool alive = true;
};

class span final : public api::trace::Span
{
public:
    explicit span(std::shared_ptr<span_record> record) : record_(std::move(record)) {}
    ~span() override { record_->alive = false; }

    void SetAttribute(text_view key, attribute const& value) noexcept override
    {
        record_->attributes[text(key)] = text(value);
    }

    void AddEvent(text_view name) noexcept override { record_->events.push_back(text(name)); }

    void AddEvent(text_view name, api::common::SystemTimestamp) noexcept override
    {
        AddEvent(name);
    }

    void AddEvent(text_view name, api::common::SystemTimestamp,
                  iterable const& more) noexcept override
    {
        record_->events.push_back(text(name) + " " + text(more));
    }

    using api::trace::Span::AddEvent;

    void SetStatus(api::trace::StatusCode code, text_view description) noexcept override
    {
        record_->status = code == api::trace::StatusCode::kError ? text(description) : "ok";
    }

    void UpdateName(text_view name) noexcept override { record_->name = text(name); }
    void End(api::trace::EndSpanOptions const&) noexcept override { ++record_->ended; }
    bool IsRecording() const noexcept override { return true; }

    api::trace::SpanContext GetContext() const noexcept override
    {
        std::uint8_t const trace[16] = {1};
        std::uint8_t const number[8] = {record_->number};
        return {api::trace::TraceId(trace), api::trace::SpanId(number), api::trace::TraceFlags(),
                false};
    }

private:
    std::shared_ptr<span_record> record_;
};

class tracer final : public api::trace::Tracer
{
public:
    using api::trace::Tracer::StartSpan;

    api::nostd::shared_ptr<api::trace::Span>
    StartSpan(text_view name, iterable const& attributes,
              api::trace::SpanContextKeyValueIterable const&,
              api::trace::StartSpanOptions const& options) noexcept override
    {
        auto record = std::make_shared<span_record>();
        record->name = text(name);
        attributes.ForEachKeyValue([&](text_view key, attribute value) {
            record->attributes[text(key)] = text(value);
            return true;
        });
        record->number = static_cast<std::uint8_t>(spans.size() + 1);
        if (auto const* const parent = api::nostd::get_if<api::trace::SpanContext>(&options.parent)) {
            record->parent = *parent->span_id().Id().data();
        }
        record->client = options.kind == api::trace::SpanKind::kClient;
        spans.push_back(record);
        return api::nostd::shared_ptr<api::trace::Span>(new span(record));
    }

    void ForceFlushWithMicroseconds(std::uint64_t) noexcept override {}
    void CloseWithMicroseconds(std::uint64_t) noexcept override {}

    std::vector<std::shared_ptr<span_record>> spans;
};

/// What instruments were told: sums of counters, and lists of what histograms were given, by "name{attributes}".
struct measurements
{
    std::map<std::string, std::uint64_t> counted{};
    std::map<std::string, std::vector<double>> recorded{};
    std::map<std::string, std::string> units{};
};

class counter final : public api::metrics::Counter<std::uint64_t>
{
public:
    counter(std::string name, std::shared_ptr<measurements> all)
        : name_(std::move(name)), all_(std::move(all))
    {
    }

    void Add(std::uint64_t n) noexcept override { all_->counted[name_ + "{}"] += n; }
    void Add(std::uint64_t n, api::context::Context const&) noexcept override { Add(n); }

    void Add(std::uint64_t n, iterable const& attributes) noexcept override
    {
        all_->counted[name_ + "{" + text(attributes) + "}"] += n;
    }

    void Add(std::uint64_t n, iterable const& attributes,
             api::context::Context const&) noexcept override
    {
        Add(n, attributes);
    }

private:
    std::string name_;
    std::shared_ptr<measurements> all_;
};

class histogram final : public api::metrics::Histogram<double>
{
public:
    histogram(std::string name, std::shared_ptr<measurements> all)
        : name_(std::move(name)), all_(std::move(all))
    {
    }

    void Record(double value, api::context::Context const&) noexcept override
    {
        all_->recorded[name_ + "{}"].push_back(value);
    }

    void Record(double value, iterable const& attributes,
                api::context::Context const&) noexcept override
    {
        all_->recorded[name_ + "{" + text(attributes) + "}"].push_back(value);
    }

private:
    std::string name_;
    std::shared_ptr<measurements> all_;
};

/// An instrument that asks when it is read.
class observable final : public api::metrics::ObservableInstrument
{
public:
    using callback = std::pair<api::metrics::ObservableCallbackPtr, void*>;

    void AddCallback(api::metrics::ObservableCallbackPtr f, void* state) noexcept override
    {
        callbacks_.emplace(f, state);
    }

    void RemoveCallback(api::metrics::ObservableCallbackPtr f, void* state) noexcept override
    {
        callbacks_.erase(callback(f, state));
    }

    /// Reads it: what it shows, by its attributes.
    std::map<std::string, std::int64_t> read() const
    {
        auto* const seen = new result;
        api::nostd::shared_ptr<api::metrics::ObserverResultT<std::int64_t>> const owned(seen);
        for (auto const& [f, state] : callbacks_) {
            f(owned, state);
        }
        return seen->shown;
    }

private:
    struct result final : api::metrics::ObserverResultT<std::int64_t>
    {
        void Observe(std::int64_t value) noexcept override { shown[""] = value; }

        void Observe(std::int64_t value, iterable const& attributes) noexcept override
        {
            shown[text(attributes)] = value;
        }

        std::map<std::string, std::int64_t> shown;
    };

    std::set<callback> callbacks_;
};

/// A meter that makes the instruments above; those that resil does not use do nothing.
class meter final : public api::metrics::Meter
{
    template <class Instrument>
    using owned = api::nostd::unique_ptr<Instrument>;
    using asking = api::nostd::shared_ptr<api::metrics::ObservableInstrument>;

public:
    owned<api::metrics::Counter<std::uint64_t>>
    CreateUInt64Counter(text_view name, text_view, text_view unit) noexcept override
    {
        all->units[text(name)] = text(unit);
        return owned<api::metrics::Counter<std::uint64_t>>(new counter(text(name), all));
    }

    owned<api::metrics::Histogram<double>>
    CreateDoubleHistogram(text_view name, text_view, text_view unit) noexcept override
    {
        all->units[text(name)] = text(unit);
        return owned<api::metrics::Histogram<double>>(new histogram(text(name), all));
    }

    owned<api::metrics::Counter<double>> CreateDoubleCounter(text_view n, text_view d,
                                                             text_view u) noexcept override
    {
        return noop_.CreateDoubleCounter(n, d, u);
    }

    asking CreateInt64ObservableCounter(text_view name, text_view, text_view) noexcept override
    {
        return made(name);
    }

    asking CreateDoubleObservableCounter(text_view n, text_view d,
                                             text_view u) noexcept override
    {
        return noop_.CreateDoubleObservableCounter(n, d, u);
    }

    owned<api::metrics::Histogram<std::uint64_t>>
    CreateUInt64Histogram(text_view n, text_view d, text_view u) noexcept override
    {
        return noop_.CreateUInt64Histogram(n, d, u);
    }

    asking CreateInt64ObservableGauge(text_view name, text_view, text_view) noexcept override
    {
        return made(name);
    }

    asking CreateDoubleObservableGauge(text_view n, text_view d, text_view u) noexcept override
    {
        return noop_.CreateDoubleObservableGauge(n, d, u);
    }

    owned<api::metrics::UpDownCounter<std::int64_t>>
    CreateInt64UpDownCounter(text_view n, text_view d, text_view u) noexcept override
    {
        return noop_.CreateInt64UpDownCounter(n, d, u);
    }

    owned<api::metrics::UpDownCounter<double>>
    CreateDoubleUpDownCounter(text_view n, text_view d, text_view u) noexcept override
    {
        return noop_.CreateDoubleUpDownCounter(n, d, u);
    }

    asking CreateInt64ObservableUpDownCounter(text_view n, text_view d,
                                                  text_view u) noexcept override
    {
        return noop_.CreateInt64ObservableUpDownCounter(n, d, u);
    }

    asking CreateDoubleObservableUpDownCounter(text_view n, text_view d,
                                                   text_view u) noexcept override
    {
        return noop_.CreateDoubleObservableUpDownCounter(n, d, u);
    }

    /// Reads an instrument that asks.
    std::map<std::string, std::int64_t> read(std::string const& name) const
    {
        return observables_.at(name)->read();
    }

    std::shared_ptr<measurements> all = std::make_shared<measurements>();

private:
    asking made(text_view name)
    {
        auto* const one = new observable;
        observables_[text(name)] = one;
        owned_.push_back(asking(one));
        return owned_.back();
    }

    api::metrics::NoopMeter noop_;
    std::map<std::string, observable*> observables_;
    std::vector<asking> owned_;
};

} // namespace recorded

#endif // RESIL_TESTS_OPENTELEMETRY_RECORDED_TELEMETRY_HPP
