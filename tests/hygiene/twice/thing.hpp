// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_HYGIENE_TWICE_THING_HPP
#define RESIL_TESTS_HYGIENE_TWICE_THING_HPP

namespace resil {

struct thing
{
    virtual ~thing() = default;
    WIDTH width = 0;
};

} // namespace resil

#endif // RESIL_TESTS_HYGIENE_TWICE_THING_HPP
