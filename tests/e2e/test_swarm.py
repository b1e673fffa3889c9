"""Services of a real swarm and their labels. This kernel has no IPVS: no virtual IPs, ports in mode=host."""
import json
import re
import signal

import harness
import pytest
from docker_engine import DEMO_IMAGE
from docker_proxy import FAST, ContainerProxy

PUBLISHED = ["--publish", "mode=host,target=8080"]
SHOP_TEMPLATE = """frontend shop-fe
  use_backend shop-be if { path_beg /shop }
backend shop-be
  balance roundrobin
  {{range service "shop"}}server {{.ID}} {{.Address}}:{{.Port}}
  {{end}}
"""


def labels(**values):
    """com.df.notify=true and com.df.NAME=VALUE; a "_" in a name is a "."."""
    words = ["--label", "com.df.notify=true"]
    for name, value in values.items():
        words += ["--label", f"com.df.{name.replace('_', '.')}={value}"]
    return words


@pytest.fixture(params=["on the overlay network", "outside"])
def place(request):
    return request.param


@pytest.fixture
def stage(swarm, rig):
    """A swarm with an image, a network and a proxy that follows it."""
    return Stage(swarm, rig)


class Stage:
    def __init__(self, swarm, rig):
        self.swarm, self.rig, self.proxy = swarm, rig, None
        swarm.demo_image()
        swarm.create_network("back")

    def proxy_outside(self, *arguments):
        """On the host, where only published ports can be reached."""
        self.proxy = self.rig.proxy(arguments=["--docker", self.swarm.host, "--discovery", "swarm", *FAST, *arguments])
        return self.proxy

    def proxy_inside(self, *arguments, **kwargs):
        self.proxy = ContainerProxy(self.swarm, "--discovery", "swarm", *FAST, *arguments, networks=["back"], **kwargs)
        return self.proxy

    def proxy_at(self, place):
        return self.proxy_outside() if place == "outside" else self.proxy_inside()

    def service(self, name="shop", options=(), **kwargs):
        self.swarm.service_create(name, DEMO_IMAGE, options=["--network", "back", *PUBLISHED, *options], **kwargs)

    def log(self):
        return self.proxy.log.read_text()

    def hosts(self, name="shop"):
        """Host names of its running tasks: what they answer with."""
        ids = [task["Status"]["ContainerStatus"]["ContainerID"][:12] for task in self.swarm.tasks(name, "running")]
        return set(self.swarm.cli("inspect", *ids, "--format", "{{.Config.Hostname}}").split()) if ids else set()

    def wait_status(self, target, status, host=None, seconds=10):
        harness.wait_until(lambda: self.proxy.get(target, host=host).status == status, f"{target} gives {status}", seconds)

    def wait_answering(self, target, name="shop", seconds=15):
        """The running tasks answer, and nobody else."""
        def same():
            try:
                hosts = self.hosts(name)
            except AssertionError:  # a task has just ended
                return False
            return hosts and {self.proxy.get(target).instance for _ in range(4 * len(hosts))} == hosts
        harness.wait_until(same, f"the tasks of {name} answer", seconds)

    def problem(self, name):
        return self.proxy.ok("services")["LabelProblems"].get(name)


# ---------------------------------------------------------------------------------------------------------- labels

def test_a_labelled_service_is_routed_without_a_call_and_goes_with_it(stage, place):
    stage.proxy_at(place)
    stage.service("shop", labels(servicePath="/shop", port=8080), replicas=2)
    stage.service("silent", ["--label", "com.df.servicePath=/silent", "--label", "com.df.port=8080"])
    stage.service("denied", ["--label", "com.df.notify=false", "--label", "com.df.servicePath=/denied"])
    stage.wait_status("/shop/x", 200)
    stage.wait_answering("/shop")
    for target in ("/silent", "/denied"):
        assert stage.proxy.get(target).status == 503, "no label, no route"
    stage.swarm.cli("service", "rm", "shop")
    stage.wait_status("/shop", 503)
    assert stage.proxy.ok("services")["Services"] == []


def test_an_explicit_call_routes_a_service_without_labels(stage, place):
    stage.proxy_at(place)
    stage.service("shop", replicas=2)
    assert stage.proxy.get("/shop").status == 503
    stage.proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", port=8080)
    stage.wait_answering("/shop")
    stage.proxy.ok("remove", serviceName="shop")
    assert stage.proxy.get("/shop").status == 503


def test_colours_are_services_of_their_own(stage):
    """Blue and green run side by side; the proxy is told, and switches without losing a request."""
    stage.proxy_outside()
    for name in ("shop-blue", "shop-green"):
        stage.service(name)
    wish = dict(serviceName="shop", servicePath="/shop", port=8080)
    stage.proxy.ok("reconfigure", serviceColor="blue", **wish)
    stage.wait_answering("/shop", "shop-blue")
    with harness.Traffic(stage.proxy, "/shop") as traffic:
        stage.proxy.ok("reconfigure", serviceColor="green", **wish)
        stage.wait_answering("/shop", "shop-green")
        stage.swarm.cli("service", "rm", "shop-blue")
        traffic.wait_for(100)
    assert traffic.failures == []
    assert stage.proxy.api("reconfigure", serviceColor="blue", **wish).status == 409, "nobody runs it any more"


def test_labels_are_parameters(stage):
    stage.proxy_outside()
    stage.service("shop_web", ["--label", "com.docker.stack.namespace=shop", *labels(
        shortName="true", servicePath="/web", serviceDomain="acme.com", pathType="path_end", distribute="true", port=8080)])
    stage.service("shop_api", labels(serviceName="api", servicePath_1="/api/v1", port_1=8080, servicePath_2="/api/v2", port_2=8080))
    stage.wait_status("/some/web", 200, host="acme.com")
    stage.wait_status("/api/v1/x", 200)
    stage.wait_status("/api/v2/x", 200)
    assert stage.proxy.get("/some/web").status == 503, "only for its domain"
    assert stage.proxy.get("/api/v3").status == 503
    services = {service["ServiceName"] for service in stage.proxy.ok("services")["Services"]}
    assert services == {"web", "api"}, "shortName leaves the stack's name out, serviceName replaces it"


def test_a_changed_label_changes_the_route(stage):
    stage.proxy_outside()
    stage.service("shop", labels(servicePath="/old", port=8080))
    stage.wait_status("/old", 200)
    stage.swarm.service_update("shop", "--label-add", "com.df.servicePath=/new")
    stage.wait_status("/new", 200)
    assert stage.proxy.get("/old").status == 503
    stage.swarm.service_update("shop", "--label-add", "com.df.notify=false")
    stage.wait_status("/new", 503)


def test_two_services_swap_their_routes(stage):
    stage.proxy_outside()
    stage.service("blue", labels(servicePath="/live", port=8080))
    stage.service("green", labels(servicePath="/preview", port=8080))
    stage.wait_answering("/live", "blue")
    stage.wait_answering("/preview", "green")
    stage.swarm.service_update("green", "--label-add", "com.df.servicePath=/live")
    harness.wait_until(lambda: stage.problem("green"), "blue still has it")
    stage.swarm.service_update("blue", "--label-add", "com.df.servicePath=/preview")
    stage.wait_answering("/live", "green")
    stage.wait_answering("/preview", "blue")
    assert stage.problem("green") is None and stage.problem("blue") is None


def test_a_wrong_label_is_told_everywhere_and_disturbs_nobody(stage):
    stage.proxy_outside()
    stage.service("good", labels(servicePath="/good", port=8080))
    stage.service("broken", labels(servicePath="/broken", port=8080, pathType="path_perhaps"))
    stage.service("nowhere", labels(port=8080))
    stage.service("clash", labels(servicePath="/good", port=8080))
    stage.wait_status("/good", 200)
    for name, reason in {"broken": "label com.df.pathType", "nowhere": "label com.df.servicePath", "clash": "good"}.items():
        told = harness.wait_until(lambda: stage.problem(name), f"the problem of {name} is told")
        assert reason in told
        assert re.search(f"docker.label_problem service={name} .*{re.escape(reason)}", stage.log()), stage.log()
    metrics = harness.request(stage.proxy.address, stage.proxy.api_port, "/metrics").body.decode()
    assert "dfp_docker_label_problems 3\n" in metrics
    assert 'dfp_docker_label_problem{label="com.df.pathType",service="broken"} 1\n' in metrics, metrics
    assert stage.proxy.get("/broken").status == 503
    stage.swarm.service_update("broken", "--label-add", "com.df.pathType=path_beg")
    stage.wait_status("/broken", 200)
    assert stage.problem("broken") is None
    # What was good once stays as it was when its labels become wrong.
    stage.swarm.service_update("good", "--label-add", "com.df.port=many")
    harness.wait_until(lambda: stage.problem("good"), "the new problem is told")
    assert stage.proxy.get("/good").status == 200


def test_a_service_that_cannot_be_reached_is_named(stage):
    stage.proxy_outside()
    stage.swarm.service_create("hidden", DEMO_IMAGE, options=["--network", "back", *labels(servicePath="/hidden", port=8080)])
    told = harness.wait_until(lambda: stage.problem("hidden"), "the problem is told")
    assert "mode=host" in told and "back" in told


# ------------------------------------------------------------------------------------------------- instances

def test_a_template_lists_the_tasks(stage):
    """Ordered by a label; the template asks for the service as it would ask Consul."""
    folder = stage.rig.folder / "templates"
    folder.mkdir()
    (folder / "shop.tmpl").write_text(SHOP_TEMPLATE)
    proxy = stage.proxy_outside("--templates-dir", folder, "--watch-quiet", "100ms")
    stage.service("shop", labels(consulTemplatePath=folder / "shop.tmpl", watch="true", port=8080))
    stage.wait_answering("/shop")
    stage.swarm.service_scale("shop", 3)
    stage.swarm.wait_running("shop", 3)
    stage.wait_answering("/shop")
    assert "balance roundrobin" in proxy.api("config").body.decode()


def test_scaling_is_followed(stage, place):
    stage.proxy_at(place)
    stage.service("shop", labels(servicePath="/shop", port=8080))
    stage.wait_answering("/shop")
    for replicas in (3, 1):
        stage.swarm.service_scale("shop", replicas)
        stage.swarm.wait_running("shop", replicas)
        stage.wait_answering("/shop")
    stage.swarm.service_scale("shop", 0)
    stage.wait_status("/shop", 503)
    stage.swarm.service_scale("shop", 1)
    stage.wait_status("/shop", 200)


def test_a_task_gets_no_traffic_before_it_is_healthy(stage):
    stage.proxy_outside()
    health = ["--health-cmd", "test -e /tmp/ready", "--health-interval", "250ms", "--health-retries", "1000"]
    stage.service("shop", [*labels(servicePath="/shop", port=8080), *health], wait=False)
    task = harness.wait_until(lambda: stage.swarm.tasks("shop", "starting"), "the task is starting")[0]
    container = task["Status"]["ContainerStatus"]["ContainerID"]
    port = harness.wait_until(lambda: stage.swarm.published_port(container), "its port is published")
    assert harness.wait_until(lambda: harness.request(stage.swarm.address, port, "/"), "it answers").status == 200
    for _ in range(20):
        assert stage.proxy.get("/shop").status == 503
    stage.swarm.cli("exec", container, "touch", "/tmp/ready")
    stage.wait_status("/shop", 200)


def test_a_task_gets_no_traffic_after_its_end_was_decided(stage):
    """It goes on to answer, since it does not care for SIGTERM."""
    stage.proxy_outside()
    stage.swarm.service_create(
        "shop", DEMO_IMAGE, "sh", "-c", "trap '' TERM; docker-flow-proxy demo-service --listen 0.0.0.0:8080 & wait; wait",
        replicas=2, options=["--stop-grace-period", "8s", *PUBLISHED, *labels(servicePath="/shop", port=8080)])
    stage.wait_answering("/shop")
    stage.swarm.service_scale("shop", 1)
    harness.wait_until(lambda: len(stage.swarm.tasks("shop")) == 1, "one task is to end")
    stage.wait_answering("/shop", seconds=2)
    assert len(stage.swarm.cli("ps", "-q").split()) == 2, "both still run"


# --------------------------------------------------------------------------------------------------- engine and listener

def test_an_engine_that_is_away_takes_no_route_with_it(stage):
    stage.proxy_outside()
    stage.service("shop", labels(servicePath="/shop", port=8080))
    stage.wait_status("/shop", 200)
    stage.swarm.stop(signal.SIGKILL)
    harness.wait_until(lambda: "docker.discovery_failed" in stage.log(), "the engine is missed")
    assert [service["ServiceName"] for service in stage.proxy.ok("services")["Services"]] == ["shop"]
    assert "docker" in stage.proxy.ok("services")["DiscoveryError"]
    stage.swarm.start()
    stage.swarm.wait_running("shop", 1)
    stage.wait_answering("/shop")
    stage.service("second", labels(servicePath="/second", port=8080))
    stage.wait_status("/second", 200)
    assert stage.proxy.ok("services")["DiscoveryError"] == ""


def test_a_proxy_that_starts_anew_serves_the_same_and_finds_what_happened_meanwhile(stage):
    first = stage.proxy_outside()
    for name in ("stays", "goes"):
        stage.service(name, labels(servicePath=f"/{name}", port=8080))
        stage.wait_status(f"/{name}", 200)
    first.kill_everything()
    stage.swarm.cli("service", "rm", "goes")
    stage.service("comes", labels(servicePath="/comes", port=8080))
    stage.proxy = stage.rig.proxy("proxy-1", arguments=["--docker", stage.swarm.host, "--discovery", "swarm", *FAST])
    stage.wait_status("/stays", 200)
    stage.wait_status("/comes", 200)
    stage.wait_status("/goes", 503)


def test_the_endpoints_of_the_listener(stage):
    proxy = stage.proxy_outside()

    def listener(name):
        return harness.request(proxy.address, proxy.api_port, f"/v1/docker-flow-swarm-listener/{name}")
    stage.service("shop", labels(servicePath="/shop", port=8080), replicas=2)
    stage.wait_status("/shop", 200)
    assert listener("ping").status == 200
    stage.wait_answering("/shop")
    service, = listener("get-services").json
    assert {key: service[key] for key in ("serviceName", "servicePath", "port", "replicas")} == {
        "serviceName": "shop", "servicePath": "/shop", "port": "8080", "replicas": "2"}
    assert [node for node, _, _ in json.loads(service["nodeInfo"])] == ["manager-1", "manager-1"]
    node, = listener("get-nodes").json
    assert (node["hostname"], node["address"], node["role"]) == ("manager-1", stage.swarm.address, "manager")
    proxy.ok("remove", serviceName="shop")
    assert proxy.get("/shop").status == 503, "the API has the last word until the labels change"
    assert listener("notify-services").status == 200
    stage.wait_status("/shop", 200)


def test_a_kernel_without_ipvs_is_told_at_the_start(stage):
    stage.proxy_outside()
    assert "docker.no_ipvs" in stage.log()
    stage.service("plain")
    answer = stage.proxy.api("reconfigure", serviceName="plain", servicePath="/plain", port=8080, discoveryType="overlay")
    assert answer.status == 400 and "virtual IP" in answer.json["Message"], answer


def test_two_proxies_of_one_registry_follow_one_swarm(stage):
    """Each sees every change; only one of them has to apply it, and they agree."""
    consul = stage.rig.consul()
    arguments = ["--docker", stage.swarm.host, "--discovery", "swarm", *FAST]
    proxies = [stage.rig.proxy(registry=consul.url, arguments=arguments) for _ in range(2)]
    stage.service("shop", labels(servicePath="/shop", port=8080))
    for stage.proxy in proxies:
        stage.wait_status("/shop", 200)
    with harness.Traffic(proxies[0], "/shop", clients=2) as first, harness.Traffic(proxies[1], "/shop", clients=2) as second:
        for replicas in (3, 1, 2):
            stage.swarm.service_scale("shop", replicas)
            stage.swarm.wait_running("shop", replicas)
            for stage.proxy in proxies:
                stage.wait_answering("/shop")
    assert first.failures + second.failures == []
    logs = [proxy.log.read_text() for proxy in proxies]
    changes = sum(len(re.findall("service.(repin|reconfigure) ", log)) for log in logs)
    assert changes <= 16, logs  # an order and three changes of tasks in a few steps; twice that if both are equally fast
    errors = [line for log in logs for line in log.splitlines() if " error " in line and "haproxy.log" not in line]
    assert errors == []
    stage.swarm.cli("service", "rm", "shop")
    for stage.proxy in proxies:
        stage.wait_status("/shop", 503)


def test_who_faces_the_world_need_not_hold_the_socket(stage):
    """Two processes and a registry: one follows the labels, the other one serves (docs/docker.md)."""
    registry = ["--registry", stage.rig.consul(stage.swarm.site.address).url]
    stage.proxy_inside(*registry, "--http", "127.0.0.1:8000", name="follower")
    public = dict(networks=["back"], socket=False)
    stage.proxy = ContainerProxy(stage.swarm, *registry, name="public-1", **public)
    assert stage.swarm.inspect("public-1")["HostConfig"]["Binds"] is None and "Mounts" not in stage.swarm.inspect("public-1")["HostConfig"]
    stage.service("shop", labels(servicePath="/shop", port=8080))
    stage.wait_answering("/shop")
    stage.swarm.service_scale("shop", 3)
    stage.swarm.wait_running("shop", 3)
    stage.wait_answering("/shop")
    # What was pinned is in the registry: the socket's holder may be away when the other one is replaced.
    stage.swarm.cli("rm", "-f", "follower", "public-1")
    stage.proxy = ContainerProxy(stage.swarm, *registry, name="public-2", **public)
    stage.wait_answering("/shop")


def test_a_global_service_has_a_task_on_each_node(stage):
    stage.proxy_outside()
    stage.swarm.cli("service", "create", "-d", "--no-resolve-image", "--mode", "global", "--endpoint-mode", "dnsrr", "--name", "agent",
                    *PUBLISHED, *labels(servicePath="/agent"), DEMO_IMAGE)
    stage.wait_status("/agent", 200, seconds=20)


def test_an_engine_that_becomes_a_manager_later_is_followed_from_then_on(rig, new_engine):
    engine = new_engine(name="late")
    engine.demo_image()
    proxy = rig.proxy(arguments=["--docker", engine.host, "--discovery", "swarm", *FAST])
    harness.wait_until(lambda: "swarm manager" in proxy.ok("services")["DiscoveryError"], "the error says what is missing")
    engine.swarm_init()
    engine.service_create("shop", DEMO_IMAGE, options=[*PUBLISHED, *labels(servicePath="/shop")])
    harness.wait_until(lambda: proxy.get("/shop").status == 200, "its services are routed")


def test_the_engine_is_only_read(stage):
    from docker_spy import Spy
    spy = stage.rig.add_end(Spy(stage.rig.folder / "spy.sock", stage.swarm))
    stage.proxy = stage.rig.proxy(arguments=["--docker", spy.host, "--discovery", "swarm", *FAST])
    stage.service("shop", labels(servicePath="/shop", port=8080))
    stage.wait_status("/shop", 200)
    spy.cut()
    stage.swarm.cli("service", "rm", "shop")
    stage.wait_status("/shop", 503)
    assert len(spy.requests) > 10 and {method for method, _ in spy.requests} <= {"GET", "HEAD"}
