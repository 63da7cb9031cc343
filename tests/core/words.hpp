// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CORE_WORDS_HPP
#define RESIL_TESTS_CORE_WORDS_HPP

#include <resil/error.hpp>
#include <resil/verdict.hpp>

#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>

namespace resil {

// So that a failed check prints the name of a word and not its number.
template <class Word>
    requires requires(Word word)
    {
        to_string(word);
    }
std::ostream& operator<<(std::ostream& out, Word word)
{
    return out << to_string(word);
}

} // namespace resil

namespace resil::tests {

using namespace std::chrono_literals;

/// A moment some way after an arbitrary start, which is neither zero nor round.
constexpr time_point at(duration after_start)
{
    return time_point(1'000'003h) + after_start;
}

/// Returns what a function says when it throws `invalid_option`; empty if it does not throw.
template <class Function>
std::string refusal(Function function)
{
    try {
        function();
    } catch (invalid_option const& error) {
        return error.what();
    }
    return {};
}

} // namespace resil::tests

#endif // RESIL_TESTS_CORE_WORDS_HPP
