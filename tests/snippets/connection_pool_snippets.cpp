// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/connection_pool.md: the regions between the tags.

#include <resil/connection_pool.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/pool_set.hpp>
#include <resil/result.hpp>
#include <resil/retry.hpp>
#include <resil/sharded_pool.hpp>
#include <resil/timeout.hpp>
#include <resil/verdict.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

//[pool_connection
/// A connection on which a line is asked, and a line is answered. What an operation needs is
/// shared with it, so that the connection may be destroyed first.
class line_connection
{
public:
    explicit line_connection(asio::any_io_executor const& ex)
        : wire_(std::make_shared<wire>(ex))
    {
    }

    line_connection(line_connection const&) = delete;
    line_connection& operator=(line_connection const&) = delete;

    ~line_connection()
    {
        resil::error_code ignored;
        wire_->socket.close(ignored);
    }

    template <class Token>
    auto async_connect(tcp::endpoint const& where, Token&& token)
    {
        return wire_->socket.async_connect(where, std::forward<Token>(token));
    }

    /// Completion signature: `void(error_code, std::string)`.
    template <class Token>
    auto async_ask(std::string const& question, Token&& token)
    {
        return asio::async_compose<Token, void(resil::error_code, std::string)>(
            exchange{wire_, question + '\n'}, token, wire_->socket);
    }

    bool is_quiet() const noexcept { return wire_->quiet; }

private:
    struct wire
    {
        explicit wire(asio::any_io_executor const& ex) : socket(ex) {}

        tcp::socket socket;
        std::string sent{};
        std::string received{};
        bool quiet = true; // whatever was asked has been answered
    };

    struct exchange
    {
        std::shared_ptr<wire> w;
        std::string question;
        int step = 0;

        template <class Self>
        void operator()(Self& self, resil::error_code ec = {}, std::size_t size = 0)
        {
            if (ec) {
                return self.complete(ec, {}); // not quiet any more: of no use to anybody
            }
            switch (step++) {
            case 0:
                w->quiet = false;
                w->sent = std::move(question);
                return asio::async_write(w->socket, asio::buffer(w->sent), std::move(self));
            case 1:
                return asio::async_read_until(
                    w->socket, asio::dynamic_buffer(w->received, 4096), '\n', std::move(self));
            default:
                std::string answer = w->received.substr(0, size - 1);
                w->received.erase(0, size);
                w->quiet = w->received.empty();
                self.complete({}, std::move(answer));
            }
        }
    };

    std::shared_ptr<wire> wire_;
};
//]

//[pool_connector
/// What a pool must know of them.
struct line_connector
{
    using connection = line_connection;

    tcp::endpoint server;

    template <class Token>
    auto async_connect(connection& c, Token&& token) const
    {
        return c.async_connect(server, std::forward<Token>(token));
    }

    template <class Token>
    auto async_ping(connection& c, Token&& token) const
    {
        auto const answered = [](resil::error_code ec, std::string const&) {
            return asio::deferred.values(ec);
        };
        return c.async_ask("ping", asio::deferred(answered))(std::forward<Token>(token));
    }

    bool is_reusable(connection const& c) const noexcept { return c.is_quiet(); }
};
//]

//[pool_basic
class lines
{
public:
    lines(asio::io_context& context, tcp::endpoint server)
        : pool_(context, line_connector{server}, {.name = "lines", .max_size = 4})
    {
    }

    asio::awaitable<std::string> ask(std::string question) const
    {
        auto line = co_await pool_.async_acquire(asio::use_awaitable);
        co_return co_await line->async_ask(question, asio::use_awaitable);
    } // the pool has it back here, and closes it if the answer is still outstanding

private:
    resil::connection_pool<line_connector> pool_;
};
//]

using line_pool = resil::connection_pool<line_connector>;

//[pool_pipeline
resil::pipeline const writes{
    resil::deadline{2s},
    resil::retry{{.max_attempts = 4, .idempotency = resil::idempotency::keyed}},
    resil::timeout{800ms}, // longer than the pool's acquire_timeout
};

asio::awaitable<std::string> put(line_pool pool, std::string order)
{
    co_return co_await writes.async_call(
        [&](resil::attempt const& a) -> asio::awaitable<std::string> {
            std::string const key(a.idempotency_key()); // the same in all attempts
            auto line = co_await pool.async_acquire(resil::within(a), asio::use_awaitable);
            auto const [ec, answer] = co_await line->async_ask(
                "put " + key + " " + order, asio::as_tuple(asio::use_awaitable));
            if (ec) {
                line.mark_broken(ec); // the pool learns what happened
                throw boost::system::system_error(ec);
            }
            co_return answer;
        },
        asio::use_awaitable);
}
//]

//[pool_lifecycle
asio::awaitable<void> get_ready(line_pool pool)
{
    co_await pool.async_warm_up(2, 2s, asio::use_awaitable); // or throws: do not start
}

asio::awaitable<std::vector<std::string>> shut_down(line_pool pool)
{
    auto const [ec, report] =
        co_await pool.async_drain(100ms, asio::as_tuple(asio::use_awaitable));
    std::vector<std::string> unreturned;
    for (auto const& where : report.leaked) {
        unreturned.push_back(where.function_name());
    }
    co_return unreturned;
}
//]

//[pool_watch
std::vector<std::string> alarms(line_pool const& pool)
{
    std::vector<std::string> found;
    resil::pool_snapshot const now = pool.snapshot();
    if (now.count(resil::pool_failure::timed_out) + now.count(resil::pool_failure::queue_full) >
        0) {
        found.push_back("callers get no connection");
    }
    if (now.connect_failures > 0) {
        found.push_back("connects fail: " + now.last_connect_error.message());
    }
    if (pool.waits_served().quantile(0.99) > 50ms) {
        found.push_back("callers wait for connections");
    }
    return found;
}
//]

//[pool_listener
struct pool_log
{
    std::vector<std::string> lines;

    void operator()(resil::pool_event const& e)
    {
        std::string line(to_string(e.kind));
        if (e.kind == resil::pool_event_kind::closed) {
            line.append(": ").append(to_string(e.why));
        }
        lines.push_back(std::move(line));
    }
};
//]

//[pool_sqlalchemy
resil::connection_pool_options const familiar =
    resil::sqlalchemy_pool_options{
        .pool_size = 5, .max_overflow = 10, .pool_recycle = 30min, .pool_pre_ping = true}
        .options();
//]

asio::awaitable<std::string> ask_host(asio::io_context& context, unsigned short wanted)
{
    //[pool_of_hosts
    resil::pool_set<unsigned short, line_connector> const hosts(
        context.get_executor(), [](unsigned short port) {
            return line_connector{tcp::endpoint(asio::ip::address_v4::loopback(), port)};
        });
    auto line = co_await hosts.async_acquire(wanted, asio::use_awaitable);
    //]
    co_return co_await line->async_ask("which", asio::use_awaitable);
}

asio::awaitable<std::string> ask_shard(asio::io_context& one, asio::io_context& two,
                                       line_connector connector)
{
    //[pool_of_shards
    std::vector<asio::any_io_executor> const threads{one.get_executor(), two.get_executor()};
    resil::sharded_pool const pool(threads, connector, {.max_size = 5}); // five on each
    auto line = co_await pool.async_acquire(asio::use_awaitable); // of this coroutine's context
    //]
    CHECK(pool.shards()[0].snapshot().in_use == 1);
    co_return co_await line->async_ask("which", asio::use_awaitable);
}

/// A server of lines on loopback.
class line_server
{
public:
    explicit line_server(asio::io_context& context)
        : acceptor_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0))
    {
        asio::co_spawn(context, accept(), asio::detached);
    }

    tcp::endpoint where() const { return acceptor_.local_endpoint(); }

    void cut_all()
    {
        for (auto const& s : sessions_) {
            resil::error_code ignored;
            s->close(ignored);
        }
        sessions_.clear();
    }

    void stop()
    {
        acceptor_.close();
        cut_all();
    }

    std::map<std::string, std::string> stored{};
    int connections = 0;
    int asked = 0;
    int cuts = 0;      // so many answers are cut off, after the work was done
    bool mute = false; // never answers

private:
    using session = std::shared_ptr<tcp::socket>;

    asio::awaitable<void> accept()
    {
        for (;;) {
            auto made = std::make_shared<tcp::socket>(acceptor_.get_executor());
            auto const [ec] =
                co_await acceptor_.async_accept(*made, asio::as_tuple(asio::use_awaitable));
            if (ec) {
                co_return;
            }
            ++connections;
            sessions_.push_back(made);
            asio::co_spawn(acceptor_.get_executor(), serve(made), asio::detached);
        }
    }

    asio::awaitable<void> serve(session s)
    {
        for (std::string input;;) {
            auto const [ec, n] =
                co_await asio::async_read_until(*s, asio::dynamic_buffer(input, 4096), '\n',
                                                asio::as_tuple(asio::use_awaitable));
            if (ec) {
                co_return;
            }
            std::string answer = work(input.substr(0, n));
            input.erase(0, n);
            if (cuts > 0 && answer != "ping\n") {
                --cuts;
                s->close();
            } else if (!mute) {
                co_await asio::async_write(*s, asio::buffer(answer),
                                           asio::as_tuple(asio::use_awaitable));
            }
        }
    }

    std::string work(std::string const& line)
    {
        ++asked;
        if (line.starts_with("put ")) {
            auto const space = line.find(' ', 4);
            stored.emplace(line.substr(4, space - 4), line.substr(space + 1));
        }
        return line;
    }

    tcp::acceptor acceptor_;
    std::vector<session> sessions_{};
};

template <class T>
struct outcome
{
    bool ended = false;
    T value{};
    resil::error_code code{};
};

resil::error_code code_of(std::exception_ptr const& e)
{
    try {
        if (e) {
            std::rethrow_exception(e);
        }
        return {};
    } catch (boost::system::system_error const& known) {
        return known.code();
    }
}

/// Runs a coroutine on a real network, to its end.
template <class T>
outcome<T> run(asio::io_context& context, asio::awaitable<T> coroutine)
{
    outcome<T> seen;
    asio::co_spawn(context, std::move(coroutine), [&](std::exception_ptr e, T value) {
        seen = {true, std::move(value), code_of(e)};
    });
    while (!seen.ended) {
        context.run_one();
    }
    return seen;
}

resil::error_code run(asio::io_context& context, asio::awaitable<void> coroutine)
{
    auto const nothing = [](asio::awaitable<void> c) -> asio::awaitable<int> {
        co_await std::move(c);
        co_return 0;
    };
    return run(context, nothing(std::move(coroutine))).code;
}

template <class Condition>
void run_until(asio::io_context& context, Condition condition)
{
    while (!condition()) {
        context.run_one();
    }
}

struct network
{
    asio::io_context context{1};
    line_server server{context};

    line_pool pool(resil::connection_pool_options options = {})
    {
        return line_pool(context, line_connector{server.where()}, std::move(options));
    }
};

TEST_CASE("the page on pools: a connection is opened once and used again", "[snippets][pool]")
{
    network n;
    lines const service(n.context, n.server.where());
    CHECK(run(n.context, service.ask("one")).value == "one");
    CHECK(run(n.context, service.ask("two")).value == "two");
    CHECK(n.server.connections == 1);
}

TEST_CASE("the page on pools: a cancelled exchange costs its connection", "[snippets][pool]")
{
    network n;
    auto const pool = n.pool();
    n.server.mute = true;
    asio::cancellation_signal signal;
    resil::error_code ended;
    auto const ask = [](line_pool p) -> asio::awaitable<void> {
        auto line = co_await p.async_acquire(asio::use_awaitable);
        co_await line->async_ask("?", asio::use_awaitable);
    };
    asio::co_spawn(n.context, ask(pool),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) {
                       ended = code_of(e);
                   }));
    run_until(n.context, [&] { return n.server.asked == 1; });
    signal.emit(asio::cancellation_type::terminal);
    run_until(n.context, [&] { return bool(ended); });

    CHECK(ended == asio::error::operation_aborted);
    CHECK(pool.snapshot().count(resil::pool_close::broken) == 1);
    CHECK(pool.snapshot().idle == 0);
}

TEST_CASE("the page on pools: a lease ends with its operation still in flight",
          "[snippets][pool]")
{
    network n;
    auto const pool = n.pool();
    n.server.mute = true;
    auto line = std::make_unique<resil::lease<line_connector>>();
    auto const borrow = [](line_pool p) -> asio::awaitable<int> {
        auto l = co_await p.async_acquire(asio::use_awaitable);
        l.release();
        co_return 0;
    };
    run(n.context, borrow(pool));
    *line = pool.try_acquire();
    REQUIRE(*line);
    resil::error_code ended;
    (*line)->async_ask("?", [&](resil::error_code ec, std::string) { ended = ec; });
    run_until(n.context, [&] { return n.server.asked == 1; });
    line.reset();
    run_until(n.context, [&] { return bool(ended); });

    CHECK(ended == asio::error::operation_aborted);
}

TEST_CASE("the page on pools: nobody sees that the server cut its connections",
          "[snippets][pool]")
{
    network n;
    auto const pool = n.pool({.ping_after_idle = 0ms});
    REQUIRE(!run(n.context, get_ready(pool)));
    CHECK(pool.snapshot().idle == 2);
    n.server.cut_all();

    CHECK(run(n.context, put(pool, "tea")).value.ends_with(" tea"));
    CHECK(pool.snapshot().pings_failed > 0);
}

TEST_CASE("the page on pools: what was done once is not done twice", "[snippets][pool]")
{
    network n;
    auto const pool = n.pool({.acquire_timeout = 300ms});
    n.server.cuts = 2;

    CHECK(run(n.context, put(pool, "tea")).value.ends_with(" tea"));
    CHECK(n.server.asked >= 3);
    CHECK(n.server.stored.size() == 1);
}

TEST_CASE("the page on pools: what is repeated", "[snippets][pool]")
{
    using resil::errc;
    using resil::verdict;
    CHECK(resil::judge(errc::pool_timed_out) == verdict::transient);
    CHECK(resil::judge(errc::pool_unavailable) == verdict::transient);
    CHECK(resil::judge(errc::pool_queue_full) == verdict::ignored);
    CHECK(resil::judge(errc::pool_draining) == verdict::ignored);
    for (auto const code : {errc::pool_timed_out, errc::pool_unavailable}) {
        CHECK(resil::proves_not_sent(code));
    }
}

TEST_CASE("the page on pools: an acquire that found nobody is repeated even if unsafe",
          "[snippets][pool]")
{
    network n;
    auto const pool = n.pool({.max_size = 1, .acquire_timeout = 100ms});
    resil::pipeline const unsafe{resil::retry{
        {.max_attempts = 3, .backoff = resil::backoff::fixed(1ms)}}};
    auto const hold = [](line_pool p) -> asio::awaitable<resil::lease<line_connector>> {
        co_return co_await p.async_acquire(asio::use_awaitable);
    };
    auto holder = run(n.context, hold(pool)).value;
    auto const ask = [&]() -> asio::awaitable<int> {
        co_return co_await unsafe.async_call(
            [&](resil::attempt const& a) -> asio::awaitable<int> {
                auto line = co_await pool.async_acquire(resil::within(a), asio::use_awaitable);
                co_return 0;
            },
            asio::use_awaitable);
    };

    CHECK(run(n.context, ask()).code == resil::errc::pool_timed_out);
    CHECK(pool.snapshot().count(resil::pool_failure::timed_out) == 3);
}

TEST_CASE("the page on pools: a drain tells who did not return", "[snippets][pool]")
{
    network n;
    auto const pool = n.pool();
    auto const hold = [](line_pool p) -> asio::awaitable<resil::lease<line_connector>> {
        co_return co_await p.async_acquire(asio::use_awaitable);
    };
    auto holder = run(n.context, hold(pool)).value;
    auto const unreturned = run(n.context, shut_down(pool)).value;

    REQUIRE(unreturned.size() == 1);
    CHECK(run(n.context, hold(pool)).code == resil::errc::pool_draining);
    CHECK(holder->is_quiet()); // of use to the end
}

TEST_CASE("the page on pools: alarms", "[snippets][pool]")
{
    network n;
    auto const pool = n.pool({.acquire_timeout = 200ms});
    CHECK(alarms(pool).empty());
    n.server.stop();
    auto const hold = [](line_pool p) -> asio::awaitable<int> {
        co_await p.async_acquire(asio::use_awaitable);
        co_return 0;
    };
    CHECK(run(n.context, hold(pool)).code == resil::errc::pool_timed_out);

    auto const found = alarms(pool);
    REQUIRE(found.size() == 2);
    CHECK(found[1] == "connects fail: Connection refused");
}

TEST_CASE("the page on pools: a listener", "[snippets][pool]")
{
    network n;
    auto const log = std::make_shared<pool_log>();
    auto const pool =
        n.pool({.listener = [log](resil::pool_event const& e) { (*log)(e); }});
    auto const borrow = [](line_pool p) -> asio::awaitable<int> {
        auto line = co_await p.async_acquire(asio::use_awaitable);
        line.mark_broken();
        co_return 0;
    };
    run(n.context, borrow(pool));
    run_until(n.context, [&] { return pool.snapshot().size == 0; });
    n.context.poll();

    CHECK(log->lines == std::vector<std::string>{"opened", "closed: broken"});
}

TEST_CASE("the page on pools: SQLAlchemy's words", "[snippets][pool]")
{
    CHECK(familiar.max_size == 15);
    CHECK(familiar.max_idle == 5);
    CHECK(familiar.ping_after_idle == 0ms);
    CHECK(familiar.acquire_timeout == 30s);
    CHECK(familiar.max_lifetime == 30min);
    CHECK(familiar.idle_order == resil::idle_order::fifo);
    familiar.validate();
    CHECK_THROWS_AS(resil::sqlalchemy_pool_options{.pool_size = 0}.options().validate(),
                    resil::invalid_option);
    CHECK_THROWS_AS(
        resil::sqlalchemy_pool_options{.max_overflow = std::size_t(-1)}.options().validate(),
        resil::invalid_option);
    network n;
    CHECK_THROWS_AS(n.pool(familiar).resize(4), resil::invalid_option); // max_idle is 5
}

TEST_CASE("the comments on pools: one for each endpoint, or for each context", "[snippets][pool]")
{
    network n;
    asio::io_context other;
    CHECK(run(n.context, ask_host(n.context, n.server.where().port())).value == "which");
    CHECK(run(n.context, ask_shard(n.context, other, line_connector{n.server.where()})).value ==
          "which");
}

} // namespace
