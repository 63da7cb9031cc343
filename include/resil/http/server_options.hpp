// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_SERVER_OPTIONS_HPP
#define RESIL_HTTP_SERVER_OPTIONS_HPP

#include <resil/core/option_check.hpp>
#include <resil/error.hpp>

#include <chrono>
#include <cstddef>

namespace resil::http {

/// What a server takes from its peers, and for how long it waits for them.
struct server_options
{
    /// The start line and the header of a request, in bytes; 1 KiB to 16 MiB. More is answered with 431. Source: Node.js.
    std::size_t max_header = 16 * 1024;

    /// The body of a request, in bytes; 0 to 4 GiB - 1. More is answered with 413. Source: nginx.
    std::size_t max_body = 1024 * 1024;

    /// Connections at a time, 1 to 1,000,000; those that come later wait in the system's queue,
    /// unaccepted. Source: resil's own; below the descriptors that most systems give.
    std::size_t max_connections = 10'000;

    /// How long the system's queue of connections is, 1 to 65535; the system may shorten it. Source: Go, Linux.
    int backlog = 4096;

    /// From a request's first byte to the end of its header, > 0: who is slower gets 408. Source: nginx has 60 s.
    duration header_time = std::chrono::seconds(10);

    /// From the end of the header to that of the body, > 0; 408 too. Source: resil's own.
    duration body_time = std::chrono::seconds(30);

    /// How long the peer has to take the answer, or a piece of a stream, > 0. Source: resil's own.
    duration write_time = std::chrono::seconds(30);

    /// How long a connection is kept between two requests, > 0. Longer than the balancer keeps it, or its requests meet
    /// connections that are being closed. Source: 60 s is what AWS's balancer has, so 75 s as nginx.
    duration idle_time = std::chrono::seconds(75);

    /// How long a connection that was just accepted may be silent once the server stops, >= 0. Source: Go's 5 s.
    duration first_time = std::chrono::seconds(5);

    /// For how long, >= 0, what a peer still sends is taken in after the last answer, so that the answer is not lost to
    /// a reset of the connection. Source: RFC 9112, section 9.6.
    duration linger_time = std::chrono::seconds(1);

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        using namespace core;
        std::size_t const kib = 1024;
        std::size_t const none = 0;
        std::size_t const one = 1;
        std::size_t const million = 1'000'000;
        require_between("server.max_header", max_header, kib, 16 * kib * kib);
        require_between("server.max_body", max_body, none, 4 * kib * kib * kib - 1);
        require_between("server.max_connections", max_connections, one, million);
        require_between("server.backlog", backlog, 1, 65535);
        require_more_than("server.header_time", header_time, duration::zero());
        require_more_than("server.body_time", body_time, duration::zero());
        require_more_than("server.write_time", write_time, duration::zero());
        require_more_than("server.idle_time", idle_time, duration::zero());
        require_at_least("server.first_time", first_time, duration::zero());
        require_at_least("server.linger_time", linger_time, duration::zero());
    }
};

/// What a server has done, and has to do.
struct server_counts
{
    std::size_t connections = 0; ///< Open now.
    std::size_t in_flight = 0;   ///< Requests now, from their first byte to the end of their answer.
    std::size_t accepted = 0;    ///< Connections, ever.
    std::size_t requests = 0;    ///< Answered, ever; those refused before the handler saw them too.
};

} // namespace resil::http

#endif // RESIL_HTTP_SERVER_OPTIONS_HPP
