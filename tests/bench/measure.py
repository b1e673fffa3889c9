"""The measurements of a proxy: each returns rows for the report."""
import base64
import concurrent.futures
import json
import threading
import time

from client import Client, ms, percentile, timed
from stage import Wrk, cpu_seconds, reconfigure_target, rss_mb, wait_until, worker_pids


def new_services(stage, proxy, consul, prefix, count):
    """Times `count` new services: (duration of the API call, until the first request was served); counts misses."""
    for n in range(count):
        stage.register(proxy, f"{prefix}-{n}", consul)
    api, web = Client(proxy.address, proxy.api_port), Client(proxy.address, proxy.http_port)
    calls, served, not_at_once, reloads = [], [], 0, 0
    for n in range(count):
        began = time.perf_counter()
        status, _, body = api.get(reconfigure_target(f"{prefix}-{n}"))
        calls.append(time.perf_counter() - began)
        assert status == 200, body
        reloads += b'"AppliedBy":"reload"' in body
        while web.get(f"/{prefix}-{n}/x")[0] != 200:
            not_at_once += 1
        served.append(time.perf_counter() - began)
    return calls, served, not_at_once, reloads


def call_to_routed(stage, proxy, consul, count, label, samples):
    rows = []
    for load in ("quiet", "saturated"):
        prefix = f"new-{load}-{count}"
        if load == "saturated":
            with Wrk(f"http://{proxy.address}:{proxy.http_port}/svc-0/x"):
                calls, served, misses, reloads = new_services(stage, proxy, consul, prefix, samples)
        else:
            calls, served, misses, reloads = new_services(stage, proxy, consul, prefix, samples)
        rows.append([label, count, load, ms(percentile(calls, .5)), ms(percentile(calls, .99)),
                     ms(percentile(served, .5)), ms(percentile(served, .99)), misses, reloads])
    return rows


def consuls_own_calls(consul, count, samples):
    """The two calls that every reconfigure needs, without the proxy."""
    client = Client(consul.address, consul.port)
    reads, writes = [], []
    value = base64.b64encode(b"x" * 500).decode()
    for n in range(samples):
        reads.append(timed(lambda: client.get("/v1/health/service/svc-0?consistent"))[0])
        operations = [{"KV": {"Verb": "set", "Key": f"bench/{n}/{part}", "Value": value if part == 0 else ""}} for part in range(8)]
        took, (status, _, body) = timed(lambda: client.put("/v1/txn", json.dumps(operations).encode()))
        assert status == 200, body
        writes.append(took)
    both = [a + b for a, b in zip(reads, writes)]
    return [[count, ms(percentile(reads, .5)), ms(percentile(writes, .5)), ms(percentile(both, .5)), ms(percentile(both, .99))]]


def scaling(stage, proxy, consul, label, count, rounds):
    """1 -> 3 -> 1 instances of one service."""
    up, down = [], []
    api = Client(proxy.address, proxy.api_port)
    stage.register(proxy, "scaled", consul, 0)
    assert api.get(reconfigure_target("scaled"))[0] == 200
    for _ in range(rounds):
        for index in (1, 2):
            stage.register(proxy, "scaled", consul, index)
        up.append(timed(lambda: api.get(reconfigure_target("scaled")))[0])
        for index in (1, 2):
            if consul:
                consul.call("PUT", f"/v1/agent/service/deregister/scaled-{index}")
            else:
                api.get(f"/v1/docker-flow-proxy/deregister?serviceName=scaled&id=scaled-{index}")
        down.append(timed(lambda: api.get(reconfigure_target("scaled")))[0])
    return [[label, count, ms(percentile(up, .5)), ms(percentile(up, .99)), ms(percentile(down, .5)), ms(percentile(down, .99))]]


def sustained(stage, proxy, consul, label, count, changes):
    """Reconfigures a second: one after another, and 16 at once; each changes a path. Then all must be routed."""
    rows = []
    web = Client(proxy.address, proxy.http_port)
    for width in (1, 16):
        prefix = f"sustained-{width}-{count}"
        for n in range(changes):
            stage.register(proxy, f"{prefix}-{n}", consul)
        clients = threading.local()

        def change(n):
            if not hasattr(clients, "api"):
                clients.api = Client(proxy.address, proxy.api_port)
            return clients.api.get(reconfigure_target(f"{prefix}-{n}"))[0]

        with concurrent.futures.ThreadPoolExecutor(width) as pool:
            took, statuses = timed(lambda: list(pool.map(change, range(changes))))
        unrouted = sum(web.get(f"/{prefix}-{n}/x")[0] != 200 for n in range(changes))
        rows.append([label, count, width, f"{changes / took:.0f}", sum(s != 200 for s in statuses), unrouted])
    return rows


class Prober(threading.Thread):
    """Asks for one service all the time; counts what fails or comes from elsewhere, and keeps latencies."""

    def __init__(self, proxy, keep_alive):
        super().__init__(daemon=True)
        self.proxy, self.keep_alive = proxy, keep_alive
        self.stop = threading.Event()
        self.failed = self.cut = 0
        self.latencies = []

    def run(self):
        client = Client(self.proxy.address, self.proxy.http_port)
        while not self.stop.is_set():
            try:
                took, (status, head, _) = timed(lambda: client.get("/svc-0/x"))
                self.latencies.append(took)
                self.failed += status != 200 or b"x-instance: origin" not in head
            except OSError:
                self.cut += 1
                client.close()
            if not self.keep_alive:
                client.close()


def churn(stage, proxy, consul, label, count, changes):
    """Changes under load: nothing may fail. Half of the probers keep their connection, half open one per request."""
    def probe(during):
        probers = [Prober(proxy, keep_alive) for keep_alive in (True, False) for _ in range(2)]
        for prober in probers:
            prober.start()
        during()
        for prober in probers:
            prober.stop.set()
        for prober in probers:
            prober.join()
        latencies = [l for p in probers for l in p.latencies]
        return len(latencies), sum(p.failed for p in probers), sum(p.cut for p in probers), percentile(latencies, .99)

    api = Client(proxy.address, proxy.api_port)
    for n in range(4):
        stage.register(proxy, f"churn-{n}", consul)

    def change():
        for n in range(changes):
            name = f"churn-{n % 4}"
            target = (reconfigure_target(name) if n // 4 % 2 == 0 else
                      f"/v1/docker-flow-proxy/remove?serviceName={name}")
            assert api.get(target)[0] == 200

    quiet = probe(lambda: time.sleep(3))
    busy = probe(change)
    return [[label, count, changes, busy[0], busy[1], busy[2], ms(quiet[3]), ms(busy[3]), f"{busy[3] / quiet[3]:.2f}"]]


def cpu_per_request(proxy, target, seconds=4):
    """Worker CPU per proxied request in microseconds."""
    worker = max(worker_pids(proxy))
    before = cpu_seconds(worker)
    with Wrk(f"http://{proxy.address}:{proxy.http_port}{target}", seconds=seconds) as wrk:
        time.sleep(seconds)
    used = cpu_seconds(worker) - before
    requests = int(wrk.output.split(" requests in")[0].split()[-1])
    assert "Non-2xx" not in wrk.output, wrk.output
    return used / requests * 1e6


def recovery(stage, proxy, consul, label, count, restart):
    """kill -9 of everything, then a new proxy on the same registry, until the last service answers."""
    rss = [rss_mb(proxy.pid), rss_mb(max(worker_pids(proxy)))]
    proxy.kill_everything()
    began = time.perf_counter()
    again = restart()
    wait_until(lambda: Client(again.address, again.http_port).get(f"/svc-{count - 1}/x")[0] == 200, "recovered", 120)
    took = time.perf_counter() - began
    time.sleep(12)  # files, a first look for drift, memory given back
    began_cpu = cpu_seconds(again.pid)
    time.sleep(8)
    idle = (cpu_seconds(again.pid) - began_cpu) / 8 * 100
    return again, [[label, count, f"{took:.2f}", f"{rss[0]:.0f}", f"{rss_mb(again.pid):.0f}", f"{rss[1]:.0f}", f"{idle:.1f}"]]
