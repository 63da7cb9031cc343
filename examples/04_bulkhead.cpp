// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Bulkhead: a slow dependency gets a bounded part of the program, and no more.
//
// Six pictures are wanted at once. Two are rendered at a time, three more may wait, and the
// sixth one is told at once that there is no room. Whoever waited first goes first.
//
// Prints:
//
//     picture 6: the bulkhead is full, after 0 attempts
//     picture 1: rendered
//     picture 2: rendered
//     picture 3: rendered
//     picture 4: rendered
//     picture 5: rendered
//     at most 2 at once; 5 were admitted and 1 was not

#include <resil/bulkhead.hpp>
#include <resil/result.hpp>
#include <resil/testing/scripted_operation.hpp>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>

namespace asio = boost::asio;
using namespace std::chrono_literals;

int main()
{
    asio::io_context io(1);
    resil::bulkhead const images{{
        .name = "images",
        .max_concurrent = 2, // default 10: rendering takes a core each
        .max_queued = 3,     // default 0: a short queue takes the bursts
    }};
    resil::testing::scripted_operation<> render;
    render.succeeds().after(5ms);

    for (int picture = 1; picture <= 6; ++picture) {
        images.async_call(io, render, resil::as_result([picture](resil::result<void> done) {
            if (done) {
                fmt::print("picture {}: rendered\n", picture);
            } else {
                fmt::print("picture {}: {}, after {} attempts\n", picture,
                           done.error().code().message(), done.error().attempts());
            }
        }));
    }
    io.run();

    auto const seen = images.snapshot();
    fmt::print("at most {} at once; {} were admitted and {} was not\n", render.peak(),
               seen.admitted, seen.rejected);
}
