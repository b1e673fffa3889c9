"""Requests that go on while a swarm changes under them: none is lost."""
import time

import harness
import pytest
from docker_engine import DEMO_IMAGE
from docker_proxy import ContainerProxy, Wrk
from test_swarm import PUBLISHED, labels

pytestmark = [pytest.mark.alone, pytest.mark.limit(600)]  # several engines start

FAST_UPDATES = ["--restart-delay", "100ms"] + [word for kind in ("update", "rollback") for word in (f"--{kind}-delay", "100ms", f"--{kind}-monitor", "100ms")]
REPLICAS = 2
CLIENTS = 2
PATIENCE = 3.0  # seconds; below HAProxy's connect timeout: no request has to wait for one


class Scene:
    def __init__(self, swarm, proxy):
        self.swarm, self.proxy = swarm, proxy
        swarm.service_create("shop", DEMO_IMAGE, replicas=REPLICAS, options=[
            "--network", "back", *PUBLISHED, *FAST_UPDATES, *labels(servicePath="/shop", port=8080)])
        harness.wait_until(lambda: len(self.answering()) == REPLICAS, "all answer")

    def answering(self):
        return {self.proxy.get("/shop").instance for _ in range(12)}

    def settle(self, replicas):
        self.swarm.wait_running("shop", replicas)
        harness.wait_until(lambda: len(self.answering()) == replicas, f"{replicas} tasks answer", 20)

    def scale(self, replicas):
        self.swarm.service_scale("shop", replicas)
        self.settle(replicas)

    def update(self, order, version):
        before = self.answering()
        self.swarm.service_update("shop", "--update-order", order, "--rollback-order", order, "--env-add", f"V={version}")
        self.wait_replaced(before, "completed")

    def roll_back(self):
        before = self.answering()
        self.swarm.cli("service", "rollback", "-d", "shop")
        self.wait_replaced(before, "rollback_completed")

    def wait_replaced(self, before, state):
        harness.wait_until(lambda: self.swarm.update_state("shop") == state, f"the update is {state}", 60)
        harness.wait_until(lambda: not self.answering() & before, "only new tasks answer", 20)

    def kill_one(self):
        victim = self.swarm.tasks("shop", "running")[0]["Status"]["ContainerStatus"]["ContainerID"]
        self.swarm.cli("kill", victim)
        self.settle(REPLICAS)

    def under_load(self, name, change):
        """Clients that keep their connections, clients that do not, clients that POST, and a load generator.

        Returns how many requests failed, how many of them were POSTs, and the seconds that the slowest one took.
        """
        traffics = [harness.Traffic(self.proxy, "/shop", clients=CLIENTS, **kind)
                    for kind in (dict(keep_alive=True), dict(keep_alive=False), dict(method="POST"))]
        kept, fresh, posts = traffics
        wrk = Wrk(self.proxy, "/shop", connections=CLIENTS)
        began = time.monotonic()
        with kept, fresh, posts, wrk:
            change()
            fresh.wait_for(200)
        failures = [failure for traffic in traffics for failure in traffic.failures]
        requests = sum(traffic.total() for traffic in traffics) + wrk.requests
        failed, slowest = len(failures) + wrk.failures, max(traffic.slowest for traffic in traffics)
        print(f"{name}: {requests} requests in {time.monotonic() - began:.1f} s, {failed} failed ({len(posts.failures)} POST), "
              f"slowest {slowest:.3f} s {failures[:3]}")
        assert wrk.requests > 0
        return failed, len(posts.failures), slowest


def make_scene(swarm, rig, place):
    swarm.create_network("back")
    if place == "outside":
        proxy = rig.proxy(arguments=["--docker", swarm.host, "--discovery", "swarm"])
    else:
        proxy = ContainerProxy(swarm, "--discovery", "swarm", networks=["back"])
    swarm.demo_image()
    return Scene(swarm, proxy)


@pytest.fixture(params=["on the overlay network", "outside"])
def scene(request, swarm, rig):
    return make_scene(swarm, rig, request.param)


@pytest.mark.parametrize("release", ["demo-service --listen 127.0.0.1:8080", "no-such-command"])
def test_a_release_that_is_silent_or_crashes_costs_no_request(swarm, rig, release):
    """The swarm calls it running; HAProxy finds out. With one of two copies replaced the other one goes on."""
    scene = make_scene(swarm, rig, "on the overlay network")

    def update_one():
        before = {task["ID"] for task in swarm.tasks("shop")}
        swarm.service_update("shop", "--update-delay", "1h", "--entrypoint", "docker-flow-proxy", "--args", release)
        harness.wait_until(lambda: [task for task in swarm.tasks("shop", "running") if task["ID"] not in before],
                           "one runs the new release", 30)
        time.sleep(2)  # requests that it gets now are the test
    failed, _, _ = scene.under_load(release, update_one)
    assert failed == 0
    failed, _, _ = scene.under_load("rollback", lambda: (swarm.cli("service", "rollback", "-d", "shop"), scene.settle(REPLICAS)))
    assert failed == 0


def test_no_request_is_lost(scene):
    steps = {"scale to 4": lambda: scene.scale(2 * REPLICAS), "scale to 2": lambda: scene.scale(REPLICAS),
             "update, stop first": lambda: scene.update("stop-first", 2)}
    if isinstance(scene.proxy, ContainerProxy):
        steps |= {"update, start first": lambda: scene.update("start-first", 3), "rollback": scene.roll_back}
    for name, change in steps.items():
        failed, _, slowest = scene.under_load(name, change)
        assert failed == 0, name
        assert slowest < PATIENCE, name
    # A GET that a killed task had not answered is asked of another one; a POST is not repeated.
    failed, posts, _ = scene.under_load("a task is killed", scene.kill_one)
    assert failed == posts <= 2 * CLIENTS
