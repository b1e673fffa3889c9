"""`docker-flow-proxy template`: rendering without a running proxy."""
import json
import os
import re
import subprocess

import pytest
import harness
from harness import BINARY, wait_until
from recorded import RecordedCatalog, cases, newest_output

RENDERED, FAILED, USAGE, NOT_PARSED, NOT_RENDERED = 0, 1, 2, 7, 8


class Ended:
    def __init__(self, done):
        self.status, self.text, self.errors = done.returncode, done.stdout.decode(), done.stderr.decode()

    def __repr__(self):
        return f"<{self.status} {self.text!r} {self.errors!r}>"


def render(folder, text, *arguments, env=None, name="t"):
    """Runs the command on a template of that text in `folder`."""
    file = folder / name
    file.write_text(text)
    done = subprocess.run([BINARY, "template", str(file), *arguments], capture_output=True, timeout=60,
                          env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL)
    return Ended(done)


def rendered(folder, text, *arguments, **kwargs):
    ended = render(folder, text, *arguments, **kwargs)
    assert ended.status == RENDERED, ended
    return ended.text


def refused(folder, status, text, *arguments, **kwargs):
    """The error of a template that must not render."""
    ended = render(folder, text, *arguments, **kwargs)
    assert ended.status == status and ended.text == "" and ended.errors, ended
    return ended.errors


# ------------------------------------------------------------------------------------------ recorded cases

def go_arguments(case, folder):
    arguments = []
    if "data" in case:
        (folder / "data.json").write_text(json.dumps(case["data"]))
        arguments += ["--data", str(folder / "data.json")]
    for key in ("missingkey", "left", "right"):
        if key in case:
            arguments.append(f"--{key}={case[key]}")
    return arguments


# Cases over Go structs and with functions of the recording (gotemplate-fixture.md) run in the unit tests only.
TEST_FUNCTIONS = re.compile(
    r"\b(add|upper|join|fail|boom|list|count|seq|nothing|typednil|f64|u8|echo|str|boolean|typeof)\b")
GO_CASES = [case for case in cases("gotemplate-cases.json", "gotemplate-newer-cases.json")
            if "fixture" not in case and not TEST_FUNCTIONS.search(re.sub(r'"[^"]*"|\.\w+', "", case["template"]))]


@pytest.mark.parametrize("case", GO_CASES, ids=lambda case: case["id"])
def test_renders_as_go_does(case, tmp_path):
    ended = render(tmp_path, case["template"], *go_arguments(case, tmp_path))
    if case["ok"]:
        assert (ended.status, ended.text) == (RENDERED, case["output"]), ended
    else:
        status = NOT_PARSED if case["phase"] == "parse" else NOT_RENDERED
        assert (ended.status, ended.text) == (status, ""), ended
        assert ended.errors == case["error"] + "\n"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    """A real Consul with the recorded catalog."""
    if not harness.Consul.installed():
        pytest.skip("consul is not installed (tools/install-consul)")
    consul = harness.Consul(tmp_path_factory.mktemp("consul"), extra={"node_id": RecordedCatalog.NODE_ID})
    catalog = RecordedCatalog(consul)
    expected = {"go-demo": 4, "web": 3, "maint": 1}
    wait_until(lambda: all(len(consul.call("GET", f"/v1/health/service/{name}").json) == count
                           for name, count in expected.items()), "the agent told the servers of its services")
    yield catalog
    consul.end()


# Positions of Consul's log and the time are not those of the recording; nothing here speaks for a service mesh.
NOT_REPLAYED = re.compile(r"ModifyIndex|CreateIndex|timestamp|connect")
CONSUL_CASES = [case for case in cases("consul-template-cases.json", "consul-template-own-cases.json")
                if not NOT_REPLAYED.search(case["template"])]


@pytest.mark.parametrize("case", CONSUL_CASES, ids=lambda case: case["id"])
def test_renders_as_consul_template_does(case, catalog, tmp_path):
    (tmp_path / "x").write_text("content of x")
    ended = render(tmp_path, case["template"], "--registry", catalog.consul.url, "--template-env", "CT_VAR,CT_NONE",
                   env={"CT_VAR": "value"})
    output = newest_output(case)
    if output is None:
        assert ended.status in (NOT_PARSED, NOT_RENDERED) and ended.text == "", ended
    else:
        assert (ended.status, ended.text) == (RENDERED, catalog.here(output)), ended


# ------------------------------------------------------------------------------------------- exit and output

def test_an_error_leaves_standard_output_empty(tmp_path):
    assert "template: t:2: unclosed action" in refused(tmp_path, NOT_PARSED, "a\n{{.x")
    assert 'template: t:1:3: executing "t" at <index 1 2>' in refused(tmp_path, NOT_RENDERED, "a{{index 1 2}}b")
    assert "no such file" in refused(tmp_path, FAILED, "a", "--data", "/nonexistent.json").lower()
    (tmp_path / "bad.json").write_text("{")
    assert "bad.json" in refused(tmp_path, FAILED, "a", "--data", str(tmp_path / "bad.json"))
    assert "--nonsense" in refused(tmp_path, USAGE, "a", "--nonsense")


def test_a_function_that_is_not_offered_is_refused_by_name_and_line(tmp_path):
    for function in ('secret "a"', 'plugin "id"', 'writeToFile "a" "b" "c" "0644" "x"'):
        errors = refused(tmp_path, NOT_PARSED, "\n\n{{" + function + "}}", "--check")
        assert f't:3: function "{function.split()[0]}" is not supported: ' in errors


def test_a_hostile_template_ends_with_an_error(tmp_path):
    for text, complaint in {
            '{{define "r"}}{{template "r"}}{{end}}{{template "r"}}': "maximum depth",
            "{{range loop 100000}}{{range loop 100000}}{{end}}{{end}}": "than allowed",
            '{{range loop 100000}}{{printf "%1000d" 1}}{{end}}': "larger than allowed"}.items():
        assert complaint in refused(tmp_path, NOT_RENDERED, text)


def test_data_gives_ints_and_floats(tmp_path):
    (tmp_path / "d.json").write_text('{"i": 3, "f": 3.0, "e": 1e3, "list": [true, null]}')
    text = '{{printf "%T %T %T" .i .f .e}} {{add .i 1}} {{range .list}}{{.}},{{end}}'
    assert rendered(tmp_path, text, "--data", str(tmp_path / "d.json")) == "int float64 float64 4 true,<no value>,"


def test_missing_keys_and_delimiters(tmp_path):
    (tmp_path / "d.json").write_text('{"a": {}}')
    data = ["--data", str(tmp_path / "d.json")]
    assert rendered(tmp_path, "{{.a.b.c}}", *data) == "<no value>"
    assert "map has no entry" in refused(tmp_path, NOT_RENDERED, "{{.a.b}}", *data, "--missingkey", "error")
    refused(tmp_path, NOT_RENDERED, "{{.a.b.c}}", *data, "--missingkey", "zero")
    assert rendered(tmp_path, "[[len .a]]{{x}}", *data, "--left", "[[", "--right", "]]") == "0{{x}}"


def test_reads_standard_input(tmp_path):
    done = subprocess.run([BINARY, "template", "-"], input=b"{{add 1 2}}", capture_output=True, timeout=30)
    assert (done.returncode, done.stdout) == (0, b"3")


def test_check_renders_nothing(tmp_path):
    assert rendered(tmp_path, '{{key "a"}}', "--check").endswith("t: ok\n")


# ------------------------------------------------------------------------------------------------ confinement

def test_files_are_read_beside_the_template_or_below_templates_dir(tmp_path):
    (tmp_path / "own/sub").mkdir(parents=True)
    (tmp_path / "own/sub/x").write_text("beside")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/y").write_text("below")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "own/link").symlink_to(tmp_path / "secret")
    own = tmp_path / "own"
    assert rendered(own, '{{file "sub/x"}}') == "beside"
    assert rendered(own, '{{file "y"}}', "--templates-dir", str(tmp_path / "other")) == "below"
    for path in ("../secret", str(tmp_path / "secret"), "link", "/etc/passwd", "sub/../../secret"):
        assert "secret" not in refused(own, NOT_RENDERED, '{{file "' + path + '"}}').replace(path, "")


def test_only_the_variables_that_are_allowed_can_be_read(tmp_path):
    env = {"REGION": "eu", "TOKEN": "s3cret"}
    assert rendered(tmp_path, '{{env "REGION"}}', "--template-env", "REGION,ZONE", env=env) == "eu"
    assert "--template-env" in refused(tmp_path, NOT_RENDERED, '{{env "TOKEN"}}', "--template-env", "REGION", env=env)
    assert rendered(tmp_path, '{{env "REGION"}}', env={**env, "DFP_TEMPLATE_ENV": "REGION"}) == "eu"


# ------------------------------------------------------------------------------------------------- registries

def test_without_a_registry_templates_that_ask_for_one_fail(tmp_path):
    errors = refused(tmp_path, NOT_RENDERED, 'x{{range service "web"}}{{end}}')
    assert "service(web|passing)" in errors and "--registry" in errors


def test_the_embedded_registry(rig, tmp_path):
    proxy = rig.proxy()
    service = rig.service()
    proxy.ok("register", serviceName="go-demo", id=service.instance, address=service.address, port=service.port,
             tags="blue,v2")
    text = '{{range service "blue.go-demo"}}server {{.ID}} {{.Address}}:{{.Port}}\n{{end}}{{range services}}{{.Name}} {{end}}'
    want = f"server {service.instance} {service.address}:{service.port}\ngo-demo "
    assert rendered(tmp_path, text, "--registry", proxy.registry) == want
    assert rendered(tmp_path, text, env={"DFP_REGISTRY": proxy.registry}) == want
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    assert rendered(tmp_path, '{{key "docker-flow/go-demo/path"}}', "--registry", proxy.registry) == "/demo"


def test_explain_lists_what_a_template_depends_on(catalog, tmp_path):
    text = '{{range services}}{{if ne .Name "consul"}}{{range service .Name "any"}}{{end}}{{end}}{{end}}' \
           '{{keyOrDefault "app/nope" "x"}}{{range ls "app@dc1"}}{{end}}{{with node}}{{end}}'
    assert rendered(tmp_path, text, "--registry", catalog.consul.url, "--explain").splitlines() == [
        "service(go-demo|any)", "service(maint|any)", "service(web|any)", "services", "node", "key(app/nope)",
        "tree(app@dc1)"]


def test_what_does_not_exist_yet_is_named(catalog, tmp_path):
    errors = refused(tmp_path, NOT_RENDERED, '{{key "app/nope"}}{{range safeLs "none"}}{{end}}',
                     "--registry", catalog.consul.url)
    assert 'the key "app/nope" does not exist' in errors and 'there is no key below "none"' in errors
    errors = refused(tmp_path, NOT_RENDERED, '{{range service "web@dc9"}}{{end}}', "--registry", catalog.consul.url)
    assert "No path to datacenter" in errors


def test_a_registry_that_does_not_answer_is_no_error_of_the_template(tmp_path):
    address = harness.private_address()
    errors = refused(tmp_path, FAILED, '{{range services}}{{end}}', "--registry", f"consul://{address}:8500")
    assert "refused" in errors


def test_the_token_is_the_servers(rig, tmp_path):
    consul = harness.Consul(rig.folder / "acl", extra={"acl": {"enabled": True, "default_policy": "deny"}})
    rig.add(consul)

    def bootstrap():  # refused for a moment after the start
        answer = consul.call("PUT", "/v1/acl/bootstrap")
        return answer.json["SecretID"] if answer.status == 200 else None
    token = wait_until(bootstrap, "a token")
    text = '{{range services}}{{.Name}}{{end}}{{range service "consul"}}+{{end}}'
    assert "consul" not in render(tmp_path, text, "--registry", consul.url).text
    assert rendered(tmp_path, text, "--registry", consul.url, env={"CONSUL_HTTP_TOKEN": token}) == "consul+"
