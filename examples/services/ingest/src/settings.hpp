// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef INGEST_SETTINGS_HPP
#define INGEST_SETTINGS_HPP

#include <resil/core/host_and_port.hpp>
#include <resil/error.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace ingest {

enum class queue_kind
{
    memory,
    redis,
};

/// What a process does: several receivers and several writers may share one Redis.
enum class role
{
    both,
    receiver,
    writer,
};

/// What the environment says; the variables are named in settings.cpp and in README.md.
struct settings
{
    resil::host_and_port listen;
    role does = role::both;
    queue_kind queue = queue_kind::memory;
    resil::host_and_port redis;
    std::string consumer;
    std::size_t queue_bound = 0;
    std::size_t batch = 0;
    std::size_t most_points = 0;
    std::string database;
    std::string file;
    resil::duration shutdown_budget{};
};

/// Returns the settings; or nothing, after it has said on `stderr` what is wrong with them.
std::optional<settings> read_settings();

/// Returns what can be set.
std::string describe_settings();

} // namespace ingest

#endif // INGEST_SETTINGS_HPP
