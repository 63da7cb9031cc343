// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef PDF_MOOD_HPP
#define PDF_MOOD_HPP

#include <resil/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>

namespace pdf {

/// What is bad about this server.
struct mood_settings
{
    resil::duration delay{}; ///< For each document.
    double rate = 0;         ///< Orders a second that are looked at; 0: all.
    double lie = 0;          ///< The share of answers whose document is broken.
};

/// Decides what happens to an order. All of it is made up: a real server is like that by itself.
class mood
{
public:
    mood(mood_settings const& settings, std::uint64_t seed) : settings_(settings), random_(seed) {}

    resil::duration delay() const { return settings_.delay; }

    /// Whether another order is taken now; a bucket that holds the orders of a second.
    bool takes(std::chrono::steady_clock::time_point now)
    {
        if (settings_.rate <= 0) {
            return true;
        }
        std::chrono::duration<double> const passed = now - filled_;
        filled_ = now;
        tokens_ = std::min(settings_.rate, tokens_ + passed.count() * settings_.rate);
        bool const taken = tokens_ >= 1;
        tokens_ -= taken ? 1 : 0;
        return taken;
    }

    /// Breaks some documents: they end too early, or are something else.
    void maybe_lie(std::string& document)
    {
        if (draw() >= settings_.lie) {
            return;
        }
        if (draw() < 0.5) {
            document.resize(document.size() / 2);
        } else {
            document = "<html>Everything is fine</html>";
        }
    }

private:
    double draw() { return std::uniform_real_distribution<>()(random_); }

    mood_settings const settings_;
    std::mt19937_64 random_;
    double tokens_ = 1;
    std::chrono::steady_clock::time_point filled_ = std::chrono::steady_clock::now();
};

} // namespace pdf

#endif // PDF_MOOD_HPP
