# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""Open-loop load: requests are sent when they are due, whatever became of those before, and never a second time."""

import asyncio
import time


class Connection(asyncio.Protocol):
    """One request at a time over a connection that is kept while the server wants it."""

    def __init__(self):
        self.received = b""
        self.answer = None
        self.open = False

    def connection_made(self, transport):
        self.transport = transport
        self.open = True

    def data_received(self, data):
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if end and len(body) >= self.length(head):
            self.received = b""
            if b"connection: close" in head.lower():
                self.close()
            self.finish(int(head.split(b" ", 2)[1]))

    @staticmethod
    def length(head):
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return int(line.split(b":")[1])
        return 0

    def connection_lost(self, reason):
        self.open = False
        self.finish(f"connection lost: {reason or 'end of stream'}")

    def finish(self, result):
        if self.answer and not self.answer.done():
            self.answer.set_result(result)

    def close(self):
        self.open = False
        self.transport.close()

    async def get(self, target):
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(f"GET {target} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        return await self.answer


class Load:
    """Sends `rate` requests a second, every `fresh`th over a connection of its own."""

    def __init__(self, port, rate, fresh=4, patience=10):
        self.port, self.rate, self.fresh, self.patience = port, rate, fresh, patience
        self.idle, self.failures, self.requests, self.slowest = [], [], 0, 0.0
        self.sent_all = False

    def is_over(self):
        return self.sent_all

    async def connection(self, fresh):
        while self.idle and not fresh:
            kept = self.idle.pop(0)  # the one that waited longest, as a balancer that takes turns
            if kept.open:
                return kept
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(Connection, "127.0.0.1", self.port)
        return made

    async def once(self, number):
        begin = time.monotonic()
        fresh = number % self.fresh == 0
        try:
            async with asyncio.timeout(self.patience):
                used = await self.connection(fresh)
                result = await used.get(f"/?visitor=v{number}")
            if used.open and not fresh:
                self.idle.append(used)
            elif used.open:
                used.close()
        except (OSError, TimeoutError) as error:
            result = repr(error)
        if result != 200:
            self.failures.append((number, result))
        self.slowest = max(self.slowest, time.monotonic() - begin)

    async def run(self, count):
        begin = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                await asyncio.sleep(begin + number / self.rate - time.monotonic())
                self.requests += 1
                group.create_task(self.once(number))
        self.sent_all = True
        for kept in self.idle:
            kept.close()
