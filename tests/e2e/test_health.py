"""Who gets requests, and since when: waitForHealthy, HAProxy's checks, the registry's checks."""
import threading

from harness import DemoService, Traffic, free_port, wait_until


class Sleeper:
    """A place where nothing listens until start() is called; looks like a demo service to a registry."""

    def __init__(self, rig, name):
        self.rig, self.name = rig, name
        self.address, self.port = "127.0.0.1", free_port()
        self.instance = f"{name}-{self.port}"

    def start(self):
        return self.rig.add(DemoService(self.rig.folder, self.name, instance=self.instance, port=self.port))


def test_a_new_service_is_refused_while_nobody_listens(rig):
    proxy = rig.proxy()
    proxy.register(Sleeper(rig, "go-demo"))
    refused = proxy.api("reconfigure", serviceName="go-demo", servicePath="/demo", waitForHealthy="true", waitTimeout="500ms")
    assert refused.status == 409, refused
    assert "go-demo" in refused.json["Message"] and "not healthy" in refused.json["Message"]
    assert "refused" in refused.json["Message"], "the reason is the check's, not that the time is up"
    assert proxy.get("/demo").status == 503
    assert proxy.ok("services")["Services"] == []


def test_instances_join_once_they_are_healthy_and_requests_wait_for_them(rig):
    proxy = rig.proxy()
    first, sleeper = rig.service(), Sleeper(rig, "go-demo")
    proxy.register(first)
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo", skipCheck="true")
    proxy.register(sleeper)
    answers = []

    def scale():
        answers.append(proxy.api("reconfigure", serviceName="go-demo", servicePath="/demo", skipCheck="true",
                                 waitForHealthy="true", waitTimeout="30s"))

    with Traffic(proxy, "/demo") as traffic:
        caller = threading.Thread(target=scale)
        caller.start()
        traffic.wait_for(100)
        # Another service is not held up by the one that waits.
        proxy.register(rig.service("other"))
        proxy.ok("reconfigure", serviceName="other", servicePath="/other")
        assert proxy.get("/other").status == 200 and not answers
        started = sleeper.start()
        caller.join(20)
        traffic.wait_for(100)
    assert traffic.failures == []
    assert answers[0].status == 200 and answers[0].json["Instances"] == 2
    assert set(proxy.instances_answering("/demo")) == {first.instance, started.instance}


def test_a_colour_that_is_not_healthy_leaves_the_other_one_in_place(rig):
    proxy = rig.proxy()
    blue, green = rig.service("shop-blue"), Sleeper(rig, "shop-green")
    proxy.register(blue), proxy.register(green)
    proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", serviceColor="blue")
    refused = proxy.api("reconfigure", serviceName="shop", servicePath="/shop", serviceColor="green",
                        waitForHealthy="true", waitTimeout="300ms")
    assert refused.status == 409
    assert proxy.instances_answering("/shop", 5) == {blue.instance: 5}


def test_a_wait_needs_a_duration(rig):
    proxy = rig.proxy()
    answer = proxy.api("reconfigure", serviceName="a", servicePath="/a", waitForHealthy="true", waitTimeout="soon")
    assert answer.status == 400 and answer.json["Message"].startswith("waitTimeout: ")


def critical(consul, service):
    """What a check of the service itself would say; the service goes on answering."""
    answer = consul.call("PUT", f"/v1/agent/check/fail/service:{service.instance}")
    assert answer.status == 200, answer


def passing(consul, service):
    assert consul.call("PUT", f"/v1/agent/check/pass/service:{service.instance}").status == 200


def test_the_registrys_checks_decide_where_they_are_trusted(rig):
    consul = rig.consul()
    proxy = rig.proxy(registry=consul.url, arguments=["--health", "registry"])
    one, two = rig.service(), rig.service()
    for service in (one, two):
        answer = consul.call("PUT", "/v1/agent/service/register", {
            "ID": service.instance, "Name": service.name, "Address": service.address, "Port": service.port,
            "Check": {"TTL": "1h", "Status": "passing"}})
        assert answer.status == 200, answer
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    assert "check inter" not in proxy.api("config").body.decode(), "HAProxy makes no checks of its own"
    assert set(proxy.instances_answering("/demo", 10)) == {one.instance, two.instance}

    with Traffic(proxy, "/demo") as traffic:
        critical(consul, one)
        wait_until(lambda: proxy.instances_answering("/demo", 6) == {two.instance: 6}, "the sick one is out of use")
        passing(consul, one)
        wait_until(lambda: len(proxy.instances_answering("/demo", 10)) == 2, "it is back")
        critical(consul, one), critical(consul, two)
        traffic.wait_for(200)
    assert traffic.failures == [], "where all are sick all are used"


def test_haproxys_own_checks_take_a_dead_instance_out(rig):
    proxy = rig.proxy(arguments=["--check-interval", "200ms", "--check-fall", "1"])
    one, two = rig.service(), rig.service()
    proxy.register(one), proxy.register(two)
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    with Traffic(proxy, "/demo") as traffic:
        one.kill()
        one.popen.wait()
        wait_until(lambda: proxy.instances_answering("/demo", 6) == {two.instance: 6}, "the dead one gets nothing")
        traffic.wait_for(100)
    # What was on its way to the killed process may be lost; nothing that came later.
    assert len(traffic.failures) <= 4, traffic.failures
