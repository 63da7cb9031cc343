// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Uses every adapter against a port where nobody listens: each must say so, and none must wait for long.

#include "adapters.hpp"

#include <cstdio>

struct adapter
{
    char const* name;
    resil::error_code (*use)();
};

int main()
{
    int wrong = 0;
    for (auto const& [name, use] : {adapter{"http", use_http}, adapter{"http_tls", use_http_tls},
                                    adapter{"postgres", use_postgres}, adapter{"mysql", use_mysql}}) {
        resil::error_code const ec = use();
        std::printf("%s: %s\n", name, ec.message().c_str());
        wrong += !ec;
    }
    return wrong;
}
