# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Which measurements are compared with which floor and which peer, and what is to be reached.

One entry a row of the table that scripts/bench prints. Whether a target is reached is computed from
these entries and the numbers of one run; nothing is typed in.

A measurement is named as its program names it (`deadline/single/64`: case, place, calls in flight).
All of a row stand in one program, so that they are of one run.
"""

from typing import NamedTuple


class Row(NamedTuple):
    id: str                   # The row of the table of targets.
    case: str
    program: str              # bench/<program>.cpp, without _bench.
    measured: str
    limit: dict = {}          # The target: at most the sum of these; see `UNITS`. Empty: none.
    floor: str = ""           # Divides the number; if empty the first of `limit`.
    minus: tuple = ()         # Taken away from the number, for what one thing adds to another.
    peer: str = ""            # What users have today, in the same program.
    peer_minus: tuple = ()
    no_allocation: bool = False
    zero: tuple = ()          # Counters of the benchmark that must be zero.
    counter: str = ""         # Not the time but this counter is the number; so are terms of the limit.
    also: tuple = ()          # Further counters to show beside that one.
    more_peers: tuple = ()    # Shown as rows of their own, without a target.


# How the terms of a limit are written. What is not named here is a measurement.
UNITS = {
    "ns": "ns",
    "B": "B",
    "connections": "connections",
    "p50_ns": "p50",
    "p50_loans": "p50",
    "post/pool/1": "POST1",
    "post/pool/16": "POST16",
    "post/pool/64": "POST64",
    **{f"post_users/32/{threads}": "32 posts" for threads in (1, 2, 4, 8)},
    "fetch_add": "FA",
    "fetch_add/threads:1": "FA",
    "clock_read": "clock",
    "clock_read/threads:1": "clock",
    "clock_read/threads:2": "clock",
    "raw/1": "RAW1",
    "raw/single/1": "RAW1",
    "raw/64": "RAW64",
    "raw/single/64": "RAW64",
    "raw/pool/64": "RAW64",
    "raw/pool/1": "RAW1",
    "raw": "raw",
    "resil_warm/1000": "the same with 1,000",
}

# Terms of a limit that are worth what they say.
PLAIN = ("ns", "B", "connections")

# Programs that are not everywhere, and what they need.
NEEDS = {"pool_mysql": "Boost >= 1.85 and MariaDB"}

FA = "fetch_add/threads:1"
CLOCK = "clock_read/threads:1"

# Two threads that read the clock take at most this share of the time of one, or they did not run
# at once; half of it would be perfect.
AT_ONCE = 0.7

ROWS = [
    # 1: the races themselves are counted apart, see RACES.
    Row("1", "deadline, threads allowed, no strand, 64 in flight", "deadline", "deadline/pool/64",
        limit={"raw/pool/64": 2.0}, peer="cancel_after/strand/64", no_allocation=True),

    Row("2", "deadline, 64 in flight", "deadline", "deadline/single/64",
        limit={"raw/single/64": 1.3}, peer="cancel_after/single/64", no_allocation=True,
        more_peers=("cancel_after/single/64", "watchdog/single/64", "or_timer/single/64",
                    "or_timer_as_tuple/single/64")),

    Row("3", "deadline, one in flight, no system call", "deadline", "deadline/single/1",
        limit={"raw/single/1": 1.25}, peer="cancel_after/single/1", no_allocation=True,
        zero=("timers_set",),
        more_peers=("cancel_after/single/1", "watchdog/single/1", "or_timer/single/1")),

    Row("4", "deadline, retry, breaker, bulkhead, timeout: success", "stack", "stack/single/64",
        limit={"raw/single/64": 1.5}, peer="cancel_after/single/64", no_allocation=True),
    Row("4", "the same and a fallback: success", "stack", "full_stack/single/64",
        limit={"raw/single/64": 1.5}, peer="cancel_after/single/64", no_allocation=True),
    Row("4", "the five: the synchronous part on the way in", "entry", "entry_stack",
        limit={"fetch_add": 16.0}),
    Row("4", "the five, threads allowed, no strand", "stack", "stack/pool/64", floor="raw/pool/64",
        peer="cancel_after/strand/64"),
    Row("4", "the five, on a strand", "stack", "stack/strand/64", floor="raw/strand/64",
        peer="cancel_after/strand/64"),

    Row("5", "the five around a read of a socket pair", "pingpong", "stack",
        limit={"raw": 1.05}, peer="cancel_after", no_allocation=True,
        more_peers=("cancel_after", "or_timer")),
    Row("5", "the same and a fallback", "pingpong", "full_stack",
        limit={"raw": 1.05}, peer="cancel_after", no_allocation=True),

    Row("6", "breaker, count window, success", "breaker", "breaker_count/threads:1",
        limit={FA: 4.0}, peer="mutex_breaker/threads:1"),
    Row("6", "the same, two threads", "breaker", "breaker_count/threads:2",
        limit={FA: 8.0}, peer="mutex_breaker/threads:2"),
    Row("6", "breaker, time window, success, with the clock", "breaker",
        "breaker_time_with_clock/threads:1", limit={FA: 4.0, CLOCK: 1.0},
        peer="mutex_breaker_with_clock/threads:1"),
    Row("6", "the same, two threads", "breaker", "breaker_time_with_clock/threads:2",
        limit={FA: 8.0, "clock_read/threads:2": 1.0}, peer="mutex_breaker_with_clock/threads:2"),

    Row("7", "bulkhead, a free permit, taken and given back", "bulkhead", "bulkhead/threads:1",
        limit={FA: 3.0}, peer="mutex_bulkhead/threads:1"),
    Row("7", "the same, two threads", "bulkhead", "bulkhead/threads:2", floor=FA,
        peer="mutex_bulkhead/threads:2"),

    Row("8", "1,000,000 outstanding: one more, armed and taken back, with the clock", "timer",
        "resil_warm/1000000", limit={"fetch_add": 20.0}, peer="asio_warm/1000000"),
    Row("8", "1,000,000 outstanding: moved at random, with the clock", "timer",
        "resil_churn/1000000", limit={"fetch_add": 80.0}, peer="asio_churn/1000000"),
    Row("8", "1,000,000 outstanding: memory of each", "timer", "resil_churn/1000000",
        limit={"B": 48.0}, counter="bytes", peer="asio_churn/1000000"),
    Row("8", "growth from 1,000 to 1,000,000 outstanding", "timer", "resil_warm/1000000",
        limit={"resil_warm/1000": 2.0}),
    Row("8", "100,000 outstanding: the longest pause of the loop", "timer", "resil_pause/100000",
        limit={"ns": 1e6}, floor="fetch_add"),

    *(Row("8", f"a timer of {name} on an idle machine: the latest of a run", "lateness",
          f"resil_late/{us}", limit={"ns": 1e6}, counter="ns", peer=f"asio_late/{us}")
      for name, us in (("100 us", 100), ("1 ms", 1000), ("10 ms", 10000), ("1 s", 1000000))),

    Row("9", "retry, first attempt succeeds: added to the operation", "policy", "retry/64",
        minus=("operation/64",), limit={"ns": 8.0}, floor="raw/64", peer="loop/64",
        peer_minus=("operation/64",), no_allocation=True),
    Row("9", "the same: added to an empty pipeline", "policy", "retry/64", minus=("empty/64",),
        limit={"ns": 8.0}, floor="raw/64", peer="loop/64", peer_minus=("operation/64",)),

    Row("10", "the decision of an open breaker", "breaker", "breaker_open/threads:1",
        limit={FA: 8.0}, peer="throw_catch"),
    Row("10", "the decision of a full bulkhead", "bulkhead", "bulkhead_full/threads:1",
        limit={FA: 8.0}, peer="throw_catch"),
    Row("10", "rejected by an open breaker, awaited as_tuple", "rejection", "breaker_open/64",
        limit={"raw/64": 1.3}, peer="breaker_open_thrown/64", no_allocation=True),
    Row("10", "rejected by a full bulkhead, awaited as_tuple", "rejection", "bulkhead_full/64",
        limit={"raw/64": 1.3}, peer="breaker_open_thrown/64", no_allocation=True),
    Row("10", "the five, rejected by an open breaker, awaited as_tuple", "rejection",
        "stack_breaker_open/64", limit={"raw/64": 1.3}, peer="breaker_open_thrown/64",
        no_allocation=True),

    Row("11", "a delay of zero between two attempts", "policy", "retry_once/1",
        minus=("retry/1", "operation/1"), limit={"raw/1": 1.2}, peer="loop_once/1",
        peer_minus=("loop/1", "operation/1"), no_allocation=True),

    # 12: the observer that is off is counted in instructions, see scripts/bench.
    Row("12", "an observer that counts every event: added to a call", "stack",
        "stack_observed/single/64", minus=("stack/single/64",),
        limit={"ns": 25.0, "clock_read": 1.0}, floor="raw/single/64"),
    Row("12", "metrics of calls and attempts, by endpoint and dependency: added to a call", "stack",
        "stack_metrics/single/64", minus=("stack/single/64",),
        limit={"ns": 25.0, "clock_read": 1.0}, floor="raw/single/64", no_allocation=True),

    Row("14", "pool, an idle connection: `try_acquire` and return", "pool", "try_acquire/threads:1",
        limit={"post/pool/64": 0.5}, peer="free_list/threads:1", no_allocation=True),
    Row("14", "the same by `async_acquire`, completing inside of the call", "pool", "immediate/pool",
        limit={"post/pool/64": 0.5}, peer="free_list/threads:1", no_allocation=True),
    *(Row("14", f"`async_acquire` through the executor and return, {name}", "pool", f"acquire/pool/{n}",
          limit={f"post/pool/{n}": 1.2}, peer=f"list_acquire/pool/{n}", no_allocation=True)
      for name, n in (("one user", 1), ("64 users", 64))),
    *(Row("14", f"the same in coroutines, {name}", "pool", f"awaited/pool/{n}",
          limit={f"raw/pool/{n}": 1.2}, no_allocation=True)
      for name, n in (("one user", 1), ("64 users", 64))),
    Row("14", "a pool that resets connections: `try_acquire`, and return without a reset", "pool",
        "try_acquire_locked/threads:1", floor="post/pool/64", peer="free_list/threads:1",
        no_allocation=True),
    Row("14", "the same by `async_acquire` through the executor, 64 users", "pool",
        "acquire_locked/pool/64", floor="post/pool/64", peer="list_acquire/pool/64",
        no_allocation=True),

    *(Row("15", f"`try_acquire` and return, {n} thread{'s' * (n > 1)}", "pool",
          f"try_acquire/threads:{n}", floor=FA, peer=f"free_list/threads:{n}") for n in (1, 2, 4, 8)),
    *(Row("15", f"32 users on {c} connections, {n} thread{'s' * (n > 1)}", "pool",
          f"pool_users/{c}/{n}", floor=f"post_users/32/{n}", peer=f"list_users/{c}/{n}")
      for c in (32, 16) for n in (1, 2, 4, 8)),

    Row("16", "50 users at once on 5 idle connections, 150 ms to connect: connections in the end",
        "pool_load", "spike", counter="connections", also=("p50_ns", "p99_ns", "max_ns")),
    *(Row("16", f"10 users a connection, queries of {name}: the longest wait", "pool_load",
          f"waits_{case}", limit={"p50_ns": 2.0}, counter="max_ns", also=("p50_ns", "p99_ns"))
      for case, name in (("fixed/0", "2 ms"), ("even/1", "1 to 3 ms"),
                         ("exponential/2", "2 ms, exponentially distributed"))),
    Row("16", "a minute without the server, 200 users: connects at once", "pool_load", "outage",
        limit={"connections": 4.0}, counter="connecting", also=("refused",)),
    Row("16", "the same: to the first good answer, worst of 50 runs", "pool_load", "outage",
        counter="first_max_ns", also=("first_p50_ns", "all_p50_ns", "all_max_ns")),

    Row("17", "MariaDB, acquire and return without a reset", "pool_mysql", "resil/pool/1",
        floor="post/pool/1", peer="boost_safe/pool/1", no_allocation=True,
        more_peers=("boost_safe/pool/1", "boost_single/single/1")),
    Row("17", "the same, 16 users on 16 connections", "pool_mysql", "resil/pool/16",
        floor="post/pool/16", peer="boost_safe/pool/16", no_allocation=True,
        more_peers=("boost_safe/pool/16", "boost_single/single/16")),
    Row("17", "the same with a reset between two users, one connection", "pool_mysql",
        "resil_reset", floor="post/pool/1", peer="boost_reset"),
    *(Row("17", f"32 users on 16 connections, {n} thread{'s' * (n > 1)}", "pool_mysql",
          f"resil_users/{n}", floor="post/pool/16", peer=f"boost_users/{n}") for n in (1, 2)),
    Row("17", "10 users a connection, 2 ms each: the longest wait", "pool_mysql",
        "resil_waits_calm", limit={"p50_ns": 2.0}, counter="max_ns", peer="boost_waits_calm",
        also=("p50_ns", "p99_ns")),
    Row("17", "10 users a connection, 1 to 8 turns of the loop each: the longest wait, in loans",
        "pool_mysql", "resil_waits_busy", limit={"p50_loans": 2.0}, counter="max_loans",
        peer="boost_waits_busy", also=("p50_loans", "p99_loans")),

    Row("18", "`keyed`: the breaker of a host that is known, of 64", "keyed", "keyed/threads:1", floor=FA,
        peer="mutex_map/threads:1", no_allocation=True),
]

# Row 1: handlers that were lost, or called twice. `{calls}` is smaller in a quick run.
RACES = [
    ("timeouts that fire on 2, 3 and 4 threads: lost or doubled", "timeouts"),
    ("completions at the very timeout, on 2, 3 and 4 threads: lost or doubled", "races"),
]
RACE_CALLS = 334_000
RACE_CALLS_QUICK = 20_000
RACE_PEERS = ("cancel_after/{what}/40000/2", "cancel_after/{what}/40000/4")

# Row 13: processor time to compile a file that includes a header, beside <boost/asio.hpp>. Of a group
# of headers the dearest decides.
HEADER_LIMITS = [
    ("core/ header", "resil/core/*.hpp", 0.45),
    ("policy header", ("deadline", "timeout", "retry", "circuit_breaker", "bulkhead", "fallback",
                       "connection_pool"), 0.9),
    ("umbrella", ("resil",), 1.1),
]
USE_LIMIT = 1.15  # a file using the full stack, beside one using the `or timer` idiom
# The same file where something is compiled apart, and what that costs once: a name, beside another.
APART = [
    ("the same, resil compiled apart", "use of the full stack, resil apart", "use of the full stack"),
    ("the same, resil and Asio compiled apart", "use of the full stack, resil and Asio apart",
     "use of the full stack"),
    ("the same beside the idiom, Asio compiled apart for both", "use of the full stack, resil and Asio apart",
     "use of or_timer, Asio apart"),
    ("compiling resil/src.hpp, once a program", "resil/src.hpp", "boost/asio.hpp"),
    ("compiling boost/asio/impl/src.hpp, once a program", "boost/asio/impl/src.hpp", "boost/asio.hpp"),
]
