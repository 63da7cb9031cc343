// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_PIPELINE_ORDER_HPP
#define RESIL_DETAIL_PIPELINE_ORDER_HPP

#include <resil/config.hpp>
#include <resil/core/option_check.hpp>
#include <resil/detail/policy_description.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace resil::detail {

/**
 * Holds a pipeline's policies against the rules of order.
 *
 * What cannot work is refused, by an exception that says why and what to do; what is rarely meant becomes a
 * warning. Sources of the rules: Microsoft.Extensions.Http.Resilience's validator, Kevlar.
 */
class order_check
{
public:
    explicit order_check(std::vector<policy_description> const& policies) : policies_(policies) {}

    /// Returns the warnings; throws `invalid_option` if the order is refused.
    RESIL_DECL std::vector<std::string> run();

private:
    using kind = policy_kind;

    RESIL_DECL void check_alone(std::size_t at);

    RESIL_DECL void check_pair(policy_description const& outer,
                               policy_description const& inner);

    RESIL_DECL void warn_about(policy_description const& outer,
                               policy_description const& inner);

    // Only where every part is bounded can the sum be compared.
    RESIL_DECL void check_total();

    [[noreturn]] static void refuse(std::string const& why, std::string const& what_to_do)
    {
        throw invalid_option("resil::pipeline: " + why + ": " + what_to_do);
    }

    void warn(std::string sentence) { warnings_.push_back(std::move(sentence)); }

    std::vector<policy_description> const& policies_;
    std::vector<std::string> warnings_;
};

} // namespace resil::detail

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/detail/pipeline_order.ipp>
#endif

#endif // RESIL_DETAIL_PIPELINE_ORDER_HPP
