"""Not knowing is not "there is nothing": starts and losses at which a source is silent, blank, damaged or lies.

Each start follows a kill -9 of the control plane, with a HAProxy that serves on; requests are counted over all of it.
"""
import contextlib
import json
import os
import re
import time

import pytest

from harness import Traffic, request, wait_until
from test_lifecycle import fill, half_a_megabyte

SERVICES = ("one", "two")


class Situation:
    """Two services behind a proxy, on an embedded registry or on Consul."""

    def __init__(self, rig, kind):
        self.rig, self.kind = rig, kind
        self.consul = rig.consul() if kind == "consul" else None
        self.proxy = rig.proxy(name="proxy", registry=self.consul and self.consul.url)
        self.services = {name: rig.service(name) for name in SERVICES}
        for name, service in self.services.items():
            (self.consul or self.proxy).register(service)
            self.proxy.ok("reconfigure", serviceName=name, servicePath=f"/{name}")
        wait_until(lambda: self.last_known().keys() == set(SERVICES), "the last known state is written")

    @property
    def file(self):
        return self.proxy.folder / "state/last-known.json"

    def last_known(self):
        """Nothing while records are added behind it: the whole follows soon."""
        try:
            return json.loads(self.file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def kill(self):
        """kill -9 of the control plane alone."""
        self.proxy.kill()
        self.proxy.popen.wait()

    def start(self, wait=True, **kwargs):
        self.proxy = self.rig.proxy(name="proxy", address=self.proxy.address, wait=False,
                                    **{"registry": self.consul and self.consul.url, **kwargs})
        wait_until(lambda: self.proxy.api("services", catalog="false").status == 200, "the API answers", 30)
        if wait:
            self.proxy.wait_ready(30)
        return self.proxy

    def lose_registry(self):
        """The data are gone, as with a re-created cluster or a lost volume."""
        if self.consul:
            self.consul.call("DELETE", "/v1/kv/docker-flow/?recurse")
        else:
            for file in self.proxy.folder.glob("registry.db*"):
                file.unlink()

    def stop_consul(self):
        self.consul.kill()
        self.consul.popen.wait()

    def change_last_known(self, change):
        state = self.last_known()
        change(state)
        self.file.write_text(json.dumps(state))

    def statuses(self):
        return [self.proxy.get(f"/{name}").status for name in SERVICES]

    @contextlib.contextmanager
    def no_request_lost(self):
        with contextlib.ExitStack() as stack:
            traffic = [stack.enter_context(Traffic(self.proxy, f"/{name}", clients=2)) for name in SERVICES]
            yield
            for one in traffic:
                one.wait_for(50)
        for name, one in zip(SERVICES, traffic):
            assert one.failures == [], name

    def kept(self):
        return self.proxy.ok("services", catalog="false")["Kept"]


@pytest.mark.parametrize("kind", ("embedded", "consul"))
def test_an_emptied_registry_is_served_from_the_last_known_state(rig, kind):
    at = Situation(rig, kind)
    with at.no_request_lost():
        at.kill()
        at.lose_registry()
        at.start()
    assert at.statuses() == [200, 200]
    assert set(at.kept()) == set(SERVICES)
    assert "reconcile.start_without_registry" in at.proxy.log.read_text()


@pytest.mark.parametrize("kind", ("embedded", "consul"))
def test_what_was_acknowledged_a_moment_before_a_kill_is_last_known(rig, kind):
    at = Situation(rig, kind)
    at.proxy.ok("reconfigure", serviceName="one", servicePath="/one,/more")
    at.proxy.ok("remove", serviceName="two")
    at.kill()
    at.lose_registry()
    at.start()
    assert [at.proxy.get(path).status for path in ("/one", "/more", "/two")] == [200, 200, 503]
    assert set(at.kept()) == {"one"}


def test_orders_bring_an_emptied_registry_in_step(rig):
    at = Situation(rig, "embedded")
    at.kill()
    at.file.unlink()
    at.lose_registry()
    at.start(wait=False)
    assert not at.proxy.ok("services")["Synchronised"]
    for name, service in at.services.items():
        at.proxy.register(service)
        at.proxy.ok("reconfigure", serviceName=name, servicePath=f"/{name}")
    wait_until(lambda: at.proxy.ok("services")["Synchronised"], "it is in step", 20)


def test_an_embedded_registry_of_no_bytes_is_served_from_the_last_known_state(rig):
    at = Situation(rig, "embedded")
    with at.no_request_lost():
        at.kill()
        at.lose_registry()
        (at.proxy.folder / "registry.db").touch()
        at.start()
    assert at.statuses() == [200, 200]


def test_another_path_of_the_registry_is_served_from_the_last_known_state(rig):
    """A typing error, or a volume that is mounted elsewhere: a new, blank registry comes into being at the wrong path."""
    at = Situation(rig, "embedded")
    with at.no_request_lost():
        at.kill()
        at.start(registry=f"embedded:{rig.folder}/elsewhere/registry.db")
    assert at.statuses() == [200, 200]
    assert set(at.kept()) == set(SERVICES)
    with at.no_request_lost():
        at.kill()
        at.start()
    assert at.statuses() == [200, 200] and at.kept() == {}, "and with the right one again"


@pytest.fixture
def small_state(rig):
    with half_a_megabyte(rig.folder / "proxy/state") as folder:
        yield folder


def test_a_full_state_directory_costs_no_change_and_no_request(rig, small_state):
    at = Situation(rig, "embedded")
    with at.no_request_lost():
        fill(small_state)
        before = sorted(file.name for file in small_state.iterdir())
        for n in range(10):
            at.proxy.ok("reconfigure", serviceName="one", servicePath=f"/one,/more{n}")
            assert at.proxy.get(f"/more{n}").status == 200
        wait_until(lambda: "reconcile.last_known_unwritten" in at.proxy.log.read_text(), "the log says so")
        at.kill()
        at.start()
        assert at.proxy.get("/more9").status == 200, "from the registry"
        at.proxy.ok("reconfigure", serviceName="one", servicePath="/one,/again")
        assert sorted(file.name for file in small_state.iterdir()) == before, "nothing piles up"
    (small_state / "ballast").unlink()
    wait_until(lambda: "/again" in json.dumps(at.last_known().get("one")), "what could not be written follows", 20)
    with at.no_request_lost():
        at.kill()
        at.lose_registry()
        at.start()
    assert at.statuses() == [200, 200] and at.proxy.get("/again").status == 200


def test_a_record_of_a_newer_version_in_the_last_known_state_costs_nothing(rig):
    at = Situation(rig, "consul")
    with at.no_request_lost():
        at.kill()
        at.stop_consul()
        at.change_last_known(lambda state: state["two"].update(version=99))
        at.start(wait=False)
        assert "newer" in at.proxy.ok("services", catalog="false")["Quarantined"]["two"]
        metrics = request(at.proxy.address, at.proxy.api_port, "/metrics").body.decode()
        assert {"dfp_services_quarantined 1", "dfp_registry_up 0"} <= set(metrics.splitlines()), metrics
        assert re.search(r'^dfp_build_info\{version="[0-9.]+"\} 1$', metrics, re.M), metrics
    assert at.statuses() == [200, 200]


@pytest.mark.parametrize("text", (None, "", "{}", "garbage"), ids=("missing", "empty", "of-nothing", "garbage"))
def test_without_registry_and_last_known_state_haproxy_is_left_alone(rig, text):
    at = Situation(rig, "consul")
    with at.no_request_lost():
        at.kill()
        at.stop_consul()
        at.file.unlink()
        if text is not None:
            at.file.write_text(text)
        at.start(wait=False)
        assert at.proxy.api("successfulinitreload").status == 500, "not in step"
        # A reload of what was found serves the same.
        at.proxy.ok("reload", recreate="true")
        assert at.statuses() == [200, 200]
        # An agent that comes back with nothing is no news.
        at.consul.start()
        wait_until(lambda: "reconcile.store_blank" in at.proxy.log.read_text(), "the registry was read", 30)
        assert at.proxy.api("successfulinitreload").status == 500
    assert at.statuses() == [200, 200]
    assert set(at.kept()) == set(SERVICES)
    at.proxy.ok("remove", serviceName="two")
    assert at.statuses() == [200, 503]


@pytest.mark.parametrize("known", ("last-known", "haproxy"))
def test_a_damaged_record_is_served_as_it_was(rig, known):
    at = Situation(rig, "consul")
    with at.no_request_lost():
        at.kill()
        at.consul.call("PUT", "/v1/kv/docker-flow/two/definition", "{damaged")
        if known == "haproxy":
            at.file.unlink()
        at.start()
        assert "not JSON" in at.proxy.ok("services")["Quarantined"]["two"]
    assert at.statuses() == [200, 200]


def test_what_is_left_of_a_cut_last_known_state_takes_no_change_back(rig):
    at = Situation(rig, "consul")
    green = rig.service("one")
    at.consul.register(green, "one-green")
    at.proxy.ok("reconfigure", serviceName="one", servicePath="/one", serviceColor="green")
    at.proxy.ok("reconfigure", serviceName="two", servicePath="/two,/more")
    at.kill()
    at.stop_consul()
    records = at.file.read_text().splitlines(keepends=True)
    latest = max(n for n, line in enumerate(records) if '"/more"' in line)
    stale = [line for line in records[:latest] if "green" not in line]
    assert any('"one"' in line for line in stale), "an older record is left of each"
    at.file.write_text("".join(stale) + records[latest][:40])
    with at.no_request_lost():
        at.start(wait=False)
    assert [at.proxy.get(path).status for path in ("/one", "/two", "/more")] == [200, 200, 200]
    assert set(at.proxy.instances_answering("/one")) == {green.instance}
    at.consul.start()  # as an agent in development mode: it has kept nothing
    time.sleep(3)
    assert set(at.proxy.instances_answering("/one")) == {green.instance}


@pytest.mark.parametrize("kind", ("embedded", "consul"))
def test_a_reboot_with_an_emptied_registry_is_served_from_the_last_known_state(rig, kind):
    at = Situation(rig, kind)
    at.proxy.kill_everything()
    at.lose_registry()
    at.start()
    assert at.statuses() == [200, 200]
    assert set(at.kept()) == set(SERVICES)
    assert "reconcile.store_blank" in at.proxy.log.read_text()


def test_a_reboot_with_a_spoilt_last_known_state_serves_the_services_that_are_whole(rig):
    at = Situation(rig, "consul")
    at.proxy.kill_everything()
    at.stop_consul()
    at.change_last_known(lambda state: state["two"].update(version=99))
    at.start(wait=False)
    assert at.statuses() == [200, 503]
    at.proxy.kill_everything()
    at.consul.start()  # as an agent in development mode: it has kept nothing
    at.start()
    assert at.statuses() == [200, 503]


def test_a_reboot_with_a_damaged_record_serves_it_as_it_was(rig):
    at = Situation(rig, "consul")
    at.proxy.kill_everything()
    at.consul.call("PUT", "/v1/kv/docker-flow/two/definition", "{damaged")
    at.start()
    assert at.statuses() == [200, 200]


def test_the_operator_may_say_that_an_empty_registry_is_right(rig):
    at = Situation(rig, "consul")
    at.kill()
    at.lose_registry()
    at.start(arguments=("--accept-empty-registry", "true"))
    assert at.statuses() == [503, 503]
    assert at.proxy.ok("services")["Services"] == []


def test_a_template_is_found_in_a_running_haproxy(rig):
    consul = rig.consul()
    template = rig.folder / "go-demo.tmpl"
    template.write_text('backend go-demo-be\n{{range service "go-demo"}}  server {{.ID}} {{.Address}}:{{.Port}}\n{{end}}\n')
    arguments = ("--templates-dir", rig.folder)
    proxy = rig.proxy(name="proxy", registry=consul.url, arguments=arguments)
    consul.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", consulTemplatePath=template)
    proxy.kill()
    proxy.popen.wait()
    consul.kill()
    consul.popen.wait()
    (proxy.folder / "state/last-known.json").unlink(missing_ok=True)
    again = rig.proxy(name="proxy", registry=consul.url, address=proxy.address, arguments=arguments, wait=False)
    wait_until(lambda: again.api("services", catalog="false").status == 200, "the API answers", 30)
    again.ok("reload", recreate="true")
    assert b"backend go-demo-be" in again.api("config").body


def register(consul, service, name):
    """One process under several names."""
    answer = consul.call("PUT", "/v1/agent/service/register",
                         {"ID": name, "Name": name, "Address": service.address, "Port": service.port})
    assert answer.status == 200, answer


def test_a_registry_that_loses_most_services_is_not_believed(rig):
    consul = rig.consul()
    proxy = rig.proxy(registry=consul.url, arguments=("--shrink-hold", "5s"))
    demo = rig.service()
    consul.register(demo)
    names = [f"s{n}" for n in range(6)]
    for name in names:
        register(consul, demo, name)
        proxy.ok("reconfigure", serviceName=name, servicePath=f"/{name}")
    with Traffic(proxy, "/s1/x") as traffic:
        consul.call("PUT", "/v1/txn", [{"KV": {"Verb": "delete-tree", "Key": f"docker-flow/{name}/"}} for name in names[:4]])
        wait_until(lambda: set(proxy.ok("services")["Kept"]) == set(names[:4]), "the loss is reported")
        assert b"dfp_registry_held_services 4" in request(proxy.address, proxy.api_port, "/metrics").body
        proxy.ok("remove", serviceName="s0")
        assert proxy.get("/s0").status == 503, "an order"
        traffic.wait_for(100)
    assert traffic.failures == []
    wait_until(lambda: proxy.get("/s1").status == 503, "the hold ends", 20)
    assert [proxy.get(f"/s{n}").status for n in (4, 5)] == [200, 200]
    # A single service is taken at its keys' word.
    consul.call("DELETE", "/v1/kv/docker-flow/s4/?recurse")
    wait_until(lambda: proxy.get("/s4").status == 503, "it is gone")


def test_removals_through_another_proxy_are_followed_at_once(rig):
    consul = rig.consul()
    a, b = rig.proxy(registry=consul.url), rig.proxy(registry=consul.url)
    demo = rig.service()
    names = [f"s{n}" for n in range(6)]
    for name in names:
        register(consul, demo, name)
        a.ok("reconfigure", serviceName=name, servicePath=f"/{name}")
    wait_until(lambda: b.get("/s5").status == 200, "b serves them")
    b.kill()
    b.popen.wait()
    for name in names[:5]:
        a.ok("remove", serviceName=name)
    again = rig.proxy(name="proxy-2", registry=consul.url, address=b.address)
    assert [again.get(f"/{name}").status for name in names] == [503] * 5 + [200]
    assert again.ok("services")["Kept"] == {}
