#!/usr/bin/env python3
"""Years of changes compressed: adds and removes servers and services in one HAProxy worker, under traffic.

    tests/soak/runtime_churn.py [--cycles 2000000] [--minutes 60]

A cycle says to the runtime socket what the proxy says for a new service and its removal: add server, enable server, add map;
del map, set server state maint, del server. Every hundredth new service is asked for a page before it goes. Prints a line for every
twentieth of the cycles (resident memory, refused deletions, requests) and ends with 1 if a command was refused for good, a
request failed, the worker died, or it grew by more than --growth MB after the first tenth.
"""
import argparse
import pathlib
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))

from client import Client  # noqa: E402
from stage import Stage, Process, private_address, rss_mb, wait_until  # noqa: E402

SPARES = 64
CONFIG = """
global
  stats socket {folder}/soak.sock mode 600 level admin
  stats timeout 1h
  maxconn 2000
defaults base
  mode http
  timeout client 20s
  timeout connect 5s
  timeout server 20s
  http-reuse safe
  option redispatch
  retries 3
defaults http-rr from base
  balance roundrobin
  retry-on conn-failure empty-response
frontend services from base
  bind {address}:8000
  http-request set-var(txn.be) path,map_beg({folder}/routes.map)
  use_backend %[var(txn.be)] if {{ var(txn.be) -m found }}
backend steady from http-rr
  server s {origin}
{spares}
"""


class Runtime:
    """A session with the worker: one line of commands, its answers without the prompts."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.ask("prompt", prompts=1)

    def ask(self, line, prompts):
        self.socket.sendall(line.encode() + b"\n")
        data = b""
        while data.count(b"\n> ") + data.startswith(b"> ") < prompts:
            piece = self.socket.recv(65536)
            if not piece:
                raise ConnectionError("the worker has closed the session")
            data += piece
        return [part.strip() for part in data.decode().split("\n> ")]


class Steady(threading.Thread):
    """Traffic to a service that never changes: every failure counts."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address, self.stop, self.requests, self.failures = address, threading.Event(), 0, 0

    def run(self):
        client = Client(self.address, 8000)
        while not self.stop.is_set():
            try:
                self.failures += client.get("/steady/x")[0] != 200
            except OSError:
                self.failures += 1
                client.close()
            self.requests += 1
            time.sleep(0.002)


def cycle(runtime, number, origin, web):
    """Returns how often a deletion was refused because of connections that had not ended."""
    backend, server, path = f"spare-{number % SPARES:03}", f"s{number % 977}", f"/new-{number % 5000}/"
    map_file = web["map"]
    added = runtime.ask(f"add server {backend}/{server} {origin} weight 1 pool-max-conn -1 pool-purge-delay 5s;enable server {backend}/{server};"
                        f"add map {map_file} {path} {backend}", prompts=3)
    assert "New server registered." in added[0], added
    if number % 100 == 0:
        status = web["client"].get(path + "x")[0]
        assert status == 200, f"cycle {number}: {path} answered {status}"
    removed = runtime.ask(f"del map {map_file} {path};set server {backend}/{server} state maint;"
                          f"del server {backend}/{server}", prompts=3)
    refused = 0
    while "Server deleted." not in " ".join(removed):
        refused += 1
        assert refused < 5000, f"cycle {number}: {removed}"
        time.sleep(0.001)
        removed = runtime.ask(f"del server {backend}/{server}", prompts=1)
    return refused


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=2_000_000)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--growth", type=float, default=8)
    arguments = parser.parse_args()
    stage = Stage()
    try:
        address, origin = private_address(), f"{stage.origin_address}:{stage.origin_port}"
        map_file = stage.folder / "routes.map"
        map_file.write_text("/steady/ steady\n")
        spares = "\n".join(f"backend spare-{n:03} from http-rr" for n in range(SPARES))
        config = stage.folder / "soak.cfg"
        config.write_text(CONFIG.format(folder=stage.folder, address=address, origin=origin, spares=spares))
        haproxy = stage.add(Process(["haproxy", "-db", "-f", str(config)], stage.folder / "soak.log"))
        wait_until(lambda: Client(address, 8000).get("/steady/x")[0] == 200, "haproxy serves")
        version = subprocess.run(["haproxy", "-v"], capture_output=True, text=True).stdout.splitlines()[0]
        print(version, flush=True)
        runtime = Runtime(f"{stage.folder}/soak.sock")
        web = {"client": Client(address, 8000), "map": str(map_file)}
        steady = Steady(address)
        steady.start()
        began, refused, baseline, done = time.monotonic(), 0, None, 0
        step = max(arguments.cycles // 20, 1)
        for number in range(arguments.cycles):
            refused += cycle(runtime, number, origin, web)
            done = number + 1
            if done % step == 0:
                rss = rss_mb(haproxy.pid)
                if done >= arguments.cycles // 10 and baseline is None:
                    baseline = rss
                print(f"{done:>9} cycles  {time.monotonic() - began:7.0f} s  {rss:6.1f} MB  {refused} deletions refused at first  "
                      f"{steady.requests} requests, {steady.failures} failed", flush=True)
            if time.monotonic() - began > arguments.minutes * 60:
                print(f"the time is up after {done} cycles")
                break
        steady.stop.set()
        steady.join()
        grown = rss_mb(haproxy.pid) - (baseline or rss_mb(haproxy.pid))
        print(f"{done} cycles, grown by {grown:.1f} MB since the first tenth, {steady.failures} requests failed, worker "
              f"{'alive' if haproxy.running() else 'DEAD'}")
        sys.exit(0 if haproxy.running() and steady.failures == 0 and grown <= arguments.growth else 1)
    finally:
        stage.end()


main()
