// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_VERSION_HPP
#define RESIL_VERSION_HPP

// The only place where the version is written: CMakeLists.txt reads these three lines. Macros, so
// that a program can ask before it compiles: `#if RESIL_VERSION >= RESIL_MAKE_VERSION(0, 2, 0)`.
/// The major number of this library's version: it grows when code must change.
#define RESIL_VERSION_MAJOR 0
/// The minor number: it grows with what is new.
#define RESIL_VERSION_MINOR 1
/// The patch number: it grows with what is mended.
#define RESIL_VERSION_PATCH 0

/// Makes a number of a version, so that versions can be compared in `#if`.
#define RESIL_MAKE_VERSION(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))

/// The version of this library, as a number.
#define RESIL_VERSION \
    RESIL_MAKE_VERSION(RESIL_VERSION_MAJOR, RESIL_VERSION_MINOR, RESIL_VERSION_PATCH)

#define RESIL_DETAIL_STRING_(text) #text
#define RESIL_DETAIL_STRING(text) RESIL_DETAIL_STRING_(text)

/// The version of this library, as text: "0.1.0".
#define RESIL_VERSION_STRING \
    RESIL_DETAIL_STRING(RESIL_VERSION_MAJOR) \
    "." RESIL_DETAIL_STRING(RESIL_VERSION_MINOR) "." RESIL_DETAIL_STRING(RESIL_VERSION_PATCH)

#endif // RESIL_VERSION_HPP
