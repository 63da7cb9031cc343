// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_REDIS_DETAIL_ANSWER_NODES_HPP
#define RESIL_REDIS_DETAIL_ANSWER_NODES_HPP

#include <resil/config.hpp>

#include <boost/redis/error.hpp>
#include <boost/redis/response.hpp>
#include <boost/system/system_error.hpp>

namespace resil::redis::detail {

/// Returns an answer's nodes; throws what Redis answered in place of one.
inline boost::redis::generic_response::value_type const& nodes_of(boost::redis::generic_response const& answer)
{
    if (answer.has_error()) {
        throw boost::system::system_error(boost::redis::error::resp3_simple_error, answer.error().diagnostic);
    }
    return answer.value();
}

} // namespace resil::redis::detail

#endif // RESIL_REDIS_DETAIL_ANSWER_NODES_HPP
