// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_SERVER_STATE_HPP
#define RESIL_HTTP_DETAIL_SERVER_STATE_HPP

#include <resil/detail/occasion.hpp>
#include <resil/error.hpp>
#include <resil/http/server_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace resil::http::detail {

/// How far a server is on its way out.
enum class server_phase : unsigned char
{
    serving,
    polite,    ///< Serves all who come, and says `Connection: close`.
    stopping,  ///< Takes no new connection, and no further request from one that has had an answer.
    cancelled, ///< Gives up what is in flight.
};

/// One connection of a server; everything but `state` is touched on its own executor alone.
struct server_session
{
    server_session(boost::asio::ip::tcp::socket s, std::size_t max_buffer, time_point now)
        : socket(std::move(s)), unread(max_buffer), accepted_at(now)
    {
    }

    /// Ends the wait for a request, if there is one.
    void wake() { waiting.emit(boost::asio::cancellation_type::terminal); }

    /// Gives up the handler, and what is being read or written.
    void cancel()
    {
        wake();
        working.emit(boost::asio::cancellation_type::terminal);
    }

    /// Gives up a handler that sends a stream.
    void cancel_stream()
    {
        if (streams) {
            cancel();
        }
    }

    boost::asio::ip::tcp::socket socket;
    boost::beast::flat_buffer unread;
    time_point const accepted_at;
    bool streams = false;
    boost::asio::cancellation_signal waiting{};
    boost::asio::cancellation_signal working{};
};

/// What a server, its acceptor and its connections share; from any thread.
class server_state
{
public:
    server_state(boost::asio::any_io_executor const& ex, server_options const& o)
        : options(o), closing(ex), changed(ex), emptied(ex)
    {
    }

    server_phase phase() const noexcept { return phase_.load(std::memory_order_acquire); }

    bool is_stopping() const noexcept { return phase() >= server_phase::stopping; }

    server_counts counts() const
    {
        std::lock_guard const lock(mutex_);
        return counts_;
    }

    /// Goes on to a later phase; returns false if it has come already.
    bool enter(server_phase next)
    {
        server_phase before = phase();
        do {
            if (before >= next) {
                return false;
            }
        } while (!phase_.compare_exchange_weak(before, next, std::memory_order_acq_rel));
        closing.happen();
        changed.happen();
        return true;
    }

    /// Calls a member of each connection, on its executor.
    void tell_sessions(void (server_session::*what)())
    {
        std::vector<std::shared_ptr<server_session>> told;
        {
            std::lock_guard const lock(mutex_);
            told = sessions_;
        }
        for (auto& each : told) {
            auto const ex = each->socket.get_executor();
            boost::asio::post(ex, [each, what] { (each.get()->*what)(); });
        }
    }

    void joined(std::shared_ptr<server_session> const& session)
    {
        std::lock_guard const lock(mutex_);
        sessions_.push_back(session);
        counts_.connections = sessions_.size();
        ++counts_.accepted;
    }

    void left(std::shared_ptr<server_session> const& session)
    {
        {
            std::lock_guard const lock(mutex_);
            sessions_.erase(std::find(sessions_.begin(), sessions_.end(), session));
            counts_.connections = sessions_.size();
        }
        tell_changed();
    }

    void began()
    {
        std::lock_guard const lock(mutex_);
        ++counts_.in_flight;
    }

    void ended()
    {
        std::lock_guard const lock(mutex_);
        --counts_.in_flight;
        ++counts_.requests;
    }

    void set_accepting(bool now)
    {
        {
            std::lock_guard const lock(mutex_);
            accepting_ = now;
        }
        tell_changed();
    }

    bool has_room() const
    {
        std::lock_guard const lock(mutex_);
        return sessions_.size() < options.max_connections;
    }

    bool is_empty() const
    {
        std::lock_guard const lock(mutex_);
        return sessions_.empty() && !accepting_;
    }

    server_options const options;
    resil::detail::occasion closing; ///< A phase began.
    resil::detail::occasion changed; ///< A phase began, a connection ended, or accepting did.
    resil::detail::occasion emptied; ///< The last connection ended, and nothing is accepted.

private:
    void tell_changed()
    {
        changed.happen();
        if (is_empty()) {
            emptied.happen();
        }
    }

    std::atomic<server_phase> phase_ = server_phase::serving;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<server_session>> sessions_;
    server_counts counts_;
    bool accepting_ = false;
};

} // namespace resil::http::detail

#endif // RESIL_HTTP_DETAIL_SERVER_STATE_HPP
