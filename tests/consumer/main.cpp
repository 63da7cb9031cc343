// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/resil.hpp>

#include <cstdio>

int retries(); // in other.cpp, which includes the same header: everything in it must bear that

int main()
{
    std::printf("resil %s, %d retries\n", RESIL_VERSION_STRING, retries());
}
