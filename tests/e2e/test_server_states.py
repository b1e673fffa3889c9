"""services shows what HAProxy says of each server, not what the registry said once."""
import os
import signal
import subprocess

from harness import BINARY, request, wait_until
from test_checks import OFTEN, web


def shown(proxy, name):
    service, = proxy.ok("services", serviceName=name, catalog="false")["Services"]
    return service


def run(proxy, *words):
    api = f"http://{proxy.address}:{proxy.api_port}"
    return subprocess.run([BINARY, "services", *words, "--api", api], capture_output=True, text=True, timeout=60)


def test_a_dead_instance_is_shown_and_a_dead_service_is_marked(rig):
    proxy = rig.proxy(arguments=["--check-interval", "200ms"])
    first, second = rig.service("shop"), rig.service("shop")
    for service in (first, second):
        proxy.register(service)
    proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", checkInterval="200ms")
    wait_until(lambda: [s["Check"] for s in shown(proxy, "shop")["Servers"]] == ["L4OK", "L4OK"], "both were checked")
    service = shown(proxy, "shop")
    assert service["Up"] == 2 and {s["State"] for s in service["Servers"]} == {"UP"}
    assert {(s["Address"], s["Port"]) for s in service["Servers"]} == {(s.address, s.port) for s in (first, second)}
    assert run(proxy, "--check").returncode == 0 and " 2/2 " in run(proxy).stdout and "UP 2/2" in run(proxy, "--wide").stdout

    first.kill()
    wait_until(lambda: shown(proxy, "shop")["Up"] == 1, "one is down")
    down, = [s for s in shown(proxy, "shop")["Servers"] if s["State"] == "DOWN"]
    assert down["Port"] == first.port and down["Check"] == "L4CON" and "refused" in down["Text"], down
    text = run(proxy).stdout
    assert " 1/2 " in text and f":{first.port} DOWN for " in text and "refused" in text, text
    assert run(proxy, "--check").returncode == 0, "the service is served"

    second.kill()
    wait_until(lambda: shown(proxy, "shop")["Up"] == 0, "both are down")
    metrics = lambda: request(proxy.address, proxy.api_port, "/metrics").body  # noqa: E731
    wait_until(lambda: b"dfp_haproxy_services_without_server 1" in metrics(), "the metric says so", 30)
    assert b"dfp_haproxy_servers_up 0" in metrics()
    done = run(proxy, "--check")
    assert done.returncode == 9 and "no server is up: shop" in done.stderr and "NO SERVER UP (0/2)" in done.stdout, done
    assert proxy.get("/shop").status == 503


def test_what_is_checked_by_its_answer_is_shown_too(rig):
    proxy = rig.proxy()
    good, bad = web(rig), web(rig)
    for service in (good, bad):
        proxy.register(service)
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/", checkPath="/health", **OFTEN)
    bad.status["/health"] = 500
    wait_until(lambda: shown(proxy, "go-demo")["Up"] == 1, "one is taken out")
    down, = [s for s in shown(proxy, "go-demo")["Servers"] if s["State"] == "DOWN"]
    assert down["Port"] == bad.port and "500" in down["Text"], down


def test_without_checks_and_instances_and_with_many_services(rig):
    proxy = rig.proxy()
    for n in range(30):  # more than are asked for one by one
        service = rig.service(f"s{n}") if n < 3 else None
        if service:
            proxy.register(service)
        proxy.ok("reconfigure", serviceName=f"s{n}", servicePath=f"/s{n}", skipCheck="true")
    services = {s["ServiceName"]: s for s in proxy.ok("services", catalog="false")["Services"]}
    assert [services[f"s{n}"]["Up"] for n in range(4)] == [1, 1, 1, 0]
    assert services["s0"]["Servers"][0]["State"] == "no check" and services["s3"]["Servers"] == []
    proxy.ok("reconfigure", serviceName="s0", **{"servicePath.1": "/s0", "servicePath.2": "/x", "skipCheck": "true"})
    assert [s["Destination"] for s in shown(proxy, "s0")["Servers"]] == [1, 2]
    done = run(proxy, "--check", "--service-name", "s0")
    assert done.returncode == 0, done


def test_where_haproxy_cannot_be_asked_that_is_said(rig):
    proxy = rig.proxy()
    service = rig.service("shop")
    proxy.register(service)
    proxy.ok("reconfigure", serviceName="shop", servicePath="/shop")
    assert "Servers" not in proxy.ok("services", catalog="false", health="false")["Services"][0]
    pids = proxy.haproxy_pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        answer = proxy.ok("services", catalog="false")
        done = run(proxy, "--check")
        assert done.returncode == 1 and "not known which servers are up" in done.stderr, done
        assert run(proxy, "--check", "--health=false").returncode == 2, "there would be nothing to check"
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    assert answer["HealthError"] and "Servers" not in answer["Services"][0], answer
