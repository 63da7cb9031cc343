// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_EXCHANGE_FACTS_HPP
#define RESIL_HTTP_EXCHANGE_FACTS_HPP

#include <resil/config.hpp>

#include <cstddef>

namespace resil::http {

/// How far an exchange went: what tells whether it may be repeated.
struct exchange_facts
{
    std::size_t sent = 0;         ///< Bytes that left, or may have; 0 proves that none did.
    bool request_written = false; ///< All of the request was written.
    bool response_begun = false;  ///< At least one byte came back, of an interim one too.
};

} // namespace resil::http

#endif // RESIL_HTTP_EXCHANGE_FACTS_HPP
