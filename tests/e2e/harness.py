"""Real programs for the end-to-end tests: the proxy with its HAProxy, demo services, Consul, traffic.

Everything listens on a loopback address of its own (127.x.y.z), because two HAProxy processes on one address and port
share its connections without an error.
"""
import http.client
import itertools
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("DFP_BINARY", ROOT / "build/release/docker-flow-proxy"))

_addresses = itertools.count(random.Random(os.getpid()).randrange(1, 60000))


def private_address():
    """A loopback address that no other test uses."""
    n = next(_addresses)
    return f"127.{77 + (os.getpid() % 100)}.{n // 250 % 250 + 1}.{n % 250 + 1}"


def free_port(address="127.0.0.1"):
    with socket.socket() as s:
        s.bind((address, 0))
        return s.getsockname()[1]


def wait_until(condition, what, seconds=10.0):
    """Polls until `condition()` is true and returns its value; fails the test after the deadline."""
    end = time.monotonic() + seconds
    while True:
        try:
            value = condition()
        except (OSError, http.client.HTTPException):
            value = None
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def instance(self):
        """Which demo service answered."""
        return self.headers.get("X-Instance")

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


def request(address, port, target, host=None, method="GET", headers=None, timeout=10):
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    try:
        connection.request(method, target, headers={"Host": host or address, **(headers or {})})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


class Process:
    """A child process with its output in a file; ended by pid."""

    def __init__(self, command, log, env=None, **popen):
        """`popen`: more for subprocess.Popen, as `user` and `cwd`."""
        self.log = pathlib.Path(log)
        self.output = open(self.log, "ab")
        self.popen = subprocess.Popen(command, stdout=self.output, stderr=self.output, stdin=subprocess.DEVNULL,
                                      env={**os.environ, **(env or {})}, **popen)

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def kill(self, sig=signal.SIGKILL):
        if self.running():
            self.popen.send_signal(sig)

    def end(self, seconds=15):
        """Asks it to end, and insists after a while. Returns the exit status."""
        self.kill(signal.SIGTERM)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.popen.wait()
        finally:
            self.output.close()


class DemoService(Process):
    """One instance of a demo service."""

    def __init__(self, folder, name="go-demo", instance=None, arguments=(), port=None):
        self.name = name
        self.address = "127.0.0.1"
        self.port = port or free_port()
        self.instance = instance or f"{name}-{self.port}"
        super().__init__([BINARY, "demo-service", "--listen", f"{self.address}:{self.port}", "--name", name,
                          "--instance", self.instance, *arguments], pathlib.Path(folder) / f"{self.instance}.log")
        wait_until(lambda: request(self.address, self.port, "/"), f"{self.instance} listens")


class ProxyClient:
    """Asks a proxy at `address`: its API at `api_port`, HAProxy at `http_port`."""

    def api(self, name, method="GET", **parameters):
        """Calls /v1/docker-flow-proxy/NAME."""
        query = urllib.parse.urlencode(parameters, safe="/,*")
        target = f"/v1/docker-flow-proxy/{name}" + (f"?{query}" if query else "")
        return request(self.address, self.api_port, target, method=method, timeout=60)

    def ok(self, name, **parameters):
        answer = self.api(name, **parameters)
        assert answer.status == 200, answer
        return answer.json

    def get(self, target="/", host=None, **kwargs):
        """A request through HAProxy."""
        return request(self.address, self.http_port, target, host=host, **kwargs)

    def register(self, service, name=None):
        return self.ok("register", serviceName=name or service.name, address=service.address, port=service.port,
                       id=service.instance)

    def deregister(self, service, name=None):
        return self.ok("deregister", serviceName=name or service.name, id=service.instance)

    def instances_answering(self, target, requests=30, host=None):
        """How often each instance answered."""
        counts = {}
        for _ in range(requests):
            answer = self.get(target, host=host)
            assert answer.status == 200, answer
            counts[answer.instance] = counts.get(answer.instance, 0) + 1
        return counts


class Proxy(ProxyClient, Process):
    """The proxy under test. `folder` is its state; a second proxy with the same folder is a restart.

    It runs on the host, or in the network of a `machine` (docker_machine.py).
    """

    def __init__(self, folder, registry=None, address=None, http_port=None, arguments=(), env=None, wait=True,
                 instance_name=None, machine=None, run_dir=None, popen=None, binary=BINARY, api=None,
                 https_port=None, certified=True, prefix=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.address = machine.address if machine else address or private_address()
        self.http_port = http_port or 8000
        self.api_port = 8088 if machine else free_port(self.address)
        self.registry = registry or f"embedded:{self.folder}/registry.db"
        command = [*prefix, binary, "server", "--registry", self.registry,
                   "--api", api or f"{self.address}:{self.api_port}",
                   "--http", f"{self.address}:{self.http_port}",
                   "--https", f"{self.address}:{https_port}" if https_port else "off",
                   "--state-dir", self.folder / "state", "--run-dir", run_dir or self.folder / "run",
                   *(["--api-open"] if machine else []), *arguments]
        self.https_port = https_port
        if https_port and certified:
            command += ["--certs-dir", self.certificates()]
        if instance_name:
            command += ["--instance-name", instance_name]
        command = machine.command(*command) if machine else [str(word) for word in command]
        super().__init__(command, self.folder / "proxy.log", env, **(popen or {}))
        if wait:
            self.wait_ready()

    def certificates(self):
        folder = self.folder / "certs"
        folder.mkdir(exist_ok=True)
        shutil.copy(ROOT / "tests/golden/haproxy/localhost.pem", folder)
        return folder

    def wait_ready(self, seconds=20):
        def ready():
            if not self.running():
                raise AssertionError(f"the proxy ended with {self.popen.returncode}:\n{self.log.read_text()}")
            return self.api("successfulinitreload").status == 200
        wait_until(ready, "the proxy is ready", seconds)

    def haproxy_pids(self):
        """Master and workers that belong to this proxy's run directory."""
        pids = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words and words[0].endswith(b"haproxy") and any(os.fsencode(self.folder) in w for w in words):
                pids.append(int(entry.name))
        return pids

    def kill_haproxy(self):
        """kill -9 of master and workers."""
        for pid in self.haproxy_pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def kill_everything(self):
        """kill -9 of the control plane and of HAProxy, as when a machine dies."""
        self.kill()
        self.popen.wait()
        self.kill_haproxy()
        wait_until(lambda: not self.haproxy_pids(), "haproxy is gone")


class Consul(Process):
    """A Consul agent in development mode, on a loopback address of its own."""

    def __init__(self, folder, address=None, extra=None):
        """`extra` is more of its configuration."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.address = address or private_address()
        self.port = 8500
        self.extra = extra or {}
        self.start()

    @staticmethod
    def installed():
        return shutil.which("consul") is not None

    def start(self):
        config = self.folder / "consul.json"
        config.write_text(json.dumps({
            "bind_addr": self.address, "client_addr": self.address, "datacenter": "dc1", "node_name": "node-a",
            "ports": {"dns": -1, "serf_wan": -1, "grpc": -1, "https": -1}, "disable_update_check": True,
            "log_level": "WARN", **self.extra}))
        super().__init__(["consul", "agent", "-dev", "-config-file", str(config)], self.folder / "consul.log")
        wait_until(lambda: self.call("GET", "/v1/status/leader").body.strip() not in (b"", b'""'),
                   "consul has a leader", 30)

    @property
    def url(self):
        return f"consul://{self.address}:{self.port}"

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.address, self.port, timeout=10)
        try:
            connection.request(method, path, body=json.dumps(body) if isinstance(body, (dict, list)) else body)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def register(self, service, name=None):
        answer = self.call("PUT", "/v1/agent/service/register", {
            "ID": service.instance, "Name": name or service.name, "Address": service.address, "Port": service.port})
        assert answer.status == 200, answer

    def deregister(self, service):
        assert self.call("PUT", f"/v1/agent/service/deregister/{service.instance}").status == 200

    def key(self, key):
        answer = self.call("GET", f"/v1/kv/{key}?raw")
        return answer.body.decode() if answer.status == 200 else None


class Traffic:
    """Clients that keep asking while something is changed; used as a context."""

    def __init__(self, proxy, target, host=None, clients=4, keep_alive=True, method="GET"):
        self.proxy, self.target, self.host, self.keep_alive, self.method = proxy, target, host, keep_alive, method
        self.stop = threading.Event()
        self.failures, self.answers = [], {}
        self.slowest = 0.0  # seconds that a request took
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.client, daemon=True) for _ in range(clients)]

    def client(self):
        connection = None
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection(self.proxy.address, self.proxy.http_port, timeout=10)
                connection.request(self.method, self.target, headers={"Host": self.host or self.proxy.address})
                response = connection.getresponse()
                body = response.read()
                with self.lock:
                    if response.status != 200:
                        self.failures.append(f"{response.status} {body[:80]!r}")
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    name = response.headers.get("X-Instance")
                    self.answers[name] = self.answers.get(name, 0) + 1
                if not self.keep_alive or response.headers.get("Connection", "").lower() == "close":
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                with self.lock:
                    self.failures.append(repr(error))
                connection = None
            time.sleep(0.001)
        if connection:
            connection.close()

    def total(self):
        with self.lock:
            return sum(self.answers.values())

    def wait_for(self, more):
        """Waits until that many more requests were answered."""
        goal = self.total() + more
        wait_until(lambda: self.total() >= goal or self.failures, f"{more} more requests", 30)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.wait_for(20)
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(15)
