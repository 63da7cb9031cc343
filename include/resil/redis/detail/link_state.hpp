// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_REDIS_DETAIL_LINK_STATE_HPP
#define RESIL_REDIS_DETAIL_LINK_STATE_HPP

#include <resil/config.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/consign.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/redis/config.hpp>
#include <boost/redis/connection.hpp>
#include <boost/redis/logger.hpp>
#include <boost/redis/operation.hpp>
#include <boost/redis/request.hpp>
#include <boost/redis/response.hpp>

#include <memory>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::redis::detail {

/// One request and its answer. It owns what it touches: an answer may still be written when nobody waits for it any more.
struct exchange
{
    struct parts
    {
        boost::redis::request request;
        boost::redis::generic_response answer{};
    };

    exchange(std::shared_ptr<boost::redis::connection> connection, boost::redis::request request)
        : over(std::move(connection)), owned(std::make_shared<parts>(parts{std::move(request)}))
    {
        owned->request.get_config().cancel_if_not_connected = true;
        owned->request.get_config().cancel_on_connection_lost = true;
        owned->request.get_config().cancel_if_unresponded = true;
    }

    template <class Token>
    auto operator()(Token&& token) const
    {
        return over->async_exec(owned->request, owned->answer,
                                boost::asio::consign(std::forward<Token>(token), owned, over));
    }

    std::shared_ptr<boost::redis::connection> over;
    std::shared_ptr<parts> owned;
};

/// Keeps a connection: a new object each time, as one that was answered `LOADING` is of no further use.
class link_state
{
public:
    using connection = boost::redis::connection;

    link_state(boost::asio::any_io_executor const& ex, boost::redis::config server, duration answer_within,
               duration between_connects, duration between_pings)
        : ex_(ex),
          server_(std::move(server)),
          between_connects_(between_connects),
          between_pings_(between_pings),
          patience_({.after = answer_within, .on_expiry = expiry::abandon}),
          now_(std::make_shared<connection>(ex)),
          rest_(ex),
          rest_of_watch_(ex)
    {
        server_.reconnect_wait_interval = std::chrono::seconds(0); // the end of each is ours
        server_.health_check_interval = std::chrono::seconds(0);
    }

    timeout const& patience() const noexcept { return patience_; }
    std::shared_ptr<connection> const& now() const noexcept { return now_; }

    static boost::asio::awaitable<void> keep_open(std::shared_ptr<link_state> self)
    {
        auto const silent = boost::redis::logger(boost::redis::logger::level::disabled);
        while (!self->stopped_) {
            auto const opened = self->now_;
            boost::asio::co_spawn(self->ex_, watch(self, opened), boost::asio::detached);
            auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
            co_await opened->async_run(self->server_, silent, std::move(token));
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
    /// Asks whether Redis is there while the connection is in use; hangs up if it does not answer.
    static boost::asio::awaitable<void> watch(std::shared_ptr<link_state> self, std::shared_ptr<connection> watched)
    {
        while (true) {
            co_await rest(self->rest_of_watch_, self->between_pings_);
            if (self->stopped_ || watched != self->now_) {
                co_return;
            }
            boost::redis::request ping;
            ping.push("PING");
            exchange const asked(watched, std::move(ping));
            auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
            auto const [ec, size] = co_await self->patience_.async_call(asked, std::move(token));
            if (ec || asked.owned->answer.has_error()) {
                watched->cancel(boost::redis::operation::run);
            }
        }
    }

    static boost::asio::awaitable<void> rest(boost::asio::steady_timer& timer, duration how_long)
    {
        timer.expires_after(how_long);
        auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
        co_await timer.async_wait(std::move(token));
    }

    boost::asio::any_io_executor const ex_;
    boost::redis::config server_;
    duration const between_connects_;
    duration const between_pings_;
    timeout const patience_;
    std::shared_ptr<connection> now_;
    boost::asio::steady_timer rest_;
    boost::asio::steady_timer rest_of_watch_;
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

} // namespace resil::redis::detail

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_REDIS_DETAIL_LINK_STATE_HPP
