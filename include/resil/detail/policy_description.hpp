// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_POLICY_DESCRIPTION_HPP
#define RESIL_DETAIL_POLICY_DESCRIPTION_HPP

#include <resil/config.hpp>
#include <resil/detail/policy_list.hpp>
#include <resil/error.hpp>

#include <string>
#include <type_traits>
#include <vector>

namespace resil::detail {

/// The kinds of policies that the rules of order know.
enum class policy_kind
{
    fallback,
    deadline,
    retry,
    circuit_breaker,
    bulkhead,
    timeout,
};

/// What the rules of order, and the printer, need to know of one policy.
struct policy_description
{
    policy_kind kind;
    std::string text;                  ///< As printed, "retry(3 attempts, ...)".
    duration bound = duration::max();  ///< The time that it allows, if it bounds time.
    duration lease = duration::max();  ///< How long a breaker waits for a probe.
    int attempts = 1;                  ///< How often it starts what stands inside of it.
    void const* identity = nullptr;    ///< The shared state of a breaker or bulkhead.
    bool abandons = false;             ///< Leaves the operation behind.
};

/// Describes the policies among the elements of a pipeline, outermost first.
template <class... Elements>
std::vector<policy_description> describe(Elements const&... elements)
{
    std::vector<policy_description> found;
    [[maybe_unused]] auto const add = [&](auto const& element) {
        if constexpr (requires { element.description(); }) {
            found.push_back(element.description());
        }
    };
    (add(elements), ...);
    return found;
}

/// Returns the name that a pipeline was given, or an empty text.
template <class... Elements>
std::string name_among(Elements const&... elements)
{
    std::string name;
    [[maybe_unused]] auto const look = [&](auto const& element) {
        if constexpr (element_of<std::decay_t<decltype(element)>>::names) {
            name = element.name();
        }
    };
    (look(elements), ...);
    return name;
}

/// Writes a pipeline as one line.
RESIL_DECL std::string printed(std::string const& name,
                               std::vector<policy_description> const& policies);

} // namespace resil::detail

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/detail/policy_description.ipp>
#endif

#endif // RESIL_DETAIL_POLICY_DESCRIPTION_HPP
