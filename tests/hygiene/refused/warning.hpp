// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_HYGIENE_REFUSED_WARNING_HPP
#define RESIL_TESTS_HYGIENE_REFUSED_WARNING_HPP

namespace resil {

inline int small(long value)
{
    return (int)value;
}

} // namespace resil

#endif // RESIL_TESTS_HYGIENE_REFUSED_WARNING_HPP
