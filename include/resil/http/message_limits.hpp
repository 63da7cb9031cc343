// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_MESSAGE_LIMITS_HPP
#define RESIL_HTTP_MESSAGE_LIMITS_HPP

#include <resil/core/option_check.hpp>

#include <cstddef>

namespace resil::http {

/// How much of a response is read before it is refused, and its connection given up.
struct message_limits
{
    /// The start line and the header, in bytes, of each response, interim ones too; 1 KiB to
    /// 16 MiB. Source: Node.js, 16 KiB.
    std::size_t header = 16 * 1024;

    /// The body, in bytes, decoded; 0 to 4 GiB - 1. Source: Beast's own limit for requests.
    std::size_t body = 1024 * 1024;

    /// Interim responses (1xx) that are skipped before the final one; 0 to 1000. Source: resil's own; Go has 5.
    std::size_t interim = 8;

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        using core::require_between;
        std::size_t const kib = 1024;
        std::size_t const none = 0;
        std::size_t const thousand = 1000;
        require_between("http.limits.header", header, kib, 16 * kib * kib);
        require_between("http.limits.body", body, none, 4 * kib * kib * kib - 1);
        require_between("http.limits.interim", interim, none, thousand);
    }
};

} // namespace resil::http

#endif // RESIL_HTTP_MESSAGE_LIMITS_HPP
