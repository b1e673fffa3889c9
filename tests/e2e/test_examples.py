"""The files in examples/, started with the tools that users start them with."""
import json
import os
import re

import pytest

import harness
import images
from docker_machine import run
from harness import wait_until

EXAMPLES = harness.ROOT / "examples"


def variables(engine):
    """What the examples take from the environment. Compose must not find the variables of another shell."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DOCKER_HOST": engine.host, "DOCKER_SOCKET": str(engine.socket),
            "PROXY_IMAGE": images.proxy_image(engine), "DEMO_IMAGE": images.DEMO, "CONSUL_IMAGE": images.consul_image(engine)}


def get(engine, target, port=80):
    return harness.request(engine.address, port, target)


def instances(engine, requests=12):
    answers = [get(engine, "/demo/hello") for _ in range(requests)]
    assert {answer.status for answer in answers} == {200}, answers
    return {answer.instance for answer in answers}


@pytest.fixture
def compose(engine):
    environment = variables(engine)

    def call(*words):
        return run("/usr/bin/docker-compose", "-p", "example", "-f", EXAMPLES / "compose.yml", *words, env=environment)
    yield call
    call("down", "-v")


def test_the_compose_file_routes_when_it_is_told(engine, compose):
    compose("up", "-d", "--scale", "go-demo=2")
    def ask(port, target):
        """From the engine's machine: nobody else reaches Consul and the API."""
        answer = engine.machine.inside("sh", "-c", f"curl -s '127.0.0.1:{port}{target}' || true")
        return json.loads(answer) if answer else None

    def registered():
        return len(ask(8500, "/v1/catalog/service/go-demo") or ())
    wait_until(lambda: registered() == 2, "two instances are registered", 30)
    assert sorted(ask(8500, "/v1/catalog/services")) == ["consul", "go-demo"], "only the service is"
    wait_until(lambda: get(engine, "/demo/hello").status == 503, "the proxy serves, and routes nothing", 20)

    told = "/v1/docker-flow-proxy/reconfigure?serviceName=go-demo&servicePath=/demo"
    for port, target in ((8500, "/v1/catalog/services"), (8080, told)):
        with pytest.raises(OSError):
            get(engine, target, port)
    started = "/v1/docker-flow-proxy/successfulinitreload"
    wait_until(lambda: (ask(8080, started) or {}).get("Status") == "OK", "the proxy has started", 20)
    answer = ask(8080, told)
    assert answer["Status"] == "OK", answer
    both = instances(engine)
    assert len(both) == 2

    compose("up", "-d", "--scale", "go-demo=3")
    wait_until(lambda: registered() == 3, "three instances are registered", 20)
    assert instances(engine) == both, "on demand only"
    assert ask(8080, told)["Status"] == "OK"
    assert len(instances(engine)) == 3

    compose("up", "-d", "--scale", "go-demo=1")
    wait_until(lambda: registered() == 1, "the stopped ones are deregistered", 30)


def test_the_stack_follows_the_labels(swarm):
    environment = variables(swarm)
    deploy = ("stack", "deploy", "-c", EXAMPLES / "stack.yml", "--resolve-image", "never", "example")
    swarm.cli(*deploy, env=environment)
    try:
        wait_until(lambda: len(instances_or_none(swarm)) == 2, "both tasks are routed", 60)
        assert_who_faces_the_world_is_nobody(swarm)
        swarm.service_scale("example_go-demo", 3)
        wait_until(lambda: len(instances_or_none(swarm)) == 3, "three tasks are routed", 30)
        swarm.service_update("example_go-demo", "--label-rm", "com.df.notify")
        wait_until(lambda: get(swarm, "/demo/hello").status == 503, "without the label there is no route", 30)
    finally:
        # A network is in use until its last task has gone.
        wait_until(lambda: swarm.try_cli("stack", "rm", "example"), "the stack is removed", 30)


def container_of(swarm, service):
    """Of one of its tasks that are healthy."""
    tasks = wait_until(lambda: swarm.tasks(f"example_{service}", "running"), f"{service} is healthy", 30)
    return swarm.inspect(tasks[0]["Status"]["ContainerStatus"]["ContainerID"])


def assert_who_faces_the_world_is_nobody(swarm):
    """The process at the public port has no socket of the engine and is not root; its neighbours do not reach the API."""
    proxy, follower, demo = (container_of(swarm, name) for name in ("proxy", "follower", "go-demo"))
    def holds_socket(container):
        return "/var/run/docker.sock" in {mount["Destination"] for mount in container["Mounts"]}
    assert not holds_socket(proxy) and proxy["Config"]["User"] not in ("", "0", "root")
    assert holds_socket(follower) and not swarm.inspect("example_follower")["Endpoint"].get("Ports")
    assert list(demo["NetworkSettings"]["Networks"]) == ["example_proxy"], "and so it does not reach Consul"
    assert demo["NetworkSettings"]["Networks"].keys().isdisjoint(container_of(swarm, "consul")["NetworkSettings"]["Networks"])

    def curl(container, port, target):
        address = container["NetworkSettings"]["Networks"]["example_proxy"]["IPAddress"]
        return run("nsenter", "--target", swarm.container_pid(demo["Id"]), "--net", "sh", "-c",
                   f"curl -s -m 5 -o /dev/null -w '%{{http_code}}' {address}:{port}{target} || true")
    assert curl(proxy, 80, "/demo/hello") == "200"
    for container in (proxy, follower):
        assert curl(container, 8080, "/v1/docker-flow-proxy/ping") == "000"


def instances_or_none(swarm):
    try:
        return instances(swarm)
    except (AssertionError, OSError):
        return ()


def test_a_registrator_that_is_started_as_the_originals_was(engine):
    images.proxy_image(engine)
    consul = engine.run(images.consul_image(engine), "agent", "-dev", "-client", "0.0.0.0")
    address = engine.container_address(consul)
    engine.run(images.PROXY, "registrator", "-ip", "192.168.99.101", f"consul://{address}:8500",
               options=["--user", "0", "-v", f"{engine.socket}:/tmp/docker.sock"])
    demo = engine.run(images.DEMO, options=["-P"])

    def found():
        return engine.machine.inside("curl", "-s", f"{address}:8500/v1/catalog/service/go-demo")
    registered = wait_until(lambda: "ServicePort" in found() and json.loads(found()), "it is registered", 20)
    assert [(entry["ServiceAddress"], entry["ServicePort"]) for entry in registered] == [
        ("192.168.99.101", engine.published_port(demo))]


def test_the_files_name_public_images_by_default():
    for file in ("compose.yml", "stack.yml"):
        for line in re.findall(r"^ +image: (.*)$", (EXAMPLES / file).read_text(), re.M):
            assert re.fullmatch(r"\$\{(PROXY|DEMO|CONSUL)_IMAGE:-(docker-flow-proxy|go-demo|consul:1\.\d+)\}", line), line
