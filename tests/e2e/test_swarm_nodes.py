"""A swarm of three managers: tasks elsewhere raise no events here; nodes are drained, and the leader is lost."""
import os
import time

import harness
import pytest
from docker_engine import DEMO_IMAGE, Engine
from docker_machine import Site
from docker_proxy import ContainerProxy
from test_swarm import labels

pytestmark = pytest.mark.alone

CLIENTS = 4


@pytest.fixture
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.end()


class Cluster:
    """The leader, and two others; the proxy is beside the second one and asks that one's engine."""

    def __init__(self):
        self.site = Site()
        self.engines = [Engine(self.site.machine(f"manager-{n}")) for n in (1, 2, 3)]
        self.leader, self.second, _ = self.engines
        self.leader.swarm_init()
        self.leader.cli("swarm", "update", "--dispatcher-heartbeat", "1s")  # a lost node is noticed soon
        for engine in self.engines[1:]:
            engine.swarm_join(self.leader, "manager")
        for engine in self.engines:
            engine.demo_image()
        self.leader.create_network("back")
        self.proxy = ContainerProxy(self.second, "--discovery", "swarm", "--timeout-connect", "1s", networks=["back"])
        self.leader.service_create("shop", DEMO_IMAGE, replicas=3, options=[
            "--network", "back", "--replicas-max-per-node", "2", "--restart-delay", "100ms", *labels(servicePath="/shop", port=8080)])

    def places(self):
        """Where tasks run, as the second manager knows it."""
        names = {node["ID"]: node["Description"]["Hostname"] for node in self.second.get("/nodes")}
        return sorted(names[task["NodeID"]] for task in self.second.tasks("shop", "running"))

    def answering(self):
        return {self.proxy.get("/shop").instance for _ in range(24)}

    def wait_three(self, without=None, seconds=20):
        """Three tasks run, none of them on that node, and they answer."""
        def settled():
            try:
                places = self.places()
            except AssertionError:  # without a leader a manager refuses
                return False
            return len(places) == 3 and without not in places and len(self.answering()) == 3
        harness.wait_until(settled, f"three tasks answer, none on {without}", seconds)

    def load(self):
        return harness.Traffic(self.proxy, "/shop", clients=CLIENTS)

    def lose(self, engine):
        """As when the power fails."""
        self.site.unplug(engine.machine)
        engine.machine.end()

    def end(self):
        for engine in self.engines:
            engine.end()
        self.site.end()


def test_a_node_is_drained_under_load(cluster):
    cluster.wait_three()
    assert cluster.places() == ["manager-1", "manager-2", "manager-3"]
    with cluster.load() as traffic:
        cluster.leader.cli("node", "update", "--availability", "drain", "manager-3")
        cluster.wait_three(without="manager-3", seconds=40)
        traffic.wait_for(200)
    print(f"drained: {traffic.total()} requests, slowest {traffic.slowest:.3f} s")
    assert traffic.failures == []


@pytest.mark.skipif("DFP_LOSE_LEADER" not in os.environ, reason="set DFP_LOSE_LEADER=1: usually all is replaced after 20 s, but once "
                    "three tasks did not answer within 120 s, and it is not known yet whether the swarm or the proxy was late")
def test_the_leader_is_lost_under_load(cluster):
    cluster.wait_three()
    with cluster.load() as traffic:
        began = time.monotonic()
        cluster.lose(cluster.leader)
        cluster.wait_three(without="manager-1", seconds=120)
        print(f"replaced after {time.monotonic() - began:.1f} s")
        traffic.wait_for(200)
    print(f"lost: {traffic.total()} requests, {len(traffic.failures)} failed, slowest {traffic.slowest:.3f} s {traffic.failures}")
    assert len(traffic.failures) <= CLIENTS, "only what was under way to the lost node"
    assert traffic.slowest < 5, "some connect timeouts of 1 s"
