// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CHAOS_WEATHER_HPP
#define RESIL_TESTS_CHAOS_WEATHER_HPP

#include <resil/core/random.hpp>

#include "support/chaos_proxy.hpp"

#include <chrono>
#include <cstddef>

namespace soak {

/**
 * What goes wrong on the wire, one thing after the other, in an order drawn at random.
 *
 * Answers are late, also later than anybody waits for them; questions and goodbyes are not: of
 * a late goodbye no client can know, and the server would count what the client has closed.
 */
class weather
{
    using toward = support::toward;

public:
    explicit weather(support::chaos_proxy& proxy) : proxy_(proxy) {}

    void change()
    {
        using namespace std::chrono_literals;
        proxy_.listen();
        auto const bytes = static_cast<std::size_t>(draw_.next() % 600);
        switch (draw_.next() % 8) {
        case 0: return proxy_.treat_all({});
        case 1: return late_answers(5ms, 30ms);
        case 2: return late_answers(600ms, 600ms);
        case 3: return proxy_.treat_all({.cut_after = bytes});
        case 4: return proxy_.treat_all({.cut_after = bytes, .cut_way = toward::server});
        case 5: return proxy_.treat_all({.cut_after = 0, .reset = true});
        case 6: return proxy_.treat_all({.black_hole = true});
        case 7: return proxy_.refuse();
        }
    }

    void clear()
    {
        proxy_.listen();
        proxy_.treat_all({});
    }

private:
    void late_answers(std::chrono::milliseconds latency, std::chrono::milliseconds jitter)
    {
        proxy_.treat_all({.latency = latency, .jitter = jitter, .late_way = toward::client});
    }

    support::chaos_proxy& proxy_;
    resil::core::generator draw_{20260101};
};

} // namespace soak

#endif // RESIL_TESTS_CHAOS_WEATHER_HPP
