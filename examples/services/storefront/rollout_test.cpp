// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// A visitor's side in a roll-out must not change with a release: these numbers are the contract.

#include "check.hpp"
#include "rollout.hpp"

#include <string>
#include <string_view>

namespace {

struct row
{
    std::string_view visitor;
    unsigned group;
};

constexpr row table[] = {
    {"", 91}, {"anna", 81}, {"bert", 28}, {"7f3a91c04be2d655", 21}, {"Zo\xc3\xab", 37},
};

void groups_are_those_of_the_table()
{
    for (auto const& [visitor, group] : table) {
        auto const found = storefront::rollout_group("recommender-v2", visitor);
        check(found == group, fmt::format("visitor \"{}\" is in group {}, not in {}", visitor, found, group));
    }
}

void nobody_at_zero_percent_and_everybody_at_a_hundred()
{
    for (int i = 0; i < 1000; ++i) {
        auto const visitor = std::to_string(i);
        check(!storefront::is_rolled_out("x", visitor, 0), "nobody gets it at 0 percent");
        check(storefront::is_rolled_out("x", visitor, 100), "everybody gets it at 100 percent");
    }
}

void who_has_it_keeps_it_when_the_share_grows()
{
    for (int i = 0; i < 1000; ++i) {
        auto const visitor = std::to_string(i);
        bool had_it = false;
        for (unsigned percent = 0; percent <= 100; ++percent) {
            bool const has_it = storefront::is_rolled_out("x", visitor, percent);
            check(has_it || !had_it, "who had it keeps it");
            had_it = has_it;
        }
    }
}

void the_share_is_what_was_asked_for()
{
    int lucky = 0;
    for (int i = 0; i < 100'000; ++i) {
        lucky += storefront::is_rolled_out("recommender-v2", std::to_string(i), 25) ? 1 : 0;
    }
    check(lucky > 24'500 && lucky < 25'500, fmt::format("25 percent of 100,000 are {}", lucky));
}

void experiments_choose_independently()
{
    int both = 0;
    for (int i = 0; i < 100'000; ++i) {
        auto const visitor = std::to_string(i);
        bool const a = storefront::is_rolled_out("a", visitor, 50);
        bool const b = storefront::is_rolled_out("b", visitor, 50);
        both += a && b ? 1 : 0;
    }
    check(both > 24'500 && both < 25'500, fmt::format("a quarter of 100,000 are in both: {}", both));
}

} // namespace

int main()
{
    groups_are_those_of_the_table();
    nobody_at_zero_percent_and_everybody_at_a_hundred();
    who_has_it_keeps_it_when_the_share_grows();
    the_share_is_what_was_asked_for();
    experiments_choose_independently();
    return failures == 0 ? 0 : 1;
}
