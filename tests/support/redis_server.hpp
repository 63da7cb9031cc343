// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SUPPORT_REDIS_SERVER_HPP
#define RESIL_TESTS_SUPPORT_REDIS_SERVER_HPP

#include "server_process.hpp"

#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace support {

/// A Redis server of the test's own: its data in a temporary folder, written before it answers, on a free loopback port.
class redis_server
{
public:
    explicit redis_server(std::string program, std::vector<std::string> more = {}) : command_{std::move(program)}
    {
        command_.insert(command_.end(), {"--port", std::to_string(port_), "--bind", "127.0.0.1", "--save", "",
                                         "--appendonly", "yes", "--appendfsync", "always",
                                         "--dir", folder_.path().string()});
        command_.insert(command_.end(), more.begin(), more.end());
        start();
    }

    void start()
    {
        process_.start({.command = command_,
                        .output = (folder_.path() / "log").string(),
                        .folder = folder_.path().string(),
                        .on_our_death = SIGKILL});
    }

    /// Kills it, as a crash does.
    void kill() { process_.kill(); }

    std::string port() const { return std::to_string(port_); }

private:
    temporary_folder folder_{"redis", {::geteuid(), ::getegid()}};
    unsigned short port_ = free_port();
    std::vector<std::string> command_;
    server_process process_;
};

} // namespace support

#endif // RESIL_TESTS_SUPPORT_REDIS_SERVER_HPP
