// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_MYSQL_DETAIL_CONNECT_SESSION_HPP
#define RESIL_MYSQL_DETAIL_CONNECT_SESSION_HPP

#include <resil/error.hpp>
#include <resil/mysql/detail/session.hpp>
#include <resil/mysql/detail/session_operation.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/mysql/client_errc.hpp>
#include <boost/mysql/connect_params.hpp>
#include <boost/mysql/field_view.hpp>
#include <boost/mysql/pipeline.hpp>
#include <boost/mysql/results.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace resil::mysql::detail {

using session_statements = std::shared_ptr<std::vector<std::string> const>;

/// The first statement of every session: what its end, a reset, must restore.
inline constexpr std::string_view ask_for_names =
    "SELECT @@character_set_client, @@collation_connection";

/// Whether a field holds a name that may stand in a statement as it is.
inline bool is_bare_name(boost::mysql::field_view field)
{
    auto const of_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    if (!field.is_string()) {
        return false;
    }
    auto const name = field.get_string();
    return !name.empty() && std::all_of(name.begin(), name.end(), of_name);
}

/// Makes the statement that restores what `answer` tells; empty if it tells no names.
inline std::string set_names(boost::mysql::stage_response const& answer)
{
    if (!answer.has_results()) {
        return {};
    }
    auto const rows = answer.get_results().rows();
    if (rows.size() != 1 || rows[0].size() != 2 || !is_bare_name(rows[0][0]) ||
        !is_bare_name(rows[0][1])) {
        return {};
    }
    std::string made = "SET NAMES ";
    made.append(rows[0][0].get_string()).append(" COLLATE ").append(rows[0][1].get_string());
    return made;
}

/// Connects, then makes the session what its users expect, and learns how to do that again.
class connect_steps
{
public:
    connect_steps(std::shared_ptr<session> s, session_statements statements)
        : session_(std::move(s)), statements_(std::move(statements))
    {
    }

    template <class Self>
    void operator()(Self& self, error_code ec = {})
    {
        using boost::asio::cancellation_type;
        session& s = *session_;
        if (!ec && self.cancelled() != cancellation_type::none) {
            ec = boost::asio::error::operation_aborted;
        }
        switch (ec ? step::done : std::exchange(next_, following(next_))) {
        case step::connect:
            return s.native.async_connect(*s.params, s.diagnostics, std::move(self));
        case step::set_up:
            s.setup_request.clear();
            s.setup_request.add_execute(ask_for_names);
            add_statements(s.setup_request);
            return s.native.async_run_pipeline(s.setup_request, s.responses, s.diagnostics,
                                               std::move(self));
        case step::learn: ec = learn(); break;
        case step::done: break;
        }
        self.complete(ec);
    }

private:
    enum class step
    {
        connect,
        set_up,
        learn,
        done,
    };

    static step following(step s) noexcept
    {
        return static_cast<step>(static_cast<int>(s) + 1);
    }

    void add_statements(boost::mysql::pipeline_request& request) const
    {
        for (auto const& statement : *statements_) {
            request.add_execute(statement);
        }
    }

    error_code learn()
    {
        session& s = *session_;
        std::string const names = set_names(s.responses.front());
        if (names.empty()) {
            return boost::mysql::client_errc::protocol_value_error;
        }
        s.reset_request.clear();
        s.reset_request.add_reset_connection();
        // Boost forgets the character set in a reset; this tells it, the statement the server.
        if (auto const known = s.native.current_character_set()) {
            s.reset_request.add_set_character_set(*known);
        }
        s.reset_request.add_execute(names);
        add_statements(s.reset_request);
        return {};
    }

    std::shared_ptr<session> session_;
    session_statements statements_;
    step next_ = step::connect;
};

struct connect_session
{
    static constexpr bool leavable = true; // resolving a name cannot be cancelled
    static beginning effect() noexcept { return {}; }

    template <class Handler>
    void start(std::shared_ptr<session> const& s, Handler handler)
    {
        s->params = std::move(params);
        boost::asio::async_compose<Handler, void(error_code)>(
            connect_steps(s, std::move(statements)), handler, s->native.get_executor());
    }

    std::shared_ptr<boost::mysql::connect_params const> params;
    session_statements statements;
};

} // namespace resil::mysql::detail

#endif // RESIL_MYSQL_DETAIL_CONNECT_SESSION_HPP
