// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_OCCASION_HPP
#define RESIL_DETAIL_OCCASION_HPP

#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>

#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace resil::detail {

/**
 * Lets any number of operations wait for something to happen, until a point in time.
 *
 * Waiting is for a condition, which is asked under the lock that `happen` takes: what came true before `happen`
 * was called is seen by the condition, or wakes who waits.
 */
class occasion
{
public:
    using handler_type = boost::asio::any_completion_handler<void(error_code)>;

    explicit occasion(boost::asio::any_io_executor const& ex)
        : shared_(std::make_shared<shared>(ex, service_of(ex)))
    {
        shared_->clock.attend(*shared_);
    }

    occasion(occasion const&) = delete;
    occasion& operator=(occasion const&) = delete;

    /// Ends with nobody waiting: those who do are told `operation_aborted`.
    ~occasion()
    {
        shared_->end_all(boost::asio::error::operation_aborted);
        shared_->leave();
    }

    boost::asio::any_io_executor get_executor() const noexcept { return shared_->ex; }

    timer_service& clock() const noexcept { return shared_->clock; }

    /// Wakes all who wait; from any thread.
    void happen() const { shared_->end_all({}); }

    /// Completes as soon as something has happened; at once if `already()`; with `errc::timed_out` at `until`.
    template <class Condition, class Token>
    auto async_wait(Condition already, time_point until, Token&& token) const
    {
        return boost::asio::async_initiate<Token, void(error_code)>(
            [s = shared_, already = std::move(already), until](auto handler) mutable {
                s->begin(handler_type(std::move(handler)), already, until);
            },
            token);
    }

    /// Completes with success at a point in time, or with `operation_aborted`.
    template <class Token>
    auto async_pause(time_point until, Token&& token) const
    {
        return boost::asio::async_initiate<Token, void(error_code)>(
            [s = shared_, until](auto handler) mutable {
                s->begin(handler_type(std::move(handler)), [] { return false; }, until, true);
            },
            token);
    }

private:
    struct shared;

    struct waiter : timer_service::timer
    {
        waiter(handler_type h, std::shared_ptr<shared> s, boost::asio::any_completion_executor const& e, bool p)
            : timer(callbacks_of_waiter),
              handler(std::move(h)),
              owner(std::move(s)),
              ex(boost::asio::prefer(e, boost::asio::execution::outstanding_work.tracked)),
              pauses(p)
        {
        }

        handler_type handler;
        std::shared_ptr<shared> owner;
        boost::asio::any_completion_executor ex;
        error_code outcome{};
        std::uint64_t id = 0;
        bool const pauses; // only time ends it
        bool has_timer = false;
    };

    using held = std::unique_ptr<waiter>;

    struct shared : timer_service::parked, std::enable_shared_from_this<shared>
    {
        shared(boost::asio::any_io_executor const& e, timer_service& c)
            : parked(&shared::on_context_over), ex(e), clock(c)
        {
        }

        template <class Condition>
        void begin(handler_type handler, Condition const& already, time_point until, bool pauses = false)
        {
            auto const where =
                boost::asio::get_associated_executor(handler, boost::asio::any_completion_executor(ex));
            auto slot = boost::asio::get_associated_cancellation_slot(handler);
            auto made = std::make_unique<waiter>(std::move(handler), shared_from_this(), where, pauses);
            std::uint64_t id = 0;
            {
                std::lock_guard const lock(mutex);
                if (!already()) {
                    id = add(std::move(made), until);
                }
            }
            if (made) {
                return deliver(std::move(made));
            }
            if (slot.is_connected()) {
                slot.assign([weak = this->weak_from_this(), id](boost::asio::cancellation_type type) {
                    auto const s = weak.lock();
                    if (s && type != boost::asio::cancellation_type::none) {
                        s->end(id, boost::asio::error::operation_aborted);
                    }
                });
            }
        }

        std::uint64_t add(held made, time_point until)
        {
            std::uint64_t const id = ++last_id;
            waiter& w = *made;
            w.id = id;
            auto const place = waiters.emplace(id, std::move(made)).first;
            if (until != time_point::max()) {
                try {
                    clock.arm(w, until, ex);
                    w.has_timer = true;
                } catch (...) {
                    waiters.erase(place);
                    throw;
                }
            }
            return id;
        }

        void end(std::uint64_t id, error_code ec)
        {
            held taken;
            {
                std::lock_guard const lock(mutex);
                auto const found = waiters.find(id);
                if (found == waiters.end()) {
                    return;
                }
                taken = take(found, ec);
            }
            settle(std::move(taken));
        }

        void end_all(error_code ec)
        {
            std::map<std::uint64_t, held> all;
            {
                std::lock_guard const lock(mutex);
                for (auto at = waiters.begin(); at != waiters.end();) {
                    auto const next = std::next(at);
                    if (ec || !at->second->pauses) {
                        std::uint64_t const id = at->first;
                        all.emplace(id, take(at, ec));
                    }
                    at = next;
                }
            }
            for (auto& each : all) {
                settle(std::move(each.second));
            }
        }

        held take(std::map<std::uint64_t, held>::iterator at, error_code ec)
        {
            held taken = std::move(at->second);
            taken->outcome = ec;
            taken->id = 0;
            waiters.erase(at);
            return taken;
        }

        // A timer whose expiry is under way comes back by itself, and brings the outcome along.
        void settle(held taken)
        {
            if (taken->has_timer && !clock.disarm(*taken)) {
                static_cast<void>(taken.release());
                return;
            }
            deliver(std::move(taken));
        }

        static void deliver(held taken)
        {
            auto const ex = taken->owner->ex; // never from within `happen`
            boost::asio::post(ex, [taken = std::move(taken)]() mutable {
                auto handler = std::move(taken->handler);
                auto const where = std::move(taken->ex);
                error_code const outcome = taken->outcome;
                taken.reset();
                boost::asio::dispatch(where, boost::asio::append(std::move(handler), outcome));
            });
        }

        void expire(waiter& w)
        {
            held taken;
            {
                std::lock_guard const lock(mutex);
                auto const found = waiters.find(w.id);
                taken = found == waiters.end() ? held(&w) : take(found, ending_of(w));
            }
            deliver(std::move(taken));
        }

        static error_code ending_of(waiter const& w)
        {
            return w.pauses ? error_code() : error_code(errc::timed_out);
        }

        void forget(waiter& w) noexcept
        {
            held taken;
            std::lock_guard const lock(mutex);
            auto const found = waiters.find(w.id);
            taken = found == waiters.end() ? held(&w) : take(found, {});
        }

        void leave() noexcept { clock.dismiss(*this); }

        static void on_context_over(parked& p) noexcept
        {
            auto& self = static_cast<shared&>(p);
            std::map<std::uint64_t, held> all;
            std::lock_guard const lock(self.mutex);
            all.swap(self.waiters);
        }

        boost::asio::any_io_executor const ex;
        timer_service& clock;
        std::mutex mutex{};
        std::map<std::uint64_t, held> waiters{};
        std::uint64_t last_id = 0;
    };

    static timer_service& service_of(boost::asio::any_io_executor const& ex)
    {
        return timer_service::of(boost::asio::query(ex, boost::asio::execution::context));
    }

    static void on_expired(timer_service::timer& t)
    {
        auto& w = static_cast<waiter&>(t);
        auto const owner = w.owner;
        owner->expire(w);
    }

    static void on_orphaned(timer_service::timer& t) noexcept
    {
        auto& w = static_cast<waiter&>(t);
        auto const owner = w.owner;
        owner->forget(w);
    }

    static constexpr timer_service::timer::callbacks callbacks_of_waiter{&occasion::on_expired,
                                                                         &occasion::on_orphaned};

    std::shared_ptr<shared> shared_;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_OCCASION_HPP
