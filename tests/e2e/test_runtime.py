"""Changes without a reload, and a data plane that outlives its control plane; with traffic running."""
import re
import signal
import socket

from harness import Traffic, request, wait_until


def metric(proxy, name):
    """The sum over all labels of a metric."""
    text = request(proxy.address, proxy.api_port, "/metrics").body.decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[ {{]", line))


def test_an_ordinary_day_needs_no_reload(rig):
    proxy = rig.proxy()
    blue, green = rig.service("shop-blue"), rig.service("shop-green")
    plain, more = rig.service("plain"), rig.service("plain")
    proxy.register(blue), proxy.register(green), proxy.register(plain)
    proxy.ok("reconfigure", serviceName="plain", servicePath="/plain")
    pids = sorted(proxy.haproxy_pids())
    reloads = metric(proxy, "dfp_haproxy_reloads_total")

    with Traffic(proxy, "/plain") as traffic:
        steps = [proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", serviceColor="blue")]
        steps.append(proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", serviceColor="green"))
        proxy.register(more)
        steps.append(proxy.ok("reconfigure", serviceName="plain", servicePath="/plain,/p2"))
        proxy.deregister(plain)
        steps.append(proxy.ok("reconfigure", serviceName="plain", servicePath="/plain"))
        steps.append(proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", serviceColor="green",
                              serviceDomain="a.com"))
        steps.append(proxy.ok("remove", serviceName="shop"))
        traffic.wait_for(100)
    assert traffic.failures == []
    assert [step["AppliedBy"] for step in steps] == ["runtime"] * len(steps)
    assert metric(proxy, "dfp_haproxy_reloads_total") == reloads
    assert sorted(proxy.haproxy_pids()) == pids
    assert proxy.instances_answering("/plain", 6) == {more.instance: 6}


def test_services_tell_what_haproxy_really_serves(rig):
    proxy = rig.proxy()
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    assert proxy.ok("services", live="true")["Differences"] == []
    with socket.socket(socket.AF_UNIX) as runtime:
        runtime.connect(str(proxy.folder / "run/haproxy.sock"))
        runtime.sendall(b"clear map routes.map\n")
        runtime.recv(100)
    assert proxy.get("/demo/hello").status == 503
    differences = proxy.ok("services", live="true")["Differences"]
    assert any("/demo" in line for line in differences), differences
    wait_until(lambda: proxy.get("/demo/hello").status == 200, "the drift is repaired", 30)
    assert proxy.ok("services", live="true")["Differences"] == []


def test_a_killed_control_plane_is_not_noticed_by_clients(rig):
    proxy = rig.proxy()
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    pids = sorted(proxy.haproxy_pids())
    with Traffic(proxy, "/demo/hello") as traffic:
        proxy.kill(signal.SIGKILL)
        proxy.popen.wait()
        traffic.wait_for(100)
        again = rig.proxy(name="proxy-1", address=proxy.address)
        again.ok("reconfigure", serviceName="go-demo", servicePath="/demo,/more")
        traffic.wait_for(100)
    assert traffic.failures == []
    assert sorted(again.haproxy_pids()) == pids, "the running HAProxy was taken over"
    assert metric(again, "dfp_haproxy_adoptions_total") == 1
    assert again.get("/more").status == 200


def test_a_killed_worker_is_back_with_the_same_routes(rig):
    proxy = rig.proxy()
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    for times in (1, 2):
        proxy.kill_haproxy()
        wait_until(lambda: proxy.get("/demo/hello").status == 200, "haproxy is back", 5)
        wait_until(lambda: metric(proxy, "dfp_haproxy_respawns_total") == times, "the respawn is counted", 5)


def test_a_reload_that_an_operator_asks_for_loses_nothing(rig):
    proxy = rig.proxy()
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    with Traffic(proxy, "/demo/hello") as traffic:
        for recreate in ("false", "true"):
            proxy.ok("reload", recreate=recreate)
            traffic.wait_for(50)
    assert traffic.failures == []


def test_a_dry_run_tells_and_changes_nothing(rig):
    proxy = rig.proxy()
    proxy.register(rig.service())
    before = proxy.api("config").body
    plan = proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo", dryRun="true")
    assert plan["DryRun"] is True and {step["Means"] for step in plan["Plan"]} == {"runtime"}
    assert proxy.api("config").body == before
    assert proxy.get("/demo/hello").status == 503


def test_a_change_after_a_reload_is_seen_by_every_new_connection(rig):
    """The old worker accepts until it hears that it was replaced: until then the reload has not ended."""
    proxy = rig.proxy()
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    with Traffic(proxy, "/demo/hello", clients=6, keep_alive=False) as traffic:
        for round in range(12):
            proxy.ok("reload")
            proxy.ok("reconfigure", serviceName="go-demo", servicePath=f"/demo,/new-{round}")
            statuses = [proxy.get(f"/new-{round}").status for _ in range(5)]
            assert statuses == [200] * 5, f"round {round}"
    assert traffic.failures == []
