"""A real Docker Engine on a machine of its own (docker_machine.py), driven by the docker command line."""
import http.client
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile

import harness
from docker_machine import Site, child_of, run

sys.path.insert(0, str(harness.ROOT / "packaging/image"))

from rootfs import libraries  # noqa: E402

DOCKER, BUSYBOX, HAPROXY = "/usr/bin/docker", "/bin/busybox", "/usr/sbin/haproxy"
DOCKERD = shutil.which("dockerd") or "/usr/sbin/dockerd"
BASE_IMAGE = "dfp-test"
DEMO_IMAGE = "test/go-demo"  # not the product's go-demo, which has no shell
DEMO = "exec docker-flow-proxy demo-service --listen 0.0.0.0:8080 --instance $(hostname)"


class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("docker", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Engine:
    """One dockerd. `machine` is where it runs; None: a site with one machine is made for it.

    `folder` (short: it holds a Unix socket) is made when it is not given. `address` is the machine's, where published
    ports answer.
    """

    def __init__(self, machine=None, folder=None, name="node-1", arguments=()):
        self.site = None if machine else Site()
        self.machine = machine or self.site.machine(name)
        self.own_folder = None if folder else tempfile.mkdtemp(prefix="dfp-")
        self.folder = pathlib.Path(folder or self.own_folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket = self.folder / "docker.sock"
        self.data = self.folder / "data"
        self.data.mkdir()
        self.machine.inside("mount", "-t", "tmpfs", "tmpfs", self.data)
        self.log = self.folder / "dockerd.log"
        self.arguments = list(arguments)
        self.cgroup = f"dfp-{os.getpid()}-{self.machine.address.replace('.', '-')}"
        self.process = None
        self.start()

    # ------------------------------------------------------------------------------------------------ its life

    @property
    def address(self):
        return self.machine.address

    @property
    def host(self):
        """As DOCKER_HOST takes it."""
        return f"unix://{self.socket}"

    def start(self, wait=True):
        command = [*self.machine.entering("--net", "--mount", "--pid", "--uts"), DOCKERD,
                   "--data-root", self.data, "--exec-root", "/run/docker", "--pidfile", "/run/docker.pid",
                   "--host", self.host, "--cgroup-parent", f"/{self.cgroup}", *self.arguments]
        self.process = harness.Process([str(word) for word in command], self.log)
        if wait:
            self.wait_ready()

    def wait_ready(self):
        def ready():
            if not self.process.running():
                raise AssertionError(f"dockerd ended with {self.process.popen.returncode}:\n{self.log_tail()}")
            return self.get("/_ping", parse=False)
        try:
            harness.wait_until(ready, "dockerd answers", 60)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log_tail()}") from None

    def log_tail(self):
        """Without what every container writes into it."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([line[:300] for line in lines if "level=info" not in line and "ipv4." not in line][-15:])

    def stop(self, sig=signal.SIGTERM):
        """SIGTERM ends the containers too; after SIGKILL they run on, and the next start ends them."""
        if self.process.running():
            os.kill(child_of(self.process.pid) or self.process.pid, sig)
        self.process.popen.wait(60)
        self.process.output.close()

    def restart(self):
        self.stop()
        self.start()

    def end(self):
        """No trace is left: the machine takes processes, mounts and interfaces with it."""
        self.machine.end()
        if self.site:
            self.site.end()
        self.process.end()
        for root in folders_called(self.cgroup):
            harness.wait_until(lambda: remove_cgroup(root), f"{root} is empty")
        if self.own_folder:
            shutil.rmtree(self.own_folder)

    def clean(self):
        """Removes what a test has made, but for images."""
        for service in self.cli("service", "ls", "-q").split() if self.in_swarm() else []:
            self.cli("service", "rm", service)
        for secret in self.cli("secret", "ls", "-q").split() if self.in_swarm() else []:
            self.cli("secret", "rm", secret)
        harness.wait_until(self.remove_containers, "all containers are gone", 30)
        harness.wait_until(self.remove_networks, "all networks are gone", 30)
        self.cli("volume", "prune", "-f")

    def remove_containers(self):
        left = self.cli("ps", "-aq").split()
        if left:
            self.try_cli("rm", "-fv", *left)
        return not left

    def remove_networks(self):
        """A stack that is being removed takes its own away meanwhile."""
        names = self.cli("network", "ls", "--filter", "type=custom", "--format", "{{.Name}}").split()
        left = [name for name in names if name not in ("ingress", "docker_gwbridge")]
        for name in left:
            self.try_cli("network", "rm", name)
        return not left

    # --------------------------------------------------------------------------------------------- asking it

    def cli(self, *words, **kwargs):
        """docker WORDS…; returns what it prints."""
        return run(DOCKER, "-H", self.host, *words, **kwargs)

    def try_cli(self, *words):
        return subprocess.run([DOCKER, "-H", self.host, *words], capture_output=True, timeout=60).returncode == 0

    def get(self, path, parse=True):
        """GET of the engine's API."""
        connection = SocketConnection(self.socket)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
            assert response.status == 200, (path, response.status, body)
            return json.loads(body) if parse else body
        finally:
            connection.close()

    def inspect(self, reference):
        return json.loads(self.cli("inspect", reference))[0]

    # ------------------------------------------------------------------------------------------------- images

    def build_image(self, name, files=None, lines=(), base="scratch"):
        """`files`: path in the image -> a file of this machine, or content; `lines`: more of a Dockerfile."""
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            for path, source in (files or {}).items():
                add_file(tar, "root/" + path.lstrip("/"), source)
            copy = ["COPY root/ /"] if files else []
            add_file(tar, "Dockerfile", "\n".join([f"FROM {base}", *copy, *lines, ""]))
        self.cli("build", "-q", "-t", name, "-", input=context.getvalue())
        return name

    def base_image(self):
        """busybox, our binary and HAProxy with their libraries: for demo services and for the proxy itself."""
        if not self.cli("images", "-q", BASE_IMAGE):
            files = {"/bin/busybox": pathlib.Path(BUSYBOX), "/bin/docker-flow-proxy": harness.BINARY,
                     "/usr/sbin/haproxy": pathlib.Path(HAPROXY), "/etc/passwd": "root:x:0:0::/:/bin/sh\n",
                     "/etc/group": "root:x:0:\n", "/tmp/.keep": "", "/run/.keep": "", "/var/lib/.keep": ""}
            for library in libraries(harness.BINARY, HAPROXY):
                files[library] = pathlib.Path(library)
            self.build_image(BASE_IMAGE, files, ['RUN ["/bin/busybox", "--install", "-s", "/bin"]', "ENV PATH=/bin:/usr/sbin"])
        return BASE_IMAGE

    def demo_image(self, name=DEMO_IMAGE, lines=()):
        """An image that runs a demo service on port 8080; its instances say their host name."""
        return self.build_image(name, lines=["EXPOSE 8080", f'CMD ["sh", "-c", "{DEMO} --name {name.split("/")[-1]}"]', *lines],
                                base=self.base_image())

    # --------------------------------------------------------------------------------------------- containers

    def run(self, image, *command, name=None, options=()):
        """docker run -d; returns the container's id."""
        named = ("--name", name) if name else ()
        return self.cli("run", "-d", *named, *options, image, *command)

    def published_port(self, container, port=8080):
        return int(self.cli("port", container, f"{port}/tcp").splitlines()[0].rsplit(":", 1)[1])

    def container_address(self, container, network="bridge"):
        return self.inspect(container)["NetworkSettings"]["Networks"][network]["IPAddress"]

    def container_pid(self, container):
        """In the host's numbers, for nsenter: the process whose control group bears the container's id."""
        full = self.cli("inspect", container, "--format", "{{.Id}}")
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit() and re.search(full, read_text(entry / "cgroup")):
                return int(entry.name)
        raise AssertionError(f"container {container} has no process")

    # -------------------------------------------------------------------------------------------------- swarm

    def in_swarm(self):
        return self.get("/info")["Swarm"]["LocalNodeState"] == "active"

    def swarm_init(self):
        if not self.in_swarm():
            self.cli("swarm", "init", "--advertise-addr", self.address)

    def swarm_join(self, manager, role="worker"):
        token = manager.cli("swarm", "join-token", "-q", role)
        self.cli("swarm", "join", "--advertise-addr", self.address, "--token", token, f"{manager.address}:2377")

    def create_network(self, name, driver="overlay", options=("--attachable",)):
        return self.cli("network", "create", "-d", driver, *options, name)

    def service_create(self, name, image, *command, replicas=1, options=(), wait=True):
        """Without the routing mesh (kernels for tests have no IPVS): endpoint mode dnsrr."""
        self.cli("service", "create", "-d", "--no-resolve-image", "--name", name, "--replicas", replicas,
                 "--endpoint-mode", "dnsrr", *options, image, *command)
        if wait:
            self.wait_running(name, replicas)

    def service_update(self, name, *options):
        self.cli("service", "update", "-d", "--no-resolve-image", *options, name)

    def service_scale(self, name, replicas):
        self.cli("service", "scale", "-d", f"{name}={replicas}")

    def tasks(self, name, state=None):
        """Those that are meant to run; with `state` only those in it."""
        filters = json.dumps({"service": {name: True}, "desired-state": {"running": True}})
        tasks = self.get("/tasks?filters=" + harness.urllib.parse.quote(filters))
        return [task for task in tasks if state in (None, task["Status"]["State"])]

    def wait_running(self, name, replicas, seconds=60):
        def settled():
            return len(self.tasks(name, "running")) == replicas == len(self.tasks(name))
        try:
            harness.wait_until(settled, f"{replicas} tasks of {name} run", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.cli('service', 'ps', '--no-trunc', name)}") from None

    def update_state(self, name):
        return self.inspect(name).get("UpdateStatus", {}).get("State", "")


def add_file(tar, name, source):
    if isinstance(source, pathlib.Path):
        content, mode = source.read_bytes(), source.stat().st_mode & 0o777
    else:
        content, mode = source.encode() if isinstance(source, str) else source, 0o644
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    tar.addfile(info, io.BytesIO(content))


def read_text(path):
    try:
        return path.read_text()
    except OSError:
        return ""


def folders_called(name):
    """Control groups; those of other engines may go meanwhile."""
    return [pathlib.Path(folder) / name for folder, names, _ in os.walk("/sys/fs/cgroup") if name in names]


def remove_cgroup(root):
    for folder, _, _ in os.walk(root, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            return False
    return True
