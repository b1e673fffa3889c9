"""Who may call the API: web pages, tokens, TLS, the unix socket, and addresses of the network."""
import contextlib
import http.client
import os
import re
import socket
import ssl
import stat
import subprocess

import pytest

from harness import BINARY, Process, free_port, private_address, request, wait_until

API = "/v1/docker-flow-proxy/"
ADMIN, TEAM, READER = "operator-token-number-1", "team-a-token-number-01", "reader-token-number-001"


def ask(proxy, action, method="GET", host=None, **headers):
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return request(proxy.address, proxy.api_port, action if action.startswith("/") else API + action, host=host, method=method,
                   headers=fields)


def cli(*words, env=None, cwd=None):
    return subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, timeout=60, env={**os.environ, **(env or {})})


@pytest.fixture
def proxy(rig):
    proxy = rig.proxy()
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    return proxy


def test_a_web_page_can_neither_change_nor_read_anything(proxy):
    page = {"Origin": "http://attacker.example", "Sec_Fetch_Site": "cross-site"}
    browser = {"User_Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    for headers in (page, {"Origin": "null"}, {"Sec_Fetch_Site": "same-site"}, browser):
        for method in ("GET", "POST"):
            if headers is browser and method == "POST":
                continue
            assert ask(proxy, "remove?serviceName=go-demo", method, **headers).status == 403, (headers, method)
    for action in ("config", "services", "ping", "/metrics"):
        refused = ask(proxy, action, host="attacker.example:8080")
        assert refused.status == 403 and "--api-host" in refused.json["Message"], refused
    assert proxy.get("/demo/hello").status == 200


def test_methods_that_promise_to_change_nothing_do_not(proxy):
    before = proxy.haproxy_pids()
    for action in ("reload", "reload?recreate=true", "remove?serviceName=go-demo"):
        for method in ("HEAD", "OPTIONS", "TRACE", "PATCH", "XYZ"):
            answer = ask(proxy, action, method)
            assert answer.status == (204 if method == "OPTIONS" else 405), (method, answer)
            assert "POST" in answer.headers["Allow"]
    assert proxy.haproxy_pids() == before
    assert proxy.get("/demo/hello").status == 200


def test_get_can_be_kept_from_changing_things(rig):
    proxy = rig.proxy(arguments=["--api-get-mutates", "false"])
    refused = proxy.api("reconfigure", serviceName="a", servicePath="/a")
    assert refused.status == 405 and "GET" not in refused.headers["Allow"].split(", ")
    assert proxy.api("reconfigure", "POST", serviceName="a", servicePath="/a").status == 200
    done = cli("remove", "--service-name", "a", "--api", f"http://{proxy.address}:{proxy.api_port}")
    assert done.returncode == 0, done


def test_an_address_of_the_network_needs_a_token_or_the_operators_word(rig):
    port = free_port("0.0.0.0")
    tokens = rig.folder / "tokens"
    tokens.write_text(f"{ADMIN} admin\n")
    for value in (f"0.0.0.0:{port}", f"*:{port}", f"[::]:{port}"):
        refused = rig.proxy(api=value, wait=False)
        assert refused.popen.wait(20) == 2
        message = refused.log.read_text()
        assert "--api-token-file" in message and "--api-open" in message and value in message
    proxy = rig.proxy(api=f"0.0.0.0:{port}", arguments=["--api-open"], wait=False)
    proxy.api_port = port
    proxy.wait_ready()
    assert "api.open" in proxy.log.read_text()
    assert "--api-open" in proxy.ok("services")["Warning"]
    assert b"\ndfp_api_open 1\n" in ask(proxy, "/metrics").body
    proxy.end()
    proxy = rig.proxy(api=f"0.0.0.0:{port}", arguments=["--api-token-file", tokens], wait=False)
    proxy.api_port = port
    proxy.wait_ready()
    assert b"\ndfp_api_open 0\n" in ask(proxy, "/metrics", Authorization=f"Bearer {ADMIN}").body
    assert "Warning" not in ask(proxy, "services", Authorization=f"Bearer {ADMIN}").json


@pytest.fixture
def guarded(rig):
    tokens = rig.folder / "tokens"
    tokens.write_text(f"# who\n{ADMIN} admin\n{TEAM} read deploy:team-a-*\n{READER} read\n")
    proxy = rig.proxy(arguments=["--api-token-file", tokens])
    proxy.tokens = tokens
    return proxy


def test_a_token_goes_as_far_as_its_scopes(guarded):
    def status(action, token=None, method="GET"):
        return ask(guarded, action, method, **({"Authorization": f"Bearer {token}"} if token else {})).status
    for action in ("services", "config", "reload", "reconfigure?serviceName=a&servicePath=/a", "/metrics"):
        assert status(action) == 401, action
        assert status(action, "an-unknown-token-00001") == 401, action
    assert status("ping") == 200 and status("successfulinitreload") == 200
    assert status("reconfigure?serviceName=team-a-shop&servicePath=/shop", TEAM) == 200
    assert status("reconfigure?serviceName=team-b-shop&servicePath=/b", TEAM) == 403
    assert status("remove?serviceName=team-b-shop", TEAM) == 403
    assert status("services", TEAM) == 200 and status("reload", TEAM) == 403
    assert status("services", READER) == 200 and status("remove?serviceName=team-a-shop", READER) == 403
    assert status("reload", ADMIN) == 200


def test_a_teams_token_touches_nothing_of_another_team(guarded, rig):
    def call(action, token):
        return ask(guarded, action, "POST", Authorization=f"Bearer {token}")
    theirs = rig.service("team-b")
    register = f"register?serviceName=team-b&id=b-1&address={theirs.address}&port={theirs.port}"
    assert call(register, ADMIN).status == 200
    assert call("reconfigure?serviceName=team-b&servicePath=/b", ADMIN).status == 200
    assert guarded.get("/b").status == 200
    for wrong in ("register?serviceName=team-a-x&id=b-1&address=127.0.0.1&port=9",
                  f"register?serviceName=team-a-y&id=mine&address={theirs.address}&port={theirs.port}"):
        answer = call(wrong, TEAM)
        assert answer.status == 409 and "belongs to an instance of service team-b" in answer.json["Message"], answer
    taken = call("reconfigure?serviceName=team-a-x&servicePath=/b&aclName=0&takeOver=true", TEAM)
    assert taken.status == 403 and "takeOver" in taken.json["Message"], taken
    assert guarded.get("/b").instance == theirs.instance
    assert call("register?serviceName=team-a-x&id=mine&address=127.0.0.1&port=9", TEAM).status == 200
    assert call("register?serviceName=team-a-x&id=mine&address=127.0.0.1&port=10", TEAM).status == 200, "its own"


def test_a_token_that_is_taken_away_opens_nothing(guarded):
    guarded.tokens.write_text("another-token-number-01 admin\n")
    assert ask(guarded, "services", Authorization=f"Bearer {ADMIN}").status == 401
    assert ask(guarded, "services", Authorization="Bearer another-token-number-01").status == 200
    assert ADMIN not in guarded.log.read_text()


def test_the_command_line_sends_its_token_and_prefers_the_unix_socket(guarded, rig):
    url = f"http://{guarded.address}:{guarded.api_port}"
    refused = cli("services", "--api", url)
    assert refused.returncode == 1 and "DFP_API_TOKEN" in refused.stderr
    assert cli("services", "--api", url, env={"DFP_API_TOKEN": READER}).returncode == 0
    token = rig.folder / "token"
    token.write_text(READER + "\n")
    assert cli("services", "--api", url, "--token-file", token).returncode == 0
    assert cli("reload", "--api", url, "--token-file", token).returncode == 1
    here = {"DFP_RUN_DIR": str(guarded.folder / "run")}
    assert cli("reload", env=here).returncode == 0, "by the socket, without a token"


def test_the_unix_socket_is_its_owners_alone(proxy):
    path = proxy.folder / "run/api.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET /v1/docker-flow-proxy/services HTTP/1.1\r\nHost: any.name\r\nConnection: close\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
    if os.geteuid() == 0:
        tried = subprocess.run(["/usr/bin/python3", "-c", "import os, socket, sys\nos.setgroups([])\nos.setgid(65534)\nos.setuid(65534)\n"
                                f"socket.socket(socket.AF_UNIX).connect({str(path)!r})"], capture_output=True, text=True)
        assert "PermissionError" in tried.stderr, tried
    proxy.end()
    assert not path.exists()


def make_certificates(folder):
    """An authority with a certificate for the server (127.0.0.0/8's address in use) and one for a client."""
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
    def key(name):
        openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", folder / f"{name}.key")
    key("ca")
    openssl("req", "-x509", "-new", "-key", folder / "ca.key", "-subj", "/CN=test-ca", "-days", "2", "-out", folder / "ca.pem")
    for name, extension in (("server", "subjectAltName=DNS:proxy"), ("client", "extendedKeyUsage=clientAuth")):
        key(name)
        openssl("req", "-new", "-key", folder / f"{name}.key", "-subj", f"/CN={name}", "-out", folder / f"{name}.csr")
        (folder / "ext").write_text(extension)
        openssl("x509", "-req", "-in", folder / f"{name}.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", folder / "ext", "-out", folder / f"{name}.pem")


def https_status(proxy, context):
    with socket.create_connection((proxy.address, proxy.api_port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="proxy") as client:
            client.sendall(b"GET /v1/docker-flow-proxy/services HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n")
            return int(client.recv(100).split()[1])


def test_tls_and_client_certificates(rig):
    make_certificates(rig.folder)
    files = [word for name in ("cert", "key") for word in (f"--api-tls-{name}", rig.folder / ("server." + {"cert": "pem"}.get(name, name)))]
    proxy = rig.proxy(arguments=[*files, "--api-client-ca", rig.folder / "ca.pem"], wait=False)
    wait_until((proxy.folder / "run/api.sock").exists, "it listens")
    stranger = ssl.create_default_context(cafile=rig.folder / "ca.pem")
    known = ssl.create_default_context(cafile=rig.folder / "ca.pem")
    known.load_cert_chain(rig.folder / "client.pem", rig.folder / "client.key")
    wait_until(lambda: https_status(proxy, known) == 200, "it serves", 20)
    with pytest.raises(OSError):
        https_status(proxy, stranger)
    with pytest.raises((OSError, http.client.HTTPException)):
        ask(proxy, "services")


def test_secrets_are_masked(rig):
    proxy = rig.proxy(env={"DFP_STATS_USER": "admin", "DFP_STATS_PASSWORD": "TopSecretStats"})
    config = proxy.api("config").body.decode()
    assert "stats auth" in config and "TopSecret" not in config
    templates = rig.folder / "templates"
    templates.mkdir()
    (templates / "bad").write_text("backend x\n  http-request set-header Authorization Basic\\ UzNDUkVU\n  user bob insecure-password S3CRET\n")
    with_templates = rig.proxy(arguments=["--templates-dir", templates])
    refused = with_templates.api("reconfigure", serviceName="x", consulTemplatePath="bad")
    assert refused.status == 400 and "S3CRET" not in refused.body.decode()
    (templates / "bad").write_text("frontend x\n  acl u path_beg /x\n  use_backend x-be if u\nbackend x-be\n"
                                   "  http-request set-header Authorization \"Bearer %[nofetch(1)] S3CRET3\"\n")
    refused = with_templates.api("reconfigure", serviceName="x", consulTemplatePath="bad")  # HAProxy quotes the line
    assert refused.status == 400 and "nofetch" in refused.json["Message"] and "S3CRET" not in refused.body.decode(), refused
    assert "S3CRET" not in with_templates.log.read_text()


def test_an_instance_that_is_the_api_itself_is_refused(rig, proxy):
    refused = proxy.api("register", serviceName="api", address=proxy.address, port=proxy.api_port)
    assert refused.status == 400 and "API" in refused.json["Message"], refused
    assert proxy.api("register", serviceName="api", address=proxy.address, port=proxy.api_port + 1).status == 200


def test_the_api_is_no_instance_wherever_it_was_registered(rig):
    consul = rig.consul()
    proxy = rig.proxy(registry=consul.url)
    consul.call("PUT", "/v1/agent/service/register", {"ID": "x", "Name": "api", "Address": proxy.address, "Port": proxy.api_port})
    refused = proxy.api("reconfigure", serviceName="api", servicePath="/v1")
    assert refused.status == 400 and "API" in refused.json["Message"], refused
    assert proxy.get("/v1/docker-flow-proxy/services").status == 503
