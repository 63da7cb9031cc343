// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_ENDPOINT_HPP
#define RESIL_HTTP_ENDPOINT_HPP

#include <resil/core/option_check.hpp>
#include <resil/error.hpp>
#include <resil/http/field_value.hpp>
#include <resil/http/message_limits.hpp>

#include <cstdint>
#include <string>

namespace resil::http {

/// Where requests go, and how much of an answer is read.
struct endpoint
{
    /// A name, an IPv4 address, or an IPv6 address in brackets. It is looked up for every
    /// connection anew.
    std::string host{};

    /// 1 to 65535; unset (0) for the usual one: 80, or 443 with TLS.
    std::uint16_t port = 0;

    /// How much of an answer is read.
    message_limits limits{};

    /// Throws `invalid_option` if the host is none, or a limit is out of range.
    void validate() const
    {
        bool const bare = host.find(':') == host.npos || host.ends_with(']');
        if (!bare || !is_host(host)) {
            throw invalid_option("http.endpoint.host", "not a host",
                                 "a name, an IPv4 address, or an IPv6 address in brackets, "
                                 "without a port");
        }
        limits.validate();
    }

    /// Returns the host as the resolver knows it: without brackets. Throws nothing but `bad_alloc`.
    std::string name() const
    {
        return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
    }

    /// Returns what stands in `Host`: the port too, if it is not the usual one. Throws nothing but `bad_alloc`.
    std::string authority(std::uint16_t usual_port) const
    {
        bool const usual = port == 0 || port == usual_port;
        return usual ? host : host + ":" + std::to_string(port);
    }
};

} // namespace resil::http

#endif // RESIL_HTTP_ENDPOINT_HPP
