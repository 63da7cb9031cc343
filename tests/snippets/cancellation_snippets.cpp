// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/cancellation_and_executors.md: the regions between the tags.

#include <resil/bulkhead.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timer_service.hpp>

#include <snippets/snippets_support.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <memory>

namespace {

using namespace snippets;

resil::pipeline const client{resil::deadline{800ms},
                             resil::retry{{.idempotency = resil::idempotency::safe}}};

//[executors_sources
void three_ways(asio::io_context& context, page& into)
{
    auto const op = [](resil::attempt const&, auto token) {
        return fetch("/", std::move(token));
    };
    auto const handler = [&](resil::error_code, page p) { into += p; };

    // The handler's own executor, whichever way it came to have one.
    client.async_call(op, asio::bind_executor(context, handler));

    // Without one, the executor or the context that is passed.
    client.async_call(context, op, handler);

    // On a strand the call adds no serialisation of its own.
    client.async_call(op, asio::bind_executor(asio::make_strand(context), handler));
}
//]

//[executors_future
std::future<page> load(asio::thread_pool& pool)
{
    return client.async_call(
        pool, [](resil::attempt const&, auto token) { return fetch("/", std::move(token)); },
        asio::use_future);
}
//]

//[executors_single_threaded
std::unique_ptr<asio::io_context> make_context()
{
    auto context = std::make_unique<asio::io_context>(1);
    resil::single_threaded(*context); // all calls are started by the thread that runs it
    return context;
}
//]

//[cancellation_signal
class download : public std::enable_shared_from_this<download>
{
public:
    explicit download(asio::any_io_executor ex) : strand_(asio::make_strand(ex)) {}

    void start()
    {
        asio::dispatch(strand_, [self = shared_from_this()] {
            client.async_call(
                [](resil::attempt const&, auto token) { return fetch("/", std::move(token)); },
                asio::bind_cancellation_slot(
                    self->signal_.slot(),
                    asio::bind_executor(self->strand_, [self](resil::error_code ec, page) {
                        self->result_ = ec;
                    })));
        });
    }

    // From any thread: a signal is emitted where the call runs.
    void stop()
    {
        asio::dispatch(strand_, [self = shared_from_this()] {
            self->signal_.emit(asio::cancellation_type::total);
        });
    }

    resil::error_code result() const { return result_; }

private:
    asio::strand<asio::any_io_executor> strand_;
    asio::cancellation_signal signal_;
    resil::error_code result_ = asio::error::would_block;
};
//]

//[lifetimes_shared
// Permits outlive the context that somebody waited on.
std::size_t waiters_after(resil::bulkhead const& shared)
{
    {
        asio::io_context context;
        auto const op = [](auto token) { return fetch("/", std::move(token)); };
        shared.async_call(context, op, [](resil::error_code, page) {});
        shared.async_call(context, op, [](resil::error_code, page) {});
        context.poll();
    } // both calls are destroyed here, uncalled: one held a permit, one waited for it
    return shared.snapshot().queued + shared.snapshot().in_use;
}
//]

TEST_CASE("the page on executors: where a call gets its executor", "[snippets][executors]")
{
    world w;
    server.succeeds("a").succeeds("b").succeeds("c");
    page got;
    three_ways(w.context, got);
    w.time.run_ready();
    CHECK(got.size() == 3);
}

TEST_CASE("the page on executors: futures on a pool", "[snippets][executors]")
{
    server = server_type();
    server.succeeds("hello");
    asio::thread_pool pool(2);
    CHECK(load(pool).get() == "hello");
    pool.join();
}

TEST_CASE("the page on executors: one thread", "[snippets][executors]")
{
    auto const context = make_context();
    CHECK(asio::use_service<resil::timer_service>(*context).single_threaded());
}

TEST_CASE("the page on cancellation: a call is stopped", "[snippets][cancellation]")
{
    world w;
    server.fails(asio::error::eof);
    auto const d = std::make_shared<download>(w.context.get_executor());
    d->start();
    w.time.run_ready();
    d->stop();
    w.time.run_ready();
    CHECK(d->result() == asio::error::operation_aborted);
}

TEST_CASE("the page on cancellation: a context dies", "[snippets][cancellation]")
{
    server = server_type();
    server.hangs();
    CHECK(waiters_after(resil::bulkhead{{.max_concurrent = 1, .max_queued = 1}}) == 0);
    CHECK(server.dropped() == 1);
}

} // namespace
