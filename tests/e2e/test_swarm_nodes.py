"""A swarm of several nodes: tasks elsewhere raise no events here; nodes are drained and lost."""
import time

import harness
import pytest
from docker_engine import Engine
from docker_machine import Site
from docker_proxy import ContainerProxy
from test_swarm import labels


@pytest.fixture(scope="module")
def nodes():
    """A manager and two workers."""
    site = Site()
    manager, *workers = [Engine(site.machine(name), name=name) for name in ("manager-1", "worker-1", "worker-2")]
    manager.swarm_init()
    for engine in workers:
        engine.swarm_join(manager)
    for engine in (manager, *workers):
        engine.demo_image()
    manager.create_network("back")
    proxy = ContainerProxy(manager, "--discovery", "swarm", networks=["back"])
    manager.service_create("shop", "go-demo", replicas=3, options=[
        "--network", "back", "--replicas-max-per-node", "2", "--restart-delay", "100ms", *labels(servicePath="/shop", port=8080)])
    yield site, manager, workers, proxy
    for engine in (manager, *workers):
        engine.end()
    site.end()


def places(manager):
    """Node -> how many running tasks."""
    names = {node["ID"]: node["Description"]["Hostname"] for node in manager.get("/nodes")}
    found = [names[task["NodeID"]] for task in manager.tasks("shop", "running")]
    return {name: found.count(name) for name in found}


def answering(proxy, requests=24):
    return {proxy.get("/shop").instance for _ in range(requests)}


def test_tasks_on_every_node_are_reached(nodes):
    _, manager, _, proxy = nodes
    assert places(manager) == {"manager-1": 1, "worker-1": 1, "worker-2": 1}
    harness.wait_until(lambda: len(answering(proxy)) == 3, "all three answer", 20)


def test_a_drained_node_takes_no_request_with_it(nodes):
    _, manager, _, proxy = nodes
    harness.wait_until(lambda: len(answering(proxy)) == 3, "all three answer", 20)
    before = answering(proxy)
    with harness.Traffic(proxy, "/shop") as kept, harness.Traffic(proxy, "/shop", keep_alive=False, clients=2) as fresh:
        manager.cli("node", "update", "--availability", "drain", "worker-1")
        harness.wait_until(lambda: "worker-1" not in places(manager) and sum(places(manager).values()) == 3, "it is empty", 30)
        harness.wait_until(lambda: len(answering(proxy) & before) == 2 and len(answering(proxy)) == 3, "its task is replaced", 30)
        kept.wait_for(200)
    print(f"drain: {kept.total() + fresh.total()} requests, slowest {max(kept.slowest, fresh.slowest):.3f} s")
    assert kept.failures + fresh.failures == []
    manager.cli("node", "update", "--availability", "active", "worker-1")


def test_a_lost_node_costs_only_what_was_under_way_to_it(nodes):
    """The last test: the node does not come back."""
    site, manager, workers, proxy = nodes
    manager.wait_running("shop", 3)
    lost = next(engine for engine in workers if engine.machine.name in places(manager))
    clients = 4
    with harness.Traffic(proxy, "/shop", clients=clients) as traffic:
        site.unplug(lost.machine)
        lost.machine.end()
        began = time.monotonic()
        gone = lambda: lost.machine.name not in places(manager) and len(proxy.ok("services", serviceName="shop")["Services"][0]["Instances"]) == 3
        harness.wait_until(gone, "its tasks run elsewhere", 120)
        print(f"replaced after {time.monotonic() - began:.1f} s")
        traffic.wait_for(200)
    print(f"loss: {traffic.total()} requests, {len(traffic.failures)} failed, slowest {traffic.slowest:.3f} s {traffic.failures[:4]}")
    assert len(traffic.failures) <= clients, traffic.failures
