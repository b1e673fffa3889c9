"""Ports that HAProxy cannot have: who asks for one is refused, and nobody else's traffic notices."""
import contextlib
import errno
import os
import signal
import socket
import subprocess
import threading

import pytest

from harness import Traffic, free_port, request, wait_until
from test_lifecycle import Echo, master_and_workers, upgrade
from test_runtime import metric
from test_templates import Templates


@contextlib.contextmanager
def taken_port(address="127.0.0.1", port=0):
    """Another program that listens; yields the port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wait_until(lambda: listener.bind((address, port)) is None, "the port is free")
        listener.listen()
        yield listener.getsockname()[1]


class Watcher:
    """Counts refused connections to an address, many a second."""

    def __init__(self, address, port):
        self.refused, self.tried, self.stop = 0, 0, threading.Event()
        self.thread = threading.Thread(target=self.run, args=(address, port), daemon=True)

    def run(self, address, port):
        while not self.stop.is_set():
            self.tried += 1
            try:
                socket.create_connection((address, port), 5).close()
            except OSError:
                self.refused += 1
            self.stop.wait(0.005)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


@pytest.fixture
def stage(rig):
    """A proxy that serves /good, and templates."""
    templates = Templates(rig, "embedded")
    templates.registry.run("good")
    templates.proxy.ok("reconfigure", serviceName="good", servicePath="/good")
    return templates


def frontend(name, bind):
    return f"frontend {name}\n  bind {bind}\n  default_backend {name}-be\nbackend {name}-be\n  server s 127.0.0.1:1\n"


def test_a_template_cannot_take_a_port_that_is_taken(stage):
    proxy = stage.proxy
    with taken_port() as port, Traffic(proxy, "/good", keep_alive=False) as traffic, \
            Watcher(proxy.address, proxy.http_port) as watcher:
        spans = {
            "one": f"127.0.0.1:{port}", "range": f"127.0.0.1:{port}-{port + 3}",
            "several": f"127.0.0.1:{free_port()},127.0.0.1:{port}", "all": f"*:{port}"}
        for name, bind in spans.items():
            stage.write(f"{name}.tmpl", "# comment\n" + frontend(name, bind))
            message = stage.refusal(status=409, serviceName=name, consulTemplatePath=f"tmpl/{name}.tmpl")
            assert f"port {port}" in message and "line 3" in message and "taken by another program" in message
        traffic.wait_for(100)
    assert traffic.failures == []
    assert watcher.tried > 10 and watcher.refused == 0


def test_a_template_cannot_take_the_ports_of_the_proxy(stage):
    proxy = stage.proxy
    stage.write("api.tmpl", frontend("api", f"*:{proxy.api_port}"))
    stage.write("far.tmpl", frontend("far", "192.0.2.1:7070"))
    stage.write("wide.tmpl", frontend("wide", "*:2000-9999"))
    with Traffic(proxy, "/good", keep_alive=False) as traffic:
        message = stage.refusal(serviceName="api", consulTemplatePath="tmpl/api.tmpl")
        assert f"port {proxy.api_port} is the proxy's own: the API (--api)" in message
        message = stage.refusal(serviceName="far", consulTemplatePath="tmpl/far.tmpl")
        assert "192.0.2.1" in message and "does not have the address" in message
        assert "at most 128 ports" in stage.refusal(serviceName="wide", consulTemplatePath="tmpl/wide.tmpl")
    assert traffic.failures == []


def test_a_template_has_its_port_and_keeps_it_over_reloads(stage):
    proxy, port = stage.proxy, free_port()
    demo = stage.registry.run("own")
    text = frontend("own", f"127.0.0.1:{port}").replace("127.0.0.1:1", f"127.0.0.1:{demo.port}")
    stage.write("own.tmpl", text)
    proxy.ok("reconfigure", serviceName="own", consulTemplatePath="tmpl/own.tmpl")
    assert request("127.0.0.1", port, "/").instance == demo.instance
    proxy.ok("reload")
    stage.write("own.tmpl", text + "  option httpchk\n")
    proxy.ok("reconfigure", serviceName="own", consulTemplatePath="tmpl/own.tmpl")
    stage.write("own.tmpl", text.replace(f"127.0.0.1:{port}", f"*:{port}"))
    proxy.ok("reconfigure", serviceName="own", consulTemplatePath="tmpl/own.tmpl")
    assert request("127.0.0.1", port, "/").instance == demo.instance
    proxy.ok("remove", serviceName="own")
    with taken_port(port=port):
        stage.write("own.tmpl", text)
        stage.refusal(status=409, serviceName="own", consulTemplatePath="tmpl/own.tmpl")


def test_a_watched_template_whose_port_gets_taken(rig):
    templates = Templates(rig, "consul")
    proxy = templates.proxy
    templates.registry.run("good")
    proxy.ok("reconfigure", serviceName="good", servicePath="/good")
    first = free_port()
    templates.put_key("port", str(first))
    templates.write("w.tmpl", frontend("w", '127.0.0.1:{{key "port"}}'))
    proxy.ok("reconfigure", serviceName="w", consulTemplatePath="tmpl/w.tmpl", watch="true")
    with taken_port() as port, Traffic(proxy, "/good", keep_alive=False) as traffic, \
            Watcher(proxy.address, proxy.http_port) as watcher:
        templates.put_key("port", str(port))
        wait_until(lambda: "taken by another program" in proxy.log.read_text(), "the refusal is logged", 15)
        traffic.wait_for(300)
        assert request("127.0.0.1", first, "/").status == 503, "its old port is served on"
    assert traffic.failures == [] and watcher.refused == 0


def certificate(folder):
    folder.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a.com", "-keyout",
                    folder / "key", "-out", folder / "cert"], check=True, capture_output=True)
    return (folder / "key").read_text() + (folder / "cert").read_text()


def test_a_first_certificate_while_443_is_taken(rig):
    pem = certificate(rig.folder / "make")
    (rig.folder / "certs").mkdir()
    port = 8443
    proxy = rig.proxy(https_port=port, certified=False, arguments=["--certs-dir", rig.folder / "certs"])
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    (rig.folder / "certs/a.pem").write_text(pem)
    with taken_port(proxy.address, port), Traffic(proxy, "/demo", keep_alive=False) as traffic, \
            Watcher(proxy.address, proxy.http_port) as watcher:
        answer = proxy.api("reload", recreate="true")
        assert answer.status == 409 and f"https: port {port} on {proxy.address} is taken" in answer.json["Message"]
        # What is written and started from now on knows nothing of the certificate either.
        proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo,/more")
        traffic.wait_for(100)
    assert traffic.failures == [] and watcher.refused == 0
    with taken_port(proxy.address, port):
        proxy.kill_haproxy()
        wait_until(lambda: proxy.get("/more").status == 200, "haproxy is back", 10)
    proxy.ok("reload", recreate="true")
    socket.create_connection((proxy.address, port), 5).close()


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("state", ["emptied", "without a socket", "stopped"])
def test_a_port_is_looked_at_also_where_haproxy_cannot_be_asked(stage, state):
    """Whom nobody can ask may hold any port: then the kernel is asked, and a taken port is refused as ever."""
    proxy, run = stage.proxy, stage.proxy.folder / "run"
    _, (worker,) = master_and_workers(proxy)
    with taken_port() as port, Traffic(proxy, "/good", keep_alive=False) as traffic, \
            Watcher(proxy.address, proxy.http_port) as watcher:
        stage.write("bad.tmpl", frontend("bad", f"127.0.0.1:{port}"))
        if state == "emptied":
            subprocess.run(["rm", "-rf", *run.iterdir()], check=True)
        elif state == "without a socket":
            (run / "haproxy.sock").unlink()
        with stopped(worker) if state == "stopped" else contextlib.nullcontext():
            answer = proxy.api("reconfigure", serviceName="bad", consulTemplatePath="tmpl/bad.tmpl")
        assert answer.status == 409 and "taken by another program" in answer.body.decode(), answer
        wait_until(lambda: proxy.api("reload").status == 200, "it heals", 30)
        traffic.wait_for(50)
    assert traffic.failures == []
    assert watcher.tried > 10 and watcher.refused == 0


def test_a_start_beside_forty_good_services(rig):
    templates = Templates(rig, "embedded")
    proxy = templates.proxy
    templates.registry.run("good")
    for n in range(40):
        proxy.ok("register", serviceName=f"good-{n}", address="127.0.0.1", port=1, id=f"i{n}")
        proxy.ok("reconfigure", serviceName=f"good-{n}", servicePath=f"/g{n}")
    port = free_port()
    templates.write("bad.tmpl", frontend("bad", f"127.0.0.1:{port}"))
    proxy.ok("reconfigure", serviceName="bad", consulTemplatePath="tmpl/bad.tmpl")
    proxy.ok("reconfigure", serviceName="good", servicePath="/good")
    address = proxy.address
    proxy.kill_everything()
    with taken_port(port=port):
        again = templates.start(name="proxy-1", address=address)
        assert again.get("/good").status == 200
        services = again.ok("services")
        assert list(services["Quarantined"]) == ["bad"] and str(port) in services["Quarantined"]["bad"]
        # And the running HAProxy is taken over without a lost request.
        with Traffic(again, "/good", keep_alive=False) as traffic:
            again.kill()
            again.popen.wait()
            third = templates.start(name="proxy-1", address=address)
            assert list(third.ok("services")["Quarantined"]) == ["bad"]
            traffic.wait_for(50)
        assert traffic.failures == []


def is_refused(proxy):
    with socket.socket() as client:
        return client.connect_ex((proxy.address, proxy.http_port)) == errno.ECONNREFUSED


def test_listeners_that_haproxy_has_let_go_are_there_again(stage):
    """As a successor asks for that cannot bind a port: the worker lets go of its listeners, and HAProxy 2.6 ends it."""
    proxy = stage.proxy
    proxy.register(Echo())
    proxy.ok("reconfigure", serviceName="echo", servicePath="/echo")
    proxy.ok("reconfigure", serviceName="good", servicePath="/good,/newer")
    long_one = upgrade(proxy, "/echo")
    _, (worker,) = master_and_workers(proxy)
    os.kill(worker, signal.SIGTTOU)
    wait_until(lambda: is_refused(proxy), "it has let go", 5)
    wait_until(lambda: not is_refused(proxy), "another one listens", 3)  # about half a second on a quiet machine
    with Traffic(proxy, "/newer", keep_alive=False) as traffic:
        long_one.sendall(b"still here")
        assert long_one.recv(100) == b"still here", "what it had under way goes on"
        proxy.ok("reconfigure", serviceName="good", servicePath="/good,/newer,/newest")
        assert proxy.get("/newest").status == 200
        traffic.wait_for(50)
    assert traffic.failures == []
    assert "haproxy.not_listening" in proxy.log.read_text()
    assert metric(proxy, "dfp_haproxy_respawns_total") == 0
