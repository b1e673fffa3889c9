"""One API client against everybody: while it tries, somebody else's ping is answered at once, and the proxy does its duty."""
import contextlib
import os
import re
import resource
import socket
import subprocess
import threading
import time

import pytest

from harness import BINARY, request, wait_until

PING = "/v1/docker-flow-proxy/ping"
SERVICES = "/v1/docker-flow-proxy/services?catalog=false"
ATTACKER, OTHER = "127.66.6.6", "127.66.6.7"
PATIENCE = 2.0  # seconds for an answer to somebody else, on a machine that is busy


def connect(proxy, source=ATTACKER, timeout=30):
    return socket.create_connection((proxy.address, proxy.api_port), timeout=timeout, source_address=(source, 0))


def ping(proxy, source=OTHER):
    """How long it took."""
    began = time.monotonic()
    with connect(proxy, source, timeout=60) as client:
        client.sendall(f"GET {PING} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := client.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
    return time.monotonic() - began


def slowest_ping(proxy, seconds=4.0, source=OTHER):
    end = time.monotonic() + seconds
    slowest = 0.0
    while time.monotonic() < end:
        slowest = max(slowest, ping(proxy, source))
        time.sleep(0.05)
    return slowest


@contextlib.contextmanager
def idle_connections(proxy, count, send=b"", source=ATTACKER):
    """As many as it may have; those that the server closes are not counted."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = []
    try:
        for _ in range(count):
            client = connect(proxy, source, timeout=5)
            with contextlib.suppress(OSError):
                client.sendall(send)
            clients.append(client)
        yield clients
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def proxy(rig):
    return rig.proxy()


def memory_mib(proxy):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{proxy.pid}/status").read())[1]) / 1024


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_one_packet_of_many_requests(proxy, method):
    """Each of them lists all services."""
    for n in range(120):
        proxy.ok("reconfigure", serviceName=f"service-{n}", servicePath=",".join(f"/{n}/{k}" for k in range(20)))
    with connect(proxy) as attacker:
        attacker.settimeout(0.2)
        sender = threading.Thread(target=attacker.sendall, args=(f"{method} {SERVICES} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 890,))
        sender.start()

        def swallow():
            with contextlib.suppress(OSError):
                while attacker.recv(1 << 20):
                    pass
        swallower = threading.Thread(target=swallow)
        attacker.settimeout(30)
        swallower.start()
        assert slowest_ping(proxy) < PATIENCE
        attacker.shutdown(socket.SHUT_RDWR)
        sender.join()
        swallower.join()


def test_requests_that_were_given_up(rig, proxy):
    """Each would wait ten minutes for an instance that never gets healthy."""
    proxy.ok("register", serviceName="sick", address="127.0.0.1", port=1)
    line = ("GET /v1/docker-flow-proxy/reconfigure?serviceName=sick&servicePath=/sick&waitForHealthy=true&waitTimeout=10m "
            "HTTP/1.1\r\nHost: x\r\n\r\n").encode()
    for _ in range(1100):
        with contextlib.suppress(OSError), connect(proxy) as client:
            client.sendall(line)
    assert slowest_ping(proxy) < PATIENCE
    assert slowest_ping(proxy, 1, ATTACKER) < PATIENCE, "the same machine's health check is answered too"


@pytest.mark.parametrize("send", [b"", b"GET /v1/docker-flow-proxy/ping HTTP/1.1\r\nHost: x\r\n"], ids=["idle", "half a request"])
@pytest.mark.parametrize("source", [ATTACKER, OTHER], ids=["another machine", "the same machine"])
def test_idle_connections(proxy, send, source):
    with idle_connections(proxy, 1100, send, source):
        assert slowest_ping(proxy) < PATIENCE
        began = time.monotonic()
        done = subprocess.run([BINARY, "ping", "--api", f"http://{proxy.address}:{proxy.api_port}"], capture_output=True, timeout=60)
        assert done.returncode == 0, done
        assert time.monotonic() - began < PATIENCE + 1


def test_bodies_that_nobody_reads(proxy):
    before = memory_mib(proxy)
    size = (4 << 20) - 1
    body = b"x" * (1 << 16)
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            client = stack.enter_context(connect(proxy, timeout=2))
            with contextlib.suppress(OSError):
                client.sendall(f"POST {PING} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
                for _ in range(8):
                    client.sendall(body)
        assert ping(proxy) < PATIENCE
        assert memory_mib(proxy) < before + 64
    answer = request(proxy.address, proxy.api_port, PING)
    assert answer.status == 200


def test_descriptors_that_the_proxy_needs_itself(rig):
    """With a limit of 1024, and all of them asked for by API clients, a HAProxy that dies is started again at once."""
    proxy = rig.proxy(wait=False)
    resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    proxy.wait_ready()
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    with contextlib.ExitStack() as stack:
        for n in range(4):
            stack.enter_context(idle_connections(proxy, 300, source=f"127.66.6.{10 + n}"))
        assert len(os.listdir(f"/proc/{proxy.pid}/fd")) < 950
        proxy.kill_haproxy()
        began = time.monotonic()
        wait_until(lambda: proxy.get("/demo/hello").status == 200, "traffic is back", 20)
        assert time.monotonic() - began < 8
        assert ping(proxy) < PATIENCE
