"""Servers of templates under host names: the proxy looks them up, and HAProxy waits for no name server."""
import re
import threading
import time

import pytest

from harness import wait_until
from name_server import NameServer


@pytest.fixture
def dns(rig):
    return rig.add_end(NameServer(rig.folder))


@pytest.fixture
def named(rig, dns):
    return NamedServers(rig, dns)


class NamedServers:
    """A proxy with a service `good` of its own; templates have their servers at names of `dns`."""

    def __init__(self, rig, dns):
        self.rig, self.dns = rig, dns
        self.folder = rig.folder / "templates"
        self.folder.mkdir()
        self.target = rig.service("x")
        good = rig.service("good")
        self.proxy = self.start()
        self.proxy.register(good)
        self.proxy.ok("reconfigure", serviceName="good", servicePath="/good")

    def start(self, name=None):
        return self.rig.proxy(name, machine=self.dns, arguments=["--templates-dir", self.folder])

    def put(self, servers, **parameters):
        """The service x at /x, with these lines in its backend."""
        (self.folder / "x.tmpl").write_text("acl url path_beg /x\nuse_backend x-be if url\nbackend x-be\n" + "".join(
            f"  {line}\n" for line in servers))
        return self.proxy.api("reconfigure", serviceName="x", consulTemplatePath="x.tmpl", **parameters)

    def silence(self, *names):
        for name in names:
            self.dns.names.pop(name)
            self.dns.silent.add(name)

    def events(self, name):
        return re.findall(rf"^.*haproxy\.{name}\b.*$", self.proxy.log.read_text(), re.M)

    def answers(self, path):
        try:
            return self.proxy.get(path, timeout=1).status == 200
        except OSError:
            return False


def timed(action):
    began = time.monotonic()
    result = action()
    return result, time.monotonic() - began


def test_a_name_server_that_falls_silent_holds_up_nobody(named):
    """Six names, known when the template was accepted; some lines say in their own words that libc be asked."""
    proxy, names = named.proxy, [f"n{n}.test" for n in range(6)]
    for name in names:
        named.dns.names[name] = "127.0.0.1"
    port = named.target.port
    lines = [f"server s{n} {name}:{port}" for n, name in enumerate(names[:4])]
    lines += [f"server s4 {names[4]}:{port} init-addr libc", f"server-template s 5-5 {names[5]}:{port}"]
    accepted = named.put(lines)
    assert accepted.status == 200, accepted
    assert set(proxy.instances_answering("/x")) == {named.target.instance}
    named.silence(*names)

    reloads = []
    reload = threading.Thread(target=lambda: reloads.append(timed(lambda: proxy.api("reload"))))
    reload.start()
    time.sleep(0.2)
    changed, took = timed(lambda: proxy.ok("reconfigure", serviceName="good", servicePath="/good,/more"))
    reload.join()
    assert changed["AppliedBy"] == "runtime" and took < 4, (changed, took)
    assert reloads[0][0].status == 200 and reloads[0][1] < 4, reloads

    proxy.kill_haproxy()
    _, away = timed(lambda: wait_until(lambda: named.answers("/good"), "others are served again", 20))
    assert away < 4, away
    assert set(proxy.instances_answering("/x")) == {named.target.instance}, "the last addresses are used"
    again, took = timed(lambda: named.put(lines + ["balance leastconn"]))
    assert again.status == 200 and took < 6, (again, took)
    assert set(proxy.instances_answering("/x")) == {named.target.instance}


def test_a_name_that_nobody_knows_is_named_once_and_joins_when_it_is_known(named):
    """Then it is followed without a reload."""
    proxy = named.proxy
    named.dns.silent.add("later.test")
    accepted, took = timed(lambda: named.put([f"server s later.test:{named.target.port}"]))
    assert accepted.status == 200 and took < 6, (accepted, took)
    assert proxy.get("/x").status == 503 and proxy.get("/good").status == 200
    proxy.ok("reload")
    warnings = named.events("template_server_without_address")
    assert len(warnings) == 1, warnings
    for part in ("x.tmpl", "later.test", "x-be/s", "4"):
        assert part in warnings[0], warnings
    named.dns.silent.clear()
    named.dns.names["later.test"] = "127.0.0.1"
    wait_until(lambda: named.answers("/x"), "it is found by itself", 40)

    named.dns.names["later.test"] = "127.0.0.9"  # nobody there
    wait_until(lambda: proxy.get("/x").status == 503, "the move is followed", 40)
    named.dns.names["later.test"] = "127.0.0.1"
    wait_until(lambda: named.answers("/x"), "the move back is followed", 40)
    assert [re.search(r"reload|runtime", event).group() for event in named.events("template_names_followed")] == [
        "reload", "runtime", "runtime"]
    assert "init-addr 127.0.0.1,none" in proxy.api("config").body.decode()


def test_a_control_plane_that_comes_back_while_no_name_server_answers_keeps_the_addresses(named):
    named.dns.names["app.test"] = "127.0.0.1"
    assert named.put([f"server s app.test:{named.target.port}"]).status == 200
    named.silence("app.test")
    before = set(named.proxy.haproxy_pids())
    named.proxy.kill()
    named.proxy.popen.wait()
    named.proxy = named.start(named.proxy.folder.name)
    assert named.events("adopted"), named.proxy.log.read_text()
    assert set(named.proxy.haproxy_pids()) <= before
    assert named.answers("/x")
    named.proxy.ok("reload")
    assert named.answers("/x"), "a new worker is given the address, too"


def test_a_name_that_moves_to_the_api_loses_its_address(named):
    proxy = named.proxy
    named.dns.names["moves.test"] = "127.0.0.9"
    lines = [f"server s moves.test:{proxy.api_port}", "http-request set-path /v1/docker-flow-proxy/services"]
    assert named.put(lines).status == 200
    named.dns.names["moves.test"] = proxy.address
    wait_until(lambda: named.events("template_server_without_address"), "it is noticed", 40)
    wait_until(lambda: named.events("template_names_followed"), "it is taken out", 40)
    assert proxy.get("/x").status == 503, "the API is published"


@pytest.mark.parametrize("line", [
    "server s 127.0.0.1:80 check addr app.test", "http-request deny if { src app.test }", "acl inside hdr_ip(x) app.test",
    "http-check connect addr app.test", "server s 127.0.0.1:80 socks4 app.test:1080"])
def test_a_name_anywhere_else_is_refused_with_its_line(named, line):
    """Whether it is known or not: at the next start it may not be."""
    named.dns.names["app.test"] = "127.0.0.1"
    refused = named.put([line])
    assert refused.status == 400 and "line 4" in refused.json["Message"] and "app.test" in refused.json["Message"], refused
