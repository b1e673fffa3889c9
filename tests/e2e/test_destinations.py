"""Several destinations of one service: each with its own routes and target, switched together."""
import json
import subprocess
import threading
import time

import pytest

from harness import BINARY, Traffic

PAUSE = 0.1  # between two switches


@pytest.fixture(params=("embedded", "consul"))
def at(rig, request):
    return Situation(rig, request.param)


class Situation:
    def __init__(self, rig, kind):
        self.rig = rig
        self.consul = rig.consul() if kind == "consul" else None
        self.proxy = rig.proxy(name="proxy", registry=self.consul and self.consul.url)

    def instance(self, name, color=""):
        service = self.rig.service(f"{name}-{color}" if color else name)
        (self.consul or self.proxy).register(service)
        return service

    def restart(self):
        self.proxy.kill()
        self.proxy.popen.wait()
        self.proxy = self.rig.proxy(name="proxy", address=self.proxy.address, registry=self.consul and self.consul.url)

    def answering(self, path, host=None):
        return set(self.proxy.instances_answering(path, requests=6, host=host))


SHOP = {"servicePath.1": "/shop", "servicePath.2": "/admin", "serviceDomain.2": "admin.example.com", "pathType.2": "path",
        "skipCheck.2": "true"}


def test_each_destination_has_its_own_routes_and_they_survive_a_restart(at):
    shop = at.instance("shop")
    answer = at.proxy.ok("reconfigure", serviceName="shop", **SHOP)
    assert [d["ServicePath"] for d in answer["ServiceDest"]] == [["/shop"], ["/admin"]], answer
    assert answer["AppliedBy"] == "runtime" and answer["ServicePath"] == ["/shop"]

    def check():
        assert at.answering("/shop/x") == {shop.instance}
        assert at.answering("/admin", host="admin.example.com") == {shop.instance}
        assert at.proxy.get("/admin", host="other.example.com").status == 503
        assert at.proxy.get("/admin/x", host="admin.example.com").status == 503, "path is exact"
        service, = at.proxy.ok("services")["Services"]
        assert [d["SkipCheck"] for d in service["ServiceDest"]] == [False, True]

    check()
    at.restart()
    check()
    at.proxy.ok("reload", recreate="true")
    check()
    with Traffic(at.proxy, "/shop", clients=2) as traffic:
        at.proxy.ok("reconfigure", serviceName="shop", servicePath="/shop")
        assert at.proxy.get("/admin", host="admin.example.com").status == 503, "the second is gone"
        traffic.wait_for(20)
    assert traffic.failures == []
    at.proxy.ok("remove", serviceName="shop")
    assert at.proxy.get("/shop").status == 503


def test_all_destinations_switch_their_colour_together(at):
    colours = {color: at.instance("shop", color).instance for color in ("blue", "green")}
    at.proxy.ok("reconfigure", serviceName="shop", serviceColor="blue", **SHOP)
    mixes, stop = [], threading.Event()

    def watch():
        """Within the time of one change: who has seen the new colour on one way sees it on the other."""
        while not stop.is_set():
            began = time.monotonic()
            seen = [at.proxy.get("/shop"), at.proxy.get("/admin", host="admin.example.com"), at.proxy.get("/shop")]
            assert all(answer.status == 200 for answer in seen), seen
            first, second, third = (answer.instance for answer in seen)
            if first == third != second and time.monotonic() - began < PAUSE:
                mixes.append((first, second, third))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for n in range(20):
        at.proxy.ok("reconfigure", serviceName="shop", serviceColor=("green", "blue")[n % 2], **SHOP)
        wanted = {colours[("green", "blue")[n % 2]]}
        assert at.answering("/shop") == wanted and at.answering("/admin", host="admin.example.com") == wanted
        time.sleep(PAUSE)
    stop.set()
    watcher.join()
    assert mixes == []


def test_bad_destinations_are_named_and_change_nothing(at):
    at.instance("shop")
    at.proxy.ok("reconfigure", serviceName="shop", **SHOP)
    for wrong, named in ({"servicePath.1": "/a", "servicePath.3": "/b"}, "servicePath.3"), \
                        ({"servicePath.1": "/a", "servicePath.2": "b"}, "servicePath.2"), \
                        ({"servicePath.1": "/a", "servicePath.2": "/a"}, "servicePath.2"), \
                        ({"servicePath": "/a", "serviceColor.1": "blue"}, "serviceColor.1"), \
                        ({"servicePath.1": "/a", "servicePath.2": "(", "pathType.2": "path_reg"}, "servicePath.2"):
        answer = at.proxy.api("reconfigure", serviceName="shop", **wrong)
        assert answer.status == 400 and named in answer.json["Message"], answer
    assert at.proxy.get("/shop").status == 200


def test_the_command_line_has_them_too(at):
    shop = at.instance("shop")

    def run(*words):
        api = f"http://{at.proxy.address}:{at.proxy.api_port}"
        done = subprocess.run([BINARY, *words, "--api", api], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("reconfigure", "--service-name", "shop", "--service-path.1", "/shop", "--service-path.2", "/a,/b", "--skip-check.2")
    assert at.answering("/b") == {shop.instance}
    text = run("services", "shop")
    assert "/shop" in text and "/a, /b" in text, text


def test_an_address_that_is_anothers_now_leaves_all_destinations(at):
    shop = at.instance("shop")
    at.proxy.ok("reconfigure", serviceName="shop", **SHOP)
    (at.consul or at.proxy).deregister(shop)
    other = at.rig.service("other")
    other.address, other.port, other.instance = shop.address, shop.port, "other-1"
    (at.consul or at.proxy).register(other)
    deadline = time.monotonic() + 10
    paths = (("/shop", None), ("/admin", "admin.example.com"))
    while time.monotonic() < deadline and any(at.proxy.get(p, host=h).status != 503 for p, h in paths):
        time.sleep(0.05)
    assert [at.proxy.get(p, host=h).status for p, h in paths] == [503, 503], json.dumps(at.proxy.ok("services"))
