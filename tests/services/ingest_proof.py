# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""Proof of the ingest service: what was acknowledged is stored exactly once, whatever is killed, in constant memory.

    ingest_proof.py INGEST [--short]        prints the findings as JSON; exit status 1 if the promise was broken
"""

import http.client
import itertools
import signal
import sys
import threading
import time

import postgres
import processes
import proof
import redis

POINTS = 100  # in a request
CLIENTS = 16

# The table of the service, made before it. What its key lets in is written down where no key keeps anything out.
AUDITED_TABLE = """
create table points (id text primary key, series text not null, at bigint not null, value double precision not null);
create table inserted (id text not null);
create function write_down() returns trigger language plpgsql as
    'begin insert into inserted select id from fresh; return null; end';
create trigger audit after insert on points referencing new table as fresh
    for each statement execute function write_down();
"""


class Load:
    """Clients that send batches of points, each until it is acknowledged or given up."""

    def __init__(self, port):
        self.port = port
        self.numbers = itertools.count()
        self.acknowledged = []  # numbers of batches; list.append is atomic
        self.offered = 0
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.send_all, daemon=True) for _ in range(CLIENTS)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def points(self):
        return len(self.acknowledged) * POINTS

    def wait_for(self, points, patience=600):
        processes.wait_until(lambda: self.points() >= points, f"{points} acknowledged points", patience)

    def send_all(self):
        connection = None
        while not self.ended.is_set():
            number = next(self.numbers)
            self.offered += 1
            connection, status = self.send(connection, number)
            if status == 202:
                self.acknowledged.append(number)
            else:
                self.ended.wait(0.05)  # less than a client should wait: the service must bear that

    def send(self, connection, number):
        """Sends a batch once; returns the connection, if it can be used again, and the status."""
        body = "".join(f"{number}-{i} series{i % 7} {number} {i}.5\n" for i in range(POINTS))
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/points", body)
            answer = connection.getresponse()
            answer.read()
            return (None if answer.will_close else connection), answer.status
        except (OSError, http.client.HTTPException):
            connection.close()
            return None, 0


class World:
    """Redis, PostgreSQL, and the processes of the service."""

    def __init__(self, program):
        self.program = program
        self.postgres = postgres.Postgres().start()
        self.postgres.query(AUDITED_TABLE)
        self.redis = redis.Redis().start()

    def service(self, role):
        port = processes.free_port()
        environment = {
            "INGEST_LISTEN": f"127.0.0.1:{port}", "INGEST_ROLE": role, "INGEST_QUEUE": "redis",
            "INGEST_REDIS": self.redis.address(), "INGEST_DATABASE": self.postgres.conninfo(),
            "INGEST_QUEUE_BOUND": "2000"}
        started = processes.Process([self.program], environment).start()
        started.port = port
        if role != "writer":
            processes.wait_until(lambda: processes.http_status(port, "/health/ready") == 200, role)
        return started

    def backlog(self):
        answer = self.redis.try_ask("XLEN", "ingest:points")
        return -1 if answer is None else int(answer)

    def wait_until_stored(self):
        processes.wait_until(lambda: self.backlog() == 0, "an empty queue", 300)

    def close(self):
        self.redis.kill()
        self.postgres.kill()


def count(world, acknowledged):
    """Asks the database which of the acknowledged batches it has in full."""
    rows = world.postgres.query("select split_part(id, '-', 1), count(*) from points group by 1").splitlines()
    stored = {int(number): int(points) for number, points in (row.split("|") for row in rows)}
    lost = sum(POINTS - min(stored.get(number, 0), POINTS) for number in acknowledged)
    return sum(stored.get(number, 0) for number in acknowledged), lost, count_duplicates(world.postgres)


def count_duplicates(database):
    """Asks how many rows were inserted of points that had been inserted before."""
    return int(database.query("select count(*) - count(distinct id) from inserted"))


def check_count():
    """Returns what is wrong with the count of duplicates, which must see the one that is made here."""
    database = postgres.Postgres().start()
    database.query(AUDITED_TABLE)
    insert = "insert into points values ('1-0', 'a', 1, 0.5), ('1-1', 'a', 1, 1.5) on conflict (id) do nothing"
    database.query(insert)
    database.query(insert)
    suppressed = count_duplicates(database)
    database.query("alter table points drop constraint points_pkey")  # a service that lost its key
    database.query("insert into points values ('1-1', 'a', 1, 1.5)")
    made = count_duplicates(database)
    database.kill()
    wrong = []
    if suppressed != 0:
        wrong.append(f"{suppressed} duplicates were counted, though the key kept them out")
    if made != 1:
        wrong.append(f"one duplicate was made on purpose, {made} were counted")
    return wrong


def run_healthy(program, points):
    """Nothing is killed: how much is acknowledged, and how much memory it takes."""
    world = World(program)
    service = world.service("both")
    load = Load(service.port).start()
    load.wait_for(10_000)
    early = service.peak_memory_kb()
    load.wait_for(points)
    late = service.peak_memory_kb()
    load.stop()
    world.wait_until_stored()
    stored, lost, duplicated = count(world, load.acknowledged)
    exit_code = service.stop()
    world.close()
    return {"acknowledged": load.points(), "offered": load.offered * POINTS, "stored": stored, "lost": lost,
            "duplicated": duplicated, "early_kb": early, "late_kb": late, "exit_code": exit_code}


def run_with_kills(program, rounds):
    """A writer, Redis and PostgreSQL are killed in turn, and started again, while points come in."""
    world = World(program)
    receiver = world.service("receiver")
    writers = [world.service("writer") for _ in range(2)]
    load = Load(receiver.port).start()
    load.wait_for(5_000)
    kills = 0
    for turn in range(rounds):
        for victim in (writers[turn % 2], world.redis, world.postgres):
            victim.kill()
            kills += 1
            time.sleep(0.3)
            victim.start()
            before = load.points()
            load.wait_for(before + 2_000)
    load.stop()
    world.wait_until_stored()
    stored, lost, duplicated = count(world, load.acknowledged)
    exit_code = receiver.stop()
    for writer in writers:
        writer.signal(signal.SIGTERM)
    world.close()
    return {"acknowledged": load.points(), "stored": stored, "lost": lost, "duplicated": duplicated, "kills": kills,
            "exit_code": exit_code}


def run(program, short):
    """Returns the findings, and what is wrong with them."""
    healthy = run_healthy(program, 100_000 if short else 1_000_000)
    killed = run_with_kills(program, 1 if short else 10)
    both = {name: healthy[name] + killed[name] for name in ("acknowledged", "stored", "lost", "duplicated")}
    found = {**both, "kills": killed["kills"], "rss_10k_kb": healthy["early_kb"], "rss_1m_kb": healthy["late_kb"]}
    wrong = check_count()
    if found["lost"] or found["duplicated"] or found["stored"] != found["acknowledged"]:
        wrong.append("not every acknowledged point is stored exactly once")
    if healthy["acknowledged"] * 2 < healthy["offered"]:
        wrong.append(f"only {healthy['acknowledged']} of {healthy['offered']} points were acknowledged, in health")
    if healthy["late_kb"] > 1.1 * healthy["early_kb"]:
        wrong.append("memory grew by more than a tenth")
    if healthy["exit_code"] or killed["exit_code"]:
        wrong.append("the service did not end in order")
    return found, wrong


if __name__ == "__main__":
    sys.exit(proof.main(run, "ingest"))
