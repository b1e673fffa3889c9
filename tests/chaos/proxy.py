"""A proxy under test that is killed and started again on the same addresses, with its HAProxy and its folders."""
import os
import pathlib
import signal
import subprocess
import threading
import time

import harness

MAX_CONNECTIONS = 400


class Violation(AssertionError):
    """The product broke a promise."""


class Log:
    """Reads a process's output into a file; can leave off reading, so that the pipe fills."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.reading = threading.Event()
        self.reading.set()

    def follow(self, pipe):
        threading.Thread(target=self._follow, args=(pipe,), daemon=True).start()

    def _follow(self, pipe):
        with open(self.path, "ab") as file, pipe:
            while data := os.read(pipe.fileno(), 65536):
                file.write(data)
                file.flush()
                self.reading.wait()

    def text(self):
        return self.path.read_text(errors="replace") if self.path.exists() else ""


class Proxy(harness.ProxyClient):
    """`run` and `state` are small file systems of its own, so that they can be filled."""

    def __init__(self, name, folder, binary, registry=None):
        self.name, self.binary = name, str(binary)
        self.folder = pathlib.Path(folder)
        self.run, self.state, self.templates = self.folder / "run", self.folder / "state", self.folder / "templates"
        for path in (self.run, self.state, self.templates):
            path.mkdir(parents=True)
        for path in (self.run, self.state):
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "chaos", str(path)], check=True)
        self.address, self.http_port, self.api_port = harness.private_address(), 8000, 8080
        self.registry = registry or f"embedded:{self.state}/registry.db"
        self.log = Log(self.folder / "proxy.log")
        self.popen = None
        self.starts = 0

    def command(self, **other):
        """The command of `server`; `other` replaces settings."""
        settings = {"registry": self.registry, "api": f"{self.address}:{self.api_port}",
                    "http": f"{self.address}:{self.http_port}", "https": "off", "state-dir": self.state,
                    "run-dir": self.run, "templates-dir": self.templates, "max-connections": MAX_CONNECTIONS,
                    "max-connections-per-client": 100,  # all clients have one address
                    "check-interval": "1s", "hard-stop-after": "30s", **other}
        return [self.binary, "server", *[word for key, value in settings.items() for word in (f"--{key}", str(value))]]

    def start(self, wait=30.0):
        """Starts the control plane; waits until it is ready unless wait is 0. Gives the seconds that took."""
        self.starts += 1
        began = time.monotonic()
        self.popen = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT)
        self.log.follow(self.popen.stdout)
        if wait:
            self.wait_ready(wait)
        return time.monotonic() - began

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def must_run(self):
        if not self.running():
            raise Violation(f"{self.name}: the control plane ended with {self.popen.returncode}: {self.last_words()}")

    def last_words(self):
        return " | ".join(self.log.text().splitlines()[-3:])

    def ready(self):
        self.must_run()
        return self.api("successfulinitreload", timeout=3).status == 200

    def wait_ready(self, seconds):
        wait_until(self.ready, f"{self.name} is ready", seconds)

    def kill(self, sig=signal.SIGKILL, seconds=20):
        """Ends the control plane; HAProxy is left alone by SIGKILL."""
        if self.running():
            self.popen.send_signal(sig)
            return self.popen.wait(seconds)
        return self.popen.returncode

    def api(self, name, method="GET", timeout=60, **parameters):
        query = harness.urllib.parse.urlencode(parameters, safe="/,*")
        target = f"/v1/docker-flow-proxy/{name}" + (f"?{query}" if query else "")
        return harness.request(self.address, self.api_port, target, method=method, timeout=timeout)

    def haproxy(self):
        """(masters, workers): pids of this proxy's HAProxy."""
        mark, parents = os.fsencode(self.folder), {}
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and mark in (entry / "cmdline").read_bytes():
                    if b"haproxy" in (entry / "comm").read_bytes():
                        status = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                        if status[0] != "Z":
                            parents[int(entry.name)] = int(status[1])
            except OSError:
                pass
        workers = sorted(pid for pid, parent in parents.items() if parent in parents)
        return sorted(set(parents) - set(workers)), workers

    def signal_haproxy(self, sig, master=True, worker=True):
        masters, workers = self.haproxy()
        for pid in (masters if master else []) + (workers if worker else []):
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                pass

    def end(self):
        self.log.reading.set()
        self.kill()
        self.signal_haproxy(signal.SIGKILL)

    def fill(self, folder):
        """Fills a file system to the last byte; gives what frees it again."""
        filler = folder / "filler"
        with open(filler, "wb", buffering=0) as file:
            for size in (1 << 16, 1 << 9, 1):
                try:
                    while file.write(b"x" * size):
                        pass
                except OSError:
                    pass
        return lambda: filler.unlink(missing_ok=True)

    def resources(self):
        """What must not pile up: descriptors and memory (MiB) of the control plane, files, HAProxy processes."""
        proc = pathlib.Path(f"/proc/{self.pid}")
        pages = int((proc / "statm").read_text().split()[1])
        masters, workers = self.haproxy()
        return {"descriptors": len(list((proc / "fd").iterdir())), "memory": pages * 4 // 1024,
                "run files": entries(self.run), "state files": entries(self.state),
                "masters": len(masters), "workers": len(workers)}


def entries(folder):
    """How many files and folders are below; what vanishes meanwhile is passed over."""
    return sum(len(folders) + len(files) for _, folders, files in os.walk(folder))


def wait_until(condition, what, seconds):
    """Polls until `condition()` is true and gives its value; a violation after the deadline."""
    try:
        return harness.wait_until(condition, what, seconds)
    except Violation:
        raise
    except AssertionError as late:
        raise Violation(str(late)) from None
