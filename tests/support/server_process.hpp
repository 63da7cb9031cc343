// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SUPPORT_SERVER_PROCESS_HPP
#define RESIL_TESTS_SUPPORT_SERVER_PROCESS_HPP

/// @file What tests need to run a server of their own: a folder, a port, and a process that
/// does not outlive the test, however the test ends. For Linux.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

/// Throws what the last system call has left in `errno`.
[[noreturn]] inline void throw_errno(std::string const& what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

/// A descriptor that is closed; -1 for none.
class unique_fd
{
public:
    explicit unique_fd(int fd = -1) noexcept : fd_(fd) {}
    unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    unique_fd& operator=(unique_fd other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~unique_fd() { reset(); }

    int get() const noexcept { return fd_; }

    void reset() noexcept
    {
        if (fd_ >= 0) {
            ::close(std::exchange(fd_, -1));
        }
    }

private:
    int fd_;
};

/// Whom a server runs as.
struct system_user
{
    uid_t uid;
    gid_t gid;
};

/// Returns `name` where we are root, as servers refuse to run as root; else whoever we are.
inline system_user unprivileged_user(std::string const& name)
{
    if (::geteuid() != 0) {
        return {::geteuid(), ::getegid()};
    }
    passwd const* entry = ::getpwnam(name.c_str());
    entry = entry ? entry : ::getpwnam("nobody");
    if (!entry) {
        throw std::runtime_error("no user to run a server as: neither " + name + " nor nobody");
    }
    return {entry->pw_uid, entry->pw_gid};
}

/// Returns a port of the loopback interface that nobody listened on a moment ago.
inline unsigned short free_port()
{
    unique_fd const probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(probe.get(), generic, size) != 0 ||
        ::getsockname(probe.get(), generic, &size) != 0) {
        throw_errno("no free port");
    }
    return ntohs(address.sin_port);
}

/// How a program is started.
struct spawn_options
{
    std::vector<std::string> command;  ///< The program's path, then its arguments.
    std::optional<system_user> user{}; ///< None: nothing changes.
    std::string output = "/dev/null";  ///< A file that is appended to.
    std::string folder = "/";          ///< Where it works.
    int input = -1;                    ///< What it reads; -1: nothing.
    int on_our_death = SIGKILL;        ///< The signal it gets when we die; 0: none.
};

namespace detail {

/// The child's way to its program. Only calls that are safe after a fork of several threads.
[[noreturn]] inline void become(spawn_options const& options, char* const* arguments,
                                pid_t parent) noexcept
{
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::setsid();
    int const in = options.input >= 0 ? options.input : ::open("/dev/null", O_RDONLY);
    int const out = ::open(options.output.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0644);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, 0); // Asio's sockets would stay open in the server
    bool ready = ::chdir(options.folder.c_str()) == 0;
    if (options.user && ::geteuid() == 0) {
        ready = ready && ::setgroups(0, nullptr) == 0 && ::setgid(options.user->gid) == 0 &&
                ::setuid(options.user->uid) == 0;
    }
    ::prctl(PR_SET_PDEATHSIG, options.on_our_death); // a change of user would have cleared it
    bool const orphaned = options.on_our_death != 0 && ::getppid() != parent;
    if (ready && !orphaned) {
        ::execv(arguments[0], arguments);
    }
    ::_exit(127);
}

} // namespace detail

/**
 * Starts a program in a session of its own, and returns its id; the caller waits for it.
 *
 * `on_our_death` is sent when the thread that called this ends: call it on the main thread.
 */
inline pid_t spawn(spawn_options const& options)
{
    std::vector<std::string> texts = options.command;
    std::vector<char*> arguments;
    for (std::string& text : texts) {
        arguments.push_back(text.data());
    }
    arguments.push_back(nullptr);
    pid_t const parent = ::getpid();
    pid_t const child = ::fork();
    if (child < 0) {
        throw_errno("cannot fork");
    }
    if (child == 0) {
        detail::become(options, arguments.data(), parent);
    }
    return child;
}

/// Waits for a child, and returns its status as `waitpid` tells it.
inline int wait_for(pid_t child, int flags = 0)
{
    int status = 0;
    while (::waitpid(child, &status, flags) < 0) {
        if (errno != EINTR) {
            throw_errno("cannot wait for a process");
        }
    }
    return status;
}

/// Runs a program to its end; throws, with what it wrote, unless it exits with 0.
inline void run(spawn_options const& options)
{
    if (wait_for(spawn(options)) == 0) {
        return;
    }
    std::ostringstream written;
    written << std::ifstream(options.output).rdbuf();
    throw std::runtime_error(options.command.front() + " has failed:\n" + written.str());
}

/**
 * A folder below /tmp, which is removed at the end, also if this process is killed.
 *
 * Not below TMPDIR: paths of UNIX sockets are short, and other users must reach it. A shell
 * that waits for the end of a pipe removes it; the pipe ends when this process does.
 */
class temporary_folder
{
public:
    /// Makes one named after `name` that belongs to `owner`.
    temporary_folder(std::string const& name, system_user owner)
    {
        std::string path = "/tmp/resil-" + name + "-XXXXXX";
        if (!::mkdtemp(path.data())) {
            throw_errno("cannot make " + path);
        }
        path_ = path;
        int ends[2];
        if (::chown(path.c_str(), owner.uid, owner.gid) != 0 || ::pipe2(ends, O_CLOEXEC) != 0) {
            throw_errno("cannot prepare " + path);
        }
        unique_fd const read_end(ends[0]);
        alive_ = unique_fd(ends[1]);
        // A server that is dying may still write: hence the second time.
        remover_ = spawn(
            {.command = {"/bin/sh", "-c",
                         "read -r _; rm -rf \"$1\" || { sleep 1; rm -rf \"$1\"; }", "sh", path},
             .input = read_end.get(),
             .on_our_death = 0});
    }

    ~temporary_folder()
    {
        alive_.reset();
        ::waitpid(remover_, nullptr, 0);
    }

    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;

    std::filesystem::path const& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
    unique_fd alive_;
    pid_t remover_ = -1;
};

/// Returns all processes that descend from `ancestor`, without itself.
inline std::vector<pid_t> descendants(pid_t ancestor)
{
    std::multimap<pid_t, pid_t> children;
    for (auto const& entry : std::filesystem::directory_iterator("/proc")) {
        pid_t const pid = std::atoi(entry.path().filename().c_str());
        std::string stat;
        if (pid > 0) { // it may have ended by now: then nothing is read
            std::ifstream file(entry.path() / "stat");
            std::getline(file, stat);
        }
        auto const name_end = stat.rfind(')'); // then: a blank, the state, and the parent
        if (name_end != stat.npos && name_end + 4 < stat.size()) {
            children.emplace(std::atoi(stat.c_str() + name_end + 4), pid);
        }
    }
    std::vector<pid_t> found{ancestor};
    for (std::size_t i = 0; i < found.size(); ++i) {
        auto const [first, last] = children.equal_range(found[i]);
        std::transform(first, last, std::back_inserter(found),
                       [](auto& c) { return c.second; });
    }
    found.erase(found.begin());
    return found;
}

/**
 * A server's process. It ends when this object does, and when this program dies.
 *
 * Not thread-safe; `start` on the main thread (see `spawn`).
 */
class server_process
{
public:
    server_process() = default;
    ~server_process() { kill(); }

    server_process(server_process const&) = delete;
    server_process& operator=(server_process const&) = delete;

    /// Starts the program; one that ran before must have been stopped.
    void start(spawn_options const& options)
    {
        if (pid_ > 0) {
            throw std::logic_error(options.command.front() + " runs already");
        }
        pid_ = spawn(options);
    }

    /// Returns its process id, or -1.
    pid_t id() const noexcept { return pid_; }

    /// Says whether it still runs; one that has ended by itself is forgotten.
    bool running()
    {
        if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) {
            pid_ = -1;
        }
        return pid_ > 0;
    }

    /// Kills it and all its descendants at once, as a crash does, and waits until they are
    /// gone.
    void kill()
    {
        if (!running()) {
            return;
        }
        ::kill(pid_, SIGSTOP); // so that it starts no further child
        if (!WIFSTOPPED(wait_for(pid_, WUNTRACED))) {
            pid_ = -1;
            return;
        }
        std::vector<unique_fd> family;
        for (pid_t const child : descendants(pid_)) {
            family.emplace_back(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
            ::kill(child, SIGKILL);
        }
        ::kill(pid_, SIGKILL);
        wait_for(std::exchange(pid_, -1));
        for (unique_fd const& member : family) {
            pollfd gone{member.get(), POLLIN, 0};
            ::poll(&gone, 1, 10'000);
        }
    }

    /// Asks it to end with a signal, and kills it if it has not after `patience`.
    void stop(int signal, std::chrono::milliseconds patience)
    {
        if (!running()) {
            return;
        }
        unique_fd const self(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
        ::kill(pid_, signal);
        pollfd gone{self.get(), POLLIN, 0};
        ::poll(&gone, 1, static_cast<int>(patience.count()));
        kill();
    }

private:
    pid_t pid_ = -1;
};

} // namespace support

#endif // RESIL_TESTS_SUPPORT_SERVER_PROCESS_HPP
