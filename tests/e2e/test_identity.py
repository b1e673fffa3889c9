"""An address is no identity: when the only instance of a service ends, another service may get its address and port."""
import pytest

from harness import DemoService, Traffic, wait_until


class Registry:
    """Registers instances in the proxy's embedded registry, or in Consul."""

    def __init__(self, rig, kind, arguments=()):
        self.rig = rig
        self.consul = rig.consul() if kind == "consul" else None
        self.proxy = rig.proxy(registry=self.consul and self.consul.url, arguments=arguments)

    def register(self, service):
        (self.consul or self.proxy).register(service)

    def deregister(self, service):
        if self.consul:
            self.consul.deregister(service)
        else:
            self.proxy.deregister(service)

    def answers(self, path="/a"):
        answer = self.proxy.get(path)
        return answer.status, answer.instance


@pytest.mark.parametrize("kind,watch,arguments", (
    ("embedded", "false", ()), ("embedded", "true", ()), ("consul", "false", ()), ("consul", "true", ()),
    ("consul", "false", ("--health", "registry"))),
    ids=("embedded", "embedded-watch", "consul", "consul-watch", "consul-health"))
def test_another_service_at_the_address_gets_no_request(rig, kind, watch, arguments):
    registry = Registry(rig, kind, arguments)
    proxy = registry.proxy
    a = rig.service("a")
    other = rig.service("other")
    registry.register(a)
    registry.register(other)
    proxy.ok("reconfigure", serviceName="a", servicePath="/a", watch=watch)
    proxy.ok("reconfigure", serviceName="other", servicePath="/other")
    assert registry.answers() == (200, a.instance)
    with Traffic(proxy, "/other") as traffic:
        a.end()
        registry.deregister(a)
        b = rig.add(DemoService(rig.folder, "b", instance="b-1", port=a.port))
        registry.register(b)
        wait_until(lambda: registry.answers()[0] == 503, "the address is not a's any more")
        assert "service b" in proxy.ok("services")["Withdrawn"]["a"]
        traffic.wait_for(100)
        assert registry.answers()[0] == 503
        # Neither a change of another service nor a restart brings it back.
        proxy.ok("reconfigure", serviceName="b", servicePath="/b")
        assert registry.answers("/b") == (200, "b-1") and registry.answers()[0] == 503
    assert traffic.failures == []
    proxy.kill()
    proxy.popen.wait()
    again = rig.proxy(name="proxy-1", registry=registry.consul and registry.consul.url, address=proxy.address,
                      arguments=arguments)
    assert again.get("/a").status == 503 and again.get("/b").instance == "b-1"
    # An instance of its own is used again.
    registry.proxy = again
    c = rig.service("a", instance="a-2")
    registry.register(c)
    if watch == "false":
        again.ok("reconfigure", serviceName="a", servicePath="/a")
    wait_until(lambda: registry.answers() == (200, "a-2"), "a has an instance again")


def test_one_process_under_two_names_serves_both(rig):
    registry = Registry(rig, "consul")
    demo = rig.service("a")
    registry.consul.register(demo)
    registry.consul.call("PUT", "/v1/agent/service/register",
                         {"ID": "second", "Name": "b", "Address": demo.address, "Port": demo.port})
    for name in ("a", "b"):
        registry.proxy.ok("reconfigure", serviceName=name, servicePath=f"/{name}")
    with Traffic(registry.proxy, "/a") as traffic:
        registry.consul.call("PUT", "/v1/agent/service/register",
                             {"ID": "third", "Name": "c", "Address": demo.address, "Port": demo.port})
        traffic.wait_for(300)
    assert traffic.failures == []
    assert registry.proxy.ok("services")["Withdrawn"] == {}
