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

    def __init__(self, program):
        self.port = processes.free_port()
        self.process = processes.Process([program], {
            "STOREFRONT_LISTEN": f"127.0.0.1:{self.port}", "STOREFRONT_WORKERS": str(WORKERS),
            "STOREFRONT_BALANCER_WAIT": "1s", "STOREFRONT_SHUTDOWN_BUDGET": "10s"}).start()
        processes.wait_until(lambda: processes.http_status(self.port, "/health/ready") == 200, "the storefront")
        processes.wait_until(lambda: len(self.workers()) == WORKERS, "all workers")

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
        """SIGHUP: none of those that were there is left, and as many others are."""
        before = self.workers()
        self.process.signal(signal.SIGHUP)
        await self.wait_until(lambda: not before & self.workers() and len(self.workers()) == WORKERS, "a replacement")

    async def replace_one_by_one(self):
        """SIGTERM to each worker: another takes its place."""
        for pid in self.workers():
            os.kill(pid, signal.SIGTERM)
            await self.wait_until(lambda: pid not in self.workers() and len(self.workers()) == WORKERS, "a successor")


async def disturb(service, load):
    """Replaces workers for as long as there is load; returns how often each was done."""
    done = {"hangups": 0, "terminations": 0}
    while not load.is_over():
        await service.replace_all()
        done["hangups"] += 1
        await service.replace_one_by_one()
        done["terminations"] += WORKERS
    return done


async def restart_under_load(program, requests):
    service = Storefront(program)
    load = Load(service.port, RATE)
    under_load = asyncio.create_task(load.run(requests))
    done = await disturb(service, load)
    await under_load
    return service, load, done


def run(program, short):
    """Returns the findings, and what is wrong with them."""
    service, load, done = asyncio.run(restart_under_load(program, 3_000 if short else 12_000))
    exit_code = service.process.stop()
    print(f"replaced: all workers {done['hangups']} times, one {done['terminations']} times;"
          f" the slowest request took {load.slowest * 1000:.0f} ms")
    wrong = [f"request {number}: {result}" for number, result in load.failures[:20]]
    if exit_code:
        wrong.append(f"the service ended with {exit_code}")
    if not done["hangups"]:
        wrong.append("nothing was replaced")
    if wrong:
        print(service.process.output())
    return {"requests": load.requests, "failed": len(load.failures)}, wrong


if __name__ == "__main__":
    sys.exit(proof.main(run, "storefront"))
