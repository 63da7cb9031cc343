// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_METRICS_HPP
#define RESIL_SERVICE_METRICS_HPP

#include <resil/config.hpp>
#include <resil/core/latency_histogram.hpp>
#include <resil/core/striped_cells.hpp>
#include <resil/error.hpp>
#include <resil/service/detail/series_list.hpp>
#include <resil/service/metric_reading.hpp>
#include <resil/service/metrics_options.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace resil::service {

/**
 * Counts: a total that only grows.
 *
 * A handle: copies share the total, which the registry shows as long as it exists.
 *
 * Thread safety: safe, shared objects too; lock-free.
 * Exceptions: nothing here throws.
 * Cost: an addition without a locked instruction on the first 31 threads that there are at a time, one with it on
 * others. The first addition of a thread allocates a cache line.
 *
 * Example:
 *
 *     resil::service::counter const orders =
 *         metrics.counter("shop_orders_total", "Orders that were placed.");
 */
class counter
{
public:
    /// Adds to the total.
    void add(std::uint64_t n = 1) const noexcept { cells_->mine().add(0, n); }

    /// Makes the total at least so large: for what something else counts. Use it or `add`, not both.
    void raise_to(std::uint64_t total) const noexcept { cells_->shared().raise(0, total); }

    /// Returns the total.
    std::uint64_t value() const noexcept { return cells_->sum(0); }

private:
    template <class>
    friend class metric_family;

    using cells = core::striped_cells;

    explicit counter(std::shared_ptr<cells> c) noexcept : cells_(std::move(c)) {}

    static constexpr metric_kind kind = metric_kind::counter;
    static std::shared_ptr<cells> make() { return std::make_shared<cells>(1); }
    static std::uint64_t read(cells const& c) noexcept { return c.sum(0); }

    std::shared_ptr<cells> cells_;
};

/**
 * Shows a number that goes up and down.
 *
 * A handle: copies share the number, which the registry shows as long as it exists.
 *
 * Thread safety: safe, shared objects too; lock-free.
 * Exceptions: nothing here throws.
 * Cost: `set` is a store, `add` a locked instruction.
 *
 * Example:
 *
 *     resil::service::gauge const connected =
 *         metrics.gauge("shop_connected_clients", "Clients that are connected.");
 */
class gauge
{
public:
    /// Sets the number.
    void set(double value) const noexcept { cells_->store(value, std::memory_order_relaxed); }

    /// Changes the number.
    void add(double more) const noexcept
    {
        double before = value();
        while (!cells_->compare_exchange_weak(before, before + more, std::memory_order_relaxed)) {
        }
    }

    /// Returns the number.
    double value() const noexcept { return cells_->load(std::memory_order_relaxed); }

private:
    template <class>
    friend class metric_family;

    using cells = std::atomic<double>;

    explicit gauge(std::shared_ptr<cells> c) noexcept : cells_(std::move(c)) {}

    static constexpr metric_kind kind = metric_kind::gauge;
    static std::shared_ptr<cells> make() { return std::make_shared<cells>(0.0); }
    static double read(cells const& c) noexcept { return c.load(std::memory_order_relaxed); }

    std::shared_ptr<cells> cells_;
};

/**
 * Records how long things took, for quantiles and for the buckets of Prometheus.
 *
 * A handle: copies share the histogram, which the registry shows as long as it exists.
 *
 * Thread safety: safe, shared objects too; lock-free. What is read holds some of what is being recorded.
 * Exceptions: `record` throws nothing; `histogram` throws `bad_alloc`.
 * Cost: that of three counters. The first record of a thread allocates 4.7 KB, and so does reading.
 *
 * Example:
 *
 *     resil::service::latency const answers =
 *         metrics.latency("shop_answer_seconds", "How long it took to answer.");
 */
class latency
{
public:
    /// Records a duration.
    void record(duration d) const noexcept { latency_histogram::record(*cells_, d); }

    /// Returns all that was recorded.
    latency_histogram histogram() const { return read(*cells_); }

private:
    template <class>
    friend class metric_family;

    using cells = core::striped_cells;

    explicit latency(std::shared_ptr<cells> c) noexcept : cells_(std::move(c)) {}

    static constexpr metric_kind kind = metric_kind::latency;

    static std::shared_ptr<cells> make()
    {
        return std::make_shared<cells>(latency_histogram::cells_needed);
    }

    static latency_histogram read(cells const& c)
    {
        latency_histogram all;
        all.merge(c);
        return all;
    }

    std::shared_ptr<cells> cells_;
};

/**
 * Holds the series of one metric: one for each set of label values.
 *
 * A handle: copies share the series.
 *
 * Thread safety: safe, shared objects too; a mutex guards the list of series.
 * Exceptions: `with` throws `invalid_option` and `bad_alloc`.
 * Cost: `with` looks a series up under a mutex, and allocates. Keep what it returns where speed matters.
 *
 * Example:
 *
 *     auto const answered = metrics.counters("shop_answers_total", "Requests that were answered.",
 *                                            {"endpoint", "status"});
 *     resil::service::counter const good = answered.with({"/orders", "200"});
 */
template <class Metric>
class metric_family
{
public:
    /// Returns the series with these label values, one for each label name. Throws `invalid_option` if there are more or
    /// fewer. Values are made valid UTF-8 and cut as `metrics_options` says; beyond its `max_series` this is the overflow's.
    Metric with(std::span<std::string_view const> values) const
    {
        return Metric(shared_->find(values));
    }

    /// The same with the values in braces.
    Metric with(std::initializer_list<std::string_view> values) const
    {
        return with(std::span(values.begin(), values.size()));
    }

private:
    friend class metrics;

    using cells = typename Metric::cells;
    static constexpr metric_kind kind = Metric::kind;

    class shared final : public detail::series_list<cells>
    {
    public:
        shared(std::string_view help, std::span<std::string_view const> labels,
               detail::series_limits limits)
            : detail::series_list<cells>(kind, help, labels, limits)
        {
        }

    private:
        std::shared_ptr<cells> make() const override { return Metric::make(); }

        void read_series(family_reading& into) const override
        {
            this->each([&](auto const& labels, cells const& numbers) {
                into.series.push_back({labels, Metric::read(numbers)});
            });
        }
    };

    explicit metric_family(std::shared_ptr<shared> s) noexcept : shared_(std::move(s)) {}

    std::shared_ptr<shared> shared_;
};

/**
 * Keeps the counters, gauges and latency histograms of a process, and reads them all at once.
 *
 * Make each family once, where its name is written, and keep the handles: recording through them takes no lock and
 * looks nothing up. A family that is made again, with the same kind, help and labels, is the same family. How many
 * series a family has is bounded, so label values may come from outside; names may not.
 *
 * `prometheus_text` writes what is read as Prometheus wants it.
 *
 * A handle: copies share the registry.
 *
 * Thread safety: safe, shared objects too; a mutex guards the list of families.
 * Exceptions: making a registry or a family throws `invalid_option` and `bad_alloc`; reading throws `bad_alloc` and
 * what the functions given to `on_read` throw.
 * Calls: the functions given to `on_read`, on the thread that reads, outside of any lock.
 * Cost: see the handles; reading takes microseconds a series.
 *
 * Example:
 *
 *     resil::service::metrics const metrics;
 *     auto const orders = metrics.counter("shop_orders_total", "Orders that were placed.");
 *     orders.add();
 *     std::string const body = prometheus_text(metrics); // for GET /metrics
 */
class metrics
{
public:
    /// The value of all labels of the series that counts what has no series of its own.
    static constexpr std::string_view overflow = "__overflow__";

    /// Throws `invalid_option` if an option is out of range.
    explicit metrics(metrics_options options = {})
        : shared_((options.validate(), std::make_shared<shared>(std::move(options))))
    {
    }

    /// Returns the options.
    metrics_options const& options() const noexcept { return shared_->options; }

    /// Makes a counter without labels; its name ends in `_total`.
    service::counter counter(std::string_view name, std::string_view help) const
    {
        return counters(name, help, {}).with({});
    }

    /// Makes a gauge without labels.
    service::gauge gauge(std::string_view name, std::string_view help) const
    {
        return gauges(name, help, {}).with({});
    }

    /// Makes a latency histogram without labels; its name ends in `_seconds`.
    service::latency latency(std::string_view name, std::string_view help) const
    {
        return latencies(name, help, {}).with({});
    }

    /// Makes a family of counters; its name ends in `_total`.
    metric_family<service::counter> counters(std::string_view name, std::string_view help,
                                             std::initializer_list<std::string_view> labels) const
    {
        return family<service::counter>(name, help, labels, "_total");
    }

    /// Makes a family of gauges; its name ends in nothing that belongs to the others.
    metric_family<service::gauge> gauges(std::string_view name, std::string_view help,
                                         std::initializer_list<std::string_view> labels) const
    {
        return family<service::gauge>(name, help, labels, "");
    }

    /// Makes a family of latency histograms; its name ends in `_seconds`.
    metric_family<service::latency> latencies(std::string_view name, std::string_view help,
                                              std::initializer_list<std::string_view> labels) const
    {
        return family<service::latency>(name, help, labels, "_seconds");
    }

    /// Has a function called before each reading, to set gauges and raise counters. It is kept as long as the registry:
    /// it must not hold the registry itself.
    void on_read(std::function<void()> function) const
    {
        std::lock_guard lock(shared_->mutex);
        shared_->before_reading.push_back(
            std::make_shared<std::function<void()> const>(std::move(function)));
    }

    /// Reads all families, in the order of their names.
    RESIL_DECL std::vector<family_reading> read() const;

private:
    struct shared
    {
        explicit shared(metrics_options o) : options(std::move(o)) {}

        metrics_options const options;
        std::mutex mutex;
        std::map<std::string, std::shared_ptr<detail::any_series_list>, std::less<>> families;
        std::vector<std::shared_ptr<std::function<void()> const>> before_reading;
    };

    template <class Metric>
    metric_family<Metric> family(std::string_view name, std::string_view help,
                                 std::initializer_list<std::string_view> labels,
                                 std::string_view ending) const
    {
        using family_type = typename metric_family<Metric>::shared;
        auto const names = std::span(labels.begin(), labels.size());
        detail::require_family(name, names, ending);
        std::lock_guard lock(shared_->mutex);
        auto const found = shared_->families.find(name);
        if (found != shared_->families.end()) {
            found->second->require_same(name, metric_family<Metric>::kind, help, names);
            return metric_family<Metric>(std::static_pointer_cast<family_type>(found->second));
        }
        auto made = std::make_shared<family_type>(
            help, names,
            detail::series_limits{options().max_series, options().max_label_size, overflow});
        shared_->families.emplace(name, made);
        return metric_family<Metric>(std::move(made));
    }

    std::shared_ptr<shared> shared_;
};

} // namespace resil::service

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/service/metrics.ipp>
#endif

#endif // RESIL_SERVICE_METRICS_HPP
