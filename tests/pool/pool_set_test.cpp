// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/pool_set.hpp> // self-contained

#include "support/scripted_connector.hpp"
#include "support/world.hpp"

#include <boost/asio/bind_executor.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

using namespace support;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Hosts, each with connections of its own.
struct hosts : world
{
    using set_type = resil::pool_set<std::string, scripted_connector>;
    using lease = resil::lease<scripted_connector>;

    explicit hosts(std::size_t most)
        : set(
              std::in_place, context.get_executor(),
              [this](std::string const& host) { return scripted_connector(peer(host)); },
              resil::pool_set_options{.max_endpoints = most, .each = {.max_size = 2}})
    {
    }

    ~hosts()
    {
        set.reset();
        time.run_ready();
    }

    std::shared_ptr<scripted_peer> peer(std::string const& host)
    {
        auto& found = peers[host];
        found = found ? found : std::make_shared<scripted_peer>();
        return found;
    }

    std::pair<error_code, lease> acquire(std::string const& host)
    {
        std::pair<error_code, lease> got;
        set->async_acquire(host, asio::bind_executor(context, [&](error_code ec, lease l) {
                               got = {ec, std::move(l)};
                           }));
        time.run_ready();
        return got;
    }

    std::map<std::string, std::shared_ptr<scripted_peer>> peers;
    std::optional<set_type> set;
};

} // namespace

TEST_CASE("the function that makes connectors may use the set", "[pool][set]")
{
    hosts w(2);
    std::size_t seen = 99;
    hosts::set_type const* self = nullptr;
    hosts::set_type const set(w.context.get_executor(), [&](std::string const& host) {
        seen = self->size();
        return scripted_connector(w.peer(host));
    });
    self = &set;

    CHECK(set.pool("a"));

    CHECK(seen == 0);
    CHECK(set.size() == 1);
}

TEST_CASE("each endpoint has a pool of its own, made when it is first asked for", "[pool][set]")
{
    hosts w(10);
    CHECK(w.set->size() == 0);
    auto one = w.acquire("a");
    auto two = w.acquire("b");
    CHECK(w.set->size() == 2);
    CHECK(w.peer("a")->alive == 1);
    CHECK(w.peer("b")->alive == 1);
    one.second.release();

    CHECK(w.acquire("a").second.was_reused());
    CHECK(w.set->size() == 2);
}

TEST_CASE("a new endpoint takes the place of the one that was asked for longest ago",
          "[pool][set]")
{
    hosts w(2);
    w.acquire("a").second.release();
    w.acquire("b").second.release();
    w.acquire("a").second.release();
    w.acquire("c").second.release();
    w.time.run_ready();

    CHECK(w.set->size() == 2);
    CHECK(w.peer("a")->alive == 1);
    CHECK(w.peer("b")->alive == 0);
    CHECK(w.peer("c")->alive == 1);
}

TEST_CASE("an endpoint that is in use keeps its place, and when all are there is none",
          "[pool][set]")
{
    hosts w(2);
    auto a = w.acquire("a");
    auto b = w.acquire("b");
    auto c = w.acquire("c");
    CHECK(c.first == errc::pool_queue_full);
    CHECK_FALSE(w.set->pool("c"));
    b.second.release();
    CHECK(w.acquire("c").second);

    CHECK(w.set->size() == 2);
    CHECK(w.peer("a")->alive == 1);
}

TEST_CASE("an endpoint may be invalidated, or forgotten, without the others", "[pool][set]")
{
    hosts w(10);
    w.acquire("a").second.release();
    auto lent = w.acquire("b");
    w.set->invalidate("a");
    w.set->invalidate("nobody");
    w.time.run_ready();
    CHECK(w.peer("a")->alive == 0);
    CHECK(w.peer("b")->alive == 1);
    w.set->erase("b");
    CHECK(w.set->size() == 1);
    CHECK(lent.second->number == 1);
    lent.second.release();
    w.time.run_ready();

    CHECK(w.peer("b")->alive == 0);
}

TEST_CASE("options of a set that make no sense are refused", "[pool][set]")
{
    CHECK_THROWS_WITH(hosts(0), ContainsSubstring("pool_set.max_endpoints is 0"));
}
