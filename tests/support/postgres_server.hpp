// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SUPPORT_POSTGRES_SERVER_HPP
#define RESIL_TESTS_SUPPORT_POSTGRES_SERVER_HPP

#include <resil/postgres/settings.hpp>

#include "server_process.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <poll.h>
#include <sys/shm.h>

namespace support {

/**
 * A PostgreSQL server of the test's own: its data in a temporary folder, on a free loopback
 * port.
 *
 * The user "postgres" needs no password; "scram_user" and "md5_user" have "right password",
 * which the server asks for. Nothing waits for a disk: a killed server loses no commit all the
 * same, for the system keeps what was written.
 *
 * Make it on the main thread. About a second for the first start, and well below that for
 * others.
 */
class postgres_server
{
public:
    /// Returns the folder of Debian's newest PostgreSQL, or nothing.
    static std::optional<std::filesystem::path> find_programs()
    {
        namespace fs = std::filesystem;
        std::error_code none;
        std::optional<fs::path> newest;
        int version = 0;
        for (auto const& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
            int const found = std::atoi(entry.path().filename().c_str());
            if (found > version && fs::exists(entry.path() / "bin/initdb")) {
                version = found;
                newest = entry.path() / "bin";
            }
        }
        return newest;
    }

    /// Makes a new cluster, and starts it.
    postgres_server()
    {
        run({.command = {program("initdb"), "--pgdata=" + data().string(),
                         "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
                         "--no-sync", "--no-instructions"},
             .user = user_,
             .output = log(),
             .folder = folder_.path().string()});
        configure();
        start();
        prepare();
    }

    ~postgres_server() { stop(); }

    /// Starts it, and waits until it lets users in; `options` as {"-c", "max_connections=5"}.
    void start(std::vector<std::string> const& options = {})
    {
        std::vector<std::string> command{program("postgres"), "-D", data().string()};
        command.insert(command.end(), options.begin(), options.end());
        process_.start({.command = command,
                        .user = user_,
                        .output = log(),
                        .folder = folder_.path().string(),
                        .on_our_death = SIGQUIT}); // then it ends its children itself
        wait_until_ready();
    }

    /// Kills it with all its children, as a crash does.
    void kill()
    {
        process_.kill();
        remove_leftovers();
    }

    /// Shuts it down; sessions are ended, with 57P01 told to those that listen.
    void stop()
    {
        process_.stop(SIGINT, std::chrono::seconds(10));
        remove_leftovers();
    }

    /// Kills it, if it runs, and starts it again on the same port and data.
    void restart()
    {
        kill();
        start();
    }

    /// Makes a certificate for "localhost", signed by itself, and returns its file. The server
    /// uses it once it is started with `tls_options()`.
    std::filesystem::path make_certificate(std::string const& name = "server") const
    {
        std::string const file = (folder_.path() / name).string();
        run({.command = {"/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                         "-days", "2", "-subj", "/CN=localhost", "-addext",
                         "subjectAltName=DNS:localhost", "-keyout", file + ".key", "-out",
                         file + ".crt"},
             .user = user_,
             .output = log(),
             .folder = folder_.path().string()});
        return file + ".crt";
    }

    std::vector<std::string> tls_options() const
    {
        std::string const file = (folder_.path() / "server").string();
        return {"-c", "ssl=on", "-c", "ssl_cert_file=" + file + ".crt", "-c",
                "ssl_key_file=" + file + ".key"};
    }

    bool running() { return process_.running(); }
    unsigned short port() const noexcept { return port_; }

    /// Returns the folder with its UNIX socket.
    std::string socket_folder() const { return folder_.path().string(); }

    /// Returns how to connect to it for those who use libpq.
    std::string conninfo(std::string const& user = "postgres") const
    {
        return "host=127.0.0.1 port=" + std::to_string(port_) + " dbname=postgres user=" + user;
    }

    /// Returns how to connect to it.
    resil::postgres::settings settings(std::string const& user = "postgres") const
    {
        return {.host = "127.0.0.1",
                .port = port_,
                .database = "postgres",
                .user = user,
                .tls = resil::postgres::tls_mode::disable};
    }

    /// Executes SQL on a connection of its own, and returns the first value, or an empty text.
    std::string execute(std::string const& sql) const
    {
        std::unique_ptr<PGconn, decltype(&PQfinish)> const c(PQconnectdb(conninfo().c_str()),
                                                             &PQfinish);
        std::unique_ptr<PGresult, decltype(&PQclear)> const r(PQexec(c.get(), sql.c_str()),
                                                              &PQclear);
        auto const status = PQresultStatus(r.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
            throw std::runtime_error(PQerrorMessage(c.get()));
        }
        return PQntuples(r.get()) > 0 ? PQgetvalue(r.get(), 0, 0) : "";
    }

private:
    std::filesystem::path data() const { return folder_.path() / "data"; }
    std::string log() const { return (folder_.path() / "log").string(); }

    std::string program(char const* name) const
    {
        if (!programs_) {
            throw std::runtime_error("PostgreSQL is not installed below /usr/lib/postgresql");
        }
        return (*programs_ / name).string();
    }

    void configure() const
    {
        std::ofstream(data() / "postgresql.conf", std::ios::app)
            << "listen_addresses = '127.0.0.1'\n"
            << "port = " << port_ << "\n"
            << "unix_socket_directories = '" << socket_folder() << "'\n"
            << "max_connections = 60\n"
            << "fsync = off\n"
            << "shared_memory_type = mmap\ndynamic_shared_memory_type = mmap\n"
            << "shared_buffers = 16MB\nwal_level = minimal\nmax_wal_senders = 0\n"
            << "password_encryption = 'scram-sha-256'\n";
        std::ofstream(data() / "pg_hba.conf") << "local all all trust\n"
                                              << "host all scram_user all scram-sha-256\n"
                                              << "host all md5_user all md5\n"
                                              << "host all all all trust\n";
    }

    void prepare() const
    {
        execute("create role scram_user login password 'right password'");
        execute("set password_encryption = 'md5';"
                "create role md5_user login password 'right password'");
    }

    void wait_until_ready()
    {
        auto const patience = std::chrono::seconds(30);
        auto const pause = std::chrono::milliseconds(5);
        for (auto waited = pause; waited < patience; waited += pause) {
            if (PQping(conninfo().c_str()) == PQPING_OK) {
                return;
            }
            if (!process_.running()) {
                break;
            }
            ::poll(nullptr, 0, static_cast<int>(pause.count()));
        }
        std::ostringstream written;
        written << std::ifstream(log()).rdbuf();
        throw std::runtime_error("PostgreSQL does not start:\n" + written.str());
    }

    // After a crash: the lock, and the System V segment that it names in its seventh line.
    void remove_leftovers() const
    {
        std::ifstream lock(data() / "postmaster.pid");
        std::string line;
        for (int i = 0; i < 7; ++i) {
            std::getline(lock, line);
        }
        unsigned long key = 0;
        int id = -1;
        if (lock && std::istringstream(line) >> key >> id) {
            ::shmctl(id, IPC_RMID, nullptr);
        }
        std::error_code none;
        std::filesystem::remove(data() / "postmaster.pid", none);
    }

    std::optional<std::filesystem::path> const programs_ = find_programs();
    system_user const user_ = unprivileged_user("postgres");
    unsigned short const port_ = free_port();
    temporary_folder folder_{"postgres", user_};
    server_process process_;
};

} // namespace support

#endif // RESIL_TESTS_SUPPORT_POSTGRES_SERVER_HPP
