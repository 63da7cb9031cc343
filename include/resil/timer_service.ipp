// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TIMER_SERVICE_IPP
#define RESIL_TIMER_SERVICE_IPP

// The bodies of timer_service.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil {

timer_service::timer_service(boost::asio::execution_context& context)
    : timer_service(context, hint_of(context))
{
}

timer_service::timer_service(boost::asio::execution_context& context, hint said)
    : service(context), mutex_(said.locking), single_threaded_(said.single_threaded)
{
}

std::size_t timer_service::armed() const noexcept
{
    std::lock_guard lock(mutex_);
    return wheel_.size();
}

void timer_service::work_count::set(int wanted) noexcept
{
    for (; added_ < wanted; ++added_) {
        if (io_) {
            io_->on_work_started();
        } else if (pool_) {
            pool_->on_work_started();
        }
    }
    for (; added_ > wanted; --added_) {
        if (io_) {
            io_->on_work_finished();
        } else if (pool_) {
            pool_->on_work_finished();
        }
    }
}

void timer_service::work_count::learn_from_target(boost::asio::any_io_executor const& ex)
{
    using boost::asio::strand;
    if (auto const* io = ex.target<io_executor>()) {
        io_.emplace(*io);
    } else if (auto const* pool = ex.target<pool_executor>()) {
        pool_.emplace(*pool);
    } else if (auto const* io_strand = ex.target<strand<io_executor>>()) {
        io_.emplace(io_strand->get_inner_executor());
    } else if (auto const* pool_strand = ex.target<strand<pool_executor>>()) {
        pool_.emplace(pool_strand->get_inner_executor());
    } else if (auto const* any_strand =
                   ex.target<strand<boost::asio::any_io_executor>>()) {
        learn_from_target(any_strand->get_inner_executor());
    }
}

timer_service::hint timer_service::hint_of([[maybe_unused]] boost::asio::execution_context& context)
{
#if BOOST_VERSION >= 108800
    boost::asio::config const said(context);
    return {said.get("scheduler", "concurrency_hint", 0) == 1, said.get("scheduler", "locking", true)};
#else
    return {};
#endif
}

void timer_service::balance_work() noexcept
{
    bool const waiting = working_ > 0 || parked_.is_linked();
    if (!work_.known() && driver_ && driver_pending_ && wheel_.empty()) {
        driver_->cancel();
    }
    work_.set(int(waiting) - (driver_pending_ ? work_.of_a_wait() : 0));
}

void timer_service::wait_for_driver(time_point at)
{
    driver_->expires_at(at);
    driver_->async_wait(on_driver{this});
    ++waits_;
    driver_pending_ = true;
    balance_work();
}

void timer_service::driver_expired()
{
    {
        std::lock_guard lock(mutex_);
        if (--waits_ > 0) {
            return;
        }
        driver_pending_ = false;
        firing_ = true;
        balance_work();
    }
    fire_some();
}

void timer_service::fire_some()
{
    time_point const due = std::chrono::steady_clock::now();
    next_turn const next{*this, due};
    for (int steps = steps_of_a_turn; timer* const t = take_due(due, steps);) {
        tell_expired(*t);
    }
}

timer_service::next_turn::~next_turn()
{
    try {
        std::lock_guard lock(service.mutex_);
        service.go_on_after(due);
    } catch (std::bad_alloc const&) {
        // The next `arm` finds that nothing is pending, and drives again.
    }
}

void timer_service::go_on_after(time_point due)
{
    firing_ = false;
    if (wheel_.empty()) {
        return;
    }
    time_point const next = wheel_.next_event();
    if (next > due) {
        return wait_for_driver(next);
    }
    boost::asio::post(driver_->get_executor(), on_turn{this});
    firing_ = true;
}

timer_service::timer* timer_service::take_due(time_point due, int& steps) noexcept
{
    std::lock_guard lock(mutex_);
    return taken(wheel_.take_due(due, steps));
}

timer_service::timer* timer_service::take_earliest(time_point until) noexcept
{
    std::lock_guard lock(mutex_);
    core::wheel_timer* const first = wheel_.earliest();
    if (!first || first->at() > until) {
        return nullptr;
    }
    wheel_.remove(*first);
    return taken(first);
}

timer_service::timer* timer_service::taken(core::wheel_timer* found) noexcept
{
    auto* const t = static_cast<timer*>(found);
    if (t) {
        end_waiting(*t);
    }
    return t;
}

void timer_service::shutdown()
{
    while (timer* t = take_earliest(time_point::max())) {
        t->told_->orphaned(*t);
    }
    while (parked* p = take_first(parked_)) {
        p->orphaned_(*p);
    }
    while (parked* p = take_first(attending_)) {
        p->orphaned_(*p);
    }
    driver_.reset();
}

timer_service::parked* timer_service::take_first(core::link_head& list) noexcept
{
    std::lock_guard lock(mutex_);
    if (!list.is_linked()) {
        return nullptr;
    }
    auto& p = static_cast<parked&>(list.next());
    p.unlink();
    return &p;
}

} // namespace resil

#endif // RESIL_TIMER_SERVICE_IPP
