// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_DETAIL_SUPERVISED_PROCESSES_HPP
#define RESIL_SERVICE_DETAIL_SUPERVISED_PROCESSES_HPP

#include <resil/core/random.hpp>
#include <resil/core/supervisor_machine.hpp>
#include <resil/core/supervisor_options.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/detail/entropy.hpp>
#include <resil/detail/occasion.hpp>
#include <resil/error.hpp>
#include <resil/service/worker_link.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::service::detail {

/// The processes of a supervisor: does what the machine says, and tells it what happens.
class supervised_processes
{
    using work = std::function<int(worker_link const&)>;
    using listener = std::function<void(std::string const&)>;

    struct process
    {
        process(boost::asio::io_context& context, int n, ::pid_t p, int end) : number(n), pid(p), pipe(context, end) {}

        int const number;
        ::pid_t const pid;
        boost::asio::posix::stream_descriptor pipe;
        std::array<char, 64> words{};
    };

public:
    supervised_processes(supervisor_options const& options, work const& what, listener const& told)
        : options_(options), work_(what), listener_(told), machine_(options)
    {
    }

    int run()
    {
        signals_.add(SIGCHLD); // of which a set takes but three when it is made
        listen();
        boost::asio::co_spawn(context_, drive(), boost::asio::detached);
        context_.run();
        return machine_.exit_code();
    }

private:
    time_point now() const { return news_.clock().now(); }

    boost::asio::awaitable<void> drive()
    {
        while (!machine_.is_over()) {
            for (core::supervisor_action const& each : machine_.next(now())) {
                execute(each);
            }
            has_news_ = false;
            auto const heard = [this] { return has_news_; };
            auto const token = boost::asio::as_tuple(boost::asio::use_awaitable);
            time_point const until = machine_.wake_at(now());
            co_await news_.async_wait(heard, until, token);
        }
        context_.stop();
    }

    void notify()
    {
        has_news_ = true;
        news_.happen();
    }

    void tell(std::string const& sentence) const
    {
        if (listener_) {
            listener_(sentence);
        }
    }

    void listen()
    {
        signals_.async_wait([this](error_code ec, int signal) {
            if (ec) {
                return;
            }
            obey(signal);
            listen();
            notify();
        });
    }

    void obey(int signal)
    {
        if (signal == SIGCHLD) {
            bury();
        } else if (signal == SIGHUP) {
            tell("replacing all workers");
            machine_.replace_all();
        } else {
            tell("ending all workers");
            machine_.stop(now());
        }
    }

    void execute(core::supervisor_action const& action)
    {
        if (action.step == core::supervisor_step::start) {
            return start(action.worker, action.slot);
        }
        process const* const found = find(action.worker);
        if (!found) {
            return;
        }
        bool const kills = action.step == core::supervisor_step::kill;
        if (kills) {
            tell("worker " + std::to_string(found->pid) + " is stalled, or does not end: it is killed");
        }
        ::kill(found->pid, kills ? SIGKILL : SIGTERM);
    }

    process* find(int number)
    {
        for (auto const& each : processes_) {
            if (each->number == number) {
                return each.get();
            }
        }
        return nullptr;
    }

    void start(int predecessor, std::size_t slot)
    {
        double const share = core::to_unit(resil::detail::random_words()[0]);
        std::uint64_t const requests = core::requests_of_worker(options_, share);
        int ends[2];
        if (::pipe(ends) != 0) {
            return not_started(slot);
        }
        for (int const end : ends) {
            ::fcntl(end, F_SETFD, FD_CLOEXEC);
            ::fcntl(end, F_SETFL, O_NONBLOCK);
        }
        // Until the child has handlers of its own, it would take signals for the supervisor's: they wait.
        ::sigset_t all_signals;
        ::sigset_t usual_signals;
        ::sigfillset(&all_signals);
        ::pthread_sigmask(SIG_SETMASK, &all_signals, &usual_signals);
        context_.notify_fork(boost::asio::execution_context::fork_prepare);
        ::pid_t const pid = ::fork();
        if (pid == 0) {
            context_.notify_fork(boost::asio::execution_context::fork_child);
            ::close(ends[0]);
            std::_Exit(be_worker(worker_link(ends[1], requests, slot), usual_signals));
        }
        context_.notify_fork(boost::asio::execution_context::fork_parent);
        ::pthread_sigmask(SIG_SETMASK, &usual_signals, nullptr);
        ::close(ends[1]);
        if (pid == -1) {
            ::close(ends[0]);
            return not_started(slot);
        }
        processes_.push_back(std::make_shared<process>(context_, ++last_number_, pid, ends[0]));
        machine_.started(last_number_, predecessor, slot, now());
        hear(processes_.back());
    }

    void not_started(std::size_t slot)
    {
        tell(std::string("no worker could be started: ") + std::strerror(errno));
        machine_.not_started(slot, now());
    }

    int be_worker(worker_link const& link, ::sigset_t const& usual_signals)
    {
        for (auto const& sibling : processes_) {
            error_code ignored;
            sibling->pipe.close(ignored);
        }
        error_code ignored;
        signals_.clear(ignored); // signals have their usual effects again, until the work says otherwise
        ::setpgid(0, 0);         // Ctrl-C is for the supervisor alone, which tells the others
#ifdef __linux__
        ::prctl(PR_SET_PDEATHSIG, SIGTERM); // nobody would look after it any more
#endif
        ::pthread_sigmask(SIG_SETMASK, &usual_signals, nullptr);
        try {
            return work_(link);
        } catch (std::exception const& e) {
            tell(std::string("worker: ") + e.what());
        }
        return 1;
    }

    void hear(std::shared_ptr<process> const& from)
    {
        from->pipe.async_read_some(boost::asio::buffer(from->words), [this, from](error_code ec, std::size_t size) {
            if (ec) {
                return; // it has ended, or will be killed as silent
            }
            for (std::size_t i = 0; i != size; ++i) {
                note(*from, static_cast<worker_word>(from->words[i]));
            }
            hear(from);
            notify();
        });
    }

    void note(process const& from, worker_word word)
    {
        switch (word) {
        case worker_word::ready:
            tell("worker " + std::to_string(from.pid) + " is ready");
            return machine_.ready(from.number, now());
        case worker_word::alive: return machine_.alive(from.number, now());
        case worker_word::worn_out: return machine_.worn_out(from.number);
        case worker_word::leaving: return machine_.leaving(from.number, now());
        }
    }

    void bury()
    {
        for (std::size_t i = processes_.size(); i-- != 0;) {
            auto const each = processes_[i];
            int status = 0;
            if (::waitpid(each->pid, &status, WNOHANG) != each->pid) {
                continue;
            }
            int const code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            tell("worker " + std::to_string(each->pid) + " ended with " + std::to_string(code));
            machine_.ended(each->number, code, now());
            error_code ignored;
            each->pipe.close(ignored);
            processes_.erase(processes_.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }

    supervisor_options const options_;
    work const& work_;
    listener const& listener_;
    core::supervisor_machine machine_;
    boost::asio::io_context context_{};
    boost::asio::signal_set signals_{context_, SIGTERM, SIGINT, SIGHUP};
    resil::detail::occasion news_{context_.get_executor()};
    bool has_news_ = false;
    int last_number_ = 0;
    std::vector<std::shared_ptr<process>> processes_{};
};

} // namespace resil::service::detail

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_SERVICE_DETAIL_SUPERVISED_PROCESSES_HPP
