// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_REDIS_DETAIL_EXCHANGE_HPP
#define RESIL_REDIS_DETAIL_EXCHANGE_HPP

#include <resil/config.hpp>
#include <resil/error.hpp>

#include <boost/asio/consign.hpp>
#include <boost/redis/adapter/adapt.hpp>
#include <boost/redis/connection.hpp>
#include <boost/redis/request.hpp>
#include <boost/redis/resp3/node.hpp>
#include <boost/redis/response.hpp>
#include <boost/version.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace resil::redis::detail {

/// Where an answer is written.
struct written_answer
{
    boost::redis::generic_response nodes{};
};

#if BOOST_VERSION < 109000

/// Keeps the first refusal among the answers to several commands. Boost.Redis before 1.90 throws out of the event loop when
/// anything but another refusal follows one: boostorg/redis issue 287.
class first_refusal
{
public:
    explicit first_refusal(written_answer& answer) noexcept : answer_(&answer) {}

    std::size_t get_supported_response_size() const noexcept { return static_cast<std::size_t>(-1); }

    template <class String>
    void operator()(std::size_t command, boost::redis::resp3::basic_node<String> const& node, error_code& ec) const
    {
        if (answer_->nodes.has_value()) {
            boost::redis::adapter::boost_redis_adapt(answer_->nodes)(command, node, ec);
        }
    }

private:
    written_answer* answer_;
};

/// Found by Boost.Redis.
inline first_refusal boost_redis_adapt(written_answer& answer) noexcept
{
    return first_refusal(answer);
}

#else

/// Found by Boost.Redis.
inline auto boost_redis_adapt(written_answer& answer) noexcept
{
    return boost::redis::adapter::boost_redis_adapt(answer.nodes);
}

#endif

/// One request and its answer. It owns what it touches: an answer may still be written when nobody waits for it any more.
struct exchange
{
    struct parts
    {
        boost::redis::request request;
        written_answer answer{};
    };

    exchange(std::shared_ptr<boost::redis::connection> connection, boost::redis::request request)
        : over(std::move(connection)), owned(std::make_shared<parts>(parts{std::move(request)}))
    {
        owned->request.get_config().cancel_if_not_connected = true;
        owned->request.get_config().cancel_on_connection_lost = true;
        owned->request.get_config().cancel_if_unresponded = true;
    }

    /// Is sent as soon as there is a connection.
    exchange&& patiently() &&
    {
        owned->request.get_config().cancel_if_not_connected = false;
        return std::move(*this);
    }

    boost::redis::generic_response& answer() const noexcept { return owned->answer.nodes; }

    template <class Token>
    auto operator()(Token&& token) const
    {
        return over->async_exec(owned->request, owned->answer,
                                boost::asio::consign(std::forward<Token>(token), owned, over));
    }

    std::shared_ptr<boost::redis::connection> over;
    std::shared_ptr<parts> owned;
};

} // namespace resil::redis::detail

#endif // RESIL_REDIS_DETAIL_EXCHANGE_HPP
