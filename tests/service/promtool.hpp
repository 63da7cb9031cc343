// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SERVICE_PROMTOOL_HPP
#define RESIL_TESTS_SERVICE_PROMTOOL_HPP

#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <string>

/// Says whether Prometheus's own tool takes a text and has nothing to remark; skips the test where it is missing.
inline bool promtool_accepts(std::string const& text)
{
    std::string const tool = RESIL_PROMTOOL;
    if (tool.empty()) {
        SKIP("there is no promtool here: CMake looks for it on the path, and where scripts/setup puts it");
    }
    std::FILE* const pipe = ::popen(("'" + tool + "' check metrics 2>&1").c_str(), "w");
    REQUIRE(pipe);
    std::fwrite(text.data(), 1, text.size(), pipe);
    return ::pclose(pipe) == 0;
}

inline void check_with_promtool(std::string const& text)
{
    INFO(text);
    CHECK(promtool_accepts(text));
}

#endif // RESIL_TESTS_SERVICE_PROMTOOL_HPP
