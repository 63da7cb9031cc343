// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// With other.cpp, a program that has two of what must exist once: the check must refuse it.

#define WIDTH int
#include "thing.hpp"

int other(resil::thing const&);

int main()
{
    return other(resil::thing{});
}
