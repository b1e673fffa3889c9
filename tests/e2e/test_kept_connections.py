"""A change that was answered 200 holds on every connection, also on those that a replaced worker still has."""
import json
import signal
import socket
import threading

import pytest
from echo import Echo
from harness import ROOT, Traffic, free_port, wait_until
from kept import Http1, Http2

KINDS = ("http", "https", "h2")


def connect(proxy, kind):
    if kind == "http":
        return Http1(proxy.address, proxy.http_port)
    return (Http1 if kind == "https" else Http2)(proxy.address, proxy.https_port, tls=True)


def connect_many(proxy, number=20):
    """Connections of all kinds, each of which was used once."""
    kept = [connect(proxy, KINDS[n % len(KINDS)]) for n in range(number)]
    assert [connection.get("/shop")[0] for connection in kept] == [200] * number
    return kept


def instances(kept, target="/shop"):
    """Who answers the next request of each connection: an instance, or the status where nobody did. A connection of which
    the server has said before that it closes it, does not count."""
    answers = set()
    for connection in kept:
        told = connection.leaving
        status, headers, _ = connection.get(target)
        if status != 0 or not (told or connection.leaving):
            answers.add(headers.get("x-instance", status))
    return answers


@pytest.fixture
def shop(rig):
    """A proxy with TLS, the service shop in two colours, and a plain service that stays."""
    proxy = rig.proxy(https_port=8443)
    proxy.blue, proxy.green = rig.service("shop-blue"), rig.service("shop-green")
    plain = rig.service("plain")
    for service in (proxy.blue, proxy.green, plain):
        proxy.register(service)
    proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", serviceColor="blue")
    proxy.ok("reconfigure", serviceName="plain", servicePath="/plain")
    return proxy


def switch(proxy, color):
    answer = proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", serviceColor=color)
    assert answer["AppliedBy"] == "runtime"


def test_the_next_request_of_a_kept_connection_gets_the_present_colour(shop):
    kept = connect_many(shop)
    shop.ok("reload")
    switch(shop, "green")
    shop.blue.end()
    assert instances(kept) == {shop.green.instance}


def test_connections_of_several_workers_ago_follow_too(shop):
    kept = connect_many(shop)
    for _ in range(3):
        shop.ok("reload")
        kept += connect_many(shop, 6)
    shop.ok("reload")
    switch(shop, "green")
    assert instances(kept) == {shop.green.instance}


def test_a_removed_route_and_a_new_one_are_known_to_kept_connections(shop):
    gone, come = connect_many(shop, 6), connect_many(shop, 6)
    shop.ok("reload")
    shop.ok("remove", serviceName="shop")
    shop.ok("reconfigure", serviceName="plain", servicePath="/plain,/new")
    assert instances(gone) == {503}
    assert {connection.get("/new")[0] for connection in come} == {200}


def test_a_control_plane_that_took_over_keeps_the_hand_over(shop, rig):
    kept = connect_many(shop)
    shop.ok("reload")
    kept += connect_many(shop)
    shop.kill(signal.SIGKILL)
    shop.popen.wait()
    again = rig.proxy(name=shop.folder.name, address=shop.address, https_port=8443)
    again.ok("reload")
    switch(again, "green")
    assert instances(kept) == {shop.green.instance}


def test_the_instance_sees_the_client_and_its_scheme_once(shop, rig):
    echo = rig.add_end(Echo())
    shop.register(echo)
    shop.ok("reconfigure", serviceName="echo", servicePath="/echo")
    kept = [(kind, connect(shop, kind)) for kind in KINDS]
    for _, connection in kept:
        assert connection.get("/echo")[0] == 200
    shop.ok("reload")
    for kind, connection in kept:
        own = (connection.connection.getsockname())[0]
        status, _, body = connection.get("/echo/after")
        assert status == 200
        headers = [(name.lower(), value) for name, value in json.loads(body)["headers"]]
        assert [value for name, value in headers if name == "x-forwarded-for"] == [own], kind
        scheme = [value for name, value in headers if name == "x-forwarded-proto"]
        assert scheme == (["http"] if kind == "http" else ["https"]), kind
        assert not [name for name, _ in headers if "hand-over" in name]


def test_what_has_begun_lives_on(shop, rig):
    echo = rig.add_end(Echo())
    shop.register(echo)
    shop.ok("reconfigure", serviceName="echo", servicePath="/echo")
    socket_, stream, late = (Http1(shop.address, shop.http_port) for _ in range(3))
    upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    assert socket_.get("/echo/ws", headers=upgrade)[0] == 101
    assert late.get("/echo")[0] == 200
    stream.send("/echo/drip")
    wait_until(lambda: b"/drip" in echo.heads[-1], "the stream begins")
    shop.ok("reload")
    # A WebSocket that begins on a kept connection goes through the old worker and stays as well.
    assert late.get("/echo/ws", headers=upgrade)[0] == 101
    shop.ok("reload")
    for connection in (socket_.connection, late.connection):
        connection.sendall(b"ping")
        assert connection.recv(100) == b"ping"
    for _ in range(5):
        echo.more.release()
    status, _, body = stream.receive()
    assert (status, body) == (200, b"drops")


def test_ten_reloads_with_switches_under_load_lose_nothing(shop):
    stop, wrong = threading.Event(), []
    colour = {"now": "blue"}

    def keep_asking(kind):
        """Idle connections that wake up after a reload and a switch were answered."""
        while not stop.is_set():
            kept = [connect(shop, kind) for _ in range(4)]
            before = colour["now"]
            first = instances(kept)
            stop.wait(0.2)
            after = instances(kept)
            allowed = {shop.blue.instance, shop.green.instance}
            if not (first | after) <= allowed:
                wrong.append((kind, before, first, after))
            for connection in kept:
                connection.close()

    idlers = [threading.Thread(target=keep_asking, args=(kind,)) for kind in KINDS]
    for thread in idlers:
        thread.start()
    with Traffic(shop, "/shop") as kept, Traffic(shop, "/plain", clients=2, keep_alive=False) as fresh:
        for round in range(10):
            shop.ok("reload")
            colour["now"] = ("green", "blue")[round % 2]
            switch(shop, colour["now"])
            sleeping = connect_many(shop, 6)
            assert instances(sleeping) == {(shop.green, shop.blue)[round % 2].instance}
        kept.wait_for(50), fresh.wait_for(20)
    stop.set()
    for thread in idlers:
        thread.join(30)
    assert wrong == []
    assert kept.failures == [] and fresh.failures == []
    assert kept.total() > 200


def test_a_templates_own_ports_follow_too(rig):
    """Plain ones, and those on which the template itself terminates TLS."""
    (rig.folder / "templates").mkdir()
    proxy = rig.proxy(arguments=["--templates-dir", rig.folder / "templates", "--template-allow", "crt"])
    blue, green, echo = rig.service("blue"), rig.service("green"), rig.add_end(Echo())
    plain, tls = free_port(proxy.address), free_port(proxy.address)
    certificate = ROOT / "tests/golden/haproxy/localhost.pem"

    def use(service):
        (rig.folder / "templates/own").write_text(f"""frontend own
  bind {proxy.address}:{plain}
  bind {proxy.address}:{tls} ssl crt {certificate} alpn h2,http/1.1 ssl-min-ver TLSv1.2
  use_backend echo if {{ path_beg /echo }}
  default_backend own
backend own
  server s {service.address}:{service.port}
backend echo
  server s {echo.address}:{echo.port}
""")
        assert proxy.ok("reconfigure", serviceName="own", consulTemplatePath="own")["AppliedBy"] == "reload"

    use(blue)
    kept = {"http": Http1(proxy.address, plain), "https": Http1(proxy.address, tls, tls=True),
            "h2": Http2(proxy.address, tls, tls=True)}
    assert {connection.get("/")[1]["x-instance"] for connection in kept.values()} == {blue.instance}
    use(green)
    assert {kind: instances([connection], "/") for kind, connection in kept.items()} == {
        kind: {green.instance} for kind in KINDS}
    proxy.ok("reload")
    for kind in KINDS:
        connection = {"http": lambda: Http1(proxy.address, plain), "https": lambda: Http1(proxy.address, tls, tls=True),
                      "h2": lambda: Http2(proxy.address, tls, tls=True)}[kind]()
        assert connection.get("/echo")[0] == 200
        proxy.ok("reload")
        status, _, body = connection.get("/echo")
        headers = [(name.lower(), value) for name, value in json.loads(body)["headers"]]
        assert [value for name, value in headers if name == "x-forwarded-for"] == [connection.connection.getsockname()[0]]
        assert [value for name, value in headers if name == "x-forwarded-proto"] == ["http" if kind == "http" else "https"]
        assert not [name for name, _ in headers if "hand-over" in name]


def test_only_a_worker_is_believed(shop):
    """The name of the socket can be read by everybody on the machine; what it takes to be believed cannot."""
    names = {line.split()[-1].rstrip("@") for line in open("/proc/net/unix") if "@dfp-" in line}
    secrets = (shop.folder / "run/hand-over").read_text().split()
    name = next(name for name in names if name.startswith("@" + secrets[0]) and name.endswith("-http"))
    for header in ("", "X-DFP-Hand-Over: secret\r\n", "X-DFP-Hand-Over: alone\r\n"):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.settimeout(10)
            stranger.connect(b"\0" + name[1:].encode().ljust(107, b"\0"))
            stranger.sendall(b"PROXY TCP4 6.6.6.6 7.7.7.7 1 2\r\n" + f"GET /shop HTTP/1.1\r\nHost: a\r\n{header}\r\n".encode())
            assert stranger.recv(65536).startswith(b"HTTP/1.1 403"), header
    assert secrets[1] not in shop.api("config").body.decode()


def test_a_proxy_that_ends_still_answers_what_it_has(shop):
    """Nobody is there to hand over to: the worker answers the last requests itself."""
    slow = Http1(shop.address, shop.http_port)
    assert slow.get("/shop")[0] == 200
    shop.kill(signal.SIGTERM)
    wait_until(lambda: not can_connect(shop), "the port is closed")
    assert slow.get("/shop")[0] == 200


def can_connect(proxy):
    try:
        socket.create_connection((proxy.address, proxy.http_port), timeout=1).close()
        return True
    except OSError:
        return False
