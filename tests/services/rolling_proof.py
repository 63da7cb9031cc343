# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""Proof of the rolling restart: workers are replaced under load, and no request fails.

    rolling_proof.py STOREFRONT [--short]     prints the findings as JSON; exit status 1 if the promise was broken
"""

import asyncio
import os
import signal
import sys

import processes
import proof
from open_loop import Load

WORKERS = 3
RATE = 500  # requests a second


class Storefront:
    """The service, with its products in memory: what is proved is how its processes come and go."""

    def __init__(self, program, sockets, max_requests):
        self.port = processes.free_port()
        self.process = processes.Process([program], {
            "STOREFRONT_LISTEN": f"127.0.0.1:{self.port}", "STOREFRONT_WORKERS": str(WORKERS),
            "STOREFRONT_SOCKETS": sockets,
            "STOREFRONT_MAX_REQUESTS": str(max_requests), "STOREFRONT_BALANCER_WAIT": "1s", "STOREFRONT_SHUTDOWN_BUDGET": "10s"}).start()
        processes.wait_until(lambda: processes.http_status(self.port, "/health/ready") == 200, "the storefront")
        processes.wait_until(lambda: self.process.output().count("is ready") == WORKERS, "all workers")

    def workers(self):
        return set(self.process.children())

    async def wait_until(self, is_so, what, patience=60):
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while not is_so():
            if loop.time() > end:
                raise TimeoutError(what + "\n" + self.process.output())
            await asyncio.sleep(0.02)

    async def replace_all(self):
        """SIGHUP: none of those that were there is left."""
        before = self.workers()
        self.process.signal(signal.SIGHUP)
        await self.wait_until(lambda: not before & self.workers(), "a replacement")

    async def replace_one_by_one(self):
        """SIGTERM to each worker: another takes its place."""
        for pid in sorted(self.workers())[:WORKERS]:
            os.kill(pid, signal.SIGTERM)
            await self.wait_until(lambda: pid not in self.workers(), "a successor")


async def replace_by_signals(service, load):
    """Replaces workers for as long as there is load; returns how many signals that took."""
    signals = 0
    while not load.is_over():
        await service.replace_all()
        await service.replace_one_by_one()
        signals += 1 + WORKERS
    return signals


async def put_under_load(service, requests, disturb):
    load = Load(service.port, RATE)
    under_load = asyncio.create_task(load.run(requests))
    disturbances = await disturb(service, load)
    await under_load
    return load, disturbances


def prove(program, sockets, requests, max_requests, disturb):
    """Returns the load, and what is wrong."""
    service = Storefront(program, sockets, max_requests)
    load, disturbances = asyncio.run(put_under_load(service, requests, disturb))
    exit_code = service.process.stop()
    replaced = service.process.output().count("is ready") - WORKERS
    print(f"{sockets}: {disturbances} signals, {replaced} workers replaced, {load.requests} requests, {len(load.failures)} failed;"
          f" the slowest took {load.slowest * 1000:.0f} ms")
    wrong = [f"request {number}: {result}" for number, result in load.failures[:20]]
    if exit_code:
        wrong.append(f"the service ended with {exit_code}")
    if replaced < WORKERS:
        wrong.append("hardly anything was replaced")
    if wrong:
        print(service.process.output())
    return load, wrong


async def leave_alone(_service, _load):
    return 0


def run(program, short):
    """Returns the findings, and what is wrong with them."""
    requests = 3_000 if short else 12_000
    found, wrong = {"requests": 0, "failed": 0}, []
    for sockets in ("per_worker", "shared"):
        for count, max_requests, disturb in ((requests, 0, replace_by_signals), (requests // 3, requests // 30, leave_alone)):
            load, what_is = prove(program, sockets, count, max_requests, disturb)
            found["requests"] += load.requests
            found["failed"] += len(load.failures)
            wrong += what_is
    return found, wrong


if __name__ == "__main__":
    sys.exit(proof.main(run, "storefront"))
