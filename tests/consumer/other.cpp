// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/resil.hpp>

int retries();

int retries()
{
    return RESIL_VERSION_MINOR;
}
