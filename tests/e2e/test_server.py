"""Starting, refusing to start, stopping, dying."""
import signal

from harness import BINARY, Process, wait_until


def ended(process, seconds=15):
    return process.popen.wait(seconds)


def test_refuses_to_start_when_its_port_is_taken(rig):
    first = rig.proxy()
    second = rig.proxy(address=first.address, wait=False)
    assert ended(second) == 3
    message = second.log.read_text()
    assert first.address in message and "8000" in message and "taken" in message
    assert first.get("/").status == 503, "the first one still answers"


def test_refuses_to_start_without_haproxy(rig):
    proxy = rig.proxy(arguments=["--haproxy", "/nonexistent/haproxy"], wait=False)
    assert ended(proxy) == 4
    assert "/nonexistent/haproxy" in proxy.log.read_text()


def test_refuses_an_unknown_registry(rig):
    proxy = rig.proxy(registry="mysql://x", wait=False)
    assert ended(proxy) == 2
    assert "mysql" in proxy.log.read_text()


def test_a_relative_run_dir_is_below_the_working_folder(rig, monkeypatch):
    monkeypatch.chdir(rig.folder)
    proxy = rig.proxy(run_dir="proxy-1/here")
    assert proxy.get("/").status == 503
    assert (rig.folder / "proxy-1/here/master.sock").is_socket()


def test_sigterm_ends_both_and_lets_requests_finish(rig):
    proxy = rig.proxy()
    proxy.kill(signal.SIGTERM)
    assert ended(proxy) == 0
    wait_until(lambda: not proxy.haproxy_pids(), "haproxy is gone")


def test_a_restart_after_kill_9_takes_the_running_haproxy_over(rig):
    proxy = rig.proxy()
    service = rig.service()
    proxy.register(service)
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    proxy.kill()
    ended(proxy)
    assert proxy.get("/demo/hello").status == 200, "HAProxy outlives its control plane"
    again = rig.proxy(name="proxy-1", address=proxy.address)
    assert again.get("/demo/hello").status == 200
    again.ok("reconfigure", serviceName="go-demo", servicePath="/demo,/more")
    assert again.get("/more").status == 200


def test_a_dead_haproxy_comes_back_with_the_same_routes(rig):
    proxy = rig.proxy()
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    proxy.kill_haproxy()
    wait_until(lambda: proxy.get("/demo/hello").status == 200, "haproxy is back", 10)


def test_the_command_line_is_a_client_of_the_api(rig):
    proxy = rig.proxy()
    service = rig.service()
    url = f"http://{proxy.address}:{proxy.api_port}"

    def cli(*words):
        process = Process([BINARY, *words, "--api", url], rig.folder / "cli.log")
        return ended(process), process.log.read_text()

    assert cli("register", "--service-name", "go-demo", "--address", service.address, "--port", str(service.port))[0] == 0
    code, output = cli("reconfigure", "--service-name", "go-demo", "--service-path", "/demo")
    assert code == 0, output
    assert proxy.get("/demo/hello").status == 200
    assert "go-demo" in cli("services")[1]
    assert cli("reconfigure", "--service-name", "go-demo", "--service-path", "nowhere")[0] == 1
    assert cli("remove", "--service-name", "go-demo")[0] == 0
    assert proxy.get("/demo/hello").status == 503
    proxy.end()
    assert cli("ping")[0] == 3
