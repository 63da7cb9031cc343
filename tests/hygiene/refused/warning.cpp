// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: use of old-style cast

#include "warning.hpp"

int main()
{
    return resil::small(1);
}
