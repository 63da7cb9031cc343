# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""Proof of the storefront: pages outlive the database, the cache and the recommendations, and readiness tells the truth.

    storefront_proof.py STOREFRONT RECOMMENDATIONS     exit status 1 if a promise was broken
"""

import os
import signal
import sys
import time
import urllib.error
import urllib.request

import postgres
import processes
import proof
import redis

WORKERS = 2
KNOWN_WITHIN = 3.5  # seconds, until readiness tells that the database is gone, or back


def get(port, path):
    """Returns the status and the header of an answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers


class World:
    """The storefront and all that it needs."""

    def __init__(self, storefront, recommendations):
        self.postgres = postgres.Postgres().start()
        self.redis = redis.Redis().start()
        self.port, self.recommendations_port = processes.free_port(), processes.free_port()
        self.recommendations = processes.Process([recommendations], {
            "RECOMMENDATIONS_LISTEN": f"127.0.0.1:{self.recommendations_port}"}).start()
        self.storefront = processes.Process([storefront], {
            "STOREFRONT_LISTEN": f"127.0.0.1:{self.port}", "STOREFRONT_WORKERS": str(WORKERS),
            "STOREFRONT_DATABASE": self.postgres.conninfo(), "STOREFRONT_REDIS": self.redis.address(),
            "STOREFRONT_RECOMMENDATIONS": f"127.0.0.1:{self.recommendations_port}", "STOREFRONT_ROLLOUT": "50",
            "STOREFRONT_CACHE_TIME": "500ms", "STOREFRONT_STALLED_AFTER": "2s", "STOREFRONT_BALANCER_WAIT": "0s"}).start()
        self.wait_until_ready(200)

    def is_ready(self, status):
        """All workers are asked, as far as chance lets us."""
        return all(get(self.port, "/health/ready")[0] == status for _ in range(8 * WORKERS))

    def wait_until_ready(self, status):
        begin = time.monotonic()
        processes.wait_until(lambda: processes.is_listening(self.port) and self.is_ready(status), f"readiness {status}")
        return time.monotonic() - begin

    def pages(self, count=40):
        """Asks for pages of many visitors; returns statuses and who chose what was recommended."""
        answers = [get(self.port, f"/?visitor=v{i}") for i in range(count)]
        return {status for status, _ in answers}, {header["Recommended-By"] for _, header in answers}

    def set_mood(self, mood):
        request = urllib.request.Request(f"http://127.0.0.1:{self.recommendations_port}/mood?{mood}", method="POST")
        urllib.request.urlopen(request, timeout=5).close()


class Findings:
    """Promises that were broken."""

    def __init__(self):
        self.kept, self.wrong = 0, []

    def expect(self, holds, promise):
        print(("kept:   " if holds else "broken: ") + promise)
        if holds:
            self.kept += 1
        else:
            self.wrong.append(promise)


def kill_database(world, found):
    before = world.storefront.children()
    world.postgres.kill()
    red = world.wait_until_ready(503)
    found.expect(red < KNOWN_WITHIN, f"readiness is red {red:.1f} s after the database was killed")
    found.expect(get(world.port, "/health/live")[0] == 200, "liveness is not")
    found.expect(world.pages()[0] == {200}, "pages are answered from the cache")
    time.sleep(1)
    found.expect(int(get(world.port, "/")[1]["Age"]) >= 1, "and say how old they are")
    found.expect(get(world.port, "/products/3")[0] == 200, "products too")
    world.postgres.start()
    green = world.wait_until_ready(200)
    found.expect(green < KNOWN_WITHIN, f"readiness is green {green:.1f} s after the database came back")
    found.expect(world.storefront.children() == before, "in the same processes")
    processes.wait_until(lambda: int(get(world.port, "/")[1]["Age"]) == 0, "a page that is new")


def kill_cache(world, found):
    world.redis.kill()
    time.sleep(1)
    found.expect(world.pages()[0] == {200}, "without Redis pages are answered")
    found.expect(world.is_ready(200), "and the storefront is ready")
    world.redis.start()


def vex_recommendations(world, found):
    found.expect(world.pages() == ({200}, {"v1", "v2"}), "both recommenders are asked")
    world.set_mood("v2_fail=100")
    world.pages(100)
    found.expect(world.pages() == ({200}, {"v1", "popular"}), "the new one fails: its visitors see what is popular")
    world.set_mood("v2_fail=0&delay=1000")
    found.expect(world.pages(10) == ({200}, {"popular"}), "both are slow: all do")
    world.set_mood("delay=5")
    processes.wait_until(lambda: world.pages() == ({200}, {"v1", "v2"}), "recommendations as before")
    world.recommendations.kill()
    found.expect(world.pages() == ({200}, {"popular"}), "both are gone: all do")
    world.recommendations.start()


def same_side(world, found):
    sides = [[get(world.port, f"/?visitor=v{i}")[1]["Recommended-By"] for i in range(20)] for _ in range(2)]
    found.expect(sides[0] == sides[1], "a visitor stays on the same side, whichever process answers")


def lose_workers(world, found):
    """One crashes, another does not move any more: both are replaced."""
    for number, fate in ((signal.SIGKILL, "crashed"), (signal.SIGSTOP, "is stalled")):
        before = set(world.storefront.children())
        victim = min(before)
        os.kill(victim, number)
        processes.wait_until(lambda: victim not in world.storefront.children() and
                             len(world.storefront.children()) == WORKERS, "a successor")
        found.expect(len(before & set(world.storefront.children())) == WORKERS - 1, f"a worker that {fate} is replaced")


def restart_without_database(world, found):
    world.postgres.kill()
    world.storefront.stop()
    world.storefront.start()
    processes.wait_until(lambda: processes.http_status(world.port, "/") == 200, "a page")
    found.expect(not world.is_ready(200), "started without its database it is not ready, but knows from Redis what it sells")
    world.postgres.start()
    world.wait_until_ready(200)


def run(storefront, recommendations, short):
    """Returns how many promises were kept, and those that were not; there is one form, which is short."""
    del short
    world = World(storefront, recommendations)
    found = Findings()
    same_side(world, found)
    kill_database(world, found)
    kill_cache(world, found)
    vex_recommendations(world, found)
    lose_workers(world, found)
    restart_without_database(world, found)
    found.expect(world.storefront.stop() == 0, "it ends in order")
    if found.wrong:
        print(world.storefront.output())
    return {"kept": found.kept, "broken": len(found.wrong)}, found.wrong


if __name__ == "__main__":
    sys.exit(proof.main(run, "storefront", "recommendations"))
