// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_SUPERVISOR_MACHINE_HPP
#define RESIL_CORE_SUPERVISOR_MACHINE_HPP

#include <resil/core/saturate.hpp>
#include <resil/core/supervisor_options.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace resil::core {

/// What a supervisor is to do with its workers.
enum class supervisor_step : unsigned char
{
    start,     ///< Start one, and tell the machine its number.
    terminate, ///< Tell one to end.
    kill,      ///< End one.
};

/// A step, and whom it is about.
struct supervisor_action
{
    supervisor_step step; ///< What.
    int worker;           ///< Whom; for `start`: whose successor, or 0.
    std::size_t slot = 0; ///< For `start`: which of the places it takes, from 0.

    /// Says whether two are the same.
    bool operator==(supervisor_action const&) const = default;
};

/**
 * Decides when workers are started, told to end, and killed; whoever asks executes it.
 *
 * Workers are named by numbers other than 0. Each has a slot, which its successor takes over: while one is replaced, both
 * have it. A worker that leaves is replaced at once, one that crashed after a delay. Replacements go one by one: an old worker is told to end when its successor is ready. Whoever leaves is told once: a
 * second signal would mean "at once". Thread safety: none. Throws `bad_alloc`.
 */
class supervisor_machine
{
public:
    /// Takes options that are valid.
    explicit supervisor_machine(supervisor_options const& options) : options_(options) {}

    /// Returns what is to be done now.
    std::vector<supervisor_action> next(time_point now)
    {
        std::vector<supervisor_action> steps = std::exchange(queued_, {});
        for (worker& each : workers_) {
            if (now >= each.give_up_at) {
                steps.push_back({supervisor_step::kill, each.number});
                each.give_up_at = plus(now, kill_again_after);
            }
        }
        if (stopping_ || now < no_start_before_) {
            return steps;
        }
        for (std::size_t slot = 0; slot != options_.workers; ++slot) {
            if (!is_taken(slot)) {
                starting_.push_back(slot);
                steps.push_back({supervisor_step::start, 0, slot});
            }
        }
        if (auto const* const old = next_to_replace()) {
            starting_.push_back(old->slot);
            steps.push_back({supervisor_step::start, old->number, old->slot});
        }
        return steps;
    }

    /// Returns when to ask again, if nothing happens before; `time_point::max()` for not at all.
    time_point wake_at(time_point now) const noexcept
    {
        time_point earliest = now < no_start_before_ ? no_start_before_ : time_point::max();
        for (worker const& each : workers_) {
            earliest = std::min(earliest, each.give_up_at);
        }
        return earliest;
    }

    /// A worker was started, as `next` said: with this predecessor, in this slot.
    void started(int number, int predecessor, std::size_t slot, time_point now)
    {
        no_longer_starting(slot);
        workers_.push_back({number, predecessor, slot, plus(now, options_.stall)});
        if (stopping_) {
            leave(workers_.back(), now);
        }
    }

    /// A worker could not be started in this slot: as if it had crashed.
    void not_started(std::size_t slot, time_point now)
    {
        no_longer_starting(slot);
        delay_starts(now);
    }

    /// A worker says that it lives.
    void alive(int number, time_point now)
    {
        worker* const w = find(number);
        if (w && !w->leaving) {
            w->give_up_at = plus(now, options_.stall);
        }
    }

    /// A worker takes connections: whom it replaces can go.
    void ready(int number, time_point now)
    {
        alive(number, now);
        worker* const w = find(number);
        if (!w) {
            return;
        }
        w->is_ready = true;
        failures_ = 0;
        if (worker* const old = find(std::exchange(w->predecessor, 0))) {
            leave(*old, now);
        }
    }

    /// A worker wants to be replaced.
    void worn_out(int number)
    {
        if (worker* const w = find(number)) {
            w->is_worn_out = true;
        }
    }

    /// A worker leaves, because somebody else told it.
    void leaving(int number, time_point now)
    {
        worker* const w = find(number);
        if (w && !w->leaving) {
            w->leaving = true;
            w->give_up_at = plus(now, options_.grace);
        }
    }

    /// A worker has ended. One that was not ready yet and is ended by a stop is no failure.
    void ended(int number, int exit_code, time_point now)
    {
        worker const* const gone = find(number);
        bool const had_begun = gone && gone->is_ready; // one that had not has lost nothing
        auto const is_it = [number](worker const& w) { return w.number == number; };
        workers_.erase(std::remove_if(workers_.begin(), workers_.end(), is_it), workers_.end());
        if (stopping_) {
            exit_code_ = exit_code != 0 && had_begun ? 1 : exit_code_;
        } else if (exit_code != 0) {
            delay_starts(now);
        }
    }

    /// Replaces all workers, one by one.
    void replace_all()
    {
        for (worker& each : workers_) {
            each.is_worn_out = true;
        }
    }

    /// Ends all workers; a second time, at once.
    void stop(time_point now)
    {
        bool const again = std::exchange(stopping_, true);
        for (worker& each : workers_) {
            if (again) {
                queued_.push_back({supervisor_step::terminate, each.number});
            } else {
                leave(each, now);
            }
        }
    }

    /// Says whether it was stopped, and no worker is left.
    bool is_over() const noexcept { return stopping_ && workers_.empty(); }

    /// Returns 0 if all workers ended with 0 after they were told to, else 1.
    int exit_code() const noexcept { return exit_code_; }

private:
    struct worker
    {
        int number;
        int predecessor;
        std::size_t slot;
        time_point give_up_at;
        bool is_ready = false;
        bool is_worn_out = false;
        bool leaving = false;
    };

    static constexpr duration kill_again_after = std::chrono::seconds(1);

    worker* find(int number)
    {
        auto const is_it = [number](worker const& w) { return w.number == number; };
        auto const found = std::find_if(workers_.begin(), workers_.end(), is_it);
        return found == workers_.end() ? nullptr : &*found;
    }

    /// A slot is free when whoever has it leaves.
    bool is_taken(std::size_t slot) const
    {
        auto const has_it = [slot](worker const& w) { return w.slot == slot && !w.leaving; };
        return std::any_of(workers_.begin(), workers_.end(), has_it) ||
               std::find(starting_.begin(), starting_.end(), slot) != starting_.end();
    }

    void no_longer_starting(std::size_t slot)
    {
        starting_.erase(std::remove(starting_.begin(), starting_.end(), slot), starting_.end());
    }

    /// None is replaced before the successor of the one before it is ready.
    worker const* next_to_replace() const
    {
        auto const is_successor = [](worker const& w) { return w.predecessor != 0; };
        auto const should_go = [](worker const& w) { return w.is_worn_out && !w.leaving; };
        auto const old = std::find_if(workers_.begin(), workers_.end(), should_go);
        bool const busy = !starting_.empty() || std::any_of(workers_.begin(), workers_.end(), is_successor);
        return old == workers_.end() || busy ? nullptr : &*old;
    }

    void leave(worker& old, time_point now)
    {
        if (!old.leaving) {
            leaving(old.number, now);
            queued_.push_back({supervisor_step::terminate, old.number});
        }
    }

    void delay_starts(time_point now)
    {
        duration delay = options_.first_delay;
        for (int i = 0; i != failures_ && delay < options_.max_delay; ++i) {
            delay = std::min(plus(delay, delay), options_.max_delay);
        }
        failures_ = std::min(failures_ + 1, 64);
        no_start_before_ = plus(now, delay);
    }

    supervisor_options options_;
    std::vector<worker> workers_{};
    std::vector<supervisor_action> queued_{};
    std::vector<std::size_t> starting_{}; // their slots
    bool stopping_ = false;
    int exit_code_ = 0;
    int failures_ = 0;
    time_point no_start_before_ = time_point::min();
};

/// Returns after how many requests a worker is to be replaced, for a random share of [0, 1); 0 for never.
constexpr std::uint64_t requests_of_worker(supervisor_options const& options, double share) noexcept
{
    if (options.max_requests == 0) {
        return 0;
    }
    double const most = static_cast<double>(options.max_requests);
    auto const fewer = static_cast<std::uint64_t>(most * options.max_requests_jitter * share);
    return fewer < options.max_requests ? options.max_requests - fewer : 1;
}

} // namespace resil::core

#endif // RESIL_CORE_SUPERVISOR_MACHINE_HPP
