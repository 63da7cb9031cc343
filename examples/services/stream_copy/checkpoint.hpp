// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STREAM_COPY_CHECKPOINT_HPP
#define STREAM_COPY_CHECKPOINT_HPP

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

namespace stream_copy {

/// How far a copy has come.
struct checkpoint
{
    std::uint64_t pages = 0; ///< That are in the target.
    std::string cursor{};    ///< Of the next page; empty for the first.
    bool complete = false;   ///< There is no next page.
};

/// Keeps checkpoints in a file, of which there is always a whole one: the last or the one before.
class checkpoint_file
{
public:
    explicit checkpoint_file(std::filesystem::path path) : path_(std::move(path)) {}

    /// Returns the last checkpoint; the beginning if there is none. Throws if the file is none of these.
    checkpoint read() const;

    /// Writes a checkpoint, and returns when it is on the disk. Throws if it cannot be.
    void write(checkpoint const& now) const;

private:
    std::filesystem::path path_;
};

} // namespace stream_copy

#endif // STREAM_COPY_CHECKPOINT_HPP
