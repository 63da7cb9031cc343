// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_COROUTINE_WARNINGS_HPP
#define RESIL_DETAIL_COROUTINE_WARNINGS_HPP

#include <resil/config.hpp>

// Stand around coroutines in headers: GCC 12 warns of zeros that it writes itself into what it makes of them.
#if defined(__GNUC__) && !defined(__clang__)
#define RESIL_DETAIL_COROUTINES_BEGIN                                                                                  \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wzero-as-null-pointer-constant\"")
#define RESIL_DETAIL_COROUTINES_END _Pragma("GCC diagnostic pop")
#else
#define RESIL_DETAIL_COROUTINES_BEGIN
#define RESIL_DETAIL_COROUTINES_END
#endif

#endif // RESIL_DETAIL_COROUTINE_WARNINGS_HPP
