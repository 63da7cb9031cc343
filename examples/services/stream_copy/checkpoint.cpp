// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "checkpoint.hpp"

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace stream_copy {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(fs::path const& path)
{
    throw std::system_error(errno, std::generic_category(), path.string());
}

/// Returns when what was written is on the disk: of a folder, the names in it.
void sync(fs::path const& path, int flags)
{
    int const file = ::open(path.c_str(), flags);
    if (file == -1) {
        fail(path);
    }
    bool const done = ::fsync(file) == 0;
    ::close(file);
    if (!done) {
        fail(path);
    }
}

} // namespace

checkpoint checkpoint_file::read() const
{
    checkpoint last;
    if (!fs::exists(path_)) {
        return last;
    }
    std::ifstream in(path_);
    std::string state;
    in >> last.pages >> state;
    in.ignore(1);
    std::getline(in, last.cursor);
    last.complete = state == "complete";
    if (in.bad() || (state != "complete" && state != "next")) {
        throw std::runtime_error(path_.string() + " is no checkpoint; expected \"<pages> next <cursor>\" or \"<pages> complete\"");
    }
    return last;
}

void checkpoint_file::write(checkpoint const& now) const
{
    fs::path const unfinished = path_.string() + ".part";
    std::ofstream out(unfinished);
    out << now.pages << (now.complete ? " complete " : " next ") << now.cursor << '\n';
    out.close();
    if (!out) {
        fail(unfinished);
    }
    sync(unfinished, O_RDONLY);
    fs::rename(unfinished, path_);
    fs::path const folder = path_.parent_path();
    sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

} // namespace stream_copy
