// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CONFIG_HPP
#define RESIL_CONFIG_HPP

// What resil needs of a compiler, said in one sentence before anything else goes wrong: every header
// reaches this one first. Run-time type information is not needed.

#if !defined(__cpp_concepts)
#error "resil needs C++20 or later: compile with -std=c++20, or ask CMake for cxx_std_20"
#elif !defined(__cpp_exceptions)
#error "resil needs exceptions: compile without -fno-exceptions"
#endif

// RESIL_SEPARATE_COMPILATION says that one source file of the program includes <resil/src.hpp>, which
// defines what is only declared everywhere else. It must be defined in all of them, or in none.
#ifndef RESIL_SEPARATE_COMPILATION
/// Stands before what is declared in a header and defined in the `.ipp` beside it; not for users.
#define RESIL_DECL inline
#else
#define RESIL_DECL
#endif

#endif // RESIL_CONFIG_HPP
