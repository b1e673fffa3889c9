"""Services whose part of HAProxy's configuration is a Consul Template of their own, on both registries."""
import json
import re
import threading
import time

import pytest

from echo import Echo
from harness import Traffic, free_port, wait_until
from kept import Http1
from test_story import Registry

# The article's template: contracts of the original, written for its ports and its folder.
ARTICLE = """frontend {name}-fe
	bind *:80
	bind *:443
	option http-server-close
	acl url_{name} path_beg /{path}
	use_backend {name}-be if url_{name}

backend {name}-be
	{{{{range $i, $e := service "{name}" "any"}}}}
	server {{{{$e.Node}}}}_{{{{$i}}}}_{{{{$e.Port}}}} {{{{$e.Address}}}}:{{{{$e.Port}}}} check
	{{{{end}}}}
"""
FE = """acl url_demo path_beg /demo
use_backend go-demo-be if url_demo
"""
BE = """backend go-demo-be
  {{range service "go-demo" "any"}}server {{.ID}} {{.Address}}:{{.Port}}
  {{end}}
"""


def article(name="go-demo", path="demo"):
    return ARTICLE.format(name=name, path=path)


class Templates:
    """A proxy with a folder of templates, on one of the registries."""

    def __init__(self, rig, kind):
        self.rig = rig
        self.registry = Registry(rig, kind)
        self.folder = rig.folder / "consul_templates"
        (self.folder / "tmpl").mkdir(parents=True)
        self.proxy = None
        self.start()

    def start(self, *arguments, **kwargs):
        self.proxy = self.registry.start_proxy(
            arguments=["--templates-dir", self.folder, "--watch-quiet", "100ms", *arguments], **kwargs)
        return self.proxy

    def write(self, name, text):
        path = self.folder / "tmpl" / name
        path.write_text(text)
        return str(path)

    def put_key(self, key, value):
        if not self.registry.consul:
            pytest.skip("keys of the embedded registry cannot be written from outside")
        assert self.registry.consul.call("PUT", f"/v1/kv/{key}", value).status == 200

    def config(self):
        """What is in force, without the number that grows with every writing of the files."""
        return re.sub(r"generation=\d+", "", self.proxy.api("config").body.decode())

    def refusal(self, status=400, **parameters):
        """What a refused reconfigure says; nothing in force may have changed."""
        before = self.config()
        answer = self.proxy.api("reconfigure", **parameters)
        assert answer.status == status, answer
        assert answer.json["Status"] == "NOK"
        assert self.config() == before
        return answer.json["Message"]


@pytest.fixture(params=["embedded", "consul"])
def templates(rig, request):
    return Templates(rig, request.param)


@pytest.fixture
def embedded(rig):
    return Templates(rig, "embedded")


def all_right(proxy, target, requests=100):
    return [proxy.get(target).status for _ in range(requests)] == [200] * requests


def test_the_articles_template_beside_ordinary_services(templates):
    proxy = templates.proxy
    demos = [templates.registry.run() for _ in range(2)]
    root, other = templates.registry.run("root"), templates.registry.run("other")
    proxy.ok("reconfigure", serviceName="root", servicePath="/")
    proxy.ok("reconfigure", serviceName="other", servicePath="/other")

    path = templates.write("go-demo.tmpl", article())
    with Traffic(proxy, "/other/x") as traffic:
        answer = proxy.ok("reconfigure", serviceName="go-demo", consulTemplatePath=path)
        assert (answer["ConsulTemplatePath"], answer["AppliedBy"]) == (path, "reload")
        traffic.wait_for(200)
        assert all_right(proxy, "/demo/hello")
        assert set(proxy.instances_answering("/demo/hello")) == {demo.instance for demo in demos}
        # On demand: the third instance is taken by another request only, and then without a lost one.
        demos.append(templates.registry.run())
        assert demos[2].instance not in proxy.instances_answering("/demo/hello")
        proxy.ok("reconfigure", serviceName="go-demo", consulTemplatePath="tmpl/go-demo.tmpl")
        assert set(proxy.instances_answering("/demo/hello")) == {demo.instance for demo in demos}
        traffic.wait_for(200)
    assert traffic.failures == []
    assert proxy.instances_answering("/", 50) == {root.instance: 50}
    assert proxy.instances_answering("/other", 50) == {other.instance: 50}

    proxy.ok("remove", serviceName="go-demo")
    assert b"go-demo" not in proxy.api("config").body
    assert proxy.instances_answering("/demo/hello", 50) == {root.instance: 50}


def test_two_templates_with_the_same_acl_names(embedded):
    proxy = embedded.proxy
    owners = {}
    for name in ("one", "two"):
        owners[name] = embedded.registry.run(name).instance
        text = article(name, name).replace(f"url_{name}", "url")
        proxy.ok("reconfigure", serviceName=name, consulTemplatePath=embedded.write(f"{name}.tmpl", text))
    for name in ("one", "two"):
        assert proxy.instances_answering(f"/{name}", 50) == {owners[name]: 50}
    assert proxy.get("/three").status == 503


def test_sections_of_a_template_may_be_named_as_people_name_them(embedded):
    """A service called svc has a backend svc-be, and many a frontend is called stats."""
    embedded.registry.run("svc")
    for name in ("svc-be", "services", "stats", "base", "no-route"):
        embedded.write("names.tmpl", f"frontend {name}-fe\n  bind *:80\n  use_backend {name} if {{ path_beg /{name} }}\n"
                                     f"backend {name}\n  server s {{{{range service \"svc\"}}}}{{{{.Address}}}}:{{{{.Port}}}}{{{{end}}}}\n")
        embedded.proxy.ok("reconfigure", serviceName="svc", consulTemplatePath="tmpl/names.tmpl")
        assert embedded.proxy.get(f"/{name}").status == 200, name


def test_what_is_wrong_changes_nothing(embedded):
    proxy = embedded.proxy
    demo, other = embedded.registry.run(), embedded.registry.run("other")
    path = embedded.write("go-demo.tmpl", article())
    proxy.ok("reconfigure", serviceName="go-demo", consulTemplatePath=path)
    proxy.ok("reconfigure", serviceName="other", servicePath="/other")

    def refusal(text):
        embedded.write("bad.tmpl", text)
        return embedded.refusal(serviceName="go-demo", consulTemplatePath="tmpl/bad.tmpl")

    assert refusal("a\n{{range}}\n").startswith("template: tmpl/bad.tmpl:2: ")
    assert refusal('a\n\n{{secret "x"}}\n').startswith("template: tmpl/bad.tmpl:3: ")
    assert refusal("a\n{{index 1 2}}\n").startswith("template: tmpl/bad.tmpl:2:2: executing ")
    assert 'key "absent"' in refusal('{{key "absent"}}')
    assert "HOME" in refusal('{{env "HOME"}}')
    for text, line in (("backend x\n  lua-load /tmp/x.lua\n", 'rendered line 2 ("lua-load'),
                       ("global\n  maxconn 1\n", 'rendered line 1 ("global")'),
                       ("\nbackend x\n  balance sideways\n", "rendered line 3: ")):
        message = refusal(text)
        assert message.startswith(f"service go-demo: template tmpl/bad.tmpl: {line}"), message

    outside = embedded.rig.folder / "outside.tmpl"
    outside.write_text(article())
    (embedded.folder / "link.tmpl").symlink_to(outside)
    for name in (str(outside), "../outside.tmpl", "link.tmpl", "absent.tmpl"):
        message = embedded.refusal(serviceName="go-demo", consulTemplatePath=name)
        assert message.startswith(f"consulTemplatePath: template {name}: "), message
    embedded.refusal(serviceName="x", consulTemplateFePath=path)
    embedded.refusal(serviceName="x", consulTemplatePath=path, templateFePath=path, templateBePath=path)

    assert proxy.instances_answering("/demo/hello", 20) == {demo.instance: 20}
    assert proxy.instances_answering("/other", 20) == {other.instance: 20}
    # A dry run tells what the real one would say.
    message = embedded.refusal(serviceName="go-demo", consulTemplatePath="tmpl/bad.tmpl", dryRun="true")
    assert "rendered line 3: " in message
    embedded.write("good.tmpl", article("other-demo", "good"))
    tried = proxy.ok("reconfigure", serviceName="good", consulTemplatePath="tmpl/good.tmpl", dryRun="true")
    assert (tried["AppliedBy"], tried["Reason"]) == ("reload", "custom template")
    assert proxy.api("services", serviceName="good").status == 404
    # A section name of another service's template.
    message = embedded.refusal(409, serviceName="thief", consulTemplatePath=path)
    assert "'go-demo-be' of service thief is used by service go-demo" in message


def test_a_slow_template_holds_nobody_up(embedded):
    proxy = embedded.proxy
    embedded.registry.run("other")
    embedded.write("slow.tmpl", "{{range loop 30000}}{{range loop 30000}}{{end}}{{end}}")
    answers = []
    slow = threading.Thread(target=lambda: answers.append(proxy.api("reconfigure", serviceName="slow",
                                                                    consulTemplatePath="tmpl/slow.tmpl")))
    slow.start()
    time.sleep(0.2)
    for n in range(5):
        proxy.ok("reconfigure", serviceName="other", servicePath=f"/other{n}")
    assert slow.is_alive() and answers == [], "it is not slow enough for this test"
    slow.join(60)
    assert answers[0].status == 400 and answers[0].json["Message"].startswith("template: tmpl/slow.tmpl:1:"), answers
    assert proxy.get("/other4").status == 200


def test_failover_renders_from_the_present_data(templates):
    proxy = templates.proxy
    old, other = templates.registry.run(), templates.registry.run("other")
    path = templates.write("go-demo.tmpl", article())
    proxy.ok("reconfigure", serviceName="go-demo", consulTemplatePath=path)
    proxy.ok("reconfigure", serviceName="other", servicePath="/other")
    new = templates.registry.run()
    templates.registry.stop(old)
    proxy.kill_everything()

    again = templates.start()
    assert again.folder != proxy.folder
    assert again.instances_answering("/demo/hello", 20) == {new.instance: 20}
    assert again.instances_answering("/other", 20) == {other.instance: 20}
    again.kill_everything()

    # A template that is broken meanwhile: the service is served as it was stored, the others are not touched.
    templates.write("go-demo.tmpl", "{{if}}")
    third = templates.start()
    assert third.get("/other").status == 200
    assert third.ok("services")["NotRefreshed"] == {"go-demo": f"template: {path}:1: missing value for if"}
    assert "acl go-demo:url_go-demo path_beg /demo" in third.api("config").body.decode()
    third.ok("remove", serviceName="go-demo")
    assert third.get("/demo/hello").status == 503


def test_pairs_of_templates(templates):
    proxy = templates.proxy
    demo = templates.registry.run()
    fe, be = templates.write("fe.tmpl", FE), templates.write("be.tmpl", BE)
    proxy.ok("reconfigure", serviceName="go-demo", consulTemplateFePath=fe, consulTemplateBePath=be)
    assert proxy.instances_answering("/demo/hello", 50) == {demo.instance: 50}

    # The original's Go templates, with the service as dot.
    fe = templates.write("fe.go", """{{range $i, $p := .ServicePath}}acl url_{{$.AclName}}{{$i}} path_beg {{$p}}
use_backend {{$.ServiceName}}-be{{(index $.ServiceDest 0).Port}} if url_{{$.AclName}}{{$i}}
{{end}}""")
    be = templates.write("be.go", """{{range .ServiceDest}}backend {{$.ServiceName}}-be{{.Port}}
  {{range service $.ServiceName}}server {{.ID}} {{.Address}}:{{.Port}}
  {{end}}{{end}}""")
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/new,/newer", port=8080, templateFePath=fe,
             templateBePath=be)
    assert proxy.get("/demo/hello").status == 503
    assert proxy.instances_answering("/new", 50) == {demo.instance: 50}
    assert "backend go-demo-be8080 from dfp:template" in proxy.api("config").body.decode()

    templates.write("be.go", "backend x\n  bogus\n")
    message = templates.refusal(serviceName="go-demo", templateFePath=fe, templateBePath=be)
    assert message.startswith(f'service go-demo: template {be}: rendered line 2 ("bogus"): '), message
    templates.write("be.go", "backend x\n{{end}}\n")
    message = templates.refusal(serviceName="go-demo", templateFePath=fe, templateBePath=be)
    assert message.startswith(f"template: {be}:2: "), message
    assert proxy.instances_answering("/new", 20) == {demo.instance: 20}


def test_what_an_original_left_is_taken_over(rig):
    templates = Templates(rig, "consul")
    demo = templates.registry.run()
    templates.proxy.end()
    path = templates.write("go-demo.tmpl", article())
    for key, value in {"path": "", "consultemplatepath": path, "color": "", "domain": "", "pathtype": "",
                       "skipcheck": "false"}.items():
        templates.put_key(f"docker-flow/go-demo/{key}", value)
    proxy = templates.start()
    assert proxy.instances_answering("/demo/hello", 6) == {demo.instance: 6}
    proxy.ok("remove", serviceName="go-demo")
    assert templates.registry.consul.key("docker-flow/go-demo/consultemplatepath") is None


def test_keys_and_variables(rig):
    templates = Templates(rig, "consul")
    templates.proxy.end()
    proxy = templates.start("--template-env", "REGION", env={"REGION": "eu"})
    demo = templates.registry.run()
    path = templates.write("go-demo.tmpl", BE + """frontend f
  bind *:80
  acl demo path_beg /{{env "REGION"}}/{{keyOrDefault "app/path" "demo"}}
  use_backend go-demo-be if demo
""")
    proxy.ok("reconfigure", serviceName="go-demo", consulTemplatePath=path, watch="true")
    assert proxy.instances_answering("/eu/demo", 6) == {demo.instance: 6}
    templates.put_key("app/path", "changed")
    wait_until(lambda: proxy.get("/eu/changed").status == 200, "the key's value is used", 20)
    assert proxy.get("/eu/demo").status == 503


def test_what_the_operator_permits(rig):
    templates = Templates(rig, "embedded")
    page = rig.folder / "page.http"
    page.write_text("HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\n\r\nback soon\n")
    text = f"default_backend x\nbackend x\n  errorfile 503 {page}\n"
    path = templates.write("x.tmpl", text)
    assert "'errorfile' makes HAProxy read a file" in templates.refusal(serviceName="x", consulTemplatePath=path)
    templates.proxy.end()
    proxy = templates.start("--template-allow", "errorfile")
    proxy.ok("reconfigure", serviceName="x", consulTemplatePath=path)
    assert proxy.get("/").body == b"back soon\n"


def test_no_template_leads_to_the_api_or_wherever_clients_like(embedded):
    proxy = embedded.proxy
    api = f"{proxy.address}:{proxy.api_port}"
    shared = "acl all path_beg /\nuse_backend x if all\nbackend x\n"

    def refusal(lines, line):
        embedded.write("x.tmpl", shared + lines)
        message = embedded.refusal(serviceName="x", consulTemplatePath="tmpl/x.tmpl")
        assert f"rendered line {line} (" in message, message
        return message

    for server in (f"server s {api}", f"default-server init-addr {proxy.address}\n  server s nobody.test:{proxy.api_port}",
                   f"option httpchk\n  http-check connect addr {proxy.address} port {proxy.api_port}\n  server s 10.0.0.1:80 check"):
        assert "this proxy's own API" in refusal("  " + server + "\n", 5 if "\n" in server else 4)
    assert proxy.get("/v1/docker-flow-proxy/services").status == 503
    choice = "connects to addresses that clients choose"
    assert f"'set-dst' {choice}" in refusal("  http-request set-dst hdr(x-dst)\n  server s 10.0.0.1:80\n", 4)
    assert choice in refusal("  server s 0.0.0.0:0\n", 4)


def test_on_a_port_of_its_own_a_template_gets_the_same_requests(embedded):
    """No tunnel past its rules, no path that hides from them, no header that only the proxy may set."""
    proxy, port = embedded.proxy, free_port(embedded.proxy.address)
    echo = embedded.rig.add_end(Echo())
    embedded.write("own.tmpl", f"""listen own
  bind {proxy.address}:{port}
  acl trusted-proxy src 0.0.0.0/0
  acl needs-host src 0.0.0.0
  http-request deny if {{ path_beg /secret }}
  server s {echo.address}:{echo.port}
""")
    proxy.ok("reconfigure", serviceName="own", consulTemplatePath="tmpl/own.tmpl")

    def ask(target, headers=(), **kwargs):
        connection = Http1(proxy.address, port)
        try:
            status, _, body = connection.get(target, headers=list(headers), **kwargs)
            return status, (json.loads(body) if status == 200 else None)
        finally:
            connection.close()

    status, seen = ask("/a", ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"])
    assert status == 200, "h2c is a tunnel past all rules"
    assert not {name.lower() for name, _ in seen["headers"]} & {"upgrade", "http2-settings"}
    assert ask("/ws", ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])[0] == 101

    status, seen = ask("/echo/../x?a=%41/../b")
    assert (status, seen["line"]) == (200, "GET /x?a=%41/../b HTTP/1.1")
    assert ask("/x/../secret")[0] == 403 and ask("/%73ecret")[0] == 403

    forged = [f"{name}: 6.6.6.6" for name in ("X-Forwarded-For", "X-Forwarded-Host", "X_Forwarded_For", "X-Real-IP", "Forwarded")]
    status, seen = ask("/a", [*forged, "X-Forwarded-Proto: https"])
    named = [(name.lower(), value) for name, value in seen["headers"]]
    assert "6.6.6.6" not in str(named)
    assert [value for name, value in named if name == "x-forwarded-proto"] == ["http"]
    assert ask("/a", host="a b")[0] == 400 and ask("/a", host=None)[0] == 400
    assert ask("/a", host=None, version="1.0")[0] == 200
