// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_MYSQL_DETAIL_SESSION_OPERATION_HPP
#define RESIL_MYSQL_DETAIL_SESSION_OPERATION_HPP

#include <resil/error.hpp>
#include <resil/mysql/detail/session.hpp>

#include <boost/mysql/pipeline.hpp>
#include <boost/mysql/statement.hpp>
#include <boost/mysql/string_view.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace resil::mysql::detail {

// Operations of a session: `start` forwards to Boost's connection; `effect` is what its end
// means to the session's condition, beyond what its error means.

struct no_effect
{
    void operator()(session_condition&, error_code) const noexcept {}
};

struct beginning
{
    void operator()(session_condition& c, error_code ec) const noexcept
    {
        c = {.usable = !ec, .unread = false};
    }
};

/// A session that was reset only in part is fit for nobody.
struct renewal
{
    void operator()(session_condition& c, error_code ec) const noexcept
    {
        c.usable = c.usable && !ec;
    }
};

struct farewell
{
    void operator()(session_condition& c, error_code) const noexcept { c.usable = false; }
};

template <class State>
struct reading
{
    State const* state;

    // An error ends the reading: a fatal one the session's life, another one the rows.
    void operator()(session_condition& c, error_code ec) const noexcept
    {
        c.unread = !ec && !state->complete();
    }
};

struct plain_operation
{
    static constexpr bool leavable = false;
    static no_effect effect() noexcept { return {}; }
};

template <class State>
struct reading_operation
{
    static constexpr bool leavable = false;
    reading<State> effect() const noexcept { return {state}; }

    State* state;
};

struct ping_session : plain_operation
{
    template <class Handler>
    void start(std::shared_ptr<session> const& s, Handler handler) const
    {
        s->native.async_ping(s->diagnostics, std::move(handler));
    }
};

struct close_session
{
    static constexpr bool leavable = false;
    static farewell effect() noexcept { return {}; }

    template <class Handler>
    void start(std::shared_ptr<session> const& s, Handler handler) const
    {
        s->native.async_close(s->diagnostics, std::move(handler));
    }
};

struct reset_session
{
    static constexpr bool leavable = false;
    static renewal effect() noexcept { return {}; }

    template <class Handler>
    void start(std::shared_ptr<session> const& s, Handler handler) const
    {
        s->native.async_run_pipeline(s->reset_request, s->responses, s->diagnostics,
                                     std::move(handler));
    }
};

struct execute : plain_operation
{
    template <class Handler, class Request, class Results>
    void start(std::shared_ptr<session> const& s, Handler handler, Request&& request,
               Results* results) const
    {
        s->native.async_execute(std::forward<Request>(request), *results, s->diagnostics,
                                std::move(handler));
    }
};

struct prepare_statement : plain_operation
{
    template <class Handler>
    void start(std::shared_ptr<session> const& s, Handler handler,
               boost::mysql::string_view sql) const
    {
        s->native.async_prepare_statement(sql, s->diagnostics, std::move(handler));
    }
};

struct close_statement : plain_operation
{
    template <class Handler>
    void start(std::shared_ptr<session> const& s, Handler handler,
               boost::mysql::statement const& statement) const
    {
        s->native.async_close_statement(statement, s->diagnostics, std::move(handler));
    }
};

struct run_pipeline : plain_operation
{
    template <class Handler>
    void start(std::shared_ptr<session> const& s, Handler handler,
               boost::mysql::pipeline_request const* request,
               std::vector<boost::mysql::stage_response>* responses) const
    {
        s->native.async_run_pipeline(*request, *responses, s->diagnostics, std::move(handler));
    }
};

template <class State>
struct start_execution : reading_operation<State>
{
    template <class Handler, class Request>
    void start(std::shared_ptr<session> const& s, Handler handler, Request&& request) const
    {
        s->native.async_start_execution(std::forward<Request>(request), *this->state,
                                        s->diagnostics, std::move(handler));
    }
};

template <class State>
struct read_some_rows : reading_operation<State>
{
    template <class Handler, class... Output>
    void start(std::shared_ptr<session> const& s, Handler handler, Output... output) const
    {
        s->native.async_read_some_rows(*this->state, output..., s->diagnostics,
                                       std::move(handler));
    }
};

template <class State>
struct read_resultset_head : reading_operation<State>
{
    template <class Handler>
    void start(std::shared_ptr<session> const& s, Handler handler) const
    {
        s->native.async_read_resultset_head(*this->state, s->diagnostics, std::move(handler));
    }
};

} // namespace resil::mysql::detail

#endif // RESIL_MYSQL_DETAIL_SESSION_OPERATION_HPP
