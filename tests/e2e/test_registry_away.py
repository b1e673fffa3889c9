"""Routing outlives the registry."""
import time

from harness import wait_until


def test_consul_down_routing_goes_on_and_nothing_changes(rig):
    consul = rig.consul()
    proxy = rig.proxy(registry=consul.url)
    consul.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    consul.kill()
    consul.popen.wait()

    refused = proxy.api("reconfigure", serviceName="go-demo", servicePath="/other")
    assert refused.status == 503 and refused.json["Status"] == "NOK"
    assert refused.headers["Content-Type"] == "application/json"
    assert proxy.api("remove", serviceName="go-demo").status == 503
    assert proxy.get("/demo/hello").status == 200
    assert proxy.get("/other").status == 503


def test_a_registry_that_has_forgotten_everything_is_told_again(rig):
    consul = rig.consul()
    proxy = rig.proxy(registry=consul.url)
    services = [rig.service("one"), rig.service("two")]
    for service in services:
        consul.register(service)
        proxy.ok("reconfigure", serviceName=service.name, servicePath=f"/{service.name}")
    consul.kill()
    consul.popen.wait()
    wait_until(lambda: "reconcile.registry_unavailable" in proxy.log.read_text(), "the registry is missed")
    consul.start()
    wait_until(lambda: "reconcile.store_blank" in proxy.log.read_text(), "the loss is seen", 20)
    for service in services:
        consul.register(service)
    assert [proxy.get(path).status for path in ("/one", "/two")] == [200, 200]
    proxy.ok("reconfigure", serviceName="one", servicePath="/one,/more")
    wait_until(lambda: consul.key("docker-flow/two/path") == "/two", "what is served is written back with the first change")
    time.sleep(1.5)  # the proxy has read it
    assert proxy.get("/more").status == 200
    assert [proxy.get(path).status for path in ("/one", "/two")] == [200, 200]
    assert consul.key("docker-flow/one/path") == "/one,/more"


def test_start_without_consul_serves_the_last_known_routes(rig):
    consul = rig.consul()
    proxy = rig.proxy(registry=consul.url)
    service = rig.service()
    consul.register(service)
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    proxy.end()
    consul.end()

    again = rig.proxy(name="proxy-1", registry=consul.url, address=proxy.address, wait=False)
    wait_until(lambda: again.get("/demo/hello").status == 200, "the last known routes are served", 20)
    assert again.api("successfulinitreload").status == 500

    # The registry returns empty (a development agent keeps nothing): that alone takes no route away.
    consul.start()
    consul.register(service)
    wait_until(lambda: again.api("successfulinitreload").status == 200, "synchronised", 20)
    assert again.get("/demo/hello").status == 200
    again.ok("reconfigure", serviceName="go-demo", servicePath="/demo,/more")
    assert again.get("/more").status == 200
    assert "/demo,/more" == consul.key("docker-flow/go-demo/path")
