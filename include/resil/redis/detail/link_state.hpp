// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_REDIS_DETAIL_LINK_STATE_HPP
#define RESIL_REDIS_DETAIL_LINK_STATE_HPP

#include <resil/config.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/error.hpp>
#include <resil/redis/detail/exchange.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/redis/config.hpp>
#include <boost/redis/connection.hpp>
#include <boost/redis/logger.hpp>
#include <boost/redis/request.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::redis::detail {

/// Keeps a connection: a new object each time, as one that was answered `LOADING` is of no further use.
class link_state
{
public:
    using connection = boost::redis::connection;

    link_state(boost::asio::any_io_executor const& ex, boost::redis::config server, duration open_within,
               duration answer_within, duration between_connects, duration between_pings)
        : ex_(ex),
          server_(std::move(server)),
          greeting_(greeting_of(server_)),
          between_connects_(between_connects),
          between_pings_(between_pings),
          opening_({.after = open_within, .on_expiry = expiry::abandon}),
          patience_({.after = answer_within, .on_expiry = expiry::abandon}),
          now_(std::make_shared<connection>(ex)),
          rest_(ex),
          rest_of_watch_(ex),
          connects_(ex, boost::asio::steady_timer::time_point::max())
    {
        server_.reconnect_wait_interval = std::chrono::seconds(0); // the end of each is ours
        server_.health_check_interval = std::chrono::seconds(0);
        server_.database_index = 0; // the greeting says which
    }

    timeout const& patience() const noexcept { return patience_; }
    std::shared_ptr<connection> const& now() const noexcept { return now_; }

    /// Says whether the connection is there, and Redis has taken the greeting.
    bool is_connected() const noexcept { return is_connected_; }

    /// Its waits end, with an error, when `is_connected` becomes true.
    boost::asio::steady_timer& connects() noexcept { return connects_; }

    static boost::asio::awaitable<void> keep_open(std::shared_ptr<link_state> self)
    {
        auto const silent = boost::redis::logger(boost::redis::logger::level::disabled);
        while (!self->stopped_) {
            auto const opened = self->now_;
            boost::asio::co_spawn(self->ex_, watch(self, opened), boost::asio::detached);
            auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
            co_await opened->async_run(self->server_, silent, std::move(token));
            self->is_connected_ = false;
            opened->cancel(); // the greeting may still wait for it
            self->now_ = std::make_shared<connection>(self->ex_);
            self->rest_of_watch_.cancel();
            if (!self->stopped_) {
                co_await rest(self->rest_, self->between_connects_);
            }
        }
    }

    void stop()
    {
        stopped_ = true;
        rest_.cancel();
        rest_of_watch_.cancel();
        now_->cancel();
    }

    boost::asio::any_io_executor const& executor() const noexcept { return ex_; }

private:
    /// What Redis must take before anything else is sent. Boost.Redis has said the same in its HELLO, but does not wait for
    /// the answer: what is sent behind a HELLO that is refused is executed as the default user, if that has no password.
    static boost::redis::request greeting_of(boost::redis::config const& server)
    {
        boost::redis::request made;
        if (!server.username.empty() && !server.password.empty()) {
            made.push("AUTH", server.username, server.password);
        }
        if (server.database_index.value_or(0) != 0) {
            made.push("SELECT", *server.database_index);
        }
        made.push("PING");
        return made;
    }

    /// Greets, and then asks whether Redis is there while the connection is in use; hangs up if it does not answer.
    static boost::asio::awaitable<void> watch(std::shared_ptr<link_state> self, std::shared_ptr<connection> watched)
    {
        exchange const greeting = exchange(watched, self->greeting_).patiently();
        bool answers = co_await is_answered(self->opening_, greeting);
        if (answers && watched == self->now_) {
            self->is_connected_ = true;
            self->connects_.cancel();
        }
        while (answers) {
            co_await rest(self->rest_of_watch_, self->between_pings_);
            if (self->stopped_ || watched != self->now_) {
                co_return;
            }
            boost::redis::request ping;
            ping.push("PING");
            exchange const asked(watched, std::move(ping));
            answers = co_await is_answered(self->patience_, asked);
        }
        watched->cancel();
    }

    static boost::asio::awaitable<bool> is_answered(timeout const& patience, exchange const& asked)
    {
        auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
        auto const [ec, size] = co_await patience.async_call(asked, std::move(token));
        co_return !ec && !asked.answer().has_error();
    }

    static boost::asio::awaitable<void> rest(boost::asio::steady_timer& timer, duration how_long)
    {
        timer.expires_after(how_long);
        auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
        co_await timer.async_wait(std::move(token));
    }

    boost::asio::any_io_executor const ex_;
    boost::redis::config server_;
    boost::redis::request const greeting_;
    duration const between_connects_;
    duration const between_pings_;
    timeout const opening_;
    timeout const patience_;
    std::shared_ptr<connection> now_;
    boost::asio::steady_timer rest_;
    boost::asio::steady_timer rest_of_watch_;
    boost::asio::steady_timer connects_;
    bool is_connected_ = false;
    bool stopped_ = false;
};

/// Ends the connection with the last handle of it.
struct link_owner
{
    explicit link_owner(std::shared_ptr<link_state> kept) : state(std::move(kept)) {}
    link_owner(link_owner const&) = delete;
    link_owner& operator=(link_owner const&) = delete;
    ~link_owner()
    {
        boost::asio::dispatch(state->executor(), [kept = state] { kept->stop(); });
    }

    std::shared_ptr<link_state> const state;
};

/// The steps of waiting for a connection, for `async_compose`.
struct connection_wait
{
    explicit connection_wait(std::shared_ptr<link_owner const> kept) : owner(std::move(kept)) {}

    template <class Self>
    void operator()(Self& self, error_code = {})
    {
        link_state& state = *owner->state;
        bool const is_first = !std::exchange(has_begun, true);
        if (is_first) {
            self.reset_cancellation_state(boost::asio::enable_total_cancellation());
        }
        bool const is_cancelled = self.cancelled() != boost::asio::cancellation_type::none;
        if (!state.is_connected() && !is_cancelled) {
            state.connects().async_wait(std::move(self));
        } else if (is_first) { // handlers are not called inside of the call
            boost::asio::post(state.executor(), std::move(self));
        } else {
            self.complete(state.is_connected() ? error_code() : boost::asio::error::operation_aborted);
        }
    }

    std::shared_ptr<link_owner const> owner;
    bool has_begun = false;
};

} // namespace resil::redis::detail

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_REDIS_DETAIL_LINK_STATE_HPP
