// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CONTRACT_SUPPORT_PROBE_HPP
#define RESIL_TESTS_CONTRACT_SUPPORT_PROBE_HPP

#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace contract {

/// What a check found wrong: a sentence each. Empty: the subject keeps the contract.
using violations = std::vector<std::string>;

/// What a counting allocator has given out.
struct memory_record
{
    std::size_t live = 0;
    std::size_t allocations = 0;
};

/// An allocator that counts; a handler's own, so that a call must use it and give all back.
template <class T>
class counting_allocator
{
public:
    using value_type = T;

    explicit counting_allocator(memory_record& record) noexcept : record_(&record) {}

    template <class U>
    counting_allocator(counting_allocator<U> const& other) noexcept : record_(other.record_)
    {
    }

    T* allocate(std::size_t n)
    {
        T* const memory = std::allocator<T>().allocate(n);
        record_->live += n * sizeof(T);
        ++record_->allocations;
        return memory;
    }

    void deallocate(T* memory, std::size_t n) noexcept
    {
        record_->live -= n * sizeof(T);
        std::allocator<T>().deallocate(memory, n);
    }

    template <class U>
    friend bool operator==(counting_allocator const& a, counting_allocator<U> const& b) noexcept
    {
        return a.record_ == b.record_;
    }

private:
    template <class>
    friend class counting_allocator;

    memory_record* record_;
};

/// What became of one probe; it outlives the context that the probe is used on.
struct probe_record
{
    int calls = 0;                     ///< How often the handler was called.
    int destroyed = 0;                 ///< How often a handler that had not been moved from was destroyed.
    resil::error_code code{};          ///< What it was called with.
    int value = 0;
    bool initiating = false;           ///< The initiating function is running.
    bool emitting = false;             ///< A cancellation is being emitted.
    memory_record memory{};
    boost::asio::cancellation_signal signal{};
    std::function<bool()> on_executor{}; ///< Whether the bound executor is running.
    std::function<void()> when_called{};
    violations found{};

    void expect(bool condition, char const* otherwise)
    {
        if (!condition) {
            found.emplace_back(otherwise);
        }
    }
};

/**
 * A completion handler that sees to it that it is treated well.
 *
 * Move-only; has an executor, an allocator, and a cancellation slot. Its call checks where and when
 * it happens; `probe_record::destroyed` tells of handlers that were lost or copied.
 */
class probe_handler
{
public:
    using executor_type = boost::asio::any_io_executor;
    using allocator_type = counting_allocator<char>;
    using cancellation_slot_type = boost::asio::cancellation_slot;

    probe_handler(probe_record& record, executor_type ex) noexcept
        : record_(&record), executor_(std::move(ex))
    {
    }

    probe_handler(probe_handler&& other) noexcept
        : record_(std::exchange(other.record_, nullptr)), executor_(other.executor_)
    {
    }

    probe_handler& operator=(probe_handler&&) = delete;

    ~probe_handler()
    {
        if (record_) {
            ++record_->destroyed;
        }
    }

    executor_type get_executor() const noexcept { return executor_; }
    allocator_type get_allocator() const noexcept { return allocator_type(record_->memory); }
    cancellation_slot_type get_cancellation_slot() const noexcept { return record_->signal.slot(); }

    void operator()(resil::error_code ec, int value)
    {
        probe_record& r = *record_;
        ++r.calls;
        r.code = ec;
        r.value = value;
        r.expect(r.calls == 1, "the handler was called twice");
        r.expect(!r.initiating, "the handler was called inside of the initiating function");
        r.expect(!r.emitting, "the handler was called inside of a cancellation");
        r.expect(r.on_executor(), "the handler was not called on its executor");
        r.expect(r.memory.live == 0, "memory of the call was in use when the handler was called");
        r.expect(!r.signal.slot().has_handler(), "the slot was in use when the handler was called");
        if (r.when_called) {
            r.when_called();
        }
    }

private:
    probe_record* record_;
    executor_type executor_;
};

} // namespace contract

#endif // RESIL_TESTS_CONTRACT_SUPPORT_PROBE_HPP
