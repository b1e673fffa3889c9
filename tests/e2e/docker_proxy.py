"""The proxy beside an engine: in a container on its networks, or as a process that follows it from outside."""
import re
import signal
import subprocess

import harness
import images
from docker_engine import DOCKER

FAST = ["--docker-poll", "500ms"]


class ContainerProxy(harness.ProxyClient):
    """The product's image on some networks of an engine, with the engine's socket (only read) and published ports."""

    def __init__(self, engine, *arguments, networks=("bridge",), options=(), name="proxy", socket=True):
        self.engine, self.name = engine, name
        if socket:
            arguments = ["--docker", "unix:///engine/docker.sock", *arguments]
            options = ["--user", "0", "--mount", f"type=bind,source={engine.folder},target=/engine,readonly", *options]
        engine.run(images.proxy_image(engine), "server", *arguments, name=name,
                   options=["--network", networks[0], "-p", "80", "-p", "8080", *options])
        for network in networks[1:]:
            engine.cli("network", "connect", network, name)
        self.address = engine.address
        in_hosts_network = networks[0] == "host"
        self.http_port, self.api_port = (port if in_hosts_network else engine.published_port(name, port) for port in (80, 8080))
        harness.wait_until(lambda: self.api("successfulinitreload").status == 200, "the proxy is ready", 20)

    def log_text(self):
        done = subprocess.run([DOCKER, "-H", self.engine.host, "logs", self.name], capture_output=True)
        return (done.stdout + done.stderr).decode()


class Wrk:
    """Load at full speed until the end of the context; counts what went wrong."""

    def __init__(self, proxy, target, keep_alive=True, connections=8):
        close = [] if keep_alive else ["-H", "Connection: close"]
        url = f"http://{proxy.address}:{proxy.http_port}{target}"
        self.process = subprocess.Popen(["wrk", "-t1", f"-c{connections}", "-d300", "--timeout", "10s", *close, url],
                                        stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.output = self.process.communicate(timeout=30)[0]

    def number(self, pattern):
        found = re.search(pattern, self.output)
        return int(found.group(1)) if found else 0

    @property
    def requests(self):
        return self.number(r"(\d+) requests in")

    @property
    def failures(self):
        """Answers other than 2xx and 3xx, and broken connections."""
        errors = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", self.output)
        return self.number(r"Non-2xx or 3xx responses: (\d+)") + (sum(map(int, errors.groups())) if errors else 0)
