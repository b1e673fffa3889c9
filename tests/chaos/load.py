"""The constant load: every request is counted, and each that failed or went astray is kept with its reason."""
import asyncio
import bisect
import threading
import time

TIMEOUT = 10.0   # seconds until a request counts as lost
PAUSE = 0.05     # between two requests of a client
NOBODY = ""


class Truth:
    """Which origins may answer a route, over time.

    A change that is under way allows the old and the new ones; a request is right when any set in force between its
    first and its last byte allows its answer. NOBODY in a set: the route may also not be served; an empty one: it is not.
    """

    def __init__(self):
        self.history = {}  # route -> ([time], [frozenset of origins])
        self.lock = threading.Lock()

    def set(self, route, origins):
        with self.lock:
            times, sets = self.history.setdefault(route, ([], []))
            times.append(time.monotonic())
            sets.append(frozenset(origins))

    def now(self, route):
        with self.lock:
            return self.history[route][1][-1] if route in self.history else frozenset()

    def allowed(self, route, begin, end):
        """The union of what was right from begin to end, and whether the route was served all the time."""
        with self.lock:
            times, sets = self.history[route]
            first = max(0, bisect.bisect_right(times, begin) - 1)
            last = bisect.bisect_right(times, end)
            during = sets[first:last]
            return frozenset().union(*during) - {NOBODY}, all(one and NOBODY not in one for one in during)


class Failure:
    def __init__(self, proxy, route, begin, end, why, astray):
        self.proxy, self.route, self.begin, self.end, self.why, self.astray = proxy, route, begin, end, why, astray

    def __str__(self):
        return f"{self.proxy} {self.route} sent {self.begin:.3f} ended {self.end:.3f}: {self.why}"


class Lost(Exception):
    pass


async def exchange(reader, writer, route, host):
    """One request on an open connection. Gives status, origin and whether the connection can be used again."""
    writer.write(f"GET {route} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
    if "content-length" in fields:
        await reader.readexactly(int(fields["content-length"]))
        keep = fields.get("connection", "").lower() != "close"
    else:
        await reader.read()
        keep = False
    return int(head[0].split(" ")[1]), fields.get("x-origin"), keep


class Load:
    """Clients that ask the routes of one proxy in turn, half of them on kept connections."""

    def __init__(self, loop, proxy, truth, routes, clients=4):
        self.loop, self.proxy, self.truth, self.routes = loop, proxy, truth, routes
        self.count, self.failures, self.running = 0, [], True
        self.lock = threading.Lock()
        self.tasks = [loop.spawn(self.client(n, keep=n % 2 == 0)) for n in range(clients)]
        self.tasks.append(loop.spawn(self.downloads()))

    async def client(self, number, keep):
        turn, connection = number, None
        while self.running:
            routes = self.routes()
            turn += 1
            if routes:
                connection = await self.ask(routes[turn % len(routes)], connection, keep)
            await asyncio.sleep(PAUSE)
        if connection:
            connection[1].transport.abort()

    async def downloads(self):
        """A long answer is always under way: what a reload or a kill cuts is seen here."""
        turn = 0
        while self.running:
            routes = self.routes()
            turn += 1
            if routes:
                await self.ask(routes[turn % len(routes)] + "/long", None, False)
            await asyncio.sleep(PAUSE)

    async def ask(self, route, connection, keep):
        begin = time.monotonic()
        opened = connection[2] if connection else begin
        limit = TIMEOUT + (20 if route.endswith("/long") else 0)
        try:
            if not connection:
                reader, writer = await asyncio.wait_for(asyncio.open_connection(self.proxy.address, self.proxy.http_port), TIMEOUT)
                connection = (reader, writer, begin)
            status, origin, again = await asyncio.wait_for(
                exchange(connection[0], connection[1], route, self.proxy.address), limit)
            self.judge(route.removesuffix("/long"), begin, opened, status, origin)
        except (OSError, EOFError, ValueError, IndexError, asyncio.TimeoutError, asyncio.LimitOverrunError) as error:
            self.failed(route, begin, f"{type(error).__name__} {error}", False)
            again = False
        if keep and again and self.running:
            return connection
        if connection:
            connection[1].transport.abort()
        return None

    def judge(self, route, begin, opened, status, origin):
        end = time.monotonic()
        allowed, always = self.truth.allowed(route, begin, end)
        with self.lock:
            self.count += 1
        if status == 200:
            if origin not in allowed:
                kept = "on a kept connection, " if opened < begin else ""
                self.failed(route, begin, f"answered by {origin}, {kept}right: {sorted(allowed)}", True, counted=True)
        elif always:
            self.failed(route, begin, f"status {status}", False, counted=True)

    def failed(self, route, begin, why, astray, counted=False):
        with self.lock:
            self.count += not counted
            self.failures.append(Failure(self.proxy.name, route, begin, time.monotonic(), why, astray))

    def mark(self):
        with self.lock:
            return self.count, len(self.failures)

    def since(self, mark):
        """Requests and failures since then."""
        with self.lock:
            return self.count - mark[0], self.failures[mark[1]:]

    def end(self):
        self.running = False
