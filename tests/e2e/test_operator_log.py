"""The log speaks the operator's language: what was ordered is no warning, what died has its service's name."""
import signal

from harness import wait_until


def lines_above_info(proxy):
    return [line for line in proxy.log.read_text().splitlines() if " warn " in line or " error " in line]


def test_what_was_ordered_is_nothing_above_info(rig):
    proxy = rig.proxy()
    blue, green = rig.service("shop-blue"), rig.service("shop-green")
    second = rig.service("shop-blue")
    for instance in (blue, green, second):
        proxy.register(instance)
    proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", serviceColor="blue")
    proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", serviceColor="green")
    proxy.deregister(second)
    proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", serviceColor="blue")
    proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", serviceColor="blue", skipCheck="true")
    proxy.ok("reload", recreate="true")
    assert proxy.get("/shop").status == 200
    proxy.ok("remove", serviceName="shop")
    proxy.kill(signal.SIGTERM)
    assert proxy.popen.wait(20) == 0
    assert lines_above_info(proxy) == []


def test_an_instance_that_dies_is_told_by_its_services_name(rig):
    proxy = rig.proxy(arguments=["--check-interval", "200ms"])
    one, two = rig.service("shop"), rig.service("shop")
    for instance in (one, two):
        proxy.register(instance)
    proxy.ok("reconfigure", serviceName="shop", servicePath="/shop")

    def told(event, *words):
        lines = [line for line in proxy.log.read_text().splitlines() if f" {event} " in line]
        return [line for line in lines if all(word in line for word in words)]
    one.kill()
    wait_until(lambda: told("server.down", "service=shop", f"instance={one.address}:{one.port}", "Connection refused"), "one", 20)
    assert not told("service.no_server_up", "service=shop")
    two.kill()
    line, = wait_until(lambda: told("service.no_server_up", "service=shop"), "the service is down", 20)
    assert " error " in line
    rig.service("shop", instance=two.instance, port=two.port)
    wait_until(lambda: told("server.up", "service=shop", f"instance={two.address}:{two.port}"), "it is back", 20)
