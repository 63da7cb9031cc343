# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""A Redis of the test's own, which keeps what it has acknowledged."""

import os
import socket

import processes


class Redis:
    """A server that can be killed and started again, with its data; `appendfsync always`."""

    def __init__(self):
        self.port = processes.free_port()
        folder = processes.temporary_folder()
        server = processes.find_program("redis-server", os.path.join(processes.ROOT, ".deps", "bin"))
        self.process = processes.Process(
            [server, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes",
             "--appendfsync", "always", "--save", "", "--daemonize", "no"], folder=folder)

    def start(self):
        self.process.start()
        processes.wait_until(lambda: self.try_ask("PING") == b"PONG", "Redis")
        return self

    def kill(self):
        self.process.kill()

    def address(self):
        return f"127.0.0.1:{self.port}"

    def try_ask(self, *words):
        """Returns a simple answer or a number, or None if there is none."""
        request = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words)
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                s.sendall(request)
                line = s.makefile("rb").readline().rstrip()
        except OSError:
            return None
        return line[1:] if line[:1] in (b"+", b":") else None
