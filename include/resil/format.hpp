// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_FORMAT_HPP
#define RESIL_FORMAT_HPP

/// @file
/// Formatters for fmt: reasons, verdicts, kinds of idempotency and states of circuits print their names, a failure one
/// line that tells all of it, a pipeline its policies.

#include <resil/core/circuit_state.hpp>
#include <resil/error.hpp>
#include <resil/idempotency.hpp>
#include <resil/pipeline.hpp>
#include <resil/verdict.hpp>

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>

/// Prints a reason by its name.
template <>
struct fmt::formatter<resil::reason> : fmt::formatter<std::string_view>
{
    template <class Context>
    auto format(resil::reason why, Context& context) const
    {
        return formatter<std::string_view>::format(to_string(why), context);
    }
};

/// Prints a verdict by its name.
template <>
struct fmt::formatter<resil::verdict> : fmt::formatter<std::string_view>
{
    template <class Context>
    auto format(resil::verdict v, Context& context) const
    {
        return formatter<std::string_view>::format(to_string(v), context);
    }
};

/// Prints a kind of idempotency by its name.
template <>
struct fmt::formatter<resil::idempotency> : fmt::formatter<std::string_view>
{
    template <class Context>
    auto format(resil::idempotency kind, Context& context) const
    {
        return formatter<std::string_view>::format(to_string(kind), context);
    }
};

/// Prints the state of a circuit by its name.
template <>
struct fmt::formatter<resil::circuit_state> : fmt::formatter<std::string_view>
{
    template <class Context>
    auto format(resil::circuit_state state, Context& context) const
    {
        return formatter<std::string_view>::format(to_string(state), context);
    }
};

/// Prints a failure as one line: the code, why, after how many attempts, and after what time.
template <>
struct fmt::formatter<resil::failure> : fmt::formatter<std::string_view>
{
    template <class Context>
    auto format(resil::failure const& f, Context& context) const
    {
        return formatter<std::string_view>::format(line_of(f), context);
    }

private:
    static std::string line_of(resil::failure const& f)
    {
        std::string line = f.code().message();
        line.append(" (").append(to_string(f.reason())).append(") after ");
        line.append(std::to_string(f.attempts())).append(" attempts and ");
        line.append(milliseconds(f.elapsed()));
        if (f.last_error() && f.last_error() != f.code()) {
            line.append("; last error: ").append(f.last_error().message());
        }
        if (f.retry_after()) {
            line.append("; again after ").append(milliseconds(*f.retry_after()));
        }
        return line;
    }

    static std::string milliseconds(resil::duration d)
    {
        using std::chrono::milliseconds;
        return std::to_string(std::chrono::duration_cast<milliseconds>(d).count()) + " ms";
    }
};

/// Prints a pipeline as one line, outermost policy first.
template <class... Policies>
struct fmt::formatter<resil::pipeline<Policies...>> : fmt::formatter<std::string_view>
{
    template <class Context>
    auto format(resil::pipeline<Policies...> const& p, Context& context) const
    {
        return formatter<std::string_view>::format(p.to_string(), context);
    }
};

#endif // RESIL_FORMAT_HPP
