// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "use.hpp"

int main()
{
    auto const told = use::everything();
    fmt::print("{}", told);
    return told == use::expected ? 0 : 1;
}
