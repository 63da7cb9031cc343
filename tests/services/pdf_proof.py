# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""Proof of the document services: an order is charged once, though connections are cut after the server acted.

    pdf_proof.py PDF_SERVER PDF_CLIENT [--short]    prints the findings as JSON; exit status 1 if the promise was broken
"""

import os
import sys
import time
import urllib.request

import cutting_proxy
import postgres
import processes
import proof
import redis


def read_count(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/documents/count", timeout=5) as answer:
        return int(answer.read())


class World:
    """A server of documents, on a ledger, behind a proxy that cuts."""

    def __init__(self, server, store, share):
        self.port = processes.free_port()
        environment = {"PDF_SERVER_LISTEN": f"127.0.0.1:{self.port}", "PDF_SERVER_DELAY": "5ms",
                       "PDF_SERVER_LIE": "0.05", "PDF_SERVER_STORE": store}
        self.postgres = self.redis = None
        if store == "postgres":
            self.postgres = postgres.Postgres().start()
            environment["PDF_SERVER_DATABASE"] = self.postgres.conninfo()
        if store == "redis":
            self.redis = redis.Redis().start()
            environment["PDF_SERVER_REDIS"] = self.redis.address()
        self.server = processes.Process([server], environment)
        self.start()
        self.proxy = cutting_proxy.CuttingProxy(self.port, share).start()

    def start(self):
        self.server.start()
        processes.wait_until(lambda: processes.http_status(self.port, "/health/ready") == 200, "the document server")

    def documents(self):
        """Counted in the database, where there is one."""
        if self.postgres:
            return int(self.postgres.query("select count(*) from documents"))
        if self.redis:
            return int(self.redis.try_ask("HLEN", "documents"))
        return read_count(self.port)

    def close(self):
        exit_code = self.server.stop()
        for database in filter(None, (self.postgres, self.redis)):
            database.kill()
        return exit_code


def run_store(server, client, store, orders, kills):
    """Orders everything; kills the server meanwhile, where its ledger outlives it. Returns what was found."""
    world = World(server, store, 0.1)
    folder = processes.temporary_folder()
    environment = {"PDF_CLIENT_SERVER": f"127.0.0.1:{world.proxy.port}", "PDF_CLIENT_ORDERS": str(orders),
                   "PDF_CLIENT_FOLDER": folder, "PDF_CLIENT_CONCURRENCY": "16", "PDF_CLIENT_ATTEMPT_TIMEOUT": "1s"}
    errand = processes.Process([client], environment).start()
    for _ in range(kills):
        before = len(os.listdir(folder))
        processes.wait_until(lambda at=before: len(os.listdir(folder)) > at + orders // 20, "some documents")
        world.server.kill()
        if world.redis:
            world.redis.kill()
            world.redis.start()
        time.sleep(0.2)
        world.start()
    if kills:  # the errand itself, too: the next one goes on where it was
        errand.kill()
        errand = processes.Process([client], environment).start()
    exit_code = errand.wait(300)
    files = len([name for name in os.listdir(folder) if name.endswith(".pdf")])
    found = {"orders": orders, "documents": world.documents(), "cuts": world.proxy.cuts}
    wrong = []
    if exit_code != 0 or files != orders:
        wrong.append(f"{store}: the client ended with {exit_code} and {files} files: {errand.output()[-500:]}")
    if found["documents"] != orders:
        wrong.append(f"{store}: {found['documents']} documents were charged for {orders} orders")
    if world.close() != 0:
        wrong.append(f"{store}: the server did not end in order")
    return found, wrong


def run(server, client, short):
    """Returns what PostgreSQL says, and below "others" the other stores, and what is wrong with any of them."""
    orders = 300 if short else 1000
    kills = 1 if short else 5
    found, wrong = {}, []
    for store, kills_of_store in {"postgres": kills, "redis": kills, "memory": 0}.items():
        found[store], wrong_here = run_store(server, client, store, orders, kills_of_store)
        wrong += wrong_here
        if found[store]["cuts"] < orders // 20:
            wrong.append(f"{store}: only {found[store]['cuts']} connections were cut")
    return {**found.pop("postgres"), "others": found}, wrong


if __name__ == "__main__":
    sys.exit(proof.main(run, "server", "client"))
