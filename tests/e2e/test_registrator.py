"""Containers of a real engine in a registry: what Registrator 7 recorded, and what it got wrong."""
import re
import signal
import subprocess

import harness
import pytest
from docker_engine import DEMO_IMAGE
from docker_spy import Spy
from registrator import ConsulBook, EmbeddedBook, Registrator


@pytest.fixture(params=["consul", "embedded"])
def book(request, rig, engine):
    """A registry that the engine's machine can reach."""
    if request.param == "consul":
        return ConsulBook(rig.consul(engine.site.address))
    return EmbeddedBook(rig.folder / "registry.db")


@pytest.fixture
def consul_book(rig, engine):
    return ConsulBook(rig.consul(engine.site.address))


@pytest.fixture
def embedded_book(rig):
    return EmbeddedBook(rig.folder / "registry.db")


@pytest.fixture
def registrator(rig, engine):
    def start(book, *arguments, **kwargs):
        return rig.add(Registrator(rig.folder, engine, book.url, *arguments, **kwargs))
    return start


def wait_for_ids(book, *ids):
    """Exactly these are registered."""
    def same():
        return set(book.entries()) == set(ids)
    try:
        harness.wait_until(same, "the ids are registered", 15)
    except AssertionError:
        raise AssertionError(f"registered are {sorted(book.entries())}, not {sorted(ids)}") from None
    return book.entries()


def wait_for_health(book, id, health):
    harness.wait_until(lambda: id in book.entries() and book.entries()[id].health == health, f"{id} is {health}")


# ------------------------------------------------------------------------------------------------ what is registered

def test_an_entry_looks_as_the_original_records_it(book, registrator, engine):
    engine.demo_image("hcontracts")
    engine.run("hcontracts", name="hcb", options=[
        "-P", "--expose", "9090/udp", "-e", "SERVICE_NAME=multi", "-e", "SERVICE_REGION=us", "-e", r"SERVICE_TAGS=t1,t\,2",
        "-e", "SERVICE_8080_CHECK_HTTP=/health", "-e", "SERVICE_8080_CHECK_INTERVAL=5s", "-e", "SERVICE_9090_NAME=udpsvc"])
    registrator(book, "-ip", "10.9.8.7")
    entries = wait_for_ids(book, "node-1:hcb:8080", "node-1:hcb:9090:udp")
    web, udp = entries["node-1:hcb:8080"], entries["node-1:hcb:9090:udp"]
    assert (web.service, web.address, web.port) == ("multi-8080", "10.9.8.7", engine.published_port("hcb"))
    assert sorted(web.tags) == ["t,2", "t1"]
    assert web.attributes == {"check_http": "/health", "check_interval": "5s", "region": "us"}
    assert (udp.service, sorted(udp.tags)) == ("udpsvc", ["t,2", "t1", "udp"])
    assert udp.attributes == {"region": "us"}
    if isinstance(book, ConsulBook):
        assert web.checks["service:node-1:hcb:8080"]["Type"] == "http", web.checks


def test_names_ids_and_places_follow_the_same_rules(book, registrator, engine):
    engine.demo_image()
    engine.run(DEMO_IMAGE, name="plain", options=["-P"])
    engine.run(DEMO_IMAGE, name="unpublished")
    engine.run(DEMO_IMAGE, name="ignored", options=["-P", "-e", "SERVICE_IGNORE=false"])
    engine.run(DEMO_IMAGE, name="half", options=["-P", "--expose", "9090", "-l", "SERVICE_9090_IGNORE=1"])
    engine.run(DEMO_IMAGE, name="labelled", options=["-P", "-e", "SERVICE_NAME=by-env", "-l", "SERVICE_NAME=by-label"])
    engine.run(DEMO_IMAGE, name="own-id", options=["-P", "-e", "SERVICE_ID=shop-7"])
    engine.run(DEMO_IMAGE, name="one-address", options=["-p", f"{engine.address}:7001:8080"])
    engine.run(DEMO_IMAGE, name="on-host", options=["--network", "host"])
    registrator(book)
    entries = wait_for_ids(book, "node-1:plain:8080", "node-1:half:8080", "node-1:labelled:8080", "shop-7",
                           "node-1:one-address:8080", "node-1:on-host:8080")
    assert {entry.address for entry in entries.values()} == {engine.address}, "the address is found without -ip"
    assert entries["node-1:plain:8080"].service == "go-demo", "the image names the service"
    assert entries["node-1:half:8080"].service == "go-demo-8080", "there are two eligible ports"
    assert entries["node-1:labelled:8080"].service == "by-label", "a label wins over a variable"
    assert entries["node-1:one-address:8080"].port == 7001
    assert entries["node-1:on-host:8080"].port == 8080
    for name in ("plain", "half", "own-id"):
        id = "shop-7" if name == "own-id" else f"node-1:{name}:8080"
        assert entries[id].port == engine.published_port(name)


def test_internal_gives_containers_own_addresses(embedded_book, registrator, engine):
    engine.demo_image()
    engine.create_network("back", "bridge", ())
    engine.run(DEMO_IMAGE, name="default")
    engine.run(DEMO_IMAGE, name="in-back", options=["--network", "back"])
    engine.run(DEMO_IMAGE, "sleep", "1000", name="guest", options=["--network", "container:in-back", "-e", "SERVICE_NAME=guest"])
    registrator(embedded_book, "-internal")
    entries = wait_for_ids(embedded_book, "node-1:default:8080", "node-1:in-back:8080", "node-1:guest:8080")
    assert (entries["node-1:default:8080"].address, entries["node-1:default:8080"].port) == (
        engine.container_address("default"), 8080)
    inside = engine.container_address("in-back", "back")
    assert entries["node-1:in-back:8080"].address == entries["node-1:guest:8080"].address == inside


def test_a_network_may_be_chosen_and_joined_later(embedded_book, registrator, engine):
    for network in ("a", "b"):
        engine.create_network(network, "bridge", ())
    engine.run(engine.demo_image(), name="one", options=["--network", "a"])
    process = registrator(embedded_book, "-internal", "--network", "b", "-resync", "0")
    harness.wait_until(lambda: "no address in the network b" in process.log.read_text(), "the missing network is told")
    engine.cli("network", "connect", "b", "one")
    entry = wait_for_ids(embedded_book, "node-1:one:8080")["node-1:one:8080"]
    assert entry.address == engine.container_address("one", "b")
    engine.cli("network", "disconnect", "b", "one")
    wait_for_ids(embedded_book)


def test_tasks_of_a_swarm_are_registered_in_their_own_network(embedded_book, rig, swarm):
    """A task that is published by the routing mesh is in the mesh's network too, where nobody reaches it."""
    swarm.demo_image()
    swarm.create_network("proxy")
    swarm.cli("service", "create", "-d", "--no-resolve-image", "--name", "shop", "--network", "proxy", "-p", "8080:8080", DEMO_IMAGE)
    swarm.wait_running("shop", 1)
    container = swarm.cli("ps", "-q")
    assert {"ingress", "proxy"} <= set(swarm.inspect(container)["NetworkSettings"]["Networks"])
    rig.add(Registrator(rig.folder, swarm, embedded_book.url, "-internal"))
    entry, = harness.wait_until(lambda: list(embedded_book.entries().values()), "the task is registered")
    assert (entry.address, entry.port) == (swarm.container_address(container, "proxy"), 8080)


def test_options_choose_containers_addresses_and_tags(embedded_book, registrator, engine):
    engine.demo_image()
    engine.run(DEMO_IMAGE, name="named", options=["-P", "-e", "SERVICE_NAME=shop", "-l", "my.ip=10.1.2.3/24"])
    engine.run(DEMO_IMAGE, name="unnamed", options=["-P"])
    registrator(embedded_book, "-explicit", "-useIpFromLabel", "my.ip", "-tags", r"blue,a\,b", "--hostname", "rack-7")
    entry = wait_for_ids(embedded_book, "rack-7:named:8080")["rack-7:named:8080"]
    assert (entry.service, entry.address, entry.port) == ("shop", "10.1.2.3", engine.published_port("named"))
    assert entry.tags == ["a,b", "blue"]


TEMPLATE = ('id={{strSlice .ID 0 12}},{{mIndex "team" .Config.Labels}},{{.Config.Env | matchFirstElement "^VERSION=" | splitIndex 1 "="}},'
            r'{{join "-" .Config.Cmd}},a\,b,{{range $port, $at := .NetworkSettings.Ports}}{{$port.Port}}-{{(index $at 0).HostPort}}{{end}},{{.Name}}')


def test_tags_come_from_a_template(book, registrator, engine):
    image = engine.demo_image()
    engine.run(image, name="one", options=["-P", "-l", "team=blue", "-e", "VERSION=1.2", "-e", "SERVICE_TAGS=own"])
    engine.run(image, name="two", options=["-P"])
    registrator(book, "-tags", TEMPLATE)
    entries = wait_for_ids(book, "node-1:one:8080", "node-1:two:8080")

    def tags(name, *more):
        inspected = engine.inspect(name)
        return sorted(["id=" + inspected["Id"][:12], "-".join(inspected["Config"]["Cmd"]), "a,b",
                       f"8080-{engine.published_port(name)}", "/" + name, *more])
    assert sorted(entries["node-1:one:8080"].tags) == tags("one", "blue", "1.2", "own")
    assert sorted(entries["node-1:two:8080"].tags) == tags("two")
    engine.cli("rename", "two", "three")
    entry = wait_for_ids(book, "node-1:one:8080", "node-1:three:8080")["node-1:three:8080"]
    assert sorted(entry.tags) == tags("three")


def test_a_container_whose_tags_fail_is_named_and_disturbs_nobody(embedded_book, registrator, engine):
    image = engine.demo_image()
    engine.run(image, name="bad", options=["-P", "--expose", "9090"])
    engine.run(image, name="good", options=["-P", "-e", "VERSION=1.2"])
    process = registrator(embedded_book, "-tags", '{{matchAllElements "^VERSION=" .Config.Env | sIndex 0}}')
    assert wait_for_ids(embedded_book, "node-1:good:8080")["node-1:good:8080"].tags == ["VERSION=1.2"]
    log = process.log.read_text()
    assert len(re.findall(r"bad: --tags: template: tags:1:\d+: .*error calling sIndex: index out of range", log)) == 1, log


@pytest.mark.parametrize("template, reason", [
    ("a,b,{{nonsense}}", r'--tags: function .*nonsense.* not defined \(line 1, at character 7\)'),
    ("a,{{.ID", r'--tags: unclosed action \(line 1, at character 8\)'),
    ("{{httpGet `http://10.0.0.1`}}", r'--tags: function .*httpGet.* is not supported: a template of tags must not send requests')])
@pytest.mark.parametrize("command", ["registrator", "server"])
def test_tags_that_cannot_be_parsed_are_refused_at_the_start(rig, command, template, reason):
    options = ["-tags", template] if command == "registrator" else ["--registrator", f"-tags '{template}'"]
    done = subprocess.run([harness.BINARY, command, "--registry", f"embedded:{rig.folder / 'registry.db'}",
                           "--docker", f"unix://{rig.folder / 'no-engine'}", *options],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 2, done
    assert re.search(reason, done.stdout + done.stderr), done


def test_checks_of_every_kind_are_given_to_consul(consul_book, registrator, engine):
    engine.demo_image()
    kinds = {"http": "CHECK_HTTP=/", "tcp": "CHECK_TCP=true", "ttl": "CHECK_TTL=30s"}
    for kind, variable in kinds.items():
        engine.run(DEMO_IMAGE, name=kind, options=["-P", "-e", f"SERVICE_{variable}", "-e", "SERVICE_CHECK_INTERVAL=1s",
                                                  "-e", "SERVICE_CHECK_INITIAL_STATUS=warning"])
    registrator(consul_book)
    wait_for_ids(consul_book, *(f"node-1:{kind}:8080" for kind in kinds))
    for kind in kinds:
        checks = consul_book.entries()[f"node-1:{kind}:8080"].checks
        assert checks[f"service:node-1:{kind}:8080"]["Type"] == kind, checks
    wait_for_health(consul_book, "node-1:http:8080", "passing")
    wait_for_health(consul_book, "node-1:tcp:8080", "passing")
    assert consul_book.entries()["node-1:ttl:8080"].health == "warning"


FROM_FILE = '#!/bin/sh\nprintf "HTTP/1.0 $(cat /tmp/status) x\\r\\nContent-Length: 0\\r\\n\\r\\n"\n'  # answers with what is in the file


def test_the_check_of_a_container_decides_whether_it_serves(book, registrator, engine, rig):
    """SERVICE_CHECK_HTTP goes from the container through the registry to the proxy, which asks for that path itself."""
    engine.build_image("checked", {"/www/cgi-bin/health": FROM_FILE, "/www/shop": "shop"}, base=engine.base_image(),
                       lines=["EXPOSE 8080", 'CMD ["sh", "-c", "echo 500 > /tmp/status; exec httpd -f -p 8080 -h /www"]',
                              'RUN ["chmod", "755", "/www/cgi-bin/health"]'])
    engine.run("checked", name="shop", options=["-P", "-e", "SERVICE_NAME=shop", "-e", "SERVICE_CHECK_HTTP=/cgi-bin/health",
                                                "-e", "SERVICE_CHECK_INTERVAL=1s"])
    registrator(book, "-ip", engine.address)
    wait_for_ids(book, "node-1:shop:8080")
    proxy = rig.proxy(registry=book.url)
    wanted = dict(serviceName="shop", servicePath="/shop")
    refused = proxy.api("reconfigure", **wanted, waitForHealthy="true", waitTimeout="3s")
    assert refused.status == 409 and "GET /cgi-bin/health answered 500" in refused.json["Message"], refused
    assert proxy.get("/shop").status == 503

    engine.cli("exec", "shop", "sh", "-c", "echo 200 > /tmp/status")
    proxy.ok("reconfigure", **wanted, waitForHealthy="true", waitTimeout="10s")
    assert proxy.get("/shop").body == b"shop"
    engine.cli("exec", "shop", "sh", "-c", "echo 500 > /tmp/status")

    def unhealthy():
        return proxy.ok("services", serviceName="shop")["Services"][0]["Unhealthy"]
    harness.wait_until(lambda: any("GET /cgi-bin/health answered 500" in text for text in unhealthy()), "it is taken out", 20)
    assert proxy.get("/shop").status == 503


def test_a_bad_container_is_named_and_disturbs_nobody(embedded_book, registrator, engine):
    engine.demo_image()
    engine.run(DEMO_IMAGE, name="bad", options=["-P", "-e", "SERVICE_NAME=no such/name"])
    engine.run(DEMO_IMAGE, name="worse", options=["-P", "-e", "SERVICE_CHECK_HTTP=/", "-e", "SERVICE_CHECK_INTERVAL=often"])
    engine.run(DEMO_IMAGE, name="good", options=["-P"])
    process = registrator(embedded_book)
    wait_for_ids(embedded_book, "node-1:good:8080")
    log = process.log.read_text()
    assert re.search(r"bad port 8080: .*no such/name", log), log
    assert re.search(r"worse port 8080: SERVICE_CHECK_INTERVAL: .*often", log), log


# ----------------------------------------------------------------------------------------------------- as things change

def test_the_registry_follows_a_containers_life(book, registrator, engine):
    image = engine.demo_image()
    registrator(book)
    for end in ("stop", "kill"):
        engine.run(image, name="one", options=["-P"])
        first = wait_for_ids(book, "node-1:one:8080")["node-1:one:8080"]
        engine.cli(end, "one")
        wait_for_ids(book)
        engine.cli("start", "one")
        again = wait_for_ids(book, "node-1:one:8080")["node-1:one:8080"]
        assert again.port == engine.published_port("one") and first.address == again.address
        engine.cli("rm", "-f", "one")
        wait_for_ids(book)


def test_pause_and_rename_are_followed(book, registrator, engine):
    engine.run(engine.demo_image(), name="one", options=["-P"])
    registrator(book)
    wait_for_ids(book, "node-1:one:8080")
    engine.cli("pause", "one")
    wait_for_health(book, "node-1:one:8080", "critical")
    engine.cli("unpause", "one")
    wait_for_health(book, "node-1:one:8080", "passing")
    engine.cli("rename", "one", "two")
    assert wait_for_ids(book, "node-1:two:8080")["node-1:two:8080"].health == "passing"


HEALTH = ["--health-cmd", "test ! -e /tmp/sick", "--health-interval", "250ms", "--health-retries", "1"]


def test_the_containers_health_is_the_entrys(book, registrator, engine, rig):
    engine.run(engine.demo_image(), name="one", options=["-P", *HEALTH])
    spy = rig.add_end(Spy(rig.folder / "spy.sock", engine))
    registrator(book, "-resync", "0", host=spy.host)
    wait_for_health(book, "node-1:one:8080", "passing")
    spy.forget()
    engine.cli("exec", "one", "touch", "/tmp/sick")
    wait_for_health(book, "node-1:one:8080", "critical")
    engine.cli("exec", "one", "rm", "/tmp/sick")
    wait_for_health(book, "node-1:one:8080", "passing")
    probes = engine.inspect("one")["State"]["Health"]["Log"]
    assert len(probes) >= 2
    # Probes and `docker exec` are events too; only the two changes of health are reasons to look.
    assert len(spy.asked("/containers/json")) <= 4, spy.requests


def test_on_success_keeps_what_failed(embedded_book, registrator, engine):
    image = engine.demo_image()
    for name, command in {"fails": "sleep 2; exit 3", "ends": "sleep 2; exit 0"}.items():
        engine.run(image, "sh", "-c", command, name=name, options=["-P"])
    registrator(embedded_book, "-deregister", "on-success")
    wait_for_ids(embedded_book, "node-1:fails:8080", "node-1:ends:8080")
    wait_for_ids(embedded_book, "node-1:fails:8080")


# -------------------------------------------------------------------------------------------------- as things go wrong

def test_a_killed_registrator_leaves_no_orphans_and_no_duplicates(book, registrator, engine):
    image = engine.demo_image()
    engine.run(image, name="stays", options=["-P"])
    engine.run(image, name="goes", options=["-P"])
    first = registrator(book)
    wait_for_ids(book, "node-1:stays:8080", "node-1:goes:8080")
    first.kill(signal.SIGKILL)
    first.popen.wait()
    engine.cli("rm", "-f", "goes")
    engine.run(image, name="comes", options=["-P"])
    assert set(book.entries()) == {"node-1:stays:8080", "node-1:goes:8080"}
    registrator(book)
    wait_for_ids(book, "node-1:stays:8080", "node-1:comes:8080")


def test_a_registrator_that_is_asked_to_end_leaves_the_entries(embedded_book, registrator, engine):
    engine.run(engine.demo_image(), name="one", options=["-P"])
    process = registrator(embedded_book)
    wait_for_ids(embedded_book, "node-1:one:8080")
    assert process.end() == 0
    assert set(embedded_book.entries()) == {"node-1:one:8080"}


def test_a_lost_event_stream_loses_nothing(embedded_book, registrator, engine, rig):
    image = engine.demo_image()
    spy = rig.add_end(Spy(rig.folder / "spy.sock", engine))
    process = registrator(embedded_book, "-resync", "0", host=spy.host)
    harness.wait_until(lambda: spy.asked("/events"), "events are subscribed")
    for name in ("one", "two", "three"):
        spy.cut()
        engine.run(image, name=name, options=["-P"])
    wait_for_ids(embedded_book, "node-1:one:8080", "node-1:two:8080", "node-1:three:8080")
    assert process.running()
    assert {method for method, _ in spy.requests} <= {"GET", "HEAD"}, "the engine is only asked"


def test_an_engine_that_is_away_takes_nothing_with_it(book, registrator, engine):
    image = engine.demo_image()
    engine.run(image, name="ends", options=["-P"])
    engine.run(image, name="comes-back", options=["-P", "--restart", "always"])
    process = registrator(book, "-resync", "1")
    wait_for_ids(book, "node-1:ends:8080", "node-1:comes-back:8080")
    engine.stop(signal.SIGKILL)
    harness.wait_until(lambda: "registrator.failed" in process.log.read_text(), "the engine is missed")
    assert set(book.entries()) == {"node-1:ends:8080", "node-1:comes-back:8080"}
    engine.start()
    entry = wait_for_ids(book, "node-1:comes-back:8080")["node-1:comes-back:8080"]
    harness.wait_until(lambda: book.entries()[entry.id].port == engine.published_port("comes-back"), "its new port is known")
    assert process.running()


def test_a_registrator_may_start_before_the_engine(embedded_book, registrator, engine):
    engine.run(engine.demo_image(), name="one", options=["-P", "--restart", "always"])
    engine.stop()
    process = harness.Process(engine.machine.command(
        harness.BINARY, "registrator", "--registry", embedded_book.url, "--docker", engine.host, "-retry-interval", "100"),
        embedded_book.file.parent / "early.log")
    try:
        harness.wait_until(lambda: "registrator.engine_away" in process.log.read_text(), "the engine is missed")
        engine.start()
        wait_for_ids(embedded_book, "node-1:one:8080")
    finally:
        process.end()


def test_an_agent_that_has_forgotten_is_told_again(consul_book, registrator, engine):
    engine.run(engine.demo_image(), name="one", options=["-P"])
    registrator(consul_book, "-resync", "1")
    wait_for_ids(consul_book, "node-1:one:8080")
    consul_book.consul.end()
    consul_book.consul.start()  # an agent in development mode keeps nothing
    wait_for_ids(consul_book, "node-1:one:8080")


def test_cleanup_removes_what_another_registrator_left(consul_book, registrator, engine):
    def leave(id):
        consul_book.consul.call("PUT", "/v1/agent/service/register", {"ID": id, "Name": "old", "Address": "10.0.0.1", "Port": 80})
    for id in ("node-1:ghost:80", "node-2:other:80", "by-hand"):
        leave(id)
    engine.run(engine.demo_image(), name="one", options=["-P"])
    process = registrator(consul_book)
    wait_for_ids(consul_book, "node-1:one:8080", "node-1:ghost:80", "node-2:other:80", "by-hand")
    process.end()
    registrator(consul_book, "-cleanup")
    wait_for_ids(consul_book, "node-1:one:8080", "node-2:other:80", "by-hand")


def test_entries_of_a_dead_node_end_with_their_lifetime(rig, new_engine):
    node = new_engine(name="node-9")
    books = [ConsulBook(rig.consul(node.site.address)), EmbeddedBook(rig.folder / "registry.db")]
    node.run(node.demo_image(), name="one", options=["-P"])
    for book in books:
        rig.add(Registrator(rig.folder, node, book.url, "-ttl", "3", "-ttl-refresh", "1"))
        wait_for_ids(book, "node-9:one:8080")
    for process in rig.things[-2:]:
        process.kill(signal.SIGKILL)
    node.machine.end()
    consul, embedded = books
    wait_for_health(consul, "node-9:one:8080", "critical")
    wait_for_ids(embedded)


def test_a_lifetime_is_renewed_while_the_node_lives(book, registrator, engine):
    engine.run(engine.demo_image(), name="one", options=["-P"])
    registrator(book, "-ttl", "2", "-ttl-refresh", "1")
    wait_for_ids(book, "node-1:one:8080")
    seen = []
    with pytest.raises(AssertionError):  # for twice its lifetime it is there and well
        harness.wait_until(lambda: seen.append(book.entries()["node-1:one:8080"].health) or seen[-1] != "passing", "it ends", 4)
    assert set(seen) == {"passing"}


# ---------------------------------------------------------------------------------------------- with the proxy behind it

def test_containers_on_random_ports_are_routed_on_demand(consul_book, registrator, engine, rig):
    image = engine.demo_image()
    registrator(consul_book)
    proxy = rig.proxy(registry=consul_book.url)
    engine.run(image, name="go-demo-1", options=["-P"])
    wait_for_ids(consul_book, "node-1:go-demo-1:8080")
    assert proxy.get("/demo/hello").status == 503, "registered is not routed"
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    assert proxy.get("/demo/hello").instance == engine.inspect("go-demo-1")["Config"]["Hostname"]
    for n in (2, 3):
        engine.run(image, name=f"go-demo-{n}", options=["-P"])
    wait_for_ids(consul_book, *(f"node-1:go-demo-{n}:8080" for n in (1, 2, 3)))
    assert len(proxy.instances_answering("/demo/hello")) == 1, "scaled is not routed either"
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    assert len(proxy.instances_answering("/demo/hello")) == 3


@pytest.mark.parametrize("settings, tags", [
    ([], []), (["--registrator", "-explicit -tags inside"], ["inside"]),
    (["--registrator", "-explicit -tags 'of{{.Name}},{{sIndex 0 .Config.Cmd}}'"], ["of/one", "sh"])])
def test_a_server_with_an_engine_registers_by_itself(engine, rig, settings, tags):
    engine.run(engine.demo_image(), name="one", options=["-P", "-e", "SERVICE_NAME=go-demo"])
    proxy = rig.proxy(arguments=["--docker", engine.host, *settings])
    book = EmbeddedBook(proxy.folder / "registry.db")
    # This process does not run on the engine's machine, so it cannot know the address that others reach it at.
    harness.wait_until(lambda: "registrator.problem" in proxy.log.read_text(), "the missing address is told")
    assert "give it with --ip" in proxy.log.read_text()
    assert book.entries() == {}
    proxy.end()

    options = " ".join([*(settings[1:] or []), "-ip", engine.address])
    proxy = rig.proxy(arguments=["--docker", engine.host, "--registrator", options])
    book = EmbeddedBook(proxy.folder / "registry.db")
    entry = wait_for_ids(book, "node-1:one:8080")["node-1:one:8080"]
    assert entry.tags == tags
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    assert proxy.get("/demo").status == 200
