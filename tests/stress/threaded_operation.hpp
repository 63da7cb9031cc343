// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_STRESS_THREADED_OPERATION_HPP
#define RESIL_TESTS_STRESS_THREADED_OPERATION_HPP

#include <resil/attempt.hpp>
#include <resil/core/random.hpp>
#include <resil/error.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace stress {

/**
 * Threads of their own that do something after a random short time, as a peer answers.
 *
 * Most times are shorter than a millisecond, so that a timeout of about that length often fires
 * while the answer is on its way.
 */
class peer
{
public:
    explicit peer(int threads)
    {
        for (int i = 0; i < threads; ++i) {
            threads_.emplace_back([this, i] { run(static_cast<std::uint64_t>(i)); });
        }
    }

    peer(peer const&) = delete;
    peer& operator=(peer const&) = delete;
    ~peer() { join(); }

    /// Does it a little later; at once if the peer has ended.
    void later(std::function<void()> f)
    {
        std::unique_lock lock(mutex_);
        if (stop_) {
            lock.unlock();
            return f();
        }
        waiting_.push_back(std::move(f));
        lock.unlock();
        wake_.notify_one();
    }

    /// Does everything that is left, and ends.
    void join()
    {
        {
            std::lock_guard const lock(mutex_);
            stop_ = true;
        }
        wake_.notify_all();
        threads_.clear();
    }

    std::uint64_t draw() { return draw_.next(); }

private:
    void run(std::uint64_t seed)
    {
        resil::core::generator draw(seed);
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
            if (waiting_.empty()) {
                return;
            }
            auto const which = draw.next() % waiting_.size();
            std::swap(waiting_[which], waiting_.back());
            auto const f = std::move(waiting_.back());
            waiting_.pop_back();
            lock.unlock();
            if (auto const us = draw.next() % 400; us > 200) {
                std::this_thread::sleep_for(std::chrono::microseconds(us - 200));
            }
            f();
            lock.lock();
        }
    }

    std::mutex mutex_{};
    std::condition_variable wake_{};
    std::vector<std::function<void()>> waiting_{};
    bool stop_ = false;
    resil::core::shared_generator draw_{1};
    std::vector<std::jthread> threads_{};
};

/// An operation that a peer's thread completes, sometimes with an error; cancellation completes
/// it at once. Whoever comes first, the peer or the cancellation, completes it.
struct threaded_operation
{
    template <class Handler>
    struct pending
    {
        explicit pending(Handler h)
            : handler(std::move(h)), work(boost::asio::get_associated_executor(handler))
        {
        }

        void complete(resil::error_code ec)
        {
            if (done.exchange(true)) {
                return;
            }
            auto const ex = work.get_executor();
            boost::asio::post(ex,
                              [h = std::move(handler), ec]() mutable { std::move(h)(ec, 1); });
            work.reset();
        }

        Handler handler;
        boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> work;
        std::atomic<bool> done{false};
    };

    struct start
    {
        peer* by;

        template <class Handler>
        void operator()(Handler h) const
        {
            auto slot = boost::asio::get_associated_cancellation_slot(h);
            auto const op = std::make_shared<pending<Handler>>(std::move(h));
            if (slot.is_connected()) {
                slot.assign([weak = std::weak_ptr(op)](boost::asio::cancellation_type_t) {
                    if (auto const alive = weak.lock()) {
                        alive->complete(boost::asio::error::operation_aborted);
                    }
                });
            }
            bool const fails = by->draw() % 4 == 0;
            by->later([op, fails] {
                op->complete(fails ? boost::asio::error::connection_reset
                                   : resil::error_code());
            });
        }
    };

    template <class Token>
    auto operator()(resil::attempt const&, Token&& token) const
    {
        return boost::asio::async_initiate<Token, void(resil::error_code, int)>(start{by},
                                                                                token);
    }

    peer* by;
};

} // namespace stress

#endif // RESIL_TESTS_STRESS_THREADED_OPERATION_HPP
