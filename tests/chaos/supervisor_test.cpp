// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/service/listening_sockets.hpp>
#include <resil/service/supervisor.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <csignal>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using resil::supervisor_options;
using resil::service::listening_sockets;
using resil::service::supervisor;
using resil::service::worker_link;

/// What a worker does in these tests: lives until it is told to end.
int live(worker_link const& link)
{
    link.ready();
    for (;;) {
        link.alive();
        ::poll(nullptr, 0, 50);
    }
}

/// A supervisor in a process of its own, whose workers say who they are.
class family
{
public:
    family(supervisor_options const& options, std::function<int(worker_link const&)> what)
    {
        REQUIRE(::pipe(ends_) == 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            supervisor workers(options, [this, what](worker_link const& link) {
                ::signal(SIGTERM, [](int) { ::_exit(0); });
                ::pid_t const self = ::getpid();
                [[maybe_unused]] auto const said = ::write(ends_[1], &self, sizeof self);
                return what(link);
            });
            ::_exit(workers.run());
        }
    }

    ~family()
    {
        if (!ended_) {
            ::kill(pid_, SIGKILL); // its workers are told by the system
            ::waitpid(pid_, nullptr, 0);
        }
        ::close(ends_[0]);
        ::close(ends_[1]);
    }

    /// Waits for the next worker to say who it is.
    ::pid_t next_worker()
    {
        ::pollfd waits{ends_[0], POLLIN, 0};
        REQUIRE(::poll(&waits, 1, 20'000) == 1);
        ::pid_t worker = 0;
        REQUIRE(::read(ends_[0], &worker, sizeof worker) == sizeof worker);
        return worker;
    }

    bool another_comes_within(std::chrono::milliseconds time)
    {
        ::pollfd waits{ends_[0], POLLIN, 0};
        return ::poll(&waits, 1, static_cast<int>(time.count())) == 1;
    }

    void signal(int number) const { ::kill(pid_, number); }

    /// Waits until it has ended; returns its exit code.
    int exit_code()
    {
        int status = 0;
        REQUIRE(::waitpid(pid_, &status, 0) == pid_);
        ended_ = true;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

private:
    int ends_[2];
    ::pid_t pid_;
    bool ended_ = false;
};

volatile std::sig_atomic_t told_to_end = 0;

/// Answers each connection with a letter until it is told to end, and ends when it has answered.
int answer_all(listening_sockets const& sockets, worker_link const& link)
{
    ::signal(SIGTERM, [](int) { told_to_end = 1; });
    asio::io_context context;
    auto door = sockets.acceptor(context, link.slot());
    door.non_blocking(true);
    link.ready();
    while (told_to_end == 0) {
        link.alive();
        ::pollfd waits{door.native_handle(), POLLIN, 0};
        ::poll(&waits, 1, 50);
        resil::error_code ec;
        tcp::socket peer = door.accept(ec);
        if (!ec) {
            asio::write(peer, asio::buffer("a", 1), ec);
        }
    }
    return 0;
}

/// Returns how many of so many connections are answered.
int answered(tcp::endpoint const& where, int connections)
{
    asio::io_context context;
    std::vector<tcp::socket> clients;
    for (int i = 0; i != connections; ++i) {
        clients.emplace_back(context).connect(where);
    }
    int count = 0;
    for (tcp::socket& each : clients) {
        char letter = 0;
        resil::error_code ec;
        count += asio::read(each, asio::buffer(&letter, 1), ec) == 1;
    }
    return count;
}

bool is_gone(::pid_t process)
{
    for (int i = 0; i != 400; ++i) {
        if (::kill(process, 0) != 0) {
            return true;
        }
        ::poll(nullptr, 0, 50);
    }
    return false;
}

} // namespace

TEST_CASE("workers are started, told to end, and waited for", "[chaos][supervisor]")
{
    family f({.workers = 2}, live);
    ::pid_t const first = f.next_worker();
    ::pid_t const second = f.next_worker();
    CHECK(first != second);

    f.signal(SIGTERM);
    CHECK(f.exit_code() == 0);
    CHECK(is_gone(first));
    CHECK(is_gone(second));
}

TEST_CASE("a worker that crashes is replaced", "[chaos][supervisor]")
{
    family f({.workers = 1}, live);
    ::kill(f.next_worker(), SIGKILL);

    CHECK(f.next_worker() > 0);
    f.signal(SIGINT);
    CHECK(f.exit_code() == 0);
}

TEST_CASE("a worker that is silent for too long is killed and replaced", "[chaos][supervisor]")
{
    family f({.workers = 1, .stall = 300ms}, [](worker_link const& link) {
        link.ready();
        for (;;) {
            ::pause(); // it hangs
        }
        return 0;
    });
    ::pid_t const silent = f.next_worker();

    CHECK(f.next_worker() != silent);
    CHECK(is_gone(silent));
}

TEST_CASE("all workers are replaced on SIGHUP", "[chaos][supervisor]")
{
    family f({.workers = 2}, live);
    std::set<::pid_t> const old{f.next_worker(), f.next_worker()};
    std::set<::pid_t> seen = old;

    f.signal(SIGHUP);
    seen.insert(f.next_worker());
    seen.insert(f.next_worker());

    CHECK(seen.size() == 4);
    for (::pid_t const each : old) {
        CHECK(is_gone(each));
    }
    CHECK_FALSE(f.another_comes_within(300ms));
    f.signal(SIGTERM);
    CHECK(f.exit_code() == 0);
}

TEST_CASE("a worker that is worn out is replaced, and told to end", "[chaos][supervisor]")
{
    family f({.workers = 1}, [](worker_link const& link) {
        link.replace_me();
        return live(link);
    });
    ::pid_t const worn = f.next_worker();

    CHECK(f.next_worker() != worn);
    CHECK(is_gone(worn));
}

TEST_CASE("a worker that does not end within its grace is killed, and the exit code says so", "[chaos][supervisor]")
{
    family f({.workers = 1, .grace = 200ms}, [](worker_link const& link) {
        ::signal(SIGTERM, SIG_IGN);
        link.ready();
        for (;;) {
            ::poll(nullptr, 0, 50);
            link.alive();
        }
        return 0;
    });
    f.next_worker();
    ::poll(nullptr, 0, 200); // until it ignores the signal
    f.signal(SIGTERM);

    CHECK(f.exit_code() == 1);
}

TEST_CASE("a worker whose work throws counts as crashed", "[chaos][supervisor]")
{
    family f({.workers = 1}, [](worker_link const&) -> int { throw std::runtime_error("no"); });
    ::pid_t const first = f.next_worker();

    CHECK(f.next_worker() != first);
}

TEST_CASE("workers end when their supervisor is killed", "[chaos][supervisor]")
{
    ::pid_t worker = 0;
    {
        family f({.workers = 1}, live);
        worker = f.next_worker();
        ::poll(nullptr, 0, 200); // until it has asked to be told
    }
    CHECK(is_gone(worker));
}

TEST_CASE("who waits in the queue of a worker that is killed, or replaced, is served by its successor", "[chaos][supervisor]")
{
    listening_sockets const sockets(tcp::endpoint(asio::ip::address_v4::loopback(), 0), 2);
    family f({.workers = 2}, [&](worker_link const& link) { return answer_all(sockets, link); });
    ::pid_t const first = f.next_worker();
    f.next_worker();
    CHECK(answered(sockets.local_endpoint(), 32) == 32);

    ::kill(first, SIGKILL);
    CHECK(is_gone(first));
    CHECK(answered(sockets.local_endpoint(), 32) == 32);
    f.next_worker();

    f.signal(SIGHUP);
    while (f.another_comes_within(500ms)) {
        f.next_worker();
        CHECK(answered(sockets.local_endpoint(), 32) == 32);
    }
    f.signal(SIGTERM);
    CHECK(f.exit_code() == 0);
}
