"""Checks whose answer counts: checkPath and its like, before an instance serves and while it does."""
import http.server
import socket
import threading

from harness import BINARY, Process, Traffic, free_port, request, wait_until

OFTEN = dict(checkInterval="200ms", checkTimeout="5s")


class Web:
    """An instance with two health paths whose statuses a test sets; every other path is answered with 200."""

    def __init__(self, name="go-demo", address="127.0.0.1", port=None):
        self.name, self.address, self.port = name, address, port or free_port()
        self.instance = f"{name}-{self.port}"
        self.status = {"/health": 200, "/ready": 200}
        self.checks = {"/health": 0, "/ready": 0}
        self.heard = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                path = self.path.partition("?")[0]
                if path in web.checks:
                    web.checks[path] += 1
                    web.heard.append((self.command, self.path, self.headers.get("Host")))
                self.send_response(web.status.get(path, 200))
                self.send_header("Content-Length", "2")
                self.send_header("X-Instance", web.instance)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(b"ok")

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # a connection check resets its connection

        self.server = Server((self.address, self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


def web(rig, **kwargs):
    return rig.add_end(Web(**kwargs))


def restarted(rig, proxy):
    """A new control plane for what the killed one has left running."""
    return rig.proxy(proxy.folder.name, address=proxy.address)


def uses(proxy, target, *instances):
    """Whether requests reach these instances and no other."""
    seen = {proxy.get(target).instance for _ in range(8)}
    return seen == {instance.instance for instance in instances}


def test_a_release_that_answers_500_does_not_pass(rig):
    proxy, release = rig.proxy(), web(rig)
    release.status["/health"] = 500
    proxy.register(release)
    wanted = dict(serviceName="go-demo", servicePath="/demo", waitForHealthy="true", waitTimeout="700ms", **OFTEN)
    refused = proxy.api("reconfigure", checkPath="/health", **wanted)
    assert refused.status == 409, refused
    message = refused.json["Message"]
    assert release.instance in message and "GET /health answered 500, healthy are 200-399" in message, message
    assert proxy.get("/demo").status == 503 and proxy.ok("services")["Services"] == []
    # The same release, where a connection is enough, or where 500 counts as healthy.
    answer = proxy.ok("reconfigure", checkPath="/health?full=1", checkMethod="HEAD", checkHost="acme.com",
                      checkStatus="2xx,500-503", checkRise="2", **wanted)
    assert answer["CheckPath"] == "/health?full=1" and answer["CheckStatus"] == ["2xx", "500-503"], answer
    assert ("HEAD", "/health?full=1", "acme.com") in release.heard
    proxy.ok("remove", serviceName="go-demo")
    proxy.ok("reconfigure", **wanted)
    assert uses(proxy, "/demo", release)


def test_an_instance_that_turns_500_is_taken_out_and_comes_back(rig):
    proxy, one, two = rig.proxy(), web(rig), web(rig)
    proxy.register(one), proxy.register(two)
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo", checkPath="/health", **OFTEN)
    with Traffic(proxy, "/demo") as traffic:
        wait_until(lambda: uses(proxy, "/demo", one, two), "both serve")
        two.status["/health"] = 500
        wait_until(lambda: uses(proxy, "/demo", one), "the sick one is out", 20)
        shown = proxy.ok("services", serviceName="go-demo")["Services"][0]["Unhealthy"]
        assert len(shown) == 1 and f":{two.port}: GET /health answered 500" in shown[0], shown
        traffic.wait_for(100)
        two.status["/health"] = 200
        wait_until(lambda: uses(proxy, "/demo", one, two), "it is back", 20)
    assert traffic.failures == []
    metrics = request(proxy.address, proxy.api_port, "/metrics").body.decode()
    assert 'dfp_checks_total{result="bad"}' in metrics and "dfp_checks_down_servers 0" in metrics


def test_another_check_counts_at_once_and_loses_nothing(rig):
    proxy, one, two = rig.proxy(), web(rig), web(rig)
    proxy.register(one), proxy.register(two)
    two.status["/ready"] = 503
    plain = dict(serviceName="go-demo", servicePath="/demo")
    proxy.ok("reconfigure", **plain)
    workers = proxy.haproxy_pids()
    with Traffic(proxy, "/demo") as traffic:
        for check, serving in [(dict(checkPath="/health"), [one, two]), (dict(checkPath="/ready"), [one]),
                               (dict(checkPath="/ready", checkStatus="200,503"), [one, two]),
                               (dict(checkPath="/ready", checkFall="1", checkRise="1"), [one]),
                               (dict(checkTcp="true"), [one, two])]:
            more = OFTEN if "checkPath" in check else {}
            answer = proxy.ok("reconfigure", **plain, **check, **more)
            assert answer["AppliedBy"] == "runtime", answer
            wait_until(lambda: uses(proxy, "/demo", *serving), f"{check} decides", 20)
        traffic.wait_for(100)
    assert traffic.failures == []
    assert proxy.haproxy_pids() == workers, "without a reload"


def test_health_stays_as_it_was_while_the_control_plane_is_dead(rig):
    proxy, one, two = rig.proxy(), web(rig), web(rig)
    proxy.register(one), proxy.register(two)
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo", checkPath="/health", checkRise="1", **OFTEN)
    two.status["/health"] = 500
    wait_until(lambda: uses(proxy, "/demo", one), "the sick one is out", 20)
    with Traffic(proxy, "/demo") as traffic:
        proxy.kill()
        two.status["/health"] = 200
        traffic.wait_for(100)
        assert uses(proxy, "/demo", one), "nobody checks: who was out stays out, who served goes on"
        again = restarted(rig, proxy)
        wait_until(lambda: uses(again, "/demo", one, two), "checked again, it is back", 20)
        two.status["/health"] = 500
        wait_until(lambda: uses(again, "/demo", one), "it is out again", 20)
        again.kill()
        traffic.wait_for(100)
        third = restarted(rig, proxy)
        traffic.wait_for(100)
        assert uses(third, "/demo", one), "a restart alone lets nobody in"
    assert traffic.failures == []


def test_a_silent_instance_fails_its_check_in_time(rig):
    proxy = rig.proxy()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        port = silent.getsockname()[1]
        proxy.ok("register", serviceName="go-demo", address="127.0.0.1", port=port, id="silent")
        wanted = dict(serviceName="go-demo", servicePath="/demo", waitForHealthy="true", waitTimeout="1s")
        proxy.ok("reconfigure", **wanted)  # it accepts
        proxy.ok("remove", serviceName="go-demo")
        refused = proxy.api("reconfigure", checkPath="/health", checkTimeout="200ms", **wanted)
        assert refused.status == 409 and "silent" in refused.json["Message"] and "GET /health" in refused.json["Message"], refused


def test_the_check_that_consul_knows_counts(rig):
    consul = rig.consul()
    proxy, release = rig.proxy(registry=consul.url), web(rig)
    answer = consul.call("PUT", "/v1/catalog/register", {
        "Node": "outside", "Address": release.address,
        "Service": {"ID": release.instance, "Service": "go-demo", "Port": release.port},
        "Checks": [{"Name": "web", "ServiceID": release.instance, "Status": "passing",
                    "Definition": {"HTTP": f"http://{release.address}:{release.port}/health", "Interval": "1s"}}]})
    assert answer.status == 200, answer
    release.status["/health"] = 500
    wanted = dict(serviceName="go-demo", servicePath="/demo", waitForHealthy="true", waitTimeout="700ms")
    refused = proxy.api("reconfigure", **wanted)
    assert refused.status == 409 and "GET /health answered 500" in refused.json["Message"], refused
    proxy.ok("reconfigure", checkTcp="true", **wanted)
    assert uses(proxy, "/demo", release)


def test_each_bad_value_names_its_parameter(rig):
    proxy = rig.proxy()
    for name, value in [("checkPath", "health"), ("checkMethod", "G T"), ("checkHost", "a b"), ("checkStatus", "2xx,999"),
                        ("checkInterval", "1ms"), ("checkTimeout", "soon"), ("checkRise", "0"), ("checkFall", "101"),
                        ("checkTcp", "perhaps")]:
        parameters = {"serviceName": "a", "servicePath": "/a", "checkPath": "/health", name: value}
        answer = proxy.api("reconfigure", **parameters)
        assert answer.status == 400 and answer.json["Message"].startswith(f"{name}: "), answer


def test_the_command_line_takes_them_too(rig):
    proxy, one = rig.proxy(), web(rig)
    proxy.register(one)
    process = Process([BINARY, "reconfigure", "--service-name", "go-demo", "--service-path", "/demo", "--check-path", "/health",
                       "--check-status", "2xx", "--api", f"http://{proxy.address}:{proxy.api_port}"], rig.folder / "cli.log")
    assert process.popen.wait(20) == 0, process.log.read_text()
    wait_until(lambda: one.checks["/health"] > 0, "it is checked")
