// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_EXAMPLES_DEMO_CHILD_HPP
#define RESIL_EXAMPLES_DEMO_CHILD_HPP

#include "http.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace demo {

/// A program that runs as long as this object lives, and not longer than this process.
class child
{
public:
    child(asio::any_io_executor ex, std::filesystem::path program,
          std::vector<std::string> arguments)
        : name_(program.filename()), output_(ex)
    {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) {
            throw std::system_error(errno, std::generic_category(), "pipe");
        }
        output_.assign(ends[0]);
        pid_t const parent = ::getpid();
        id_ = ::fork();
        if (id_ == 0) {
            become(program, arguments, ends[1], parent);
        }
        ::close(ends[1]);
        if (id_ < 0) {
            throw std::system_error(errno, std::generic_category(), "fork");
        }
    }

    child(child const&) = delete;
    child& operator=(child const&) = delete;

    ~child()
    {
        if (id_ > 0) {
            ::kill(id_, SIGKILL);
            ::waitpid(id_, nullptr, 0);
        }
    }

    /// Returns the next line that the program prints, or nothing when it prints no more.
    asio::awaitable<std::optional<std::string>> read_line()
    {
        auto const [ec, size] = co_await asio::async_read_until(
            output_, asio::dynamic_buffer(text_), '\n', asio::as_tuple(asio::use_awaitable));
        if (ec) {
            co_return std::nullopt;
        }
        std::string line = text_.substr(0, size - 1);
        text_.erase(0, size);
        co_return line;
    }

    /// Reads `ports N...`, which the services print when they are ready.
    asio::awaitable<std::vector<unsigned short>> read_ports()
    {
        auto const line = co_await read_line();
        if (!line || !line->starts_with("ports ")) {
            throw std::runtime_error(name_ + " did not start");
        }
        std::vector<unsigned short> ports;
        for (std::size_t at = 6, used = 0; at < line->size(); at += used + 1) {
            ports.push_back(
                static_cast<unsigned short>(std::stoul(line->substr(at), &used)));
        }
        co_return ports;
    }

    /// Asks the program to end; throws unless it does so in order, and soon.
    asio::awaitable<void> stop()
    {
        ::kill(id_, SIGTERM);
        return ended();
    }

    /// Waits until the program has ended; throws unless it does so in order, and soon.
    asio::awaitable<void> ended()
    {
        int status = 0;
        for (int i = 0; i < 400; ++i) {
            if (::waitpid(id_, &status, WNOHANG) == id_) {
                id_ = 0;
                if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
                    co_return;
                }
                throw std::runtime_error(
                    name_ + (WIFSIGNALED(status)
                                 ? " was ended by signal " + std::to_string(WTERMSIG(status))
                                 : " ended with " + std::to_string(WEXITSTATUS(status))));
            }
            co_await wait_until(std::chrono::steady_clock::now() +
                                std::chrono::milliseconds(10));
        }
        throw std::runtime_error(name_ + " does not end");
    }

private:
    [[noreturn]] static void become(std::filesystem::path const& program,
                                    std::vector<std::string>& arguments, int output,
                                    pid_t parent)
    {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() == parent && ::dup2(output, STDOUT_FILENO) >= 0) {
            std::vector<char*> argv{const_cast<char*>(program.c_str())};
            for (std::string& a : arguments) {
                argv.push_back(a.data());
            }
            argv.push_back(nullptr);
            ::execv(program.c_str(), argv.data());
        }
        ::_exit(127);
    }

    std::string name_;
    asio::posix::stream_descriptor output_;
    std::string text_{};
    pid_t id_ = 0;
};

} // namespace demo

#endif // RESIL_EXAMPLES_DEMO_CHILD_HPP
