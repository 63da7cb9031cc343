# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Measures what compiling costs: a file with one header each, files that use a deadline, and what is compiled once.

The compiler is called as it is (no cache), without optimisation; processor time and peak memory are
medians of several runs in random order.
"""

import os
import random
import shlex
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


RESIL_APART = "-DRESIL_SEPARATE_COMPILATION"
ASIO_APART = "-DBOOST_ASIO_SEPARATE_COMPILATION"

# Adapters whose headers are measured where their library is, known by a header of it.
NEEDS = {"resil/http/tls_": "openssl/ssl.h", "resil/postgres/": "libpq-fe.h",
         "resil/mysql/": "boost/mysql/any_connection.hpp"}


class Source(NamedTuple):
    text: str
    flags: tuple = ()


class Cost(NamedTuple):
    seconds: float  # of processor time
    mebibytes: float  # at the peak


def command():
    boost = ROOT / ".deps/boost-1.88/usr/include"
    found = subprocess.run(["pkg-config", "--cflags", "libpq"], capture_output=True, text=True, check=False)
    return [COMPILER, "-std=c++20", "-O0", f"-I{ROOT}/include", *shlex.split(found.stdout),
            *([f"-isystem{boost}"] if boost.exists() else [])]


def compile_once(file, flags=()):
    process = subprocess.Popen([*command(), *flags, "-c", str(file), "-o", os.devnull])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{file.read_text(encoding='utf-8')} does not compile")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def is_there(header):
    """Whether the compiler finds a header."""
    return subprocess.run([*command(), "-E", "-x", "c++", "-"], input=f"#if !__has_include(<{header}>)\n#error\n#endif",
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True, check=False).returncode == 0


def public_headers():
    """Every header that a user may include and that compiles here, and those of core/."""
    include = ROOT / "include"
    found = [p for folder in ("resil", "resil/http", "resil/postgres", "resil/mysql", "resil/testing", "resil/core")
             for p in sorted((include / folder).glob("*.hpp"))]
    absent = tuple(prefix for prefix, needed in NEEDS.items() if not is_there(needed))
    names = [p.relative_to(include).as_posix() for p in found]
    return [name for name in names if not name.startswith(absent) and name != "resil/src.hpp"]


def sources(headers):
    """What is compiled, by name."""
    return {
        **{name: Source(f"#include <{name}>\n") for name in [ASIO, *headers]},
        "use of or_timer": Source(USE_OR_TIMER),
        "use of or_timer, Asio apart": Source(USE_OR_TIMER, (ASIO_APART,)),
        "use of the full stack": Source(USE_FULL_STACK),
        "use of the full stack, resil apart": Source(USE_FULL_STACK, (RESIL_APART,)),
        "use of the full stack, resil and Asio apart": Source(USE_FULL_STACK, (RESIL_APART, ASIO_APART)),
        "resil/src.hpp": Source("#include <resil/src.hpp>\n", (RESIL_APART,)),
        "boost/asio/impl/src.hpp": Source("#include <boost/asio/impl/src.hpp>\n", (ASIO_APART,)),
    }


def measure(headers, repetitions, progress=lambda: None):
    """Returns the cost by name."""
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        chosen = sources(headers)
        files = {name: Path(folder) / f"{number}.cpp" for number, name in enumerate(chosen)}
        for name, source in chosen.items():
            files[name].write_text(source.text, encoding="utf-8")
        order = list(files) * repetitions
        random.shuffle(order)
        for name in order:
            costs.setdefault(name, []).append(compile_once(files[name], chosen[name].flags))
            progress()
    return {name: Cost(*(statistics.median(values) for values in zip(*of_name)))
            for name, of_name in costs.items()}
