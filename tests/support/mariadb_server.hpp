// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SUPPORT_MARIADB_SERVER_HPP
#define RESIL_TESTS_SUPPORT_MARIADB_SERVER_HPP

#include "support/server_process.hpp"

#include <string>
#include <vector>

namespace support {

/**
 * A MariaDB of the test's own, on a port of the loopback interface, with a database in a
 * folder.
 *
 * What was committed survives `kill`, but not a crash of the machine: nothing is synchronised
 * to disk. The server and its folder are gone when this object is, or when the test dies. Not
 * thread-safe; to be made, and started, on the main thread.
 */
class mariadb_server
{
public:
    /// Says whether the programs are installed; Debian's `mariadb-server-core` has them.
    static bool is_installed();

    /// Makes an empty database and starts the server; `options` are added to its command line.
    explicit mariadb_server(std::vector<std::string> options = {});

    /// Starts it where it was, and waits until it answers; throws, with its log, if it does
    /// not.
    void start();

    /// Kills it at once, as a crash does.
    void kill() { process_.kill(); }

    /// Asks it to shut down, and waits until it has.
    void stop();

    /// Kills it, and starts it again on the same port.
    void restart();

    /// Returns its port; the same for all of its life.
    unsigned short port() const noexcept { return port_; }

    /// Returns the name of an account that may do anything, from 127.0.0.1.
    std::string user() const { return "resil"; }

    /// Returns the password of that account.
    std::string password() const { return "a secret of the tests"; }

    /// Returns the name of an empty database.
    std::string database() const { return "resil"; }

private:
    void wait_until_ready();
    [[noreturn]] void fail(std::string const& what) const;
    std::string in_folder(char const* name) const { return folder_.path() / name; }

    system_user account_ = unprivileged_user("mysql");
    temporary_folder folder_{"mariadb", account_};
    unsigned short port_ = free_port();
    std::vector<std::string> options_;
    server_process process_;
};

} // namespace support

#endif // RESIL_TESTS_SUPPORT_MARIADB_SERVER_HPP
