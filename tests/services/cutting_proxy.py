# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""A proxy that cuts connections after the server acted: the answer is there, and the client never gets it."""

import asyncio
import random
import socket
import struct
import threading


class CuttingProxy:
    """Listens on a port of its own and passes bytes on, but for a share of the answers, which it takes to the grave."""

    def __init__(self, port, share, seed=1):
        self.upstream = port
        self.share = share
        self.random = random.Random(seed)
        self.cuts = 0
        self.port = None
        self.loop = asyncio.new_event_loop()
        self.started = threading.Event()

    def start(self):
        threading.Thread(target=self.run, daemon=True).start()
        self.started.wait()
        return self

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.listen())
        self.loop.run_forever()

    async def listen(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()

    async def serve(self, from_client, to_client):
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            reset(to_client)
            return
        try:
            await asyncio.gather(self.pass_on(from_client, to_server),
                                 self.pass_or_cut(from_server, to_client))
        except OSError:
            pass
        finally:
            to_client.close()
            to_server.close()

    async def pass_on(self, reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def pass_or_cut(self, reader, writer):
        while data := await reader.read(65536):
            if self.random.random() < self.share:
                self.cuts += 1
                reset(writer)
                raise ConnectionAbortedError("cut")
            writer.write(data)
            await writer.drain()
        writer.close()


def reset(writer):
    """Closes a connection with RST: what is on its way is lost."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
