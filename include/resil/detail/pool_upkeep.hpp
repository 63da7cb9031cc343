// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_POOL_UPKEEP_HPP
#define RESIL_DETAIL_POOL_UPKEEP_HPP

#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <new>

namespace resil::detail {

/**
 * The alarm clock of a pool: says when to look after connections that nobody asks for.
 *
 * Gives its context no work. `Pool` has `upkeep()`, called when the time has come, on a thread
 * that drives the context. Everything else is said under the pool's lock.
 */
template <class Pool>
class pool_upkeep : timer_service::timer
{
public:
    pool_upkeep(Pool& pool, timer_service& service) noexcept
        : timer(told), pool_(pool), service_(service)
    {
    }

    /// Says whether it is set, or ringing.
    bool is_set() const noexcept { return at_ != time_point::max(); }

    /// Rings at some point in time, or earlier.
    void set(time_point at, boost::asio::any_io_executor const& ex) noexcept
    {
        if (at >= at_ || (is_set() && !service_.disarm(*this))) {
            return; // rings soon enough
        }
        at_ = time_point::max();
        try {
            service_.arm(*this, at, ex);
            at_ = at;
        } catch (std::bad_alloc const&) {
            // The next event tries again.
        }
    }

    /// Hears that it has rung.
    void rung() noexcept { at_ = time_point::max(); }

    /// Rings no more; false if it is ringing.
    bool stop() noexcept
    {
        if (is_set() && !service_.disarm(*this)) {
            return false;
        }
        rung();
        return true;
    }

private:
    static void on_expired(timer& t) { static_cast<pool_upkeep&>(t).pool_.upkeep(); }
    static void on_orphaned(timer& t) noexcept { static_cast<pool_upkeep&>(t).rung(); }

    static constexpr callbacks told{&on_expired, &on_orphaned, true};

    Pool& pool_;
    timer_service& service_;
    time_point at_ = time_point::max();
};

} // namespace resil::detail

#endif // RESIL_DETAIL_POOL_UPKEEP_HPP
