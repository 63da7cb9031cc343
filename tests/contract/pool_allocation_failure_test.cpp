// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/connection_pool.hpp>

#include "support/failing_allocations.hpp"
#include "support/scripted_connector.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <memory>
#include <new>
#include <optional>
#include <thread>

// Every allocation of a pool's life fails once: an acquire may end with an error, or by an
// exception from its initiation or from the context; nothing is lost, and nothing is left.

namespace contract {
namespace {

using namespace support;
using mode = failing_allocations::mode;
using lease = resil::lease<scripted_connector>;

/// Borrows with three users, one of whom gives up, on one connection; then drains.
class pool_life
{
public:
    pool_life()
    {
        peer_->connects.reserve(100).succeeds().after(1ms);
        peer_->pings.reserve(100);
        peer_->closes.reserve(100);
    }

    void run()
    {
        attempt([&] {
            pool_.emplace(context_, scripted_connector(peer_),
                          resil::connection_pool_options{
                              .max_size = 1, .acquire_timeout = 50ms, .ping_after_idle = 0ms});
        });
        for (auto& signal : signals_) {
            attempt([&] { ask(signal); });
        }
        steps(5);
        signals_[1].emit(asio::cancellation_type::terminal);
        for (int i = 0; i < 3; ++i) {
            held_.release();
            steps(10);
        }
        attempt([&] { ask(signals_[0]); });
        steps(60);
        held_.release();
        pool_.reset();
        steps(20);
    }

    void destroy()
    {
        time_.reset();
        held_.release();
    }

    int handlers_left() const { return static_cast<int>(alive_.use_count()) - 1; }
    int twice() const { return twice_; }
    std::size_t connections() const { return peer_->alive; }
    std::optional<asio::io_context>& context() { return owned_; }

private:
    template <class Function>
    static void attempt(Function f)
    {
        try {
            f();
        } catch (std::bad_alloc const&) {
        }
    }

    /// Lets milliseconds pass, if there is memory for that.
    void steps(int count)
    {
        for (int i = 0; i < count; ++i) {
            attempt([&] { time_->advance(1ms); });
        }
    }

    void ask(asio::cancellation_signal& signal)
    {
        if (!pool_) {
            return;
        }
        pool_->async_acquire(asio::bind_cancellation_slot(
            signal.slot(), asio::bind_executor(context_, [this, called = false, note = alive_](
                                                             error_code, lease got) mutable {
                twice_ += called;
                called = true;
                if (got) {
                    held_ = std::move(got);
                }
            })));
    }

    std::shared_ptr<int> alive_ = std::make_shared<int>();
    std::shared_ptr<scripted_peer> peer_ = std::make_shared<scripted_peer>();
    std::optional<asio::io_context> owned_{std::in_place};
    asio::io_context& context_ = *owned_;
    std::optional<resil::testing::virtual_time> time_{std::in_place, context_};
    std::optional<resil::connection_pool<scripted_connector>> pool_;
    std::array<asio::cancellation_signal, 3> signals_;
    lease held_;
    int twice_ = 0;
};

bool try_with_failure(long n, mode m)
{
    pool_life life;
    bool failed = false;
    {
        failing_allocations failing(n, m);
        life.run();
        failed = failing.stop();
    }
    life.destroy();
    life.context().reset();

    CHECK(life.handlers_left() == 0);
    CHECK(life.twice() == 0);
    CHECK(life.connections() == 0);
    return failed;
}

void fail_everywhere(mode m)
{
    long n = 1;
    bool failed = true;
    for (; failed && n < 2000; ++n) {
        INFO("allocation " << n);
        std::thread([&] { failed = try_with_failure(n, m); }).join();
    }
    CHECK(n > 10);
    CHECK_FALSE(failed);
}

} // namespace

TEST_CASE("a pool survives that any one allocation fails", "[contract][pool][allocation]")
{
    fail_everywhere(mode::once);
}

TEST_CASE("a pool survives that all allocations fail from some point on",
          "[contract][pool][allocation]")
{
    fail_everywhere(mode::from_then_on);
}

} // namespace contract
