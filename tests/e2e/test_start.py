"""Every way a start can fail: exit status, a message that names the setting and the way out, no crash; and nothing acts
before a start has succeeded, or after one failed."""
import contextlib
import shutil
import signal
import socket
import threading
import time

import pytest

from harness import BINARY, ROOT, Process, Traffic, free_port, private_address, request, wait_until

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
        self.folder, self.address, self.env = folder, private_address(), {}
        self.options = {"registry": f"embedded:{folder}/registry.db", "api": f"{self.address}:{free_port(self.address)}",
                        "http": f"{self.address}:8000", "https": "off", "state-dir": f"{folder}/state",
                        "run-dir": f"{folder}/run"}

    def start(self):
        words = [word for name, value in self.options.items() for word in ("--" + name, str(value))]
        (self.folder / "proxy.log").unlink(missing_ok=True)
        return Process([BINARY, "server", *words], self.folder / "proxy.log", self.env)


def end_of(process, seconds=40):
    """Waits for it. @return exit status and log; a sanitizer has nothing to report."""
    status = process.popen.wait(seconds)
    text = process.log.read_text()
    assert "Sanitizer" not in text and "runtime error:" not in text, text
    return status, text


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
    return 3, ["api", setup.options["api"], "another with --api", "ss -ltnp"]


def api_address_of_another_machine(setup, held):
    setup.options["api"] = "192.0.2.1:8080"
    setup.options["api-open"] = "true"
    return 2, ["api", "192.0.2.1:8080", "of this machine with --api"]


def api_socket_taken(setup, held):
    (setup.folder / "run").mkdir(mode=0o700)
    sock = held.enter_context(socket.socket(socket.AF_UNIX))
    sock.bind(str(setup.folder / "run/api.sock"))
    sock.listen()
    return 3, ["api-socket", "run/api.sock", "another --api-socket"]


def bad_token_file(setup, held):
    setup.options["api-token-file"] = file = setup.folder / "tokens"
    file.write_text("short admin\n")
    file.chmod(0o600)
    return 2, [str(file), "line 1", "16 or more letters", "another one with --api-token-file"]


def no_token_file(setup, held):
    setup.options["api-token-file"] = setup.folder / "tokens"
    return 2, [f"{setup.folder}/tokens", "No such file", "another one with --api-token-file"]


def bad_tls_files(setup, held):
    for name in ("cert", "key"):
        setup.options[f"api-tls-{name}"] = setup.folder / name
        (setup.folder / name).write_text("no PEM\n")
    return 2, [f"{setup.folder}/cert", "see --api-tls-cert, --api-tls-key"]


def bad_client_ca(setup, held):
    certificate = ROOT / "tests/golden/haproxy/localhost.pem"
    setup.options |= {"api-tls-cert": certificate, "api-tls-key": certificate, "api-client-ca": setup.folder / "ca"}
    return 2, [f"{setup.folder}/ca", "--api-client-ca"]


def unreadable_consul_token_file(setup, held):
    setup.options |= {"registry": "consul://127.0.0.1:1", "consul-token-file": setup.folder}  # not even root reads a folder
    return 2, [str(setup.folder), "Is a directory", "may read with --consul-token-file"]


def bad_consul_ca_file(setup, held):
    setup.options |= {"registry": "consuls://127.0.0.1:1", "consul-ca-file": setup.folder / "ca"}
    (setup.folder / "ca").write_text("no PEM\n")
    return 2, [f"{setup.folder}/ca", "see --consul-ca-file"]


def no_consul_cert_file(setup, held):
    certificate = ROOT / "tests/golden/haproxy/localhost.pem"
    setup.options |= {"registry": "consuls://127.0.0.1:1", "consul-ca-file": certificate,
                      "consul-cert-file": setup.folder / "cert", "consul-key-file": certificate}
    return 2, [f"{setup.folder}/cert", "--consul-cert-file"]


def http_port_taken(setup, held):
    setup.options["http"] = held.enter_context(listening(setup.address))
    return 3, [setup.options["http"].rsplit(":")[1], "taken by another program", "choose another port with --http"]


def https_port_taken(setup, held):
    setup.options["https"] = held.enter_context(listening(setup.address))
    setup.options["certs-dir"] = setup.folder / "certs"
    (setup.folder / "certs").mkdir()
    shutil.copy(ROOT / "tests/golden/haproxy/localhost.pem", setup.folder / "certs")
    return 3, [setup.options["https"].rsplit(":")[1], "taken by another program", "choose another port with --https"]


def stats_port_taken(setup, held):
    port = held.enter_context(listening("0.0.0.0")).rsplit(":")[1]
    setup.options["stats-port"] = port
    setup.env = {"DFP_STATS_USER": "none", "DFP_STATS_PASSWORD": "none"}
    return 3, [port, "taken by another program", "choose another port with --stats-port"]


def run_dir_locked(setup, held):
    import fcntl
    (setup.folder / "run").mkdir(mode=0o700)
    file = held.enter_context(open(setup.folder / "run/lock", "w"))
    fcntl.flock(file, fcntl.LOCK_EX)
    return 3, [f"{setup.folder}/run", "its own --run-dir"]


def run_dir_is_a_file(setup, held):
    (setup.folder / "run").write_text("")
    return 2, [f"{setup.folder}/run", "name another one with --run-dir"]


def state_dir_is_a_file(setup, held):
    (setup.folder / "state").write_text("")
    return 2, [f"{setup.folder}/state", "name another one with --state-dir"]


def registry_is_a_folder(setup, held):
    (setup.folder / "registry.db").mkdir()
    return 2, ["registry.db", "name another one with --registry"]


def registry_is_no_database(setup, held):
    (setup.folder / "registry.db").write_bytes(b"no database at all, but long enough to have a header" * 100)
    return 5, ["registry.db", "not an SQLite database", "name another one with --registry"]


def no_haproxy(setup, held):
    setup.options["haproxy"] = "/nonexistent/haproxy"
    return 4, ["/nonexistent/haproxy", "install it", "--haproxy"]


def haproxy_that_may_not_be_executed(setup, held):
    setup.options["haproxy"] = setup.folder / "haproxy"
    (setup.folder / "haproxy").write_text("#!/bin/sh\n")
    return 4, [f"{setup.folder}/haproxy", "name another one with --haproxy"]


def not_haproxy(setup, held):
    setup.options["haproxy"] = script(setup.folder / "haproxy", "echo something else; exit 0\n")
    return 4, [f"{setup.folder}/haproxy", "this is not haproxy", "something else", "name another one with --haproxy"]


def old_haproxy(setup, held):
    setup.options["haproxy"] = script(setup.folder / "haproxy", "echo 'HAProxy version 1.8.0 2017/11/26'\n")
    return 4, ["HAProxy 1.8.0", "2.6 or newer", "name another one with --haproxy"]


def haproxy_that_refuses_its_configuration(setup, held):
    setup.options["haproxy"] = script(setup.folder / "haproxy",
                                      'case "$1" in -v*) exec haproxy "$@";; esac\necho "[ALERT] refused"; exit 1\n')
    return 4, [f"{setup.folder}/haproxy, see --haproxy", "refuses the configuration: [ALERT] refused"]


def haproxy_that_dies(setup, held):
    setup.options["haproxy"] = script(setup.folder / "haproxy",
                                      'case "$*" in -v*|*-c*) exec haproxy "$@";; esac\nexit 1\n')
    return 4, [f"{setup.folder}/haproxy, see --haproxy", "ended with exit code 1"]


def unknown_registry(setup, held):
    setup.options["registry"] = "mysql://x"
    return 2, ["--registry", "mysql"]


def open_api(setup, held):
    setup.options["api"] = f"0.0.0.0:{free_port(setup.address)}"
    return 2, ["api", "without authentication", "pass --api-open"]


def run_dir_with_a_long_name(setup, held):
    setup.options["run-dir"] = setup.folder / ("x" * 120)
    return 2, ["api-socket", "longer than 107 bytes"]


def run_dir_is_a_link(setup, held):
    (setup.folder / "elsewhere").mkdir(mode=0o700)
    (setup.folder / "run").symlink_to(setup.folder / "elsewhere")
    return 2, ["run-dir", f"{setup.folder}/run is a link"]


def docker_options(setup, held):
    setup.env = {"DFP_REGISTRATOR": "-unknown-option", "DFP_DOCKER": "unix:///nonexistent.sock"}
    return 2, ["unknown-option", "correct --registrator"]


WAYS = [api_port_taken, api_address_of_another_machine, api_socket_taken, bad_token_file, no_token_file, bad_tls_files,
        bad_client_ca, unreadable_consul_token_file, bad_consul_ca_file, no_consul_cert_file, http_port_taken, https_port_taken,
        stats_port_taken, run_dir_locked, run_dir_is_a_file, state_dir_is_a_file, registry_is_a_folder, registry_is_no_database, no_haproxy,
        haproxy_that_may_not_be_executed, not_haproxy, old_haproxy, haproxy_that_refuses_its_configuration, haproxy_that_dies,
        unknown_registry, open_api, run_dir_with_a_long_name, run_dir_is_a_link, docker_options]


@pytest.fixture
def setup(tmp_path):
    return Setup(tmp_path)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_start_that_fails_says_why_and_does_not_crash(setup, way):
    with contextlib.ExitStack() as held:
        status, words = way(setup, held)
        ended, text = end_of(setup.start())
        assert ended == status, text
        for word in words:
            assert word in text, text


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_signal_while_a_start_fails_ends_it_properly(setup, way):
    """At several moments of the time that this way to fail takes here. What ends it is the signal, or the failure; only a
    server that has not begun (it has said nothing) may be ended by the signal itself."""
    with contextlib.ExitStack() as held:
        status, _ = way(setup, held)
        began = time.monotonic()
        end_of(setup.start())
        took = time.monotonic() - began
        for part in (0.3, 0.6, 0.9, 1.0):
            began = time.monotonic()
            process = setup.start()
            time.sleep(max(0, began + part * took - time.monotonic()))
            process.kill(signal.SIGTERM)
            ended, text = end_of(process)
            assert ended in (0, status) or ended == -signal.SIGTERM and "server." not in text, (part, took, ended, text)


def test_a_signal_during_a_start_ends_it(setup):
    """A start that hangs, since HAProxy does."""
    setup.options["haproxy"] = script(setup.folder / "haproxy", "touch $(dirname $0)/asked; exec sleep 60\n")
    process = setup.start()
    wait_until((setup.folder / "asked").exists, "haproxy is asked")
    process.kill(signal.SIGTERM)
    status, text = end_of(process, 9.9)
    assert status in (0, 1) and "server.stopping" in text, text


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
        process.kill(signal.SIGTERM)
        assert end_of(process)[0] == 0


def test_a_second_server_in_the_same_run_dir_touches_nothing(rig):
    """It is refused; until it has gone, its API says no to everything."""
    proxy = rig.proxy()
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    answers = []
    slow = script(rig.folder / "haproxy", 'sleep 0.3\nexec haproxy "$@"\n')  # else it has gone before anybody could ask it
    with Traffic(proxy, "/demo") as traffic:
        for _ in range(5):
            address = private_address()
            port = free_port(address)
            second = Process([BINARY, "server", "--registry", f"embedded:{rig.folder}/other.db", "--api", f"{address}:{port}",
                              "--http", f"{address}:8000", "--https", "off", "--state-dir", rig.folder / "other",
                              "--run-dir", proxy.folder / "run", "--haproxy", slow, "--api-socket", "off"],
                             rig.folder / "second.log")

            def ask():
                while second.running():
                    with contextlib.suppress(OSError):
                        answers.append(request(address, port, API + "reload?recreate=true", timeout=5))
            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            status, text = end_of(second, 15)
            assert status == 3 and "its own --run-dir" in text, text
            for thread in threads:
                thread.join()
        traffic.wait_for(50)
    assert not traffic.failures
    assert {answer.status for answer in answers} == {503}, answers


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
        assert end_of(process, 15)[0] == 4
        with contextlib.suppress(OSError):
            assert b"200 OK" not in client.recv(65536)
    assert not done.exists()
