#!/usr/bin/env python3
"""Plays the story of the README with a real HAProxy and real services, printing each command and its answer.

--once ends by itself, with exit status 0 only if every step gave what it should.
"""
import argparse
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = ROOT / "build/release/docker-flow-proxy"
BOLD, DIM, GREEN, RED, PLAIN = ("\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("",) * 5


class StepFailed(Exception):
    pass


def free_port(preferred):
    """The preferred port of 127.0.0.1, or any free one."""
    for port in (preferred, 0):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return s.getsockname()[1]
            except OSError:
                continue
    raise SystemExit("no free port on 127.0.0.1")


class Demo:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="docker-flow-proxy-demo-"))
        self.registry = self.folder / "registry.db"
        self.children = []
        self.api = f"127.0.0.1:{free_port(8080)}"
        self.http = f"127.0.0.1:{free_port(8000)}"
        self.steps = 0

    # Programs

    def start(self, log, *command):
        output = open(self.folder / f"{log}.log", "ab")
        child = subprocess.Popen([str(BINARY), *command], stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        self.children.append(child)
        return child

    def start_proxy(self, name):
        command = ["server", "--registry", f"embedded:{self.registry}", "--api", self.api, "--http", self.http,
                   "--https", "off", "--state-dir", str(self.folder / name / "state"), "--run-dir",
                   str(self.folder / name / "run")]
        print(f"{DIM}$ docker-flow-proxy {shlex.join(command)} &{PLAIN}")
        child = self.start(name, *command)
        for _ in range(200):
            if child.poll() is not None:
                raise StepFailed((self.folder / f"{name}.log").read_text())
            try:
                urllib.request.urlopen(f"http://{self.api}/v1/docker-flow-proxy/successfulinitreload", timeout=2)
                return child
            except OSError:
                time.sleep(0.05)
        raise StepFailed(f"the proxy did not become ready; see {self.folder}/{name}.log")

    def start_service(self, name):
        port = free_port(0)
        instance = f"{name}-{port}"
        self.start(instance, "demo-service", "--listen", f"127.0.0.1:{port}", "--name", name, "--instance", instance)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.02)
        self.call("register", f"serviceName={name}&address=127.0.0.1&port={port}&id={instance}", expect='"OK"')
        return instance

    def kill_haproxy(self, name):
        for entry in pathlib.Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
                if words and words[0].endswith(b"haproxy") and any(os.fsencode(self.folder / name) in w for w in words):
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                continue

    # Telling

    def chapter(self, text):
        print(f"\n{BOLD}{text}{PLAIN}")

    def curl(self, *words, expect):
        """Runs curl, prints command and answer, and compares: `expect` is a regular expression for the output."""
        print(f"{DIM}$ curl {shlex.join(words)}{PLAIN}")
        shown = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", *words], capture_output=True, text=True)
        body, _, status = shown.stdout.rpartition("\n")
        output = f"{status} {body.strip()}" if shown.returncode == 0 else shown.stderr.strip()
        good = re.search(expect, output) is not None
        self.steps += 1
        print(f"  {GREEN + '✓' if good else RED + '✗'}{PLAIN} {output}")
        if not good:
            raise StepFailed(f"expected {expect!r}")

    def call(self, endpoint, query, expect):
        self.curl(f"http://{self.api}/v1/docker-flow-proxy/{endpoint}?{query}", expect=expect)

    def ask(self, path, expect, host=None):
        self.curl(*(["-H", f"Host: {host}"] if host else []), f"http://{self.http}{path}", expect=expect)

    def balanced(self, path, instances, requests=30):
        """Asks several times and shows who answered."""
        counts = dict.fromkeys(instances, 0)
        for _ in range(requests):
            with urllib.request.urlopen(f"http://{self.http}{path}", timeout=5) as answer:
                name = answer.headers["X-Instance"]
                counts[name] = counts.get(name, 0) + 1
        good = set(counts) == set(instances) and max(counts.values()) - min(counts.values()) <= 2
        self.steps += 1
        print(f"{DIM}$ for i in $(seq {requests}); do curl http://{self.http}{path}; done{PLAIN}")
        print(f"  {GREEN + '✓' if good else RED + '✗'}{PLAIN} " + ", ".join(f"{k}: {v}" for k, v in sorted(counts.items())))
        if not good:
            raise StepFailed(f"expected {requests} requests balanced evenly over {len(instances)} instances")

    # The story

    def play(self):
        self.chapter("1. One instance is registered; the proxy is told on demand")
        first = self.proxy = self.start_proxy("proxy-1")
        one = self.start_service("go-demo")
        self.ask("/demo/hello", expect="^503")
        self.call("reconfigure", "serviceName=go-demo&servicePath=/demo", expect='^200 .*"Status":"OK"')
        self.ask("/demo/hello", expect="^200")

        self.chapter("2. Two more instances: used only after the next reconfigure")
        more = [self.start_service("go-demo") for _ in range(2)]
        self.balanced("/demo/hello", [one], 10)
        self.call("reconfigure", "serviceName=go-demo&servicePath=/demo", expect='^200 .*"Status":"OK"')
        self.balanced("/demo/hello", [one, *more])

        self.chapter("3. Several paths, then a domain")
        self.call("reconfigure", "serviceName=go-demo&servicePath=/demo/hello,/demo/person", expect="^200")
        self.ask("/demo/person", expect="^200")
        self.ask("/demo/other", expect="^503")
        self.call("reconfigure", "serviceName=go-demo&servicePath=/demo&serviceDomain=my-domain.com", expect="^200")
        self.ask("/demo/hello", host="my-domain.com", expect="^200")
        self.ask("/demo/hello", host="my-domain.com.evil.net", expect="^503")

        self.chapter("4. Blue and green")
        blue = self.start_service("shop-blue")
        self.call("reconfigure", "serviceName=shop&servicePath=/shop&serviceColor=blue", expect="^200")
        green = self.start_service("shop-green")
        self.balanced("/shop", [blue], 10)
        self.call("reconfigure", "serviceName=shop&servicePath=/shop&serviceColor=green", expect="^200")
        self.balanced("/shop", [green], 10)
        self.call("reconfigure", "serviceName=shop&servicePath=/shop&serviceColor=red", expect="^409")

        self.chapter("5. Scale down, and remove")
        self.call("reconfigure", "serviceName=go-demo&servicePath=/demo", expect="^200")
        self.call("deregister", f"serviceName=go-demo&id={one}", expect="^200")
        self.call("reconfigure", "serviceName=go-demo&servicePath=/demo", expect="^200")
        self.balanced("/demo/hello", more)
        self.call("remove", "serviceName=go-demo", expect="^200")
        self.ask("/demo/hello", expect="^503")
        self.call("reconfigure", "serviceName=go-demo&servicePath=/demo", expect="^200")

        self.chapter("6. The proxy dies with its HAProxy; another one takes over from the registry")
        print(f"{DIM}$ kill -9 docker-flow-proxy haproxy{PLAIN}")
        first.kill()
        first.wait()
        self.kill_haproxy("proxy-1")
        time.sleep(0.2)
        self.ask("/demo/hello", expect="curl: ")
        self.proxy = self.start_proxy("proxy-2")
        self.balanced("/demo/hello", more)
        self.balanced("/shop", [green], 10)

    def what_next(self):
        print(f"""
{BOLD}It stays up until Ctrl-C. Try:{PLAIN}
  curl http://{self.http}/demo/hello
  curl http://{self.api}/v1/docker-flow-proxy/services
  curl http://{self.api}/v1/docker-flow-proxy/config
  curl "http://{self.api}/v1/docker-flow-proxy/reconfigure?serviceName=go-demo&servicePath=/hello"
  {BINARY.relative_to(ROOT)} services --api http://{self.api}
Logs and state: {self.folder}""")

    def end(self):
        for child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
        for child in self.children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
        for name in ("proxy-1", "proxy-2"):
            self.kill_haproxy(name)


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the story instead of waiting for Ctrl-C")
    arguments = parser.parse_args()
    demo = Demo()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        demo.play()
        print(f"\n{GREEN}{demo.steps} steps, each gave what it should.{PLAIN}")
        if not arguments.once:
            demo.what_next()
            while demo.proxy.poll() is None:
                time.sleep(0.5)
        shutil.rmtree(demo.folder, ignore_errors=True) if arguments.once else None
        return 0
    except StepFailed as failure:
        print(f"{RED}This step failed: {failure}{PLAIN}\nLogs: {demo.folder}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
        return 0
    finally:
        demo.end()


sys.exit(main())
