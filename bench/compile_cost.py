# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Measures what compiling costs: a file with one header each, and files that use a deadline.

The compiler is called as it is (no cache), without optimisation; processor time and peak memory are
medians of several runs in random order.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
COMPILER = "g++-12"
ASIO = "boost/asio.hpp"

# The same request, bounded in time by the idiom and by all policies.
USE_OR_TIMER = """
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

asio::awaitable<void> request(asio::steady_timer& peer)
{
    asio::steady_timer timer(peer.get_executor(), std::chrono::milliseconds(500));
    co_await (peer.async_wait(asio::use_awaitable) || timer.async_wait(asio::use_awaitable));
}

int main()
{
    asio::io_context context;
    asio::steady_timer peer(context, std::chrono::milliseconds(1));
    asio::co_spawn(context, request(peer), asio::detached);
    context.run();
}
"""

USE_FULL_STACK = """
#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

asio::awaitable<void> request(asio::steady_timer& peer)
{
    resil::pipeline const stack{resil::fallback{[](resil::failure const&) {}},
                                resil::deadline{std::chrono::milliseconds(800)},
                                resil::retry{},
                                resil::circuit_breaker{},
                                resil::bulkhead{},
                                resil::timeout{std::chrono::milliseconds(250)}};
    co_await stack.async_call(
        [&](auto token) { return peer.async_wait(std::move(token)); }, asio::use_awaitable);
}

int main()
{
    asio::io_context context;
    asio::steady_timer peer(context, std::chrono::milliseconds(1));
    asio::co_spawn(context, request(peer), asio::detached);
    context.run();
}
"""


class Cost(NamedTuple):
    seconds: float  # of processor time
    mebibytes: float  # at the peak


def compile_once(source):
    boost = ROOT / ".deps/boost-1.88/usr/include"
    command = [COMPILER, "-std=c++20", "-O0", f"-I{ROOT}/include"]
    command += [f"-isystem{boost}"] if boost.exists() else []
    process = subprocess.Popen([*command, "-c", str(source), "-o", os.devnull])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{source.name} does not compile")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def public_headers():
    """Every header that a user may include, and those of core/."""
    include = ROOT / "include"
    found = [p for folder in ("resil", "resil/http", "resil/core")
             for p in sorted((include / folder).glob("*.hpp"))]
    return [p.relative_to(include).as_posix() for p in found]


def sources(headers):
    """What is compiled, by name."""
    texts = {name: f"#include <{name}>\n" for name in [ASIO, *headers]}
    return {**texts, "use of or_timer": USE_OR_TIMER, "use of the full stack": USE_FULL_STACK}


def measure(headers, repetitions, progress=lambda: None):
    """Returns the cost by name."""
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for number, (name, text) in enumerate(sources(headers).items()):
            files[name] = Path(folder) / f"{number}.cpp"
            files[name].write_text(text, encoding="utf-8")
        order = list(files) * repetitions
        random.shuffle(order)
        for name in order:
            costs.setdefault(name, []).append(compile_once(files[name]))
            progress()
    return {name: Cost(*(statistics.median(values) for values in zip(*of_name)))
            for name, of_name in costs.items()}
