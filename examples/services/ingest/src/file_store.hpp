// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef INGEST_FILE_STORE_HPP
#define INGEST_FILE_STORE_HPP

#include "point_store.hpp"

#include <fstream>
#include <stdexcept>
#include <string>

namespace ingest {

/// Appends to a file: for trying things out. What is sent twice stands there twice.
class file_store final : public point_store
{
public:
    explicit file_store(std::string const& path) : file_(path, std::ios::app) {}

    boost::asio::awaitable<void> write(std::vector<point> const& points) override
    {
        for (point const& each : points) {
            file_ << each.id << ' ' << each.series << ' ' << each.at << ' ' << each.value << '\n';
        }
        file_.flush();
        if (!file_) {
            throw std::runtime_error("ingest: cannot write to the file");
        }
        co_return;
    }

    bool is_available() const override { return file_.good(); }

private:
    std::ofstream file_;
};

} // namespace ingest

#endif // INGEST_FILE_STORE_HPP
