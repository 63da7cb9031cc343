// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CONFIG_HPP
#define RESIL_CONFIG_HPP

// RESIL_SEPARATE_COMPILATION says that one source file of the program includes <resil/src.hpp>, which
// defines what is only declared everywhere else. It must be defined in all of them, or in none.
#ifndef RESIL_SEPARATE_COMPILATION
/// Stands before what is declared in a header and defined in the `.ipp` beside it; not for users.
#define RESIL_DECL inline
#else
#define RESIL_DECL
#endif

#endif // RESIL_CONFIG_HPP
