// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// A pool in simulated contexts: shuffled schedules, a fickle peer, users who cancel, break and
// keep what they borrow, and a world that may end at any moment.

#include <resil/connection_pool.hpp>
#include <resil/core/random.hpp>
#include <resil/testing/scripted_operation.hpp>
#include <resil/testing/simulation.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace net = boost::asio::error;
using namespace std::chrono_literals;
using resil::error_code;
using resil::testing::scripted_operation;

/// What the connections of one world share.
struct peer
{
    scripted_operation<> connects{};
    scripted_operation<> pings{};
    scripted_operation<> resets{};
    scripted_operation<> closes{};
    std::size_t alive = 0;
    bool shared = false; ///< Two users once had one connection.
};

class connection
{
public:
    explicit connection(std::shared_ptr<peer> p) : peer_(std::move(p)) { ++peer_->alive; }
    ~connection() { leave(); }

    void leave() { peer_->alive -= std::exchange(counts_, 0); }

    void use(int by)
    {
        peer_->shared = peer_->shared || users_ != 0;
        users_ += by;
    }

    void unuse() { users_ = 0; }

    bool reusable = true;

private:
    std::shared_ptr<peer> peer_;
    std::size_t counts_ = 1;
    int users_ = 0;
};

template <bool Resets>
struct connector
{
    using connection = ::connection;

    std::unique_ptr<connection> make(asio::any_io_executor const&) const
    {
        return std::make_unique<connection>(to);
    }

    template <class Token>
    auto async_connect(connection&, Token&& token) const
    {
        return to->connects(std::forward<Token>(token));
    }

    template <class Token>
    auto async_ping(connection&, Token&& token) const
    {
        return to->pings(std::forward<Token>(token));
    }

    template <class Token>
        requires Resets
    auto async_reset(connection&, Token&& token) const
    {
        return to->resets(std::forward<Token>(token));
    }

    template <class Token>
    auto async_close(connection&, Token&& token) const
    {
        return to->closes(std::forward<Token>(token));
    }

    bool is_reusable(connection const& c) const noexcept { return c.reusable; }

    std::shared_ptr<peer> to;
};

/// One schedule of one pool.
template <bool Resets>
class pool_world
{
    using pool_type = resil::connection_pool<connector<Resets>>;
    using lease = resil::lease<connector<Resets>>;

public:
    explicit pool_world(std::uint64_t seed) : draw_(seed), context_(std::in_place, seed)
    {
        script(peer_->connects, 5);
        script(peer_->pings, 4);
        script(peer_->resets, 8);
        script(peer_->closes, 8);
        resil::connection_pool_options o{.max_size = 1 + below(3)};
        o.min_idle = below(2);
        o.acquire_timeout = 20ms + below(3) * 100ms;
        o.max_waiters = 2 + below(8);
        o.ping_after_idle = below(2) * 5ms;
        o.ping_timeout = 10ms;
        o.connect_timeout = 30ms;
        o.connect_backoff = 5ms;
        o.max_connect_backoff = 20ms;
        o.reset_timeout = 10ms;
        o.close_timeout = 10ms;
        o.max_uses = below(2) * 4;
        o.idle_timeout = 200ms;
        o.seed = seed;
        max_size_ = o.max_size;
        pool_.emplace(context_->get_executor(), connector<Resets>{peer_}, std::move(o));
        context_->on_step([this] { check(); });
        sleep_.reserve(1000);
        for (int i = 0; i < users; ++i) {
            asio::post(*context_, [this, i] { ask(i); });
        }
    }

    /// Runs to the end, or, sometimes, to any moment; returns what was wrong, or nothing.
    std::string run()
    {
        bool const ends_early = below(4) == 0;
        context_->run(ends_early ? below(200) : 2'000);
        if (!ends_early) {
            pool_.reset();
            context_->run(100'000);
            expect(context_->armed() == 0 && context_->ready() == 0, "it comes to rest");
            expect(answered_ == asked_, "every acquire is answered");
        }
        events_ = context_->steps();
        context_->on_step(nullptr);
        context_.reset();
        held_.clear();
        pool_.reset();
        expect(peer_->alive == 0, "no connection is left");
        expect(!peer_->shared, "no connection has two users");
        return wrong_;
    }

    std::uint64_t events() const { return events_; }

private:
    static constexpr int users = 5;
    static constexpr int rounds = 12;

    std::size_t below(std::size_t n) { return draw_.next() % n; }

    void expect(bool holds, char const* promise)
    {
        if (!holds && wrong_.empty()) {
            wrong_ = promise;
        }
    }

    // What must hold between any two events.
    void check()
    {
        expect(peer_->alive <= max_size_, "there are never more connections than max_size");
        if (pool_) {
            auto const seen = pool_->snapshot();
            bool const pending = seen.pinging > 0 || seen.opening > 0;
            expect(seen.waiters == 0 || seen.idle == 0 || pending || seen.paused,
                   "nobody waits beside an idle connection");
        }
    }

    void script(scripted_operation<>& op, std::size_t good)
    {
        for (int i = 0; i < 40; ++i) {
            auto const kind = below(good + 3);
            if (kind == 0) {
                op.fails(net::connection_reset).after(below(4) * 3ms);
            } else if (kind == 1) {
                op.hangs();
            } else {
                op.succeeds().after(below(3) * 2ms);
            }
        }
        op.succeeds();
    }

    void ask(int user)
    {
        if (!pool_ || rounds_[static_cast<std::size_t>(user)]++ == rounds) {
            return;
        }
        ++asked_;
        auto& signal = signals_[static_cast<std::size_t>(user)];
        pool_->async_acquire(asio::bind_cancellation_slot(
            signal.slot(),
            asio::bind_executor(context_->get_executor(), [this, user](error_code, lease got) {
                ++answered_;
                hold(user, std::move(got));
            })));
        if (below(4) == 0) {
            asio::post(*context_,
                       [&signal] { signal.emit(asio::cancellation_type::terminal); });
        }
    }

    void hold(int user, lease got)
    {
        if (got) {
            got->use(1);
        }
        sleep_.succeeds().after(below(3) * 4ms);
        sleep_(asio::bind_executor(context_->get_executor(),
                                   [this, user, mine = std::move(got)](error_code) mutable {
                                       end(mine);
                                       ask(user);
                                   }));
    }

    void end(lease& mine)
    {
        if (!mine) {
            return;
        }
        mine->unuse();
        switch (below(12)) {
        case 0: mine.mark_broken(net::connection_reset); break;
        case 1: mine.mark_broken(net::fault); break;
        case 2: mine->reusable = false; break;
        case 3:
            mine->leave();
            mine.detach();
            break;
        case 4: pool_ ? pool_->invalidate() : void(); break;
        case 5:
            if (pool_) {
                pool_->pause();
                pool_->resume();
            }
            break;
        default: break;
        }
    }

    resil::core::generator draw_;
    std::shared_ptr<peer> peer_ = std::make_shared<peer>();
    scripted_operation<> sleep_;
    std::optional<resil::testing::simulation> context_;
    std::optional<pool_type> pool_;
    std::vector<asio::cancellation_signal> signals_{users};
    std::vector<int> rounds_ = std::vector<int>(users);
    std::vector<lease> held_;
    std::size_t max_size_ = 0;
    int asked_ = 0;
    int answered_ = 0;
    std::uint64_t events_ = 0;
    std::string wrong_;
};

} // namespace

TEST_CASE("what a pool promises holds in every schedule", "[schedules][pool]")
{
    char const* const wanted = std::getenv("RESIL_SCHEDULES");
    std::uint64_t const schedules = wanted ? std::strtoull(wanted, nullptr, 10) / 10 : 2'000;
    std::uint64_t events = 0;
    int violations = 0;
    for (std::uint64_t seed = 1; seed <= schedules && violations < 5; ++seed) {
        pool_world<false> plain(seed);
        pool_world<true> resetting(seed);
        for (auto const& wrong : {plain.run(), resetting.run()}) {
            if (!wrong.empty()) {
                ++violations;
                FAIL_CHECK("seed " << seed << " breaks: " << wrong);
            }
        }
        events += plain.events() + resetting.events();
    }
    std::printf("%llu schedules of a pool, %llu events\n",
                static_cast<unsigned long long>(2 * schedules),
                static_cast<unsigned long long>(events));
    CHECK(events > 100 * schedules);
}
