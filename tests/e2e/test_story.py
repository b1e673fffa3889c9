"""The article's story, on the embedded registry and on a real Consul, through a real HAProxy."""
import pytest

from harness import Traffic, wait_until

NINE_KEYS = ["Status", "Message", "ServiceName", "ServiceColor", "ServicePath", "ServiceDomain", "ConsulTemplatePath",
             "PathType", "SkipCheck"]


class Registry:
    """Registers instances in whatever registry the proxy uses."""

    def __init__(self, rig, kind):
        self.rig = rig
        self.consul = rig.consul() if kind == "consul" else None
        self.url = self.consul.url if self.consul else f"embedded:{rig.folder}/shared.db"
        self.proxy = None

    def start_proxy(self, **kwargs):
        self.proxy = self.rig.proxy(registry=self.url, **kwargs)
        return self.proxy

    def run(self, name="go-demo"):
        service = self.rig.service(name)
        (self.consul or self.proxy).register(service)
        return service

    def stop(self, service):
        (self.consul or self.proxy).deregister(service)


@pytest.fixture(params=["embedded", "consul"])
def registry(rig, request):
    return Registry(rig, request.param)


def evenly(counts, instances):
    return set(counts) == {i.instance for i in instances} and max(counts.values()) - min(counts.values()) <= 2


def test_reconfigure_then_scale_on_demand(registry):
    proxy = registry.start_proxy()
    assert proxy.get("/demo/hello").status == 503
    first = registry.run()
    assert proxy.get("/demo/hello").status == 503, "registered is not routed"

    answer = proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    assert list(answer)[:9] == NINE_KEYS
    assert answer["Status"] == "OK" and answer["ServicePath"] == ["/demo"] and answer["SkipCheck"] is False
    assert proxy.instances_answering("/demo/hello", 10) == {first.instance: 10}

    others = [registry.run(), registry.run()]
    assert proxy.instances_answering("/demo/hello", 12) == {first.instance: 12}, "scaling needs a reconfigure"
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    assert evenly(proxy.instances_answering("/demo/hello", 30), [first, *others])


def test_several_paths_and_a_domain(registry):
    proxy = registry.start_proxy()
    registry.run()
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo/hello,/demo/person")
    assert proxy.get("/demo/hello").status == 200
    assert proxy.get("/demo/person").status == 200
    assert proxy.get("/demo/other").status == 503

    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo", serviceDomain="my-domain.com,*.acme.com")
    for host in ("my-domain.com", "MY-Domain.COM:8000", "my-domain.com.", "a.acme.com", "a.b.acme.com:80"):
        assert proxy.get("/demo/hello", host=host).status == 200, host
    for host in ("other.com", "my-domain.com.evil.net", "acme.com", "acme.com.evil.net", "xmy-domain.com", ""):
        assert proxy.get("/demo/hello", host=host).status == 503, host


def test_colours_switch_without_a_lost_request(registry):
    proxy = registry.start_proxy()
    blue = registry.run("go-demo-blue")
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo", serviceColor="blue")
    green = registry.run("go-demo-green")
    assert proxy.instances_answering("/demo/hello", 10) == {blue.instance: 10}
    with Traffic(proxy, "/demo/hello") as traffic:
        for color in ("green", "blue", "green"):
            proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo", serviceColor=color)
            traffic.wait_for(200)
    assert traffic.failures == []
    assert proxy.instances_answering("/demo/hello", 10) == {green.instance: 10}

    refused = proxy.api("reconfigure", serviceName="go-demo", servicePath="/demo", serviceColor="red")
    assert refused.status == 409 and "go-demo-red" in refused.json["Message"]
    assert proxy.instances_answering("/demo/hello", 10) == {green.instance: 10}


def test_scale_down_and_remove(registry):
    proxy = registry.start_proxy()
    instances = [registry.run() for _ in range(3)]
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    with Traffic(proxy, "/demo/hello") as traffic:
        registry.stop(instances[0])
        proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
        traffic.wait_for(200)
    assert traffic.failures == []
    assert evenly(proxy.instances_answering("/demo/hello", 20), instances[1:])

    assert proxy.ok("remove", serviceName="go-demo")["Status"] == "OK"
    assert proxy.get("/demo/hello").status == 503
    proxy.end()
    again = registry.start_proxy()
    assert again.get("/demo/hello").status == 503, "removed stays removed"
    assert again.api("remove", serviceName="go-demo").status == 200, "removing twice is fine"


def test_failover_to_another_proxy(registry):
    proxy = registry.start_proxy()
    plain = registry.run("plain")
    blue = registry.run("go-demo-blue")
    proxy.ok("reconfigure", serviceName="plain", servicePath="/plain", serviceDomain="a.com")
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo", serviceColor="blue")
    proxy.kill_everything()

    elsewhere = registry.start_proxy()
    assert elsewhere.folder != proxy.folder
    assert elsewhere.instances_answering("/plain", 6, host="a.com") == {plain.instance: 6}
    assert elsewhere.instances_answering("/demo/hello", 6) == {blue.instance: 6}


def test_a_service_without_instances_waits_for_them(registry):
    proxy = registry.start_proxy()
    assert proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")["Status"] == "OK"
    assert proxy.get("/demo/hello").status == 503
    registry.run()
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    assert proxy.get("/demo/hello").status == 200


def test_two_proxies_converge(registry):
    a = registry.start_proxy()
    service = registry.run()
    b = registry.start_proxy()
    a.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    wait_until(lambda: b.get("/demo/hello").status == 200, "b serves what a accepted", 2)
    b.end()
    a.ok("reconfigure", serviceName="go-demo", servicePath="/new")
    b = registry.start_proxy()
    assert b.get("/new").status == 200, "a proxy that was away catches up"
    assert b.get("/demo/hello").status == 503
    b.ok("remove", serviceName="go-demo")
    wait_until(lambda: a.get("/new").status == 503, "a drops what b removed", 2)
    assert service.running()


def test_two_services_on_one_port_always_both_work(registry):
    proxy = registry.start_proxy()
    registry.run("one")
    registry.run("two")
    proxy.ok("reconfigure", serviceName="one", servicePath="/one")
    proxy.ok("reconfigure", serviceName="two", servicePath="/two")
    assert [proxy.get(f"/{name}").status for _ in range(50) for name in ("one", "two")] == [200] * 100


def test_more_specific_routes_win(registry):
    proxy = registry.start_proxy()
    owners = {}
    for name, parameters in {
        "root": {"servicePath": "/"},
        "api": {"servicePath": "/api"},
        "api-users": {"servicePath": "/api/users"},
        "exact": {"servicePath": "/api/users/me", "pathType": "path"},
        "images": {"servicePath": r"\.(png|jpg)$", "pathType": "path_reg"},
        "wild": {"serviceDomain": "*.acme.com"},
        "host": {"servicePath": "/api", "serviceDomain": "www.acme.com"},
        "host-images": {"servicePath": ".png", "pathType": "path_end", "serviceDomain": "www.acme.com"},
    }.items():
        owners[registry.run(name).instance] = name
        proxy.ok("reconfigure", serviceName=name, **parameters)
    for host, path, owner in [
        ("x.com", "/", "root"), ("x.com", "/a.png", "root"), ("x.com", "/apix", "api"), ("x.com", "/api/u", "api"),
        ("x.com", "/api/users/7", "api-users"), ("x.com", "/api/users/me", "exact"),
        ("x.com", "/api/users/me2", "api-users"), ("a.acme.com", "/api", "wild"), ("www.acme.com", "/api/users", "host"),
        ("www.acme.com", "/logo.png", "host-images"), ("www.acme.com", "/other", "wild"),
    ]:
        answer = proxy.get(path, host=host)
        assert owners[answer.instance] == owner, (host, path)
