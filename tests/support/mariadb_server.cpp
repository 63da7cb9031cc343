// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "support/mariadb_server.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace support {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto patience = 60s;

// Where it is installed; empty if it is not. Debian has the server in a folder for root.
std::string program(std::string const& name)
{
    for (char const* folder :
         {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/"}) {
        if (std::string path = folder + name; ::access(path.c_str(), X_OK) == 0) {
            return path;
        }
    }
    return {};
}

// Small, quick, and on its own: neither the machine's settings nor its names matter. (A folder
// for temporary tables is given, too: a server that starts sweeps the one it shares with
// others.)
std::vector<std::string> const small_and_quick = {"--innodb-buffer-pool-size=16M",
                                                  "--innodb-log-file-size=8M",
                                                  "--innodb-log-buffer-size=2M",
                                                  "--aria-pagecache-buffer-size=1M",
                                                  "--key-buffer-size=64K",
                                                  "--innodb-flush-method=nosync",
                                                  "--innodb-flush-log-at-trx-commit=2"};

// Connected to the port, if anybody listens there.
unique_fd connected_to(unsigned short port)
{
    unique_fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    auto const* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::connect(client.get(), generic, sizeof address) != 0) {
        client.reset();
    }
    return client;
}

// A server greets as soon as it takes connections; it listens before that.
bool greets(unique_fd const& client)
{
    pollfd greeting{client.get(), POLLIN, 0};
    std::array<char, 1> first{};
    return ::poll(&greeting, 1, 1000) == 1 && ::recv(client.get(), first.data(), 1, 0) == 1;
}

} // namespace

bool mariadb_server::is_installed()
{
    return !program("mariadbd").empty() && !program("mariadb-install-db").empty();
}

mariadb_server::mariadb_server(std::vector<std::string> options) : options_(std::move(options))
{
    std::ofstream(in_folder("init.sql"))
        << "CREATE DATABASE IF NOT EXISTS " << database() << ";\n"
        << "CREATE USER IF NOT EXISTS '" << user() << "'@'127.0.0.1' IDENTIFIED BY '"
        << password() << "';\nGRANT ALL ON *.* TO '" << user()
        << "'@'127.0.0.1' WITH GRANT OPTION;\n";
    std::vector<std::string> command = {program("mariadb-install-db"),
                                        "--no-defaults",
                                        "--datadir=" + in_folder("data"),
                                        "--skip-test-db",
                                        "--auth-root-authentication-method=normal",
                                        "--tmpdir=" + folder_.path().string()};
    command.insert(command.end(), small_and_quick.begin(), small_and_quick.end());
    run({.command = command, .user = account_, .output = in_folder("log")});
    start();
}

void mariadb_server::start()
{
    std::vector<std::string> command = {program("mariadbd"),
                                        "--no-defaults",
                                        "--datadir=" + in_folder("data"),
                                        "--tmpdir=" + folder_.path().string(),
                                        "--socket=" + in_folder("socket"),
                                        "--pid-file=" + in_folder("pid"),
                                        "--init-file=" + in_folder("init.sql"),
                                        "--bind-address=127.0.0.1",
                                        "--port=" + std::to_string(port_),
                                        "--skip-name-resolve"};
    command.insert(command.end(), small_and_quick.begin(), small_and_quick.end());
    command.insert(command.end(), options_.begin(), options_.end());
    process_.start({.command = command, .user = account_, .output = in_folder("log")});
    wait_until_ready();
}

void mariadb_server::stop()
{
    process_.stop(SIGTERM, patience);
}

void mariadb_server::restart()
{
    kill();
    start();
}

void mariadb_server::wait_until_ready()
{
    for (auto const end = steady_clock::now() + patience; steady_clock::now() < end;) {
        if (!process_.running()) {
            fail("has ended");
        }
        unique_fd const client = connected_to(port_);
        if (client.get() >= 0 && greets(client)) {
            return;
        }
        ::poll(nullptr, 0, 5);
    }
    fail("does not answer");
}

void mariadb_server::fail(std::string const& what) const
{
    std::ostringstream log;
    log << std::ifstream(in_folder("log")).rdbuf();
    throw std::runtime_error("mariadbd " + what + "; it wrote:\n" + log.str());
}

} // namespace support
