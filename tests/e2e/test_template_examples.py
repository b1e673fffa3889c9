"""The templates in examples/templates, as a user of docs/templates.md would use them: rendered by the command, checked by
haproxy, and served by a proxy beside other services."""
import re
import subprocess

import pytest

import harness
from harness import BINARY, ROOT, free_port, request, wait_until

TEMPLATES = ROOT / "examples/templates"


@pytest.fixture
def stage(rig):
    return Stage(rig)


class Stage:
    """A Consul, and a proxy whose templates are the examples."""

    def __init__(self, rig):
        self.rig = rig
        self.consul = rig.consul()
        self.proxy = rig.proxy(registry=self.consul.url, arguments=["--templates-dir", TEMPLATES])
        self.neighbour = self.service("neighbour")
        self.proxy.ok("reconfigure", serviceName="neighbour", servicePath="/neighbour")

    def service(self, name, tags=(), instance=None):
        service = self.rig.service(name, **({"instance": instance} if instance else {}))
        answer = self.consul.call("PUT", "/v1/agent/service/register", {
            "ID": service.instance, "Name": name, "Address": service.address, "Port": service.port, "Tags": list(tags)})
        assert answer.status == 200, answer
        return service

    def set(self, key, value):
        assert self.consul.call("PUT", f"/v1/kv/{key}", value).body.strip() == b"true"

    def reconfigure(self, name, template):
        """Routes a service by a template; what the command renders is what haproxy accepts and the proxy serves."""
        wait_until(lambda: self.consul.call("GET", f"/v1/health/service/{name}").json, f"{name} is known", 30)
        self.accepted(self.rendered(template))
        return self.proxy.ok("reconfigure", serviceName=name, consulTemplatePath=str(TEMPLATES / template))

    def rendered(self, template):
        done = subprocess.run([BINARY, "template", TEMPLATES / template, "--registry", self.consul.url], check=True,
                              capture_output=True, text=True, timeout=60)
        return done.stdout

    def accepted(self, text):
        """`haproxy -c` takes a rendered template as it is: the examples are plain HAProxy configuration."""
        file = self.rig.folder / "rendered.cfg"
        address = harness.private_address()
        file.write_text("defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n" +
                        re.sub(r"bind \*:(\d+)", lambda m: f"bind {address}:{free_port(address)}", text))
        done = subprocess.run(["haproxy", "-c", "-f", file], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + text

    def neighbour_is_served(self):
        assert self.proxy.get("/neighbour").instance == self.neighbour.instance


def test_the_articles_template(stage):
    one, two = stage.service("go-demo"), stage.service("go-demo")
    stage.reconfigure("go-demo", "go-demo.tmpl")
    assert set(stage.proxy.instances_answering("/demo/hello", 10)) == {one.instance, two.instance}
    stage.neighbour_is_served()
    stage.proxy.ok("remove", serviceName="go-demo")
    assert stage.proxy.get("/demo/hello").status == 503
    stage.neighbour_is_served()


def test_a_tcp_service_on_a_port_of_its_own(stage):
    address = stage.proxy.address
    port = free_port(address)
    service = stage.service("redis")
    stage.set("redis/bind", f"{address}:{port}")
    stage.reconfigure("redis", "redis.tmpl")
    # Any bytes pass; those of HTTP tell which instance answers.
    answer = wait_until(lambda: request(address, port, "/x"), "the port is served")
    assert answer.instance == service.instance
    stage.neighbour_is_served()
    stage.proxy.ok("remove", serviceName="redis")

    def closed():
        try:
            request(address, port, "/x", timeout=1)
        except OSError:
            return True
    wait_until(closed, "the port is closed", 30)


def test_weights_from_keys(stage):
    heavy, light, drained = (stage.service("shop", instance=name) for name in ("heavy", "light", "drained"))
    stage.set("shop/weights/heavy", "30")
    stage.set("shop/weights/drained", "0")
    stage.set("shop/weights/default", "10")
    stage.reconfigure("shop", "weights.tmpl")
    counts = stage.proxy.instances_answering("/shop", 40)
    assert counts == {heavy.instance: 30, light.instance: 10}, (counts, drained)
    stage.set("shop/weights/default", "10\n  server evil 127.0.0.1:1")
    refused = stage.proxy.api("reconfigure", serviceName="shop", consulTemplatePath=str(TEMPLATES / "weights.tmpl"))
    assert refused.status == 400 and "parseInt" in refused.json["Message"], refused
    assert stage.proxy.instances_answering("/shop", 40) == counts
    stage.neighbour_is_served()


def test_paths_from_tags(stage):
    old = stage.service("api", tags=["path=/api", "blue"])
    new = stage.service("api", tags=["path=/api", "path=/api/v2", "path=/x\n  y", "path=/a b"])
    stage.reconfigure("api", "tags.tmpl")
    assert set(stage.proxy.instances_answering("/api/users", 10)) == {old.instance, new.instance}
    assert set(stage.proxy.instances_answering("/api/v2", 10)) == {new.instance}
    assert set(stage.proxy.instances_answering("/api/v2/users", 10)) == {new.instance}
    assert stage.proxy.get("/apis").status == 503
    stage.neighbour_is_served()


def test_a_maintenance_page(stage):
    service = stage.service("shop")
    stage.reconfigure("shop", "maintenance.tmpl")
    assert stage.proxy.get("/shop").instance == service.instance
    stage.set("maintenance/shop", 'Back at "noon", it\'s 100% {sure}.\n')
    stage.reconfigure("shop", "maintenance.tmpl")
    page = stage.proxy.get("/shop")
    assert (page.status, page.headers["Retry-After"]) == (503, "60")
    assert page.body.decode() == 'Back at "noon", it s 100% {sure}.'
    stage.neighbour_is_served()
    stage.set("maintenance/shop", "")
    stage.reconfigure("shop", "maintenance.tmpl")
    assert stage.proxy.get("/shop").instance == service.instance


def test_a_page_while_a_service_has_no_instance(stage):
    stage.accepted(stage.rendered("maintenance.tmpl"))
    stage.proxy.ok("reconfigure", serviceName="shop", consulTemplatePath=str(TEMPLATES / "maintenance.tmpl"), watch="true")
    assert stage.proxy.get("/shop").body == b"The shop opens soon."
    service = stage.service("shop")
    wait_until(lambda: stage.proxy.get("/shop").instance == service.instance, "the instance is served", 30)
    stage.neighbour_is_served()
