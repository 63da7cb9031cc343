# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""Proof of stream-copy: every page arrives as it is, whoever fails and whatever is killed, in constant memory.

    stream_copy_proof.py STREAM_COPY [--short]    prints the findings as JSON; exit status 1 if the promise was broken
"""

import hashlib
import http.server
import os
import random
import socket
import struct
import sys
import threading
import time
import urllib.parse

import processes
import proof

PAGE = 64 * 1024


def page_bytes(number):
    """What a page is made of: as long as a page may be, and different from all others."""
    return hashlib.sha256(str(number).encode()).digest() * (PAGE // 32)


class Peer(http.server.ThreadingHTTPServer):
    """Half an API, half a storage; one request of ten fails, or its connection is cut."""

    daemon_threads = True

    def __init__(self, pages):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = pages
        self.objects = {}
        self.puts = 0
        self.failures = 0
        self.random = random.Random(1)
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def mood(self):
        with self.lock:
            drawn = self.random.random()
            self.failures += drawn < 0.1
        return "well" if drawn >= 0.1 else random.choice(["503", "cut before", "cut after"])

    def handle_error(self, request, client_address):
        pass  # the other side was killed


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def cut(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def act(self, effect):
        """Does something, and answers; or fails before it, or cuts the connection before or after it."""
        mood = self.server.mood()
        if mood == "503":
            return self.answer(503, headers=[("Retry-After", "0")])
        if mood == "cut before":
            return self.cut()
        answer = effect()
        return self.cut() if mood == "cut after" else self.answer(*answer)

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        number = int(query.get("cursor", ["0"])[0] or 0)
        following = [("X-Next-Cursor", str(number + 1))] if number + 1 < self.server.pages else []
        self.act(lambda: (200, page_bytes(number), following))

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.act(lambda: self.store(body))

    def store(self, body):
        with self.server.lock:
            self.server.objects[self.path] = body
            self.server.puts += 1
        return (201,)


def peak_until_its_end(process):
    """Returns the most memory that a process had in use, which nobody can ask any more when it has ended."""
    peak = process.peak_memory_kb()
    end = time.monotonic() + 300
    while process.is_running() and time.monotonic() < end:
        try:
            peak = max(peak, process.peak_memory_kb())
        except (LookupError, OSError):
            break
        time.sleep(0.01)
    return peak


def run(program, short):
    """Returns the findings, and what is wrong with them."""
    pages, kills = (150, 3) if short else (3000, 20)
    peer = Peer(pages)
    port = peer.server_address[1]
    state = os.path.join(processes.temporary_folder(), "state")
    environment = {"STREAM_COPY_SOURCE": f"127.0.0.1:{port}", "STREAM_COPY_TARGET": f"127.0.0.1:{port}",
                   "STREAM_COPY_STATE": state, "STREAM_COPY_CHUNK": str(PAGE), "STREAM_COPY_ATTEMPT_TIMEOUT": "2s"}
    copy = processes.Process([program], environment).start()
    for kill in range(kills):
        wanted = (kill + 1) * pages // (kills + 2)
        processes.wait_until(lambda at=wanted: len(peer.objects) >= at, "some objects", 300)
        copy.kill()
        copy.start()
    warm = len(peer.objects) + 30
    processes.wait_until(lambda: len(peer.objects) >= warm, "more objects", 300)
    early_kb = copy.peak_memory_kb()
    late_kb = peak_until_its_end(copy)
    exit_code = copy.wait()
    whole = sum(peer.objects.get(f"/objects/page-{n}") == page_bytes(n) for n in range(pages))
    found = {"pages": pages, "whole": whole, "objects": len(peer.objects), "puts": peer.puts, "failures": peer.failures,
             "kills": kills, "rss_early_kb": early_kb, "rss_late_kb": late_kb}
    wrong = []
    if exit_code != 0 or "complete" not in copy.output():
        wrong.append(f"it ended with {exit_code}: {copy.output()[-500:]}")
    if whole != pages or len(peer.objects) != pages:
        wrong.append("not every page arrived as it is, once")
    if peer.puts > pages + kills + peer.failures:
        wrong.append("pages were written again that were done")
    if peer.failures < pages // 20:
        wrong.append("hardly anything failed")
    if late_kb > 1.1 * early_kb:
        wrong.append("memory grew by more than a tenth")
    return found, wrong


if __name__ == "__main__":
    sys.exit(proof.main(run, "stream_copy"))
