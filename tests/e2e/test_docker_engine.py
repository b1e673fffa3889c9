"""The harness itself: what the other Docker tests take for granted."""
import os
import pathlib

import harness
from docker_engine import DEMO_IMAGE


def test_runs_containers_whose_published_ports_answer(engine):
    engine.demo_image()
    engine.run(DEMO_IMAGE, name="demo-1", options=["-P"])
    port = engine.published_port("demo-1")
    answer = harness.wait_until(lambda: harness.request(engine.address, port, "/x"), "the container answers")
    assert answer.instance == engine.inspect("demo-1")["Config"]["Hostname"]
    assert pathlib.Path(f"/proc/{engine.container_pid('demo-1')}").exists()


def test_runs_services_of_a_swarm(swarm):
    swarm.demo_image()
    swarm.create_network("back")
    swarm.service_create("shop", DEMO_IMAGE, replicas=2, options=["--network", "back", "--publish", "mode=host,target=8080"])
    tasks = swarm.tasks("shop", "running")
    ports = [task["Status"]["PortStatus"]["Ports"][0]["PublishedPort"] for task in tasks]
    assert {harness.request(swarm.address, port, "/").status for port in ports} == {200}
    swarm.clean()
    assert swarm.cli("service", "ls", "-q") == "" and swarm.cli("ps", "-aq") == ""


def test_leaves_nothing_behind(new_engine):
    engine = new_engine()
    engine.demo_image()
    engine.run(DEMO_IMAGE, name="demo-1")
    pid = engine.container_pid("demo-1")
    engine.end()
    harness.wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the container is gone")
    assert not engine.folder.exists()
    harness.wait_until(lambda: not os.path.exists(f"/sys/class/net/{engine.site.interface}"), "its interface is gone")
    assert str(engine.folder) not in pathlib.Path("/proc/mounts").read_text()
