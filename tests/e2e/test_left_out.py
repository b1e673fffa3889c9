"""A HAProxy that has died is started without what keeps it from starting: it belongs to one, and all others serve."""
import contextlib
import os
import shutil
import signal
import socket
import time

from harness import ROOT, free_port, wait_until
from test_certificates import https_status


@contextlib.contextmanager
def taken_at_its_death(proxy, port):
    """HAProxy dies, and another program has the port before it can be started again."""
    os.kill(proxy.pid, signal.SIGSTOP)
    proxy.kill_haproxy()
    wait_until(lambda: not proxy.haproxy_pids(), "HAProxy is gone")
    time.sleep(0.1)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((proxy.address, port))
        other.listen()
        os.kill(proxy.pid, signal.SIGCONT)
        yield


def answers(address, port, path="/"):
    try:
        with socket.create_connection((address, port), timeout=1) as client:
            client.sendall(f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
            return client.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


class Stage:
    """A proxy with /good, and `own`: a template with a port of its own."""

    def __init__(self, rig, tls="", **kwargs):
        self.folder = rig.folder / "templates"
        self.folder.mkdir()
        arguments = ["--templates-dir", self.folder, "--template-allow", "crt", *kwargs.pop("arguments", [])]
        self.proxy = rig.proxy(arguments=arguments, **kwargs)
        good = rig.service("good")
        self.proxy.register(good)
        self.proxy.ok("reconfigure", serviceName="good", servicePath="/good")
        self.port = free_port(self.proxy.address)
        (self.folder / "own.tmpl").write_text(
            f"frontend own\n  bind {self.proxy.address}:{self.port}{tls}\n  default_backend own\n"
            f"backend own\n  server s {good.address}:{good.port}\n")
        self.proxy.ok("reconfigure", serviceName="own", consulTemplatePath="own.tmpl")

    def wait_good(self, path="/good"):
        wait_until(lambda: self.proxy.get(path, timeout=1).status == 200, "the others are served", 10)

    def problem_of_own(self):
        own, = [one for one in self.proxy.ok("services")["Services"] if one["ServiceName"] == "own"]
        return own.get("Unhealthy")


def test_a_templates_port_that_is_taken_is_the_templates_problem_only(rig):
    stage = Stage(rig)
    assert answers(stage.proxy.address, stage.port, "/good")
    with taken_at_its_death(stage.proxy, stage.port):
        stage.wait_good()
        assert "taken by another program" in str(stage.problem_of_own())
        stage.proxy.ok("reload")  # others are not held up
        stage.proxy.ok("reconfigure", serviceName="good", servicePath="/good,/more")
        assert stage.proxy.get("/more").status == 200
        time.sleep(4)  # some tries
        assert stage.proxy.log.read_text().count("haproxy.service_left_out") == 1, "it is told once"
        assert b"backend svc:good" in stage.proxy.api("config").body
    wait_until(lambda: answers(stage.proxy.address, stage.port, "/good"), "its port is free again, and it is served", 30)
    assert not stage.problem_of_own()
    wait_until(lambda: "haproxy.service_back service=own" in stage.proxy.log.read_text(), "the log says so")
    assert "haproxy.service_left_out service=own" in stage.proxy.log.read_text()


def test_what_is_left_out_can_be_removed(rig):
    stage = Stage(rig)
    with taken_at_its_death(stage.proxy, stage.port):
        stage.wait_good()
        stage.proxy.ok("remove", serviceName="own")
        assert [one["ServiceName"] for one in stage.proxy.ok("services")["Services"]] == ["good"]
        stage.proxy.ok("reload")
    stage.wait_good()


def test_a_certificate_of_a_template_that_is_gone_is_the_templates_problem_only(rig):
    file = rig.folder / "own.pem"
    shutil.copy(ROOT / "tests/golden/haproxy/localhost.pem", file)
    stage = Stage(rig, tls=f" ssl crt {file}")
    file.unlink()
    stage.proxy.kill_haproxy()
    stage.wait_good()
    assert stage.problem_of_own()
    shutil.copy(ROOT / "tests/golden/haproxy/localhost.pem", file)
    wait_until(lambda: not stage.problem_of_own(), "it is back, and so is the service", 30)


def test_http_is_served_while_the_port_of_https_is_taken(rig):
    stage = Stage(rig, https_port=8443)
    assert https_status(stage.proxy) is not None
    with taken_at_its_death(stage.proxy, 8443):
        stage.wait_good()
        stage.proxy.ok("reload")
        stage.wait_good()
    wait_until(lambda: https_status(stage.proxy) is not None, "HTTPS is back", 30)


def test_the_statistics_page_has_its_own_port_and_services_do_not_depend_on_it(rig):
    stage = Stage(rig, env={"DFP_STATS_PORT": "1936", "DFP_STATS_USER": "none", "DFP_STATS_PASSWORD": "none"})
    assert answers(stage.proxy.address, 1936, "/admin?stats")
    assert not answers(stage.proxy.address, 1936, "/other")
    with taken_at_its_death(stage.proxy, 1936):
        stage.wait_good()
    wait_until(lambda: answers(stage.proxy.address, 1936, "/admin?stats"), "the page is back", 30)
