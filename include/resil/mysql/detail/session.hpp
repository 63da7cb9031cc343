// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_MYSQL_DETAIL_SESSION_HPP
#define RESIL_MYSQL_DETAIL_SESSION_HPP

#include <resil/connection_fault.hpp>
#include <resil/error.hpp>
#include <resil/mysql/classify.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/mysql/any_connection.hpp>
#include <boost/mysql/connect_params.hpp>
#include <boost/mysql/diagnostics.hpp>
#include <boost/mysql/is_fatal_error.hpp>
#include <boost/mysql/pipeline.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace resil::mysql::detail {

/// What an operation in flight keeps alive, also when the connection that began it is gone.
struct session
{
    session(boost::asio::any_io_executor ex, boost::mysql::any_connection_params options,
            std::shared_ptr<boost::asio::ssl::context> shared_tls)
        : tls(std::move(shared_tls)), native(std::move(ex), with_tls(options))
    {
    }

    bool is_reusable() const noexcept { return usable && !busy && !unread; }

    /// Ends the operation in flight, if there is one.
    void abort()
    {
        if (busy) {
            cancellation.emit(boost::asio::cancellation_type::terminal);
        }
    }

    /// Notes the end of the operation in flight.
    void finish(error_code ec) noexcept
    {
        busy = false;
        if (boost::mysql::is_fatal_error(ec) || classify(ec) == connection_fault::disconnected) {
            usable = false;
        }
    }

    std::shared_ptr<boost::asio::ssl::context> tls; ///< Outlives `native`, which refers to it.
    boost::mysql::any_connection native;
    boost::mysql::diagnostics diagnostics;
    boost::asio::cancellation_signal cancellation; ///< Reaches the operation in flight.

    bool busy = false;   ///< An operation is in flight.
    bool usable = false; ///< Connected, and neither broken nor closed since.
    bool unread = false; ///< Rows of a started execution are still to be read.

    // What operations of this library refer to while they run.
    std::shared_ptr<boost::mysql::connect_params const> params;
    boost::mysql::pipeline_request setup_request;
    boost::mysql::pipeline_request reset_request;
    std::vector<boost::mysql::stage_response> responses;

private:
    boost::mysql::any_connection_params with_tls(boost::mysql::any_connection_params options) const
    {
        options.ssl_context = tls ? tls.get() : options.ssl_context;
        return options;
    }
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
