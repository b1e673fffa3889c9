"""Origins: small HTTP servers that say who they are. An instance of a service is an origin."""
import asyncio
import itertools

_ports = itertools.count(20000)  # never one twice: a port that comes back would be another instance's


class Origin:
    """One instance, `SERVICE/COLOUR/NUMBER`.

    /…/long answers for six seconds, bit by bit, /…/longer for two minutes, and /…/never not at all. The rest is answered
    at once.
    """

    PARTS = {b"long": 60, b"longer": 1200}  # of a tenth of a second each

    def __init__(self, loop, service, colour, number, port=None):
        self.loop, self.service, self.colour = loop, service, colour
        self.name = f"{service}/{colour}/{number}"
        self.id = self.name.replace("/", "-")
        self.address, self.port = "127.0.0.1", port or next(_ports)
        self.registered_as = f"{service}-{colour}"
        self.connections = set()
        self.server = None
        self.open()

    def open(self):
        self.server = self.loop.call(asyncio.start_server(self.serve, self.address, self.port, backlog=512))

    def close(self):
        self.loop.call(self._close())

    def retire(self):
        """Takes no new connections; answers that are under way go on, as of an instance that ends well."""
        self.loop.call(self._retire())

    async def _retire(self):
        self.server.close()

    async def _close(self):
        self.server.close()
        for writer in list(self.connections):
            writer.transport.abort()

    async def serve(self, reader, writer):
        self.connections.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self.answer(head.split(b" ", 2)[1], writer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, IndexError):
            pass
        finally:
            self.connections.discard(writer)
            writer.transport.abort()

    async def answer(self, target, writer):
        if target.endswith(b"/never"):
            await asyncio.sleep(60)
        parts = self.PARTS.get(target.rsplit(b"/", 1)[1], 0)
        length = parts or len(self.name) + 1
        writer.write(b"HTTP/1.1 200 OK\r\nX-Origin: %s\r\nContent-Length: %d\r\n\r\n" % (self.name.encode(), length))
        if parts:
            for _ in range(parts):
                writer.write(b".")
                await writer.drain()
                await asyncio.sleep(0.1)
        else:
            writer.write(self.name.encode() + b"\n")
        await writer.drain()
