"""The image of the proxy in a real engine: who it runs as, how it lives as process 1, how it ends."""
import contextlib
import os
import pathlib
import re
import signal
import threading

import pytest

import harness
import images
from docker_machine import run
from harness import wait_until

PACKAGING = harness.ROOT / "packaging/image"


class Container:
    """A container of the image, with the API and HTTP published on the machine of its engine."""

    def __init__(self, engine, *options, arguments=(), ready=True):
        self.engine = engine
        self.id = engine.run(images.proxy_image(engine), *arguments, options=["-p", "80", "-p", "8080", *options])
        self.find_ports()
        if ready:
            self.wait_ready()

    def find_ports(self):
        self.http_port, self.api_port = (self.engine.published_port(self.id, port) for port in (80, 8080))

    def wait_ready(self):
        try:
            wait_until(lambda: self.api("successfulinitreload").status == 200, "the proxy is ready", 20)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def logs(self):
        return logs(self.engine, self.id)

    def api(self, name, **parameters):
        query = harness.urllib.parse.urlencode(parameters, safe="/,*")
        return harness.request(self.engine.address, self.api_port, f"/v1/docker-flow-proxy/{name}?{query}", timeout=60)

    def ok(self, name, **parameters):
        answer = self.api(name, **parameters)
        assert answer.status == 200, answer
        return answer.json

    def get(self, target, timeout=15):
        return harness.request(self.engine.address, self.http_port, target, timeout=timeout)

    def route(self, demo, path="/demo"):
        """Registers a container and routes to it."""
        self.ok("register", serviceName="go-demo", address=self.engine.container_address(demo), port=8080)
        self.ok("reconfigure", serviceName="go-demo", servicePath=path)

    def processes(self):
        """Pid (of the host), name and state of everything in the container."""
        home = os.readlink(f"/proc/{self.engine.container_pid(self.id)}/ns/pid")
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "ns/pid") == home:
                    status = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines() if ":\t" in line)
                    found.append((int(entry.name), status["Name"], status["State"][0], int(status["Uid"].split()[0])))
            except OSError:
                continue
        return found

    def health(self):
        return self.engine.inspect(self.id)["State"]["Health"]["Status"]

    def state(self):
        return self.engine.inspect(self.id)["State"]


def logs(engine, container):
    return run("sh", "-c", f"docker -H {engine.host} logs {container} 2>&1")


@pytest.fixture
def demo(engine):
    images.proxy_image(engine)
    return engine.run(images.DEMO)


def test_is_small_and_runs_as_a_user_without_rights(engine, demo):
    proxy = Container(engine, "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only", "--tmpfs",
                      "/run/docker-flow-proxy:uid=990,mode=700")
    proxy.route(demo)
    assert proxy.get("/demo").instance == demo[:12], "an instance in a container is called as the container"
    assert {uid for _, _, _, uid in proxy.processes()} == {990}
    assert engine.inspect(images.PROXY)["Size"] < 40e6
    assert sorted(engine.inspect(images.PROXY)["Config"]["ExposedPorts"]) == ["443/tcp", "80/tcp", "8080/tcp"]
    wait_until(lambda: proxy.health() == "healthy", "the container is healthy", 20)


def test_as_root_the_workers_still_have_no_rights(engine, demo):
    proxy = Container(engine, "--user", "0")
    proxy.route(demo)
    assert proxy.get("/demo").status == 200
    haproxies = sorted(uid for _, name, _, uid in proxy.processes() if name == "haproxy")
    assert haproxies == [0, 991], "a master that is root and a worker that is haproxy"


@pytest.mark.parametrize("user, folder", [("990", "/etc/docker-flow-proxy/templates"), ("0", "/consul_templates")])
def test_templates_are_checked_apart_whoever_the_user_is(engine, demo, tmp_path, user, folder):
    """Root becomes nobody, both are confined, and neither needs a right that a container has not."""
    backend = "backend go-demo-be\n{{ range service \"go-demo\" }}  server a {{ .Address }}:{{ .Port }}\n{{ end }}"
    rules = "frontend go-demo-fe\n  bind *:80\n  use_backend go-demo-be if { path_beg /demo }\n"
    for name, text in {"good": rules + backend, "bad": rules + "backend go-demo-be\n  balance nonsense\n"}.items():
        (tmp_path / name).write_text(text)
    tmp_path.chmod(0o755)
    proxy = Container(engine, "--user", user, "-v", f"{tmp_path}:{folder}:ro", "-e", f"DFP_TEMPLATES_DIR={folder}")
    proxy.ok("register", serviceName="go-demo", address=engine.container_address(demo), port=8080)
    proxy.ok("reconfigure", serviceName="go-demo", consulTemplatePath=f"{folder}/good")
    assert proxy.get("/demo").instance == demo[:12]
    refused = proxy.api("reconfigure", serviceName="go-demo", consulTemplatePath="bad")
    assert refused.status == 400 and "bad: rendered line 5: balance" in refused.json["Message"], refused
    assert proxy.ok("services")["TemplateCheck"].startswith("confined: seccomp, landlock "), proxy.logs()
    assert proxy.get("/demo").status == 200


def test_https_is_served_where_certificates_are_mounted(engine, demo, tmp_path):
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a.test", "-keyout", tmp_path / "key", "-out",
        tmp_path / "certificate")
    certificates = tmp_path / "certificates"
    certificates.mkdir(mode=0o755)
    (certificates / "a.pem").write_text((tmp_path / "certificate").read_text() + (tmp_path / "key").read_text())
    (certificates / "a.pem").chmod(0o644)
    proxy = Container(engine, "-p", "443", "-v", f"{certificates}:/etc/docker-flow-proxy/certs:ro")
    proxy.route(demo)
    port = engine.published_port(proxy.id, 443)
    shown = run("curl", "-sS", "--cacert", tmp_path / "certificate", "--resolve", f"a.test:{port}:{engine.address}",
                f"https://a.test:{port}/demo")
    assert f"hello from {demo[:12]}" in shown


def test_alive_is_not_ready(engine):
    proxy = Container(engine, "-e", "CONSUL_ADDRESS=127.0.0.1:1", ready=False)
    wait_until(lambda: proxy.health() == "healthy", "the container is healthy", 20)
    assert proxy.api("successfulinitreload").status == 500
    assert proxy.state()["Running"]


def test_the_variables_of_the_original_are_understood(engine):
    images.proxy_image(engine)
    variables = {"CONSUL_ADDRESS": "10.0.0.1:8500", "PROXY_INSTANCE_NAME": "edge", "MODE": "swarm", "PORT": "9090"}
    options = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    shown = engine.cli("run", "--rm", *options, images.PROXY, "server", "--show-settings")
    settings = {line.split()[0]: line.split()[1] for line in shown.splitlines() if not line.endswith("default")}
    assert settings == {"registry": "consul://10.0.0.1:8500", "instance-name": "edge", "discovery": "swarm",
                        "api": "0.0.0.0:9090", "api-open": "true", "https": "*:443"}


def test_the_health_check_finds_an_api_on_another_port(engine):
    proxy = engine.run(images.proxy_image(engine), options=["-e", "PORT=9090"])
    wait_until(lambda: engine.inspect(proxy)["State"]["Health"]["Status"] == "healthy", "the container is healthy", 20)


def test_process_1_leaves_no_zombies(engine, demo):
    proxy = Container(engine)
    proxy.route(demo)
    for _ in range(5):
        proxy.ok("reload")
    for _ in range(2):
        haproxies = [pid for pid, name, _, _ in proxy.processes() if name == "haproxy"]
        assert len(haproxies) >= 2, "a master and its worker"
        for pid in haproxies:
            with contextlib.suppress(ProcessLookupError):  # a worker ends with its master
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: proxy.get("/demo").status == 200, "HAProxy serves again", 15)

    def settled():
        return sorted(name for _, name, _, _ in proxy.processes()) == ["docker-flow-pro", "haproxy", "haproxy"]
    try:
        wait_until(settled, "the proxy, a master and a worker are all that is left", 10)
    except AssertionError as error:
        raise AssertionError(f"{error}: {proxy.processes()}") from None
    assert not [process for process in proxy.processes() if process[2] == "Z"]


def test_stop_lets_requests_in_flight_finish(engine):
    images.proxy_image(engine)
    slow = engine.run(images.DEMO, "--delay", "3s")
    proxy = Container(engine)
    proxy.route(slow)
    answers = []
    clients = [threading.Thread(target=lambda: answers.append(proxy.get("/demo").status)) for _ in range(4)]
    for client in clients:
        client.start()
    wait_until(lambda: in_flight(proxy) == 4, "four requests are in flight")
    engine.cli("stop", proxy.id)
    for client in clients:
        client.join(20)
    assert answers == [200] * 4
    assert proxy.state()["ExitCode"] == 0, proxy.logs()


def in_flight(proxy):
    """Connections to the public port; the API's are on another one."""
    pid = next(pid for pid, name, _, _ in proxy.processes() if name == "haproxy")
    table = pathlib.Path(f"/proc/{pid}/net/tcp6").read_text() + pathlib.Path(f"/proc/{pid}/net/tcp").read_text()
    return len(re.findall(r"^ *\d+: \w+:0050 \w+:\w+ 01 ", table, re.M))


def test_in_the_network_of_the_host_a_user_is_told_what_it_needs(engine):
    """Docker opens low ports to everyone in the networks that it makes, but not there."""
    proxy = engine.run(images.proxy_image(engine), options=["--network", "host"])
    wait_until(lambda: not engine.inspect(proxy)["State"]["Running"], "the container has ended")
    assert engine.inspect(proxy)["State"]["ExitCode"] == 2
    said = logs(engine, proxy)
    assert "port 80" in said and "NET_BIND_SERVICE" in said


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_container_that_starts_again_has_its_routes(engine, demo, end):
    proxy = Container(engine)
    proxy.route(demo)
    engine.cli(end, proxy.id)
    engine.cli("start", proxy.id)
    proxy.find_ports()
    proxy.wait_ready()
    assert proxy.get("/demo").status == 200


def test_the_state_is_in_a_volume_that_the_user_may_write(engine, demo):
    first = Container(engine, "-v", "dfp-state:/var/lib/docker-flow-proxy")
    first.route(demo)
    engine.cli("rm", "-f", first.id)
    second = Container(engine, "-v", "dfp-state:/var/lib/docker-flow-proxy")
    assert second.get("/demo").status == 200, "the embedded registry is in the volume"
    engine.cli("rm", "-f", second.id)
    engine.cli("volume", "rm", "dfp-state")


def test_the_demo_service_ends_when_it_is_asked_to(engine, demo):
    engine.cli("stop", demo)
    assert engine.inspect(demo)["State"]["ExitCode"] == 0, "not killed after 10 seconds"


def test_the_same_input_gives_the_same_files(tmp_path):
    for name in ("one", "two"):
        run(PACKAGING / "build", "--binary", harness.BINARY, "--rootfs", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    names = run("tar", "-tf", tmp_path / "one").splitlines()
    assert {"usr/bin/docker-flow-proxy", "usr/sbin/haproxy", "etc/ssl/certs/ca-certificates.crt"} <= set(names)


# The other Dockerfile: its usual base is in a registry, and Debian's archive may be far. So its base is one that has all
# packages already, and tools that only note what they are asked for.

def test_an_image_on_a_base_image(engine):
    noting = "#!/bin/sh\necho $0 $* >> /asked\n"
    tools = {"/bin/apt-get": noting, "/bin/useradd": noting, "/etc/passwd": "root:x:0:0::/:/bin/sh\ndfp:x:990:990::/:/bin/sh\n",
             "/etc/group": "root:x:0:\ndfp:x:990:\n"}
    base = engine.build_image("dfp-noting", tools, ['RUN ["/bin/busybox", "chmod", "755", "/bin/apt-get", "/bin/useradd"]'],
                              base=engine.base_image())
    run(images.BUILD, "dfp-based", "--base", base, "--binary", harness.BINARY, env={**os.environ, "DOCKER_HOST": engine.host})
    asked = engine.cli("run", "--rm", "--entrypoint", "/bin/cat", "dfp-based", "/asked")
    assert "apt-get install -y --no-install-recommends haproxy" in asked and "useradd --system" in asked
    proxy = engine.run("dfp-based")
    wait_until(lambda: "OK" in engine.cli("exec", proxy, "docker-flow-proxy", "ping"), "the proxy answers")
    assert engine.inspect(proxy)["Config"]["User"] == "dfp"


def instructions(file, words):
    return [line for line in (PACKAGING / file).read_text().splitlines() if line.split(" ")[0] in words]


def test_both_dockerfiles_say_the_same():
    words = ("ENV", "USER", "EXPOSE", "VOLUME", "HEALTHCHECK", "STOPSIGNAL", "ENTRYPOINT", "CMD")
    proxy = (PACKAGING / "Dockerfile").read_text().partition("AS proxy\n")[2]
    assert [line for line in proxy.splitlines() if line.split(" ")[0] in words] == instructions("Dockerfile.debian", words)
    user = re.search(r"^USER = (\d+)", (PACKAGING / "build").read_text(), re.M).group(1)
    assert f"--uid {user} " in (PACKAGING / "Dockerfile.debian").read_text()


def test_the_dockerfile_with_a_base_image_installs_every_library():
    text = (PACKAGING / "Dockerfile.debian").read_text().replace("\\\n", " ")
    installed = re.search(r"--no-install-recommends ([^&]*)", text).group(1).split()
    brought = run("apt-cache", "depends", "--recurse", "--important", *installed).splitlines()
    for library in images.libraries(harness.BINARY):
        assert owner(library) in brought, library


def owner(library):
    """The package that a library came with; dpkg knows it by the name with or without /usr."""
    for path in (library, f"/usr{library}", os.path.realpath(library)):
        found = harness.subprocess.run(["dpkg", "-S", str(path)], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split(":")[0]
    raise AssertionError(f"no package has {library}")
