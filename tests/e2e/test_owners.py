"""A route has one owner, on all proxies of a registry."""
import json
import threading

import pytest

from harness import Traffic, wait_until


@pytest.fixture(params=["embedded", "consul"])
def two(rig, request):
    """Two proxies on one registry, with it."""
    consul = rig.consul() if request.param == "consul" else None
    registry = consul.url if consul else f"embedded:{rig.folder}/shared.db"
    return rig.proxy(registry=registry), rig.proxy(registry=registry), consul


def at_once(*calls):
    """Their results, in order."""
    results = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(n):
        barrier.wait()
        results[n] = calls[n]()
    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def answering(proxy, path):
    """Who answers; nothing while nobody does."""
    answers = [proxy.get(path) for _ in range(5)]
    return {answer.instance for answer in answers} if all(a.status == 200 for a in answers) else set()


def served(proxy):
    return {service["ServiceName"] for service in proxy.ok("services", catalog="false")["Services"]}


def test_of_two_who_take_a_route_at_the_same_moment_one_is_refused(rig, two):
    a, b, _ = two
    one, other = rig.service("one"), rig.service("two")
    a.register(one)
    a.register(other)
    for n in range(8):
        path = f"/same-{n}"
        answers = at_once(lambda: a.api("reconfigure", serviceName="one", servicePath=path),
                          lambda: b.api("reconfigure", serviceName="two", servicePath=path))
        assert sorted(answer.status for answer in answers) == [200, 409], answers
        names = ["one", "two"]
        winner = names.pop([answer.status for answer in answers].index(200))
        loser = names[0]
        assert f"belongs to service {winner}" in [x for x in answers if x.status == 409][0].json["Message"]
        for proxy in (a, b):  # both serve the winner, and neither is locked
            wait_until(lambda: proxy.get(path).status == 200, "the winner is served", 20)
            assert set(proxy.instances_answering(path, 10)) == {(one if winner == "one" else other).instance}
            assert proxy.api("reconfigure", serviceName=winner, servicePath=path, skipCheck="true").status == 200
            assert proxy.api("reconfigure", serviceName=loser, servicePath=path).status == 409
        a.ok("remove", serviceName=winner)
        wait_until(lambda: not served(b), "both are free again", 20)


class FromTheFirst:
    """Asks a proxy again and again for a path: once it is answered, it stays so."""

    def __init__(self, proxy, path):
        self.proxy, self.path = proxy, path
        self.answered, self.ending, self.failures = False, False, []
        self.thread = threading.Thread(target=self.ask)

    def ask(self):
        while not self.ending:
            status = self.proxy.get(self.path).status
            if self.answered and status != 200:
                self.failures.append(f"{self.path}: {status}")
            self.answered = self.answered or status == 200

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        self.thread.join(10)


def test_who_is_overtaken_by_the_same_order_does_not_take_the_route_away_first(rig, two):
    a, b, _ = two
    shop = rig.service("shop")
    a.register(shop)
    paths = []
    for n in range(20):
        paths.append(f"/round-{n}")
        order = {"serviceName": "shop", "servicePath": ",".join(paths)}
        with FromTheFirst(a, paths[-1]) as of_a, FromTheFirst(b, paths[-1]) as of_b:
            answers = at_once(lambda: a.api("reconfigure", **order), lambda: b.api("reconfigure", **order))
            wait_until(lambda: of_a.answered and of_b.answered, "both serve it", 20)
        assert [answer.status for answer in answers] == [200, 200], answers
        assert of_a.failures + of_b.failures == []


def test_what_others_write_into_the_registry_takes_no_route(rig, two):
    a, b, consul = two
    if not consul:
        pytest.skip("keys of the embedded registry cannot be written from outside")
    one, evil = rig.service("one"), rig.service("a-evil")
    for service in (one, evil):
        consul.register(service)
    a.ok("reconfigure", serviceName="one", servicePath="/one")
    wait_until(lambda: b.get("/one").status == 200, "both serve it", 20)
    record = {"version": 1, "write": "0", "definition": {"serviceName": "b-evil", "servicePath": ["/one"], "aclName": "0",
                                                          "takeOver": True}, "revision": 1}
    text = dict(record, definition={"serviceName": "c-evil", "consulTemplatePath": "x.tmpl"},
                rendered="frontend x\n  use_backend evil\nbackend evil\n  server e 127.0.0.1:1\n")
    with Traffic(a, "/one") as of_a, Traffic(b, "/one") as of_b:
        consul.call("PUT", "/v1/kv/docker-flow/a-evil/path", "/one")
        consul.call("PUT", "/v1/kv/docker-flow/b-evil/definition", json.dumps(record))
        consul.call("PUT", "/v1/kv/docker-flow/c-evil/definition", json.dumps(text))
        for proxy in (a, b):
            for name in ("a-evil", "b-evil", "c-evil"):
                reason = wait_until(lambda: proxy.ok("services")["Quarantined"].get(name), f"{name} is quarantined", 20)
                assert name == "c-evil" or "belongs to service one" in reason, reason
        third = rig.proxy(registry=consul.url)  # has not seen who was first
        of_a.wait_for(100)
        of_b.wait_for(100)
    assert of_a.failures == [] and of_b.failures == []
    assert set(of_a.answers) | set(of_b.answers) == {one.instance}
    assert served(third) == {"one"}
    assert set(third.instances_answering("/one", 10)) == {one.instance}
    for proxy in (a, b, third):
        assert proxy.api("reconfigure", serviceName="one", servicePath="/one", skipCheck="true").status == 200


def test_an_acl_name_alone_is_no_invitation(rig, two):
    """A route of a service with an aclName is not taken by one without, which sorts before it, in any way."""
    a, b, consul = two
    owner, intruder = rig.service("owner"), rig.service("intruder")
    for service in (owner, intruder):
        a.register(service)
    a.ok("reconfigure", serviceName="owner", servicePath="/o", aclName="m-own")
    for proxy in (a, b):
        wait_until(lambda: answering(proxy, "/o") == {owner.instance}, "both serve it", 20)
        refused = proxy.api("reconfigure", serviceName="intruder", servicePath="/o")
        assert refused.status == 409 and "belongs to service owner" in refused.json["Message"], refused
    if consul:
        consul.call("PUT", "/v1/kv/docker-flow/intruder/path", "/o")
        for proxy in (a, b):
            wait_until(lambda: "intruder" in proxy.ok("services")["Quarantined"], "it is quarantined", 20)
    assert answering(a, "/o") == answering(b, "/o") == {owner.instance}


def test_a_route_is_taken_over_only_where_that_is_asked_for(rig, two):
    a, b, _ = two
    owner, taker = rig.service("owner"), rig.service("taker")
    for service in (owner, taker):
        a.register(service)
    a.ok("reconfigure", serviceName="owner", servicePath="/x")
    refused = a.api("reconfigure", serviceName="taker", servicePath="/x", aclName="0")
    assert refused.status == 409 and "belongs to service owner" in refused.json["Message"], refused
    a.ok("reconfigure", serviceName="taker", servicePath="/x", aclName="0", takeOver="true")
    for proxy in (a, b):
        wait_until(lambda: answering(proxy, "/x") == {taker.instance}, "it is taken over", 20)
        proxy.ok("reconfigure", serviceName="owner", servicePath="/x", skipCheck="true")
    a.ok("remove", serviceName="taker")
    for proxy in (a, b):
        wait_until(lambda: answering(proxy, "/x") == {owner.instance}, "it is the owner's again", 20)
