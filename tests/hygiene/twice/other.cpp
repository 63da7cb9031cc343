// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#define WIDTH long
#include "thing.hpp"

int other(resil::thing const&);

int other(resil::thing const& t)
{
    return t.width == 0 ? 0 : 1;
}
