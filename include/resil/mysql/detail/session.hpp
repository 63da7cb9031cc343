// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_MYSQL_DETAIL_SESSION_HPP
#define RESIL_MYSQL_DETAIL_SESSION_HPP

#include <resil/connection_fault.hpp>
#include <resil/error.hpp>
#include <resil/mysql/classify.hpp>

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/mysql/any_connection.hpp>
#include <boost/mysql/client_errc.hpp>
#include <boost/mysql/connect_params.hpp>
#include <boost/mysql/diagnostics.hpp>
#include <boost/mysql/is_fatal_error.hpp>
#include <boost/mysql/pipeline.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace resil::mysql::detail {

/// What operations leave behind.
struct session_condition
{
    bool usable = false; ///< Connected, and neither broken nor closed since.
    bool unread = false; ///< Rows of a started execution are still to be read.
};

/**
 * What an operation in flight keeps alive, also when the connection that began it is gone.
 *
 * The mutex guards what is asked on other threads than the user's: whether the connection can
 * be lent again, and its end. What is public belongs to the operation in flight.
 */
class session : public std::enable_shared_from_this<session>
{
    std::shared_ptr<boost::asio::ssl::context> tls_; // outlives `native`, which refers to it

public:
    session(boost::asio::any_io_executor ex, boost::mysql::any_connection_params options,
            std::shared_ptr<boost::asio::ssl::context> tls)
        : tls_(std::move(tls)), native(std::move(ex), with_tls(options))
    {
    }

    bool is_reusable() const
    {
        std::lock_guard const lock(mutex_);
        return condition_.usable && !condition_.unread && !busy_ && !ended_;
    }

    /// Begins an operation whose handlers run on `ex`, or says why that is not possible.
    error_code begin(boost::asio::any_completion_executor ex)
    {
        std::lock_guard const lock(mutex_);
        if (ended_) {
            return boost::asio::error::operation_aborted;
        }
        if (busy_) {
            return boost::mysql::client_errc::operation_in_progress;
        }
        busy_ = true;
        executor_ = std::move(ex);
        return {};
    }

    /// Notes the end of the operation in flight, and what it left behind.
    template <class Effect>
    void finish(error_code ec, Effect const& effect)
    {
        std::lock_guard const lock(mutex_);
        if (boost::mysql::is_fatal_error(ec) ||
            classify(ec) == connection_fault::disconnected) {
            condition_.usable = false;
        }
        effect(condition_, ec);
        busy_ = false;
    }

    /// Refuses further operations, and cancels the one in flight, where its handlers run.
    void end() noexcept
    try {
        std::unique_lock lock(mutex_);
        ended_ = true;
        if (busy_) {
            auto const ex = executor_;
            lock.unlock();
            boost::asio::post(native.get_executor(),
                              boost::asio::bind_executor(
                                  ex, [self = shared_from_this()] { self->cancel(); }));
        }
    } catch (...) { // no memory: the operation goes on to its own end
    }

    boost::mysql::any_connection native;
    boost::mysql::diagnostics diagnostics;
    boost::asio::cancellation_signal cancellation;
    std::shared_ptr<boost::mysql::connect_params const> params;
    boost::mysql::pipeline_request setup_request;
    boost::mysql::pipeline_request reset_request;
    std::vector<boost::mysql::stage_response> responses;

private:
    void cancel()
    {
        std::unique_lock lock(mutex_);
        if (busy_) { // as nothing begins any more, it is the one that was meant
            lock.unlock();
            cancellation.emit(boost::asio::cancellation_type::terminal);
        }
    }

    boost::mysql::any_connection_params with_tls(
        boost::mysql::any_connection_params options) const
    {
        options.ssl_context = tls_ ? tls_.get() : options.ssl_context;
        return options;
    }

    mutable std::mutex mutex_;
    boost::asio::any_completion_executor executor_; // of the last operation
    session_condition condition_;
    bool busy_ = false;
    bool ended_ = false;
};

/// The beginning of a text in UTF-8, cut between characters, of at most `limit` bytes.
inline std::string_view beginning_of(std::string_view text, std::size_t limit) noexcept
{
    if (text.size() <= limit) {
        return text;
    }
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) {
        --limit;
    }
    return text.substr(0, limit);
}

} // namespace resil::mysql::detail

#endif // RESIL_MYSQL_DETAIL_SESSION_HPP
