"""What a measurement runs on: the proxy with N services, an origin, load."""
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import Consul, Process, Proxy, free_port, private_address, wait_until  # noqa: E402
from client import Client  # noqa: E402

ORIGIN_CONFIG = """
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout client 60s
  timeout connect 5s
  timeout server 60s
frontend origin
  bind {address}:{port}
  http-request return status 200 content-type text/plain string ok hdr X-Instance origin
"""


class Stage:
    """A folder, an origin that answers everything, and whatever is added; ended in reverse order."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dfp-bench-"))
        self.things = []
        self.origin_address, self.origin_port = private_address(), 9000
        config = self.folder / "origin.cfg"
        config.write_text(ORIGIN_CONFIG.format(address=self.origin_address, port=self.origin_port))
        self.add(Process(["haproxy", "-db", "-f", str(config)], self.folder / "origin.log"))
        wait_until(lambda: Client(self.origin_address, self.origin_port).get("/")[0] == 200, "origin")

    def add(self, thing):
        self.things.append(thing)
        return thing

    def end(self):
        for thing in reversed(self.things):
            thing.end()
            if isinstance(thing, Proxy):
                thing.kill_haproxy()

    def consul(self):
        return self.add(Consul(self.folder / "consul"))

    def proxy(self, name, consul=None, registry=None, **kwargs):
        return self.add(Proxy(self.folder / name, registry=registry or (consul.url if consul else None), **kwargs))

    def register(self, proxy, service, consul=None, index=0):
        """One instance of a service: the origin, under an id of its own."""
        if consul:
            consul.call("PUT", "/v1/agent/service/register", {
                "ID": f"{service}-{index}", "Name": service, "Address": self.origin_address, "Port": self.origin_port})
        else:
            status, _, body = Client(proxy.address, proxy.api_port).get(
                f"/v1/docker-flow-proxy/register?serviceName={service}&address={self.origin_address}"
                f"&port={self.origin_port}&id={service}-{index}")
            assert status == 200, body

    def populate(self, proxy, count, consul=None, parallel=16):
        """`count` services svc-0..., each with one instance and the path /svc-N/; by the API, as a user would."""
        names = iter(range(count))
        lock = threading.Lock()
        failures = []

        def worker():
            client = Client(proxy.address, proxy.api_port)
            while True:
                with lock:
                    n = next(names, None)
                if n is None or failures:
                    return
                self.register(proxy, f"svc-{n}", consul)
                status, _, body = client.get(reconfigure_target(f"svc-{n}"))
                if status != 200:
                    failures.append(body)

        threads = [threading.Thread(target=worker) for _ in range(parallel)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, failures[0]

    def connect_often(self, proxy):
        """Lets the worker's table of descriptors grow, as in one that has served for a while; see the report's text."""
        clients = [Client(proxy.address, proxy.http_port) for _ in range(700)]
        for client in clients:
            client.get("/")
        for client in clients:
            client.close()


def reconfigure_target(service, more=""):
    return f"/v1/docker-flow-proxy/reconfigure?serviceName={service}&servicePath=/{service}/&skipCheck=true{more}"


class Wrk:
    """wrk in the background; used as a context. `results` after it ended."""

    def __init__(self, url, connections=32, seconds=600, header=None):
        self.command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--latency", url]
        if header:
            self.command[1:1] = ["-H", header]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.process.send_signal(2)
        self.output = self.process.communicate(timeout=30)[0]


def worker_pids(proxy):
    """HAProxy's workers (not masters) of a proxy: those whose parent is haproxy too."""
    pids = proxy.haproxy_pids()
    return [pid for pid in pids if parent(pid) in pids]


def parent(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
