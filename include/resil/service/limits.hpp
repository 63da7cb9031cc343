// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_LIMITS_HPP
#define RESIL_SERVICE_LIMITS_HPP

#include <resil/core/option_check.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/resource.h>
#endif

namespace resil::service {

/// What a service, its dependencies and its platform allow. What is not said is not checked.
struct limits_facts
{
    /// Open files of a process, as `descriptor_limit` finds.
    std::optional<std::size_t> descriptors{};
    /// Connections that its server takes at once.
    std::optional<std::size_t> server_connections{};
    /// Connections of all its pools together.
    std::optional<std::size_t> pool_connections{};
    /// Of these, those to the database.
    std::optional<std::size_t> database_pool{};
    /// Processes that have such a pool: workers times replicas, and one more replica while one is replaced.
    std::size_t processes = 1;
    /// What the database allows, less what is kept for people: PostgreSQL's `max_connections` and
    /// `superuser_reserved_connections`.
    std::optional<std::size_t> database_connections{};

    /// The time of one attempt.
    std::optional<duration> attempt_timeout{};
    /// The time of a call with all of its attempts.
    std::optional<duration> deadline{};
    /// How many attempts that may be.
    std::optional<int> max_attempts{};
    /// How long the balancer, or whoever asks, waits for an answer.
    std::optional<duration> caller_timeout{};
    /// How long a call may wait in a queue, of a bulkhead or a pool.
    std::optional<duration> queue_wait{};
    /// How many calls may wait in it.
    std::optional<std::size_t> queue_length{};
    /// How many it lets in at once.
    std::optional<std::size_t> queue_places{};

    /// How long the server keeps an idle connection.
    std::optional<duration> server_idle{};
    /// How long the balancer does.
    std::optional<duration> balancer_idle{};

    /// From the signal to the end of the process.
    std::optional<duration> shutdown_budget{};
    /// What is done before the signal, as a `preStop` hook.
    duration pre_stop{};
    /// After which the platform kills: `terminationGracePeriodSeconds`.
    std::optional<duration> termination_grace{};
    /// How long a readiness answer may take.
    std::optional<duration> readiness_time{};
    /// How long the probe waits for it.
    std::optional<duration> probe_timeout{};
};

/// One thing that is wrong.
struct limits_finding
{
    /// How wrong it is.
    enum class weight : unsigned char
    {
        warning, ///< It works, and not as was meant.
        error,   ///< It will fail, sooner or later.
    };

    weight how;           ///< How wrong it is.
    std::string sentence; ///< What is wrong, with the numbers, and what would be right.
};

namespace detail {

/// Collects what is wrong.
class limits_check
{
public:
    explicit limits_check(limits_facts const& facts) : f_(facts) {}

    std::vector<limits_finding> all()
    {
        check_descriptors();
        check_database();
        check_times();
        check_queue();
        check_idle();
        check_end();
        check_probe();
        return std::move(found_);
    }

private:
    using weight = limits_finding::weight;

    // Standard streams, the loop's own, logs, and the look-up of names.
    static constexpr std::size_t reserve = 64;
    static constexpr duration margin = std::chrono::seconds(2);

    void note(weight how, std::string sentence) { found_.push_back({how, std::move(sentence)}); }

    void check_descriptors()
    {
        if (!f_.descriptors || !f_.server_connections) {
            return;
        }
        std::size_t const needed = *f_.server_connections + f_.pool_connections.value_or(0) + reserve;
        if (needed > *f_.descriptors) {
            note(weight::error, "descriptors: " + core::text(*f_.descriptors) + "; server_connections, pool_connections and " +
                                    core::text(reserve) + " more need " + core::text(needed));
        }
    }

    void check_database()
    {
        if (!f_.database_pool || !f_.database_connections) {
            return;
        }
        std::size_t const needed = *f_.database_pool * f_.processes;
        if (needed > *f_.database_connections) {
            note(weight::error, "database_connections: " + core::text(*f_.database_connections) + "; database_pool " +
                                    core::text(*f_.database_pool) + " times processes " + core::text(f_.processes) +
                                    " is " + core::text(needed));
        }
    }

    void check_times()
    {
        if (f_.attempt_timeout && f_.deadline && *f_.attempt_timeout >= *f_.deadline) {
            note(f_.max_attempts.value_or(1) > 1 ? weight::error : weight::warning,
                 "attempt_timeout: " + core::text(*f_.attempt_timeout) + "; expected less than deadline, which is " +
                     core::text(*f_.deadline) + ", or there is no time for a second attempt");
        } else if (f_.attempt_timeout && f_.deadline && f_.max_attempts) {
            duration const all = core::scaled(*f_.attempt_timeout, *f_.max_attempts);
            if (all > core::plus(*f_.deadline, *f_.deadline)) {
                note(weight::warning, "max_attempts: " + core::text(*f_.max_attempts) + " times attempt_timeout is " +
                                          core::text(all) + ", more than twice the deadline of " +
                                          core::text(*f_.deadline) + ": the last attempts will never be made");
            }
        }
        if (f_.deadline && f_.caller_timeout && *f_.deadline >= *f_.caller_timeout) {
            note(weight::error, "deadline: " + core::text(*f_.deadline) + "; expected less than caller_timeout, which is " +
                                    core::text(*f_.caller_timeout) + ", or answers have nobody who waits for them");
        }
    }

    void check_queue()
    {
        if (f_.queue_wait && f_.deadline && *f_.queue_wait >= *f_.deadline) {
            note(weight::error, "queue_wait: " + core::text(*f_.queue_wait) + "; expected less than deadline, which is " +
                                    core::text(*f_.deadline));
        }
        if (!f_.queue_length || !f_.queue_places || *f_.queue_places == 0 || !f_.attempt_timeout || !f_.queue_wait) {
            return;
        }
        double const turns = static_cast<double>(*f_.queue_length) / static_cast<double>(*f_.queue_places);
        duration const longest = core::scaled(*f_.attempt_timeout, turns);
        if (longest > *f_.queue_wait) {
            note(weight::warning, "queue_length: " + core::text(*f_.queue_length) + " for queue_places " +
                                      core::text(*f_.queue_places) + "; if each call takes its attempt_timeout, the last waits " +
                                      core::text(longest) + ", longer than queue_wait, which is " + core::text(*f_.queue_wait));
        }
    }

    void check_idle()
    {
        if (f_.server_idle && f_.balancer_idle && *f_.server_idle <= *f_.balancer_idle) {
            note(weight::error, "server_idle: " + core::text(*f_.server_idle) + "; expected more than balancer_idle, which is " +
                                    core::text(*f_.balancer_idle) + ", or requests meet connections that are being closed");
        }
    }

    void check_end()
    {
        if (!f_.shutdown_budget || !f_.termination_grace) {
            return;
        }
        duration const needed = core::plus(core::plus(f_.pre_stop, *f_.shutdown_budget), margin);
        if (*f_.termination_grace <= needed) {
            note(weight::error, "termination_grace: " + core::text(*f_.termination_grace) +
                                    "; expected more than pre_stop, shutdown_budget and " + core::text(margin) +
                                    " together, which is " + core::text(needed) + ", or the process is killed before it has ended");
        }
    }

    void check_probe()
    {
        if (f_.readiness_time && f_.probe_timeout && *f_.readiness_time >= *f_.probe_timeout) {
            note(weight::error, "readiness_time: " + core::text(*f_.readiness_time) +
                                    "; expected less than probe_timeout, which is " + core::text(*f_.probe_timeout));
        }
    }

    limits_facts const& f_;
    std::vector<limits_finding> found_{};
};

} // namespace detail

/**
 * Checks the numbers of a service against each other, and says which are wrong.
 *
 * To be asked at the start, when all numbers are known: what does not fit is found then, and not when the connections run
 * out on a Friday. What was not given is not checked.
 *
 * | numbers | because |
 * |---|---|
 * | descriptors, connections of the server and of pools | accepting fails when they run out |
 * | pools of all processes, and what the database allows | the last processes to start are refused |
 * | attempt, deadline, who waits | work goes on for nobody |
 * | the wait in a queue, its length | the last in the queue waits in vain |
 * | idle times of server and balancer | a request meets a connection that is being closed |
 * | grace, `preStop` and the shutdown's budget | the process is killed in the middle |
 * | readiness and its probe | a slow answer counts as none |
 *
 * Errors: none; they are findings.
 * Thread safety: pure, so safe from any thread.
 * Exceptions: `bad_alloc`.
 *
 * Example:
 *
 *     auto const findings = resil::service::check_limits({.descriptors = resil::service::descriptor_limit(),
 *                                                         .server_connections = 10'000,
 *                                                         .database_pool = 4,
 *                                                         .processes = 4 * 2,
 *                                                         .database_connections = 97,
 *                                                         .shutdown_budget = 25s,
 *                                                         .termination_grace = 30s});
 */
inline std::vector<limits_finding> check_limits(limits_facts const& facts)
{
    return detail::limits_check(facts).all();
}

/// Writes findings, a line each; empty if there are none. Throws `bad_alloc`.
inline std::string limits_report(std::vector<limits_finding> const& findings)
{
    std::string report;
    for (limits_finding const& each : findings) {
        bool const is_error = each.how == limits_finding::weight::error;
        report.append(is_error ? "error: " : "warning: ").append(each.sentence).append("\n");
    }
    return report;
}

/// Returns how many files this process may have open; nothing if there is no limit, or it is not known. Throws nothing.
inline std::optional<std::size_t> descriptor_limit() noexcept
{
#if defined(__unix__) || defined(__APPLE__)
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        return static_cast<std::size_t>(limit.rlim_cur);
    }
#endif
    return std::nullopt;
}

} // namespace resil::service

#endif // RESIL_SERVICE_LIMITS_HPP
