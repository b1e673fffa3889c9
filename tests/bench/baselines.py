"""What others need for the same: plain HAProxy with acls and reload, nginx with reload, Caddy's admin API.

The measured change is the same: one more service at N services, from the call until a request to it is answered.
"""
import http.client
import json
import os
import shutil
import signal
import subprocess
import time

from client import Client, ms, percentile
from stage import Process, private_address, wait_until


def until_served(address, port, target):
    while True:
        try:
            if Client(address, port).get(target)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.0005)


class PlainHaproxy:
    name = "haproxy, acl and reload"

    def __init__(self, stage, count, more=()):
        self.stage, self.more = stage, list(more)
        self.address, self.port = private_address(), 8000
        self.services = [f"svc-{n}" for n in range(count)]
        self.config = stage.folder / f"plain-{count}-{len(self.more)}.cfg"
        self.write()
        self.process = stage.add(Process(["haproxy", "-W", "-db", "-f", str(self.config)], stage.folder / "plain.log"))
        until_served(self.address, self.port, "/svc-0/x")

    def write(self):
        lines = ["global", "  maxconn 4000", "defaults", "  mode http", "  timeout client 60s", "  timeout connect 5s",
                 "  timeout server 60s", "  option idle-close-on-response", "  option forwardfor", *self.more, "frontend services",
                 f"  bind {self.address}:{self.port}"]
        for name in self.services:
            lines += [f"  acl url_{name} path_beg /{name}/", f"  use_backend {name}-be if url_{name}"]
        for name in self.services:
            lines += [f"backend {name}-be", f"  server s {self.stage.origin_address}:{self.stage.origin_port}"]
        self.config.write_text("\n".join(lines) + "\n")

    def add(self, name):
        self.services.append(name)
        self.write()
        subprocess.run(["haproxy", "-c", "-q", "-f", str(self.config)], check=True)
        os.kill(self.process.pid, signal.SIGUSR2)

    def workers(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return [int(pid) for pid in children]


class Nginx:
    name = "nginx, reload"

    def __init__(self, stage, count):
        self.stage = stage
        self.address, self.port = private_address(), 8000
        self.services = [f"svc-{n}" for n in range(count)]
        self.config = stage.folder / f"nginx-{count}.conf"
        self.write()
        self.process = stage.add(Process(["nginx", "-c", str(self.config), "-g", "daemon off;"], stage.folder / "nginx.log"))
        until_served(self.address, self.port, "/svc-0/x")

    def write(self):
        upstreams = "".join(f"upstream {n} {{ server {self.stage.origin_address}:{self.stage.origin_port}; keepalive 16; }}\n"
                            for n in self.services)
        locations = "".join(f"location /{n}/ {{ proxy_pass http://{n}; }}\n" for n in self.services)
        self.config.write_text(
            f"worker_processes 2; pid {self.stage.folder}/nginx.pid; error_log stderr crit;\n"
            "events { worker_connections 8192; }\nhttp { access_log off; proxy_http_version 1.1; proxy_set_header Connection '';\n"
            f"{upstreams} server {{ listen {self.address}:{self.port};\n{locations} }} }}\n")

    def add(self, name):
        self.services.append(name)
        self.write()
        subprocess.run(["nginx", "-t", "-q", "-c", str(self.config)], check=True, stderr=subprocess.DEVNULL)
        self.process.popen.send_signal(signal.SIGHUP)


class Caddy:
    name = "caddy, admin API"

    def __init__(self, stage, count):
        self.stage = stage
        self.address, self.port = private_address(), 8000
        config = {"admin": {"listen": f"{self.address}:2019"}, "logging": {"logs": {"default": {"level": "ERROR"}}},
                  "apps": {"http": {"servers": {"s": {"listen": [f"{self.address}:{self.port}"], "automatic_https": {"disable": True},
                                                      "routes": [self.route(f"svc-{n}") for n in range(count)]}}}}}
        path = stage.folder / f"caddy-{count}.json"
        path.write_text(json.dumps(config))
        self.process = stage.add(Process(["caddy", "run", "--config", str(path)], stage.folder / "caddy.log",
                                         {"HOME": str(stage.folder)}))
        until_served(self.address, self.port, "/svc-0/x")

    def route(self, name):
        return {"match": [{"path": [f"/{name}/*"]}], "terminal": True, "handle": [
            {"handler": "reverse_proxy", "upstreams": [{"dial": f"{self.stage.origin_address}:{self.stage.origin_port}"}]}]}

    def add(self, name):
        admin = http.client.HTTPConnection(self.address, 2019, timeout=60)
        admin.request("POST", "/config/apps/http/servers/s/routes", body=json.dumps(self.route(name)),
                      headers={"Content-Type": "application/json"})
        answer = admin.getresponse()
        assert answer.status == 200, answer.read()


def call_to_routed(stage, kind, count, samples):
    """[name, N, p50, p99 of call to served]."""
    program = {"PlainHaproxy": "haproxy", "Nginx": "nginx", "Caddy": "caddy"}[kind.__name__]
    if not shutil.which(program):
        return [kind.name, count, "not installed", ""]
    other = kind(stage, count)
    times = []
    for n in range(samples):
        began = time.perf_counter()
        other.add(f"new-{n}")
        until_served(other.address, other.port, f"/new-{n}/x")
        times.append(time.perf_counter() - began)
    other.process.end()
    return [kind.name, count, ms(percentile(times, .5)), ms(percentile(times, .99))]
