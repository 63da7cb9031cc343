// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_WORKER_LINK_HPP
#define RESIL_SERVICE_WORKER_LINK_HPP

#include <resil/config.hpp>

#include <cstddef>
#include <cstdint>

#include <unistd.h>

namespace resil::service {

namespace detail {

/// What a worker says to its supervisor.
enum class worker_word : char
{
    ready = 'r',
    alive = 'a',
    worn_out = 'x',
    leaving = 'l',
};

} // namespace detail

/**
 * Lets a worker process talk to its supervisor. One that is gone is no matter.
 *
 * Thread safety: safe, shared objects too.
 * Exceptions: nothing here throws.
 * Cost: a word is a system call; counting requests is none.
 *
 * Example:
 *
 *     asio::awaitable<void> tell_alive(resil::service::worker_link link, resil::service::stop_notice stopping)
 *     {
 *         while (!stopping.requested()) {
 *             link.alive(); // said by the loop that serves, or it says nothing
 *             co_await stopping.pause(1s);
 *         }
 *     }
 */
class worker_link
{
public:
    /// Writes to a pipe; made by the supervisor.
    worker_link(int pipe, std::uint64_t max_requests, std::size_t slot = 0) noexcept
        : pipe_(pipe), max_requests_(max_requests), slot_(slot)
    {
    }

    /// Says that it takes connections: whom it replaces can go.
    void ready() const noexcept { say(detail::worker_word::ready); }

    /// Says that it lives; from the loop that serves, or it says nothing.
    void alive() const noexcept { say(detail::worker_word::alive); }

    /// Asks for a successor, after which it will be told to end.
    void replace_me() const noexcept { say(detail::worker_word::worn_out); }

    /// Says that it was told to end, by whomever: a successor is started at once.
    void leaving() const noexcept { say(detail::worker_word::leaving); }

    /// Returns after how many requests this worker should call `replace_me`; 0 for never. Each has a number of its own.
    std::uint64_t max_requests() const noexcept { return max_requests_; }

    /// Returns which of the supervisor's workers this is, from 0. A successor has its predecessor's, while that ends, too.
    std::size_t slot() const noexcept { return slot_; }

private:
    void say(detail::worker_word word) const noexcept
    {
        char const letter = static_cast<char>(word);
        [[maybe_unused]] auto const said = ::write(pipe_, &letter, 1);
    }

    int pipe_;
    std::uint64_t max_requests_;
    std::size_t slot_;
};

} // namespace resil::service

#endif // RESIL_SERVICE_WORKER_LINK_HPP
