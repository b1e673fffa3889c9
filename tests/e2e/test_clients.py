"""What clients may say and take: upgrades, forwarded headers, strange requests, paths, connections."""
import contextlib
import json
import select
import socket
import threading
import time

import pytest
from echo import Echo
from harness import request, wait_until
from kept import Http1

WEBSOCKET = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
             "Sec-WebSocket-Version: 13"]


class Edge:
    """A proxy with one service, /echo, that tells what reached it."""

    def __init__(self, rig, **kwargs):
        self.proxy = rig.proxy(**kwargs)
        self.echo = rig.add_end(Echo())
        self.proxy.register(self.echo)
        self.proxy.ok("reconfigure", serviceName="echo", servicePath="/echo")

    def ask(self, target="/echo", **kwargs):
        """Status, and what reached the instance: the request line and {name: [values]}."""
        status, _, body = Http1(self.proxy.address, self.proxy.http_port).get(target, **kwargs)
        if status != 200:
            return status, None, {}
        seen = json.loads(body)
        headers = {}
        for name, value in seen["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        return status, seen["line"], headers

    def raw(self, data):
        """The first line of the answer to these bytes; "" where the connection is closed without one."""
        with socket.create_connection((self.proxy.address, self.proxy.http_port), timeout=15) as connection:
            connection.sendall(data)
            return connection.recv(65536).split(b"\r\n")[0].decode("latin-1")


@pytest.fixture
def edge(rig):
    return Edge(rig)


def test_websockets_pass(edge):
    client = Http1(edge.proxy.address, edge.proxy.http_port)
    assert client.get("/echo", headers=WEBSOCKET)[0] == 101
    client.connection.sendall(b"hello")
    assert client.connection.recv(100) == b"hello"
    assert b"Upgrade: websocket" in edge.echo.heads[-1] or b"upgrade: websocket" in edge.echo.heads[-1]


@pytest.mark.parametrize("upgrade", [["Upgrade: h2c"], ["Upgrade: H2C"], ["Upgrade: TLS/1.0"], ["Upgrade: websocket, h2c"],
                                     ["Upgrade: foo"]])
def test_no_other_upgrade_reaches_an_instance(edge, upgrade):
    headers = ["Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__",
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *upgrade]
    status, _, seen = edge.ask(headers=headers)
    assert status in (200, 400)
    assert not {"upgrade", "http2-settings", "connection"} & set(seen)


def test_of_several_upgrades_only_the_websocket_is_left(edge):
    client = Http1(edge.proxy.address, edge.proxy.http_port)
    assert client.get("/echo", headers=[*WEBSOCKET, "Upgrade: h2c"])[0] == 101
    head = edge.echo.heads[-1].lower()
    assert b"upgrade: websocket" in head and b"h2c" not in head


def test_http2_without_tls_is_a_setting(edge, rig):
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
    assert edge.raw(preface).startswith("HTTP/1.1 400")
    wanted = Edge(rig, arguments=["--cleartext-http2", "true"])
    assert not wanted.raw(preface).startswith("HTTP/1.1")


FORGED = ["X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil", "X-Forwarded-Port: 1",
          "X-Real-IP: 6.6.6.6", "Forwarded: for=6.6.6.6", "X_Forwarded_For: 6.6.6.6", "X_Forwarded_Proto: https",
          "X_Real_IP: 6.6.6.6", "X-Forwarded_For: 6.6.6.6"]


def test_forwarded_headers_are_the_proxys(edge):
    _, _, seen = edge.ask(headers=FORGED)
    forwarded = {name: values for name, values in seen.items() if "forwarded" in name or "real" in name}
    assert forwarded == {"x-forwarded-for": ["127.0.0.1"], "x-forwarded-proto": ["http"]}


def test_a_trusted_proxy_is_believed(rig):
    trusting = Edge(rig, arguments=["--trusted-proxies", "10.0.0.0/8,127.0.0.1"])
    _, _, seen = trusting.ask(headers=FORGED)
    assert seen["x-forwarded-for"] == ["6.6.6.6", "127.0.0.1"]
    assert seen["x-forwarded-proto"] == ["https"]
    assert seen["x-real-ip"] == ["6.6.6.6"]
    _, _, seen = trusting.ask()
    assert seen["x-forwarded-proto"] == ["http"]
    others = Edge(rig, arguments=["--trusted-proxies", "10.0.0.0/8"])
    _, _, seen = others.ask(headers=FORGED)
    assert (seen["x-forwarded-for"], seen["x-forwarded-proto"]) == (["127.0.0.1"], ["http"])


def test_connection_names_no_header_that_the_next_proxy_would_drop(edge):
    _, _, seen = edge.ask(headers=["Connection: X-Forwarded-For, X-Other, keep-alive"])
    assert "connection" not in seen
    assert seen["x-forwarded-for"] == ["127.0.0.1"]


def test_headers_of_one_connection_end_here(edge):
    _, _, seen = edge.ask(headers=["Connection: Keep-Alive", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive"])
    assert not {"connection", "keep-alive", "proxy-connection"} & set(seen), seen
    _, _, seen = edge.ask(headers=["Keep-Alive: timeout=5"])
    assert "keep-alive" not in seen, seen


STRANGE = {
    "no Host": b"GET /echo HTTP/1.1\r\n\r\n",
    "empty Host": b"GET /echo HTTP/1.1\r\nHost: \r\n\r\n",
    "user name": b"GET /echo HTTP/1.1\r\nHost: a.com:x@admin.internal\r\n\r\n",
    "user name, 1.0": b"GET /echo HTTP/1.0\r\nHost: a.com:x@admin.internal\r\n\r\n",
    "port": b"GET /echo HTTP/1.1\r\nHost: a.com:8x\r\n\r\n",
    "slash": b"GET /echo HTTP/1.1\r\nHost: a.com/x\r\n\r\n",
    "NUL in Host": b"GET /echo HTTP/1.1\r\nHost: a\0b\r\n\r\n",
    "NUL": b"GET /echo HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n",
    "half of an encoding": b"GET /echo/%4 HTTP/1.1\r\nHost: a\r\n\r\n",
    "length": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551619\r\n\r\nabc",
}


@pytest.mark.parametrize("name", STRANGE)
def test_strange_requests_get_400_and_reach_nobody(edge, name):
    assert edge.raw(STRANGE[name]).startswith("HTTP/1.1 400"), name
    assert not [head for head in edge.echo.heads if b"/echo" in head]


@pytest.mark.parametrize("host", ["a.com", "A.com.", "a.com:8080", "a_b.com", "127.0.0.1:80", "[::1]", "[::1]:8000"])
def test_usual_hosts_pass(edge, host):
    assert edge.ask(host=host)[0] == 200
    assert edge.raw(b"GET /echo HTTP/1.0\r\n\r\n").startswith("HTTP/1.1 200")


PATHS = {
    "/x/../echo": "/echo", "/./echo": "/echo", "/%65cho": "/echo", "/x/%2e%2E/echo/y": "/echo/y", "/../../echo": "/echo",
    "/echo/a/..": "/echo/", "/echo//b": "/echo//b", "/echo/a%2fb": "/echo/a%2Fb", "/echo/..%2f..": "/echo/..%2F..",
    "/echo?q=/../%7e%2e&s=%2f": "/echo?q=/../%7e%2e&s=%2f", "/echo/%7e?q=%7e": "/echo/~?q=%7e",
    "/echo/%20": "/echo/%20", "/echo/%41?q=100%": "/echo/A?q=100%", "/echo/.hidden": "/echo/.hidden", "/echo?": "/echo?",
}


@pytest.mark.parametrize("path", PATHS)
def test_routes_and_instances_see_the_same_normalised_path(edge, path):
    status, line, _ = edge.ask(path)
    assert (status, line) == (200, f"GET {PATHS[path]} HTTP/1.1")


def test_dots_do_not_lead_into_another_service(edge):
    assert edge.ask("/echo/../other")[0] == 503
    assert edge.ask("/echo/%2e%2e/other")[0] == 503
    assert edge.ask("//echo")[0] == 503


def test_slashes_are_merged_where_that_is_set(rig):
    merging = Edge(rig, arguments=["--merge-slashes", "true"])
    assert merging.ask("//echo///a//b")[1] == "GET /echo/a/b HTTP/1.1"


class Hanging:
    """Clients that ask for what is never answered; those who are refused or cut come again."""

    def __init__(self, proxy, echo, clients=90, port=None):
        self.proxy, self.echo, self.path = proxy, echo, f"/{echo.name}/hang"
        self.port = port or proxy.http_port
        self.stop, self.refused, self.cut, self.held = threading.Event(), [], 0, []
        for _ in range(clients):
            threading.Thread(target=self.hang, daemon=True).start()

    def hang(self):
        while not self.stop.is_set():
            client = None
            try:
                client = Http1(self.proxy.address, self.port)
                client.send(self.path)
                client.connection.settimeout(20)
                status, headers, _ = client.receive()
            except TimeoutError:
                status = None
            except OSError:
                status = 0
            if status not in (0, 503):
                self.held.append(client)
                return
            if status == 503:
                self.refused.append(headers.get("connection"))
            else:
                self.cut += 1
            if client:
                client.close()
            time.sleep(0.05)

    def reached(self):
        return sum(self.path.encode() in head for head in self.echo.heads)

    def end(self):
        self.stop.set()
        for client in filter(None, self.held):
            client.close()


# All clients of these tests have one address.
ONE_CLIENT_MAY_HAVE_ALL = ["--max-connections-per-client", "100"]


def slowest(proxy, path, times=20):
    """How long a client had to wait at most; one that is told to come again (503, Retry-After) does."""
    longest = 0.0
    for _ in range(times):
        began = time.monotonic()
        wait_until(lambda: proxy.get(path).status == 200, "it is answered")
        longest = max(longest, time.monotonic() - began)
    return longest


@pytest.mark.parametrize("services", [1, 2, 3])
def test_services_that_hang_leave_connections_to_the_others(rig, services):
    edge = Edge(rig, arguments=[*ONE_CLIENT_MAY_HAVE_ALL, "--max-connections", "80", "--timeout-server", "60s"])
    good = rig.service("good")
    edge.proxy.register(good)
    edge.proxy.ok("reconfigure", serviceName="good", servicePath="/good")
    echoes = [edge.echo, *(rig.add_end(Echo(f"echo-{n}")) for n in range(2, services + 1))]
    for echo in echoes[1:]:
        edge.proxy.register(echo)
        edge.proxy.ok("reconfigure", serviceName=echo.name, servicePath=f"/{echo.name}")
    hanging = [Hanging(edge.proxy, echo) for echo in echoes]
    wait_until(lambda: sum(one.reached() for one in hanging) >= 60, "the share is used up")
    wait_until(lambda: all(len(one.refused) > 50 for one in hanging), "more are refused")
    assert slowest(edge.proxy, "/good") < 5
    assert {how for one in hanging for how in one.refused} == {"close"}
    assert all(one.reached() <= 61 for one in hanging), [one.reached() for one in hanging]
    assert sum(one.reached() for one in hanging) <= 79, [one.reached() for one in hanging]
    for one in hanging:
        one.end()


@pytest.fixture
def own_port(rig):
    """A proxy of 80 connections, a good service, and `listen(lines)`: a port 8090 of a template's own, which hangs."""
    folder = rig.folder / "templates"
    folder.mkdir()
    edge = Edge(rig, arguments=[*ONE_CLIENT_MAY_HAVE_ALL, "--max-connections", "80", "--timeout-server", "60s",
                                "--timeout-client", "60s", "--templates-dir", str(folder)])
    good = rig.service("good")
    edge.proxy.register(good)
    edge.proxy.ok("reconfigure", serviceName="good", servicePath="/good")
    edge.own = rig.add_end(Echo("own"))

    def listen(lines):
        (folder / "own.tmpl").write_text(f"listen own\n  bind {edge.proxy.address}:8090\n{lines}"
                                         f"  server a {edge.own.address}:{edge.own.port}\n")
        edge.proxy.ok("reconfigure", serviceName="own", consulTemplatePath="own.tmpl")

    edge.listen = listen
    return edge


def test_a_template_cannot_raise_its_share(own_port):
    own_port.listen("  maxconn 5000\n")
    hanging = Hanging(own_port.proxy, own_port.own, port=8090)
    wait_until(lambda: hanging.reached() >= 60, "the port is used up")
    assert slowest(own_port.proxy, "/good") < 5
    assert hanging.reached() == 60
    hanging.end()


@pytest.mark.parametrize("order", ["port, service", "service, port"])
@pytest.mark.parametrize("mode", ["http", "tcp"])
def test_a_hung_port_and_a_hung_service_leave_connections_to_the_others(own_port, mode, order):
    own_port.listen(f"  mode {mode}\n")
    starts = {"port": lambda: Hanging(own_port.proxy, own_port.own, port=8090),
              "service": lambda: Hanging(own_port.proxy, own_port.echo)}
    first, second = (starts[name] for name in order.split(", "))
    hanging = [first()]
    wait_until(lambda: hanging[0].reached() >= 60, "a share is used up")
    hanging.append(second())
    wait_until(lambda: len(hanging[1].refused) + hanging[1].cut > 200, "more are refused")
    assert slowest(own_port.proxy, "/good") < 5
    assert hanging[0].reached() <= 61, "the share"
    assert 10 <= hanging[1].reached() <= 16, "three for one that is free"
    for one in hanging:
        one.end()


def test_the_statistics_page_takes_no_connections_of_services(rig):
    edge = Edge(rig, arguments=["--max-connections", "80", "--stats-port", "8404"],
                env={"DFP_STATS_USER": "none", "DFP_STATS_PASSWORD": "none"})
    waiting = [socket.socket() for _ in range(100)]
    for client in waiting:
        client.setblocking(False)
        client.connect_ex((edge.proxy.address, 8404))
    wait_until(lambda: len(select.select([], waiting, [], 0)[1]) >= 2, "some are connected")
    assert slowest(edge.proxy, "/echo") < 3, "before --timeout-http-request"
    for client in waiting:
        client.close()
    assert request(edge.proxy.address, 8404, "/admin?stats").status == 200


class Idle:
    """Clients of one address that keep a connection open, and open it again when it is closed."""

    def __init__(self, proxy, source, request, clients=100):
        self.proxy, self.source, self.request = proxy, source, request
        self.stop, self.open, self.closed = threading.Event(), set(), []
        self.threads = [threading.Thread(target=self.idle, daemon=True) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def idle(self):
        while not self.stop.is_set():
            try:
                with socket.create_connection((self.proxy.address, self.proxy.http_port), 15, (self.source, 0)) as connection:
                    connection.settimeout(0.2)
                    connection.sendall(self.request)
                    self.wait(connection)
            except OSError:
                pass
            self.closed.append(time.monotonic())
            time.sleep(0.05)

    def wait(self, connection):
        self.open.add(connection)
        try:
            while not self.stop.is_set():
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(65536):
                        return
        finally:
            self.open.discard(connection)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


@pytest.mark.parametrize("request_", [b"", b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"], ids=["silent", "keep-alive"])
def test_a_client_cannot_take_the_connections_of_others(rig, request_):
    edge = Edge(rig, arguments=["--max-connections", "80"])
    idle = Idle(edge.proxy, "127.9.9.9", request_)
    wait_until(lambda: len(idle.closed) > 200, "more are closed")
    assert slowest(edge.proxy, "/echo") < 3, "before --timeout-http-request"
    assert 30 <= len(idle.open) <= 60, "a half, and those that are about to be closed"
    idle.end()


def test_the_connections_of_a_trusted_proxy_are_those_of_many_clients(rig):
    edge = Edge(rig, arguments=["--max-connections", "80", "--trusted-proxies", "127.9.9.9"])
    idle = Idle(edge.proxy, "127.9.9.9", b"", clients=60)
    wait_until(lambda: len(idle.open) == 60 and not idle.closed, "all are connected")
    assert edge.ask()[0] == 200
    idle.end()


def test_clients_that_have_left_hold_nothing_of_a_hung_services_share(rig):
    edge = Edge(rig, arguments=[*ONE_CLIENT_MAY_HAVE_ALL, "--max-connections", "40", "--timeout-server", "60s"])
    reached = lambda: sum(b"/hang" in head for head in edge.echo.heads)  # noqa: E731
    for generation in (1, 2, 3):
        clients = [Http1(edge.proxy.address, edge.proxy.http_port) for _ in range(28)]
        for client in clients:
            client.send("/echo/hang")
        wait_until(lambda: reached() == 28 * generation, "all of them reach the instance", 10)
        for client in clients:
            client.close()
        assert edge.ask("/echo")[0] == 200


def test_a_connection_that_sends_nothing_gets_nothing(rig):
    edge = Edge(rig, arguments=["--timeout-http-request", "500ms"])
    assert edge.raw(b"") == ""


def test_old_ciphers_are_refused(rig):
    import ssl
    proxy = rig.proxy(https_port=8443)

    def cipher(names):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(names + ":@SECLEVEL=0")
        with socket.create_connection((proxy.address, 8443), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname="a.com") as connection:
                return connection.cipher()[0]

    assert cipher("ECDHE+AESGCM").startswith("ECDHE-")
    # Of those that a certificate with an elliptic key could be used with.
    for old in ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA256"):
        with pytest.raises(ssl.SSLError):
            cipher(old)


def test_templates_see_the_normalised_request(rig):
    folder = rig.folder / "templates"
    folder.mkdir()
    edge = Edge(rig, arguments=["--templates-dir", str(folder)])
    (folder / "guard.tmpl").write_text(
        "frontend guard\n  bind *:80\n  http-request deny deny_status 403 if { path_beg /echo/private }\n"
        "  http-request deny deny_status 403 if { var(txn.host) -m str blocked.com }\n"
        f"  use_backend guard-be if {{ path /guard }}\nbackend guard-be\n  server a {edge.echo.address}:{edge.echo.port}\n")
    edge.proxy.ok("reconfigure", serviceName="guard", consulTemplatePath="guard.tmpl")
    assert edge.ask("/guard")[0] == 200
    for path in ("/echo/private", "/echo/./private", "/echo/%70rivate", "/echo/x/../private", "/echo/x/%2e./private"):
        assert edge.ask(path)[0] == 403, path
    for host in ("blocked.com", "blocked.com.", "BLOCKED.com:80"):
        assert edge.ask(host=host)[0] == 403, host
    assert edge.ask("/echo")[0] == 200


def test_a_templates_own_port_hands_over_and_has_a_share(rig):
    folder = rig.folder / "templates"
    folder.mkdir()
    edge = Edge(rig, arguments=["--templates-dir", str(folder), "--max-connections", "40"])
    address = edge.proxy.address
    blue, green = rig.service("blue"), rig.service("green")

    def template(service):
        (folder / "own.tmpl").write_text(
            f"frontend own\n  bind {address}:8090\n  default_backend own-be\nbackend own-be\n  server a {service.address}:{service.port}\n"
            f"listen both\n  bind {address}:8091\n  server a {edge.echo.address}:{edge.echo.port}\n")
        edge.proxy.ok("reconfigure", serviceName="own", consulTemplatePath="own.tmpl")

    template(blue)
    kept = [Http1(address, 8090) for _ in range(5)]
    listens = Http1(address, 8091)
    assert {connection.get("/")[1]["x-instance"] for connection in kept} == {blue.instance}
    assert listens.get("/echo")[0] == 200
    template(green)
    blue.end()
    assert {connection.get("/")[1].get("x-instance") for connection in kept} == {green.instance}
    status, _, body = listens.get("/echo/later")
    headers = [(name.lower(), value) for name, value in json.loads(body)["headers"]]
    assert status == 200
    assert [value for name, value in headers if name == "x-forwarded-for"] == ["127.0.0.1"]
    assert not [name for name, _ in headers if "hand-over" in name]
    assert request(address, 8090, "/").instance == green.instance
