"""A relay before Consul that can lie: each proxy has one of its own."""
import asyncio
import json

KV_EMPTY = b"[]"


class Relay:
    """Passes bytes on, or lies to everybody who asks. A change of its mind cuts every connection."""

    def __init__(self, loop, address, target):
        self.loop, self.address, self.port, self.target = loop, address, 8500, target
        self.lie = None
        self.writers = set()
        self.mute = set()  # connections whose next answer gets lost
        self.server = loop.call(asyncio.start_server(self.serve, address, self.port, backlog=256))

    @property
    def url(self):
        return f"consul://{self.address}:{self.port}"

    def tell(self, lie):
        """None: the truth. Otherwise a key of LIES, `delay`, `cut`, or `lost`."""
        self.loop.call(self._tell(lie))

    async def _tell(self, lie):
        self.lie = lie
        for writer in list(self.writers):
            writer.transport.abort()

    async def serve(self, reader, writer):
        self.writers.add(writer)
        try:
            if self.lie in LIES:
                await self.deceive(reader, writer, LIES[self.lie])
            else:
                await self.pass_on(reader, writer)
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass
        finally:
            self.writers.discard(writer)
            writer.transport.abort()

    async def deceive(self, reader, writer, answer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if b"wait=" in head.split(b"\r\n")[0]:
                await asyncio.sleep(0.2)
            text = answer(head.split(b" ")[1].decode("latin-1"))
            if text is None:
                await asyncio.sleep(60)
                return
            writer.write(text)
            await writer.drain()

    async def pass_on(self, reader, writer):
        there = await asyncio.open_connection(*self.target)
        self.writers.add(there[1])
        delay, most = (1.5, None) if self.lie == "delay" else (0, 300) if self.lie == "cut" else (0, None)
        try:
            if self.lie == "lost":
                pumps = [self.lose_answers_of_writes(reader, there[1], writer), self.pump_unless_lost(there[0], writer)]
            else:
                pumps = [pump(reader, there[1], 0, None), pump(there[0], writer, delay, most)]
            await asyncio.wait([asyncio.create_task(one) for one in pumps], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.mute.discard(writer)
            self.writers.discard(there[1])
            there[1].transport.abort()


    async def lose_answers_of_writes(self, reader, there, writer):
        while data := await reader.read(65536):
            if data.startswith(b"PUT "):
                self.mute.add(writer)
            there.write(data)
            await there.drain()

    async def pump_unless_lost(self, reader, writer):
        while data := await reader.read(65536):
            if writer in self.mute:
                return  # carried out; nobody hears of it
            writer.write(data)
            await writer.drain()


async def pump(reader, writer, delay, most):
    """Moves bytes; `most` of them, then the connection ends in the middle of an answer."""
    moved = 0
    try:
        while data := await reader.read(65536):
            if delay:
                await asyncio.sleep(delay)
            writer.write(data[:most - moved] if most else data)
            moved += len(data)
            await writer.drain()
            if most and moved >= most:
                return
    except OSError:
        pass


def http(status, body, index=None, kind="application/json"):
    extra = f"X-Consul-Index: {index}\r\nX-Consul-KnownLeader: true\r\nX-Consul-LastContact: 0\r\n" if index else ""
    return (f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{extra}Content-Length: {len(body)}\r\n\r\n").encode() + body


def nothing(target):
    """As if the cluster had been made anew: no key, no service."""
    if target.startswith("/v1/kv"):
        return http(404, b"", 7)
    if target.startswith("/v1/catalog/services"):
        return http(200, json.dumps({"consul": []}).encode(), 7)
    return http(200, b"[]", 7)


LIES = {
    "500": lambda target: http(500, b"No cluster leader", kind="text/plain"),
    "html": lambda target: http(200, b"<html><body>It works!</body></html>", 9, "text/html"),
    "garbage": lambda target: b"\x00\xff\x16\x03\x01 this is not HTTP\r\n\r\n",
    "silence": lambda target: None,
    "nothing": nothing,
}
ALL = [*LIES, "cut", "delay"]
