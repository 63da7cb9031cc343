// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CONTRACT_SUPPORT_STAGE_HPP
#define RESIL_TESTS_CONTRACT_SUPPORT_STAGE_HPP

#include <resil/testing/scripted_operation.hpp>
#include <resil/testing/virtual_time.hpp>

#include "probe.hpp"
#include "tracking_executor.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace contract {

/// What a call runs on; the engine treats each of these differently.
enum class ground
{
    unknown,       ///< An executor of which nothing is known: the call serialises itself.
    single_thread, ///< The same, on a context that is said to have one thread.
    context,       ///< The context's own executor, on one thread.
    strand,        ///< A strand.
};

constexpr ground all_grounds[] = {ground::unknown, ground::single_thread, ground::context,
                                  ground::strand};

constexpr std::string_view to_string(ground g) noexcept
{
    switch (g) {
    case ground::unknown: return "an unknown executor";
    case ground::single_thread: return "an unknown executor of a single thread";
    case ground::context: return "the context's executor";
    case ground::strand: return "a strand";
    }
    return "?";
}

class stage;

/// Calls `stage::hooks::completing` before the handler, in the same handler.
template <class Handler>
struct hooked_handler
{
    stage* on;
    Handler target;

    void operator()(resil::error_code ec, int value);
};

/// The scripted operation of a stage, with hooks inside of its initiation and its completion.
class staged_operation
{
public:
    explicit staged_operation(stage& s) noexcept : on_(&s) {}

    template <class Token>
    auto operator()(resil::attempt const& about, Token&& token) const
    {
        return boost::asio::async_initiate<Token, void(resil::error_code, int)>(initiation{on_},
                                                                                token, &about);
    }

private:
    struct initiation
    {
        stage* on;

        template <class Handler>
        void operator()(Handler&& handler, resil::attempt const* about) const;
    };

    stage* on_;
};

/**
 * A context with virtual time, run one handler at a time; an operation; and a probe.
 *
 * Destroying the context is a step of its own, so that what is left can be looked at afterwards.
 */
class stage
{
public:
    struct hook_list
    {
        std::function<void()> initiated;  ///< Inside of the operation's initiation, at its end.
        std::function<void()> completing; ///< Just before the operation's handler is called.
    };

    explicit stage(ground g) : ground_(g)
    {
        context_.emplace();
        time_.emplace(*context_);
        strand_.emplace(context_->get_executor());
        if (g == ground::single_thread || g == ground::context) {
            resil::single_threaded(*context_);
        }
        record.on_executor = [this] { return running_here(); };
    }

    stage(stage const&) = delete;
    stage& operator=(stage const&) = delete;
    ~stage() { destroy(); }

    boost::asio::io_context& context() { return *context_; }
    resil::testing::virtual_time& time() { return *time_; }
    bool alive() const noexcept { return context_.has_value(); }

    boost::asio::any_io_executor executor() const
    {
        auto const plain = strand_->get_inner_executor();
        switch (ground_) {
        case ground::context: return plain;
        case ground::strand: return *strand_;
        default: return tracking_executor(plain, 1);
        }
    }

    bool running_here() const
    {
        switch (ground_) {
        case ground::context: return strand_->get_inner_executor().running_in_this_thread();
        case ground::strand: return strand_->running_in_this_thread();
        default: return running_on == 1;
        }
    }

    /// Runs one handler, or lets the next timer expire; false if there is nothing left to do.
    bool step()
    {
        using resil::testing::clock_access;
        auto& service = boost::asio::use_service<resil::timer_service>(*context_);
        context_->restart();
        if (context_->poll_one() != 0) {
            return true;
        }
        if (clock_access::next(service) == resil::time_point::max()) {
            return false;
        }
        boost::asio::post(*context_, [&service] {
            clock_access::fire_next(service, resil::time_point::max());
        });
        context_->restart();
        context_->poll_one();
        return true;
    }

    /// Runs to the end; returns how many steps that took. More than a thousand are an error.
    int run()
    {
        int steps = 0;
        while (step()) {
            if (++steps > 1000) {
                record.found.emplace_back("the call does not end");
                break;
            }
        }
        return steps;
    }

    void destroy() noexcept
    {
        time_.reset();
        strand_.reset();
        context_.reset();
    }

    probe_record record;
    hook_list hooks;
    resil::testing::scripted_operation<int> operation;

private:
    ground ground_;
    std::optional<boost::asio::io_context> context_;
    std::optional<resil::testing::virtual_time> time_;
    std::optional<boost::asio::strand<boost::asio::io_context::executor_type>> strand_;
};

template <class Handler>
void hooked_handler<Handler>::operator()(resil::error_code ec, int value)
{
    if (on->hooks.completing) {
        on->hooks.completing();
    }
    std::move(target)(ec, value);
}

template <class Handler>
void staged_operation::initiation::operator()(Handler&& handler, resil::attempt const* about) const
{
    stage* const s = on; // the operation may be gone when it has completed
    s->operation(*about, hooked_handler<std::decay_t<Handler>>{s, std::forward<Handler>(handler)});
    if (s->hooks.initiated) {
        s->hooks.initiated();
    }
}

} // namespace contract

namespace boost::asio {

template <template <class, class> class Associator, class Handler, class Default>
struct associator<Associator, contract::hooked_handler<Handler>, Default>
    : Associator<Handler, Default>
{
    static auto get(contract::hooked_handler<Handler> const& h) noexcept
    {
        return Associator<Handler, Default>::get(h.target);
    }

    static auto get(contract::hooked_handler<Handler> const& h, Default const& fallback) noexcept
    {
        return Associator<Handler, Default>::get(h.target, fallback);
    }
};

} // namespace boost::asio

#endif // RESIL_TESTS_CONTRACT_SUPPORT_STAGE_HPP
