"""Instances that are registered under host names."""
import threading
import time

import pytest

from harness import Traffic, wait_until
from name_server import NameServer


@pytest.fixture
def dns(rig):
    return rig.add_end(NameServer(rig.folder))


def register(proxy, service, host, name=None):
    proxy.ok("register", serviceName=name or service.name, address=host, port=service.port, id=service.instance)


def instance(proxy, service, number=0):
    return proxy.ok("services", serviceName=service)["Services"][0]["Instances"][number]


def test_a_name_that_moves_is_followed(rig, dns):
    """127.0.0.1 first, then an address where nothing listens, then back: by itself, and at once on request."""
    proxy = rig.proxy(machine=dns)
    service = rig.service()
    dns.names["app.test"] = "127.0.0.9"  # nobody there
    register(proxy, service, "app.test")
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo", skipCheck="true")
    assert instance(proxy, "go-demo")["UsedAddress"] == "127.0.0.9"
    assert proxy.get("/demo").status == 503
    dns.names["app.test"] = "127.0.0.1"
    time.sleep(1.1)  # an answer is used again for a second
    answer = proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo", skipCheck="true")
    assert answer["AppliedBy"] == "runtime", answer
    assert proxy.get("/demo").status == 200
    assert instance(proxy, "go-demo")["UsedAddress"] == "127.0.0.1"
    with Traffic(proxy, "/demo") as traffic:
        dns.names.pop("app.test")  # not known any more: that is no reason to stop
        wait_until(lambda: instance(proxy, "go-demo")["NameProblem"], "the problem is shown", 40)
        traffic.wait_for(50)
    assert traffic.failures == []
    dns.names["app.test"] = "127.0.0.9"
    wait_until(lambda: instance(proxy, "go-demo")["UsedAddress"] == "127.0.0.9", "followed without a request", 40)


def test_one_unknown_name_leaves_the_others_serving(rig, dns):
    proxy = rig.proxy(machine=dns)
    good, lost = rig.service(), rig.service()
    dns.names["good.test"] = "127.0.0.1"
    register(proxy, good, "good.test")
    register(proxy, lost, "lost.test")
    answer = proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    assert "lost.test" in answer["Message"] and "1 of 2" in answer["Message"], answer
    assert set(proxy.instances_answering("/demo")) == {good.instance}
    problems = {i["ID"]: i["NameProblem"] for i in proxy.ok("services", serviceName="go-demo")["Services"][0]["Instances"]}
    assert problems[lost.instance] and not problems[good.instance], problems

    proxy.deregister(good)
    refused = proxy.api("reconfigure", serviceName="go-demo", servicePath="/demo")
    assert refused.status == 409 and "lost.test" in refused.json["Message"], refused
    assert set(proxy.instances_answering("/demo")) == {good.instance}
    dns.names["lost.test"] = "127.0.0.1"  # found by itself, though it was unknown when it was asked for
    wait_until(lambda: lost.instance in proxy.instances_answering("/demo", 10), "it joins", 40)


def test_names_that_nobody_answers_for_hold_up_nobody(rig, dns):
    proxy = rig.proxy(machine=dns)
    good = rig.service()
    proxy.register(good)
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    slow = rig.service("slow")
    for n in range(50):
        dns.silent.add(f"dead{n}.test")
        proxy.ok("register", serviceName="slow", address=f"dead{n}.test", port=slow.port, id=f"dead{n}")
    answers = []
    ask = threading.Thread(target=lambda: answers.append(proxy.api("reconfigure", serviceName="slow", servicePath="/slow")))
    ask.start()
    slowest = 0
    while ask.is_alive():
        began = time.monotonic()
        proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo,/more")
        proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
        slowest = max(slowest, time.monotonic() - began)
    ask.join()
    assert slowest < 3, "two good changes waited for names of another service"
    assert answers[0].status == 409, answers


def test_a_name_that_leads_to_the_api_is_not_followed(rig, dns):
    """At once, beside a good instance, and when a name moves there later (DNS rebinding)."""
    proxy = rig.proxy(machine=dns)
    api = "/v1/docker-flow-proxy/services"

    def says(service, number=0):
        shown = instance(proxy, service, number)
        return shown["UsedAddress"], shown["NameProblem"]

    dns.names["we.test"] = proxy.address
    proxy.ok("register", serviceName="api", address="we.test", port=proxy.api_port, id="we")
    refused = proxy.api("reconfigure", serviceName="api", servicePath="/v1", skipCheck="true")
    assert proxy.get(api).status == 503, "the API is published"
    assert refused.status == 409 and "own API" in refused.json["Message"], refused

    good = rig.service()
    proxy.register(good, "api")
    answer = proxy.ok("reconfigure", serviceName="api", servicePath="/v1", skipCheck="true")
    assert "1 of 2" in answer["Message"] and "own API" in answer["Message"], answer
    assert proxy.instances_answering("/v1", 20) == {good.instance: 20}
    problems = {i["ID"]: i.get("NameProblem", "") for i in proxy.ok("services", serviceName="api")["Services"][0]["Instances"]}
    assert "own API" in problems["we"] and not problems[good.instance], problems

    dns.names["moves.test"] = "127.0.0.9"
    proxy.ok("register", serviceName="moves", address="moves.test", port=proxy.api_port, id="moves")
    proxy.ok("reconfigure", serviceName="moves", servicePath=api, skipCheck="true")
    assert says("moves") == ("127.0.0.9", "")
    dns.names["moves.test"] = proxy.address
    wait_until(lambda: says("moves") != ("127.0.0.9", ""), "the move is noticed", 40)
    assert proxy.get(api).status == 503, "the API is published"
    assert says("moves")[0] == "" and "own API" in says("moves")[1]
    assert "haproxy.instance_is_own_api" in proxy.log.read_text()


def test_no_check_is_sent_to_the_api(rig, dns):
    """A check is a request of the proxy's own, with a path that the caller chooses."""
    proxy = rig.proxy(machine=dns)
    dns.names["we.test"] = proxy.address
    proxy.ok("register", serviceName="api", address="we.test", port=proxy.api_port, id="we")
    refused = proxy.api("reconfigure", serviceName="api", servicePath="/v1", waitForHealthy="true", waitTimeout="2s",
                        checkPath="/v1/docker-flow-proxy/services", checkHost="localhost")
    assert refused.status == 409 and "own API" in refused.json["Message"], refused


def test_a_template_with_a_name_that_leads_to_the_api_is_refused(rig, dns):
    (rig.folder / "templates").mkdir()
    proxy = rig.proxy(machine=dns, arguments=["--templates-dir", rig.folder / "templates"])
    file = rig.folder / "templates/x.tmpl"
    for host in ("we.test", "localhost"):
        file.write_text(f"acl all path_beg /\nuse_backend x if all\nbackend x\n  server s {host}:{proxy.api_port}\n")
        dns.names["we.test"] = proxy.address
        refused = proxy.api("reconfigure", serviceName="x", consulTemplatePath="x.tmpl")
        assert proxy.get("/v1/docker-flow-proxy/services").status == 503, "the API is published"
        assert refused.status == 400 and "own API" in refused.json["Message"] and "line 4" in refused.json["Message"], refused
    file.write_text(file.read_text().replace("localhost", "other.test"))
    dns.names["other.test"] = "127.0.0.9"
    proxy.ok("reconfigure", serviceName="x", consulTemplatePath="x.tmpl")
