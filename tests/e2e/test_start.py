"""Every way a start can fail: exit status, a message that names the setting and the way out, no crash; and nothing acts
before a start has succeeded, or after one failed."""
import contextlib
import os
import pathlib
import signal
import socket
import threading
import time

import pytest

from harness import BINARY, Process, Traffic, free_port, private_address, request, wait_until

API = "/v1/docker-flow-proxy/"
ACTIONS = ("reload", "reload?recreate=true", "reconfigure?serviceName=late&servicePath=/late", "remove?serviceName=go-demo",
           "register?serviceName=x&address=127.0.0.9&port=1", "deregister?serviceName=x&id=x", "services", "config")


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


class Setup:
    """Arguments of a server that would start; each test spoils one."""

    def __init__(self, folder):
        self.folder, self.address = folder, private_address()
        self.options = {"registry": f"embedded:{folder}/registry.db", "api": f"{self.address}:{free_port(self.address)}",
                        "http": f"{self.address}:8000", "https": "off", "state-dir": f"{folder}/state",
                        "run-dir": f"{folder}/run"}

    def start(self, env=None):
        words = [word for name, value in self.options.items() for word in ("--" + name, str(value))]
        return Process([BINARY, "server", *words], self.folder / "proxy.log", env)


@contextlib.contextmanager
def listening(address):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, 0))
        s.listen()
        yield f"{address}:{s.getsockname()[1]}"


# How each way to fail is prepared: the options that are spoiled, what must be held meanwhile, the exit status, and words of the
# message.
def api_port_taken(setup, held):
    setup.options["api"] = held.enter_context(listening(setup.address))
    return 3, ["api", setup.options["api"], "--api", "ss -ltnp"]


def api_address_of_another_machine(setup, held):
    setup.options["api"] = "192.0.2.1:8080"
    setup.options["api-open"] = "true"
    return 2, ["api", "192.0.2.1:8080", "--api"]


def http_port_taken(setup, held):
    setup.options["http"] = held.enter_context(listening(setup.address))
    return 3, [setup.options["http"].rsplit(":")[1], "taken"]


def stats_port_taken(setup, held):
    port = held.enter_context(listening("0.0.0.0")).rsplit(":")[1]
    setup.options["stats-port"] = port
    setup.env = {"DFP_STATS_USER": "none", "DFP_STATS_PASSWORD": "none"}
    return 3, [port, "taken"]


def run_dir_locked(setup, held):
    import fcntl
    (setup.folder / "run").mkdir(mode=0o700)
    file = held.enter_context(open(setup.folder / "run/lock", "w"))
    fcntl.flock(file, fcntl.LOCK_EX)
    return 3, ["run-dir", "--run-dir"]


def run_dir_is_a_file(setup, held):
    (setup.folder / "run").write_text("")
    return 2, ["run-dir", f"{setup.folder}/run", "name another"]


def state_dir_is_a_file(setup, held):
    (setup.folder / "state").write_text("")
    return 2, ["state-dir", f"{setup.folder}/state", "name another"]


def registry_is_a_folder(setup, held):
    (setup.folder / "registry.db").mkdir()
    return 2, ["registry", "registry.db", "name another"]


def registry_is_no_database(setup, held):
    (setup.folder / "registry.db").write_bytes(b"no database at all, but long enough to have a header" * 100)
    return 5, ["registry", "registry.db"]


def no_haproxy(setup, held):
    setup.options["haproxy"] = "/nonexistent/haproxy"
    return 4, ["/nonexistent/haproxy"]


def not_haproxy(setup, held):
    setup.options["haproxy"] = script(setup.folder / "haproxy", "echo something else; exit 0\n")
    return 4, ["haproxy"]


def old_haproxy(setup, held):
    setup.options["haproxy"] = script(setup.folder / "haproxy", "echo 'HAProxy version 1.8.0 2017/11/26'\n")
    return 4, ["1.8.0"]


def haproxy_that_refuses_its_configuration(setup, held):
    setup.options["haproxy"] = script(setup.folder / "haproxy",
                                      'case "$1" in -v*) exec haproxy "$@";; esac\necho "[ALERT] refused"; exit 1\n')
    return 4, ["refused"]


def haproxy_that_dies(setup, held):
    setup.options["haproxy"] = script(setup.folder / "haproxy",
                                      'case "$*" in -v*|*-c*) exec haproxy "$@";; esac\nexit 1\n')
    return 4, ["haproxy"]


def unknown_registry(setup, held):
    setup.options["registry"] = "mysql://x"
    return 2, ["--registry", "mysql"]


def docker_options(setup, held):
    setup.env = {"DFP_REGISTRATOR": "-unknown-option", "DFP_DOCKER": "unix:///nonexistent.sock"}
    return 2, ["unknown-option"]


WAYS = [api_port_taken, api_address_of_another_machine, http_port_taken, stats_port_taken, run_dir_locked, run_dir_is_a_file,
        state_dir_is_a_file, registry_is_a_folder, registry_is_no_database, no_haproxy, not_haproxy, old_haproxy,
        haproxy_that_refuses_its_configuration, haproxy_that_dies, unknown_registry, docker_options]


@pytest.fixture
def setup(tmp_path):
    setup = Setup(tmp_path)
    setup.env = {}
    return setup


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_start_that_fails_says_why_and_does_not_crash(setup, way):
    with contextlib.ExitStack() as held:
        status, words = way(setup, held)
        process = setup.start(setup.env)
        ended = process.popen.wait(40)
        text = process.log.read_text()
        assert ended == status, text
        for word in words:
            assert word in text, text


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_signal_while_a_start_fails_ends_it_properly(setup, way):
    """At a moment of its own for each way; some signals come before there is anything to end, and some after."""
    with contextlib.ExitStack() as held:
        status, _ = way(setup, held)
        process = setup.start(setup.env)
        time.sleep(0.004 * WAYS.index(way))
        process.kill(signal.SIGTERM)
        ended = process.popen.wait(40)
        assert ended in (0, status, -signal.SIGTERM), process.log.read_text()


def test_a_signal_during_a_start_ends_it(setup):
    """A start that hangs, since HAProxy does."""
    setup.options["haproxy"] = script(setup.folder / "haproxy", "touch $(dirname $0)/asked; exec sleep 60\n")
    process = setup.start()
    wait_until((setup.folder / "asked").exists, "haproxy is asked")
    process.kill(signal.SIGTERM)
    assert process.popen.wait(9.9) in (0, 1), process.log.read_text()
    assert "server.stopping" in process.log.read_text()


def test_before_the_start_has_succeeded_only_health_is_answered(setup):
    gate = setup.folder / "gate"
    setup.options["haproxy"] = script(
        setup.folder / "haproxy", f'while ! test -e {gate}; do sleep 0.05; done\nexec haproxy "$@"\n')
    process = setup.start()
    address, port = setup.options["api"].split(":")
    try:
        wait_until(lambda: request(address, int(port), API + "ping").status == 200, "the API answers")
        for action in ACTIONS:
            answer = request(address, int(port), API + action, timeout=3)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1"), (action, answer)
        assert request(address, int(port), API + "successfulinitreload").status == 500
        assert request(address, int(port), "/metrics").status == 200
        gate.touch()
        wait_until(lambda: request(address, int(port), API + "successfulinitreload").status == 200, "it is ready", 20)
        assert request(address, int(port), API + "services").json["Services"] == []
    finally:
        gate.touch()
        assert process.end() == 0


def test_a_second_server_in_the_same_run_dir_touches_nothing(rig):
    """It is refused; until it has gone, its API says no to everything."""
    proxy = rig.proxy()
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    answers = []
    with Traffic(proxy, "/demo") as traffic:
        for _ in range(5):
            address = private_address()
            port = free_port(address)
            second = Process([BINARY, "server", "--registry", f"embedded:{rig.folder}/other.db", "--api", f"{address}:{port}",
                              "--http", f"{address}:8000", "--https", "off", "--state-dir", rig.folder / "other",
                              "--run-dir", proxy.folder / "run"], rig.folder / "second.log")

            def ask():
                while second.running():
                    with contextlib.suppress(OSError):
                        answers.append(request(address, port, API + "reload?recreate=true", timeout=5))
            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            assert second.popen.wait(15) == 3, second.log.read_text()
            for thread in threads:
                thread.join()
        traffic.wait_for(50)
    assert not traffic.failures
    assert {answer.status for answer in answers} <= {503}, answers


def test_a_start_that_fails_serves_nobody_who_waited(setup):
    """Requests that came before it failed are not carried out on the HAProxy that is there."""
    gate = setup.folder / "gate"
    done = setup.folder / "done"
    setup.options["haproxy"] = script(
        setup.folder / "haproxy",
        f'case "$1" in -v*) while ! test -e {gate}; do sleep 0.05; done; exit 1;; esac\ntouch {done}\nexec haproxy "$@"\n')
    process = setup.start()
    address, port = setup.options["api"].split(":")
    wait_until(lambda: request(address, int(port), API + "ping").status == 200, "the API answers")
    with socket.create_connection((address, int(port)), timeout=10) as client:
        client.sendall(b"GET %sreload HTTP/1.1\r\nHost: x\r\n\r\n" % API.encode() * 3)
        gate.touch()
        assert process.popen.wait(15) == 4
        with contextlib.suppress(OSError):
            assert b"200 OK" not in client.recv(65536)
    assert not done.exists()
