// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_MYSQL_DETAIL_SESSION_HANDLER_HPP
#define RESIL_MYSQL_DETAIL_SESSION_HANDLER_HPP

#include <resil/error.hpp>
#include <resil/mysql/detail/session.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/immediate.hpp>
#include <boost/asio/post.hpp>
#include <boost/mysql/diagnostics.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace resil::mysql::detail {

/// Completes an operation of a session: notes what it left behind, then tells its user.
template <class Handler, class Effect>
class session_handler
{
public:
    session_handler(std::shared_ptr<session> s, Effect effect, Handler handler)
        : session_(std::move(s)), effect_(effect), handler_(std::move(handler))
    {
    }

    // The connection's own: its destructor must reach the operation, too.
    using cancellation_slot_type = boost::asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept
    {
        return session_->cancellation.slot();
    }

    Handler const& handler() const noexcept { return handler_; }

    template <class... Values>
    void operator()(error_code ec, Values... values)
    {
        // `with_diagnostics` reads them in the handler, which may destroy the connection.
        auto const kept = std::move(session_);
        kept->finish(ec, effect_);
        if (auto slot = boost::asio::get_associated_cancellation_slot(handler_);
            slot.is_connected()) {
            slot.clear();
        }
        std::move(handler_)(ec, std::move(values)...);
    }

private:
    std::shared_ptr<session> session_;
    [[no_unique_address]] Effect effect_;
    Handler handler_;
};

/// Lets a handler go before its operation has ended.
template <class Handler>
class leavable_handler
{
public:
    leavable_handler(Handler handler, boost::asio::any_io_executor const& ex)
        : executor_(boost::asio::get_associated_executor(handler, ex)),
          handler_(std::make_shared<std::optional<Handler>>(std::move(handler)))
    {
    }

    using executor_type =
        boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;
    executor_type get_executor() const noexcept { return executor_; }

    std::weak_ptr<std::optional<Handler>> handler() const noexcept { return handler_; }

    void operator()(error_code ec)
    {
        if (!*handler_) {
            return;
        }
        Handler taken = *std::exchange(*handler_, std::nullopt);
        if (auto slot = boost::asio::get_associated_cancellation_slot(taken);
            slot.is_connected()) {
            slot.clear();
        }
        std::move(taken)(ec);
    }

private:
    executor_type executor_;
    std::shared_ptr<std::optional<Handler>> handler_;
};

/// Starts an operation of a session.
template <class Signature>
class initiate_operation;

template <class... Values>
class initiate_operation<void(error_code, Values...)>
{
public:
    explicit initiate_operation(std::shared_ptr<session> s) : session_(std::move(s)) {}

    using executor_type = boost::asio::any_io_executor;
    executor_type get_executor() const noexcept { return session_->native.get_executor(); }

    template <class Handler, class Operation, class... Args>
    void operator()(Handler&& handler, boost::mysql::diagnostics*, Operation operation,
                    Args&&... args)
    {
        using handler_type = std::decay_t<Handler>;
        auto const ex = get_executor();
        if (error_code const ec =
                session_->begin(boost::asio::get_associated_executor(handler, ex))) {
            boost::asio::async_immediate(
                ex, boost::asio::append(std::forward<Handler>(handler), ec, Values()...));
            return;
        }
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if constexpr (Operation::leavable) {
            leavable_handler<handler_type> left(std::forward<Handler>(handler), ex);
            if (slot.is_connected()) {
                slot.assign(leave<handler_type>{session_, left.handler()});
            }
            start(std::move(operation), std::move(left), std::forward<Args>(args)...);
        } else {
            if (slot.is_connected()) {
                slot.assign(cancel{session_});
            }
            start(std::move(operation), handler_type(std::forward<Handler>(handler)),
                  std::forward<Args>(args)...);
        }
    }

private:
    // They own nothing: a user's signal may outlive the context of the connection.
    struct cancel
    {
        std::weak_ptr<session> session_in_use;

        void operator()(boost::asio::cancellation_type type) const
        {
            if (auto const s = session_in_use.lock()) {
                s->cancellation.emit(type);
            }
        }
    };

    template <class Handler>
    struct leave
    {
        std::weak_ptr<session> session_in_use;
        std::weak_ptr<std::optional<Handler>> handler_in_use;

        void operator()(boost::asio::cancellation_type type) const
        {
            using boost::asio::cancellation_type;
            auto const s = session_in_use.lock();
            auto const handler = handler_in_use.lock();
            if (!s || !handler || !*handler ||
                (type & cancellation_type::terminal) == cancellation_type::none) {
                return;
            }
            Handler taken = *std::exchange(*handler, std::nullopt);
            s->cancellation.emit(type);
            error_code const ec = boost::asio::error::operation_aborted;
            boost::asio::post(s->native.get_executor(),
                              boost::asio::append(std::move(taken), ec));
        }
    };

    template <class Operation, class Handler, class... Args>
    void start(Operation operation, Handler handler, Args&&... args)
    {
        auto const effect = operation.effect();
        operation.start(session_, session_handler(session_, effect, std::move(handler)),
                        std::forward<Args>(args)...);
    }

    std::shared_ptr<session> session_;
};

} // namespace resil::mysql::detail

namespace boost::asio {

template <template <class, class> class Associator, class Handler, class Effect, class Default>
struct associator<Associator, resil::mysql::detail::session_handler<Handler, Effect>, Default>
    : Associator<Handler, Default>
{
    using subject = resil::mysql::detail::session_handler<Handler, Effect>;

    static auto get(subject const& h) noexcept
    {
        return Associator<Handler, Default>::get(h.handler());
    }

    static auto get(subject const& h, Default const& d) noexcept
    {
        return Associator<Handler, Default>::get(h.handler(), d);
    }
};

} // namespace boost::asio

#endif // RESIL_MYSQL_DETAIL_SESSION_HANDLER_HPP
