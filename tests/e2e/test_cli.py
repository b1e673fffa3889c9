"""The command line as its users type it, against a running proxy."""
import json
import os
import pty
import shutil
import signal
import subprocess
import time

import pytest

from harness import BINARY, ROOT

NOWHERE = "http://127.0.0.1:1"  # nothing listens there


def run(*words, api=NOWHERE, env=None):
    command = [BINARY, *words, *(["--api", api] if api else [])]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, env=env)


@pytest.fixture(scope="module")
def proxy(module_rig):
    return module_rig.proxy()


def ask(proxy, *words):
    return run(*words, api=f"http://{proxy.address}:{proxy.api_port}")


def test_the_service_needs_no_flag(rig, proxy):
    service = rig.service("words")
    assert ask(proxy, "register", "words", "--address", service.address, "--port", service.port).returncode == 0
    done = ask(proxy, "reconfigure", "words", "/words,/w", "--skip-check")
    assert done.returncode == 0 and done.stdout.startswith("words is routed to 1 instance(s)"), done
    assert proxy.get("/w/x").instance == proxy.get("/words").instance == service.instance
    assert ask(proxy, "services", "words").stdout.startswith("words  ")
    assert ask(proxy, "remove", "words").stdout.startswith("words is removed")
    assert proxy.get("/words").status == 503


@pytest.mark.parametrize("words, missing", [
    (["reconfigure"], "--service-name"), (["reconfigure", "a"], "--service-path"), (["remove"], "--service-name"),
    (["register", "a", "--port", "1"], "--address"), (["deregister", "a"], "--id")])
def test_what_is_missing_is_named_without_a_proxy(words, missing):
    done = run(*words)
    assert done.returncode == 2 and missing in done.stderr and done.stdout == "", done


@pytest.mark.parametrize("words, said", [
    (["servr"], 'unknown command "servr"; did you mean server?'),
    (["server", "--htpp", "127.0.0.1:8000"], 'server: unknown flag "--htpp"; did you mean --http?'),
    (["remove", "a", "--sevice-name", "b"], 'remove: unknown flag "--sevice-name"; did you mean --service-name?'),
    (["help", "serivces"], 'unknown command "serivces"; did you mean services?')])
def test_a_mistyped_word_is_named_with_the_nearest(words, said):
    done = run(*words, api=None)
    assert done.returncode == 2 and done.stderr.startswith(f"docker-flow-proxy: {said}\n") and done.stdout == "", done


def test_help_is_a_command():
    assert run("help", api=None).stdout == run("--help", api=None).stdout
    done = run("help", "reconfigure", api=None)
    assert done.returncode == 0 and "--service-path" in done.stdout and done.stdout == run("reconfigure", "--help", api=None).stdout


def test_a_mistyped_service_is_answered_with_the_nearest(proxy):
    assert ask(proxy, "reconfigure", "nearest", "/nearest").returncode == 0
    done = ask(proxy, "remove", "neerest")
    assert done.returncode == 0 and done.stdout == "service neerest was not configured; did you mean nearest?\n", done
    done = ask(proxy, "services", "neerest")
    assert done.returncode == 1 and "did you mean nearest?" in done.stderr, done
    assert ask(proxy, "remove", "nearest").stdout.startswith("nearest is removed")


def test_services_is_a_table_and_the_rest_is_a_flag_away(rig, proxy):
    service = rig.service("table")
    proxy.register(service)
    for name, path in [("table", "/table,/t"), ("alone", "/alone")]:
        assert ask(proxy, "reconfigure", name, path, "--check-interval", "7s").returncode == 0
    head, first, second, *rest = ask(proxy, "services").stdout.splitlines()
    assert head.split() == ["SERVICE", "COLOR", "HOSTS", "PATHS", "UP/ALL", "REV", "CHANGED"]
    assert first.split()[:6] == ["alone", "-", "*", "/alone", "0/0", "1"], first
    assert second.split()[:7] == ["table", "-", "*", "/table", "+1", "1/1", "1"], second
    assert "alone: NO SERVER UP (0/0)" in rest
    wide = ask(proxy, "services", "--wide").stdout
    for part in ("table  UP 1/1  revision 1", f":{service.port} UP ", "checkInterval 7s", service.instance):
        assert part in wide, wide
    assert "checkInterval 7s" in ask(proxy, "services", "table").stdout, "one service is shown with everything"
    names = [one["ServiceName"] for one in json.loads(ask(proxy, "services", "--json").stdout)["Services"]]
    assert names == ["alone", "table"]
    assert ask(proxy, "services", "--json", "--wide").returncode == 2
    for name in names:
        proxy.ok("remove", serviceName=name)


def test_everything_of_json_is_in_the_long_text(rig, proxy):
    service = rig.service("long")
    proxy.register(service)
    proxy.ok("reconfigure", serviceName="long", servicePath="/long", serviceDomain="a.com,b.com", checkPath="/up", checkRise="3",
             aclName="x-long", watch="true")
    shown, = proxy.ok("services", serviceName="long")["Services"]
    text = ask(proxy, "services", "long").stdout
    for key, value in shown.items():
        if value is True:
            assert key[0].lower() + key[1:] in text, (key, text)
        elif isinstance(value, str) and value:
            assert all(part in text for part in value.split(",")), (key, value, text)
    proxy.ok("remove", serviceName="long")


def on_a_terminal(*words, stream, env):
    """What is written to that stream (1 or 2) when it is a terminal."""
    ours, theirs = pty.openpty()
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, {1: "stdout", 2: "stderr"}[stream]: theirs}
    process = subprocess.Popen([str(BINARY), *words], env={**os.environ, "TERM": "xterm", **env}, **streams)
    os.close(theirs)
    written = b""
    try:
        while chunk := os.read(ours, 4096):
            written += chunk
    except OSError:  # the other side is closed
        pass
    os.close(ours)
    process.wait(30)
    return written.decode()


def test_color_is_for_terminals_without_no_color(proxy):
    words = ["services", "--api", f"http://{proxy.address}:{proxy.api_port}"]
    proxy.ok("reconfigure", serviceName="red", servicePath="/red")
    assert "\x1b[31m0/0" in on_a_terminal(*words, stream=1, env={})
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        text = on_a_terminal(*words, stream=1, env=env)
        assert "0/0" in text and "\x1b" not in text, text
    assert "\x1b" not in ask(proxy, "services").stdout
    proxy.ok("remove", serviceName="red")


def test_a_wait_is_shown_on_a_terminal_only(rig):
    proxy = rig.proxy()
    api = f"http://{proxy.address}:{proxy.api_port}"
    proxy.kill(signal.SIGSTOP)
    try:
        shown = on_a_terminal("services", "--api", api, "--timeout", "3s", stream=2, env={})
        assert f"waiting for the answer of {api}" in shown and "(1 s)" in shown, shown
        assert shown.rindex("\x1b[K") > shown.rindex("waiting for"), "the line is gone in the end"
        quiet = on_a_terminal("services", "--api", api, "--timeout", "2s", stream=2, env={"TERM": "dumb"})
        piped = run("services", "--timeout", "2s", api=api).stderr
        assert "waiting for" not in quiet + piped, quiet + piped
    finally:
        proxy.kill(signal.SIGCONT)


def test_ping_waits_until_a_proxy_that_starts_takes_requests(rig):
    proxy = rig.proxy(wait=False)
    done = ask(proxy, "ping", "--wait", "30s")
    assert done.returncode == 0 and done.stdout == "OK\n", done
    assert ask(proxy, "register", "a", "--address", "127.0.0.1", "--port", "1").returncode == 0


def test_ping_gives_up_in_time():
    began = time.monotonic()
    assert run("ping", "--wait", "1s").returncode == 3
    assert 0.5 < time.monotonic() - began < 10


def complete(*words):
    """What bash proposes for the last of these words."""
    quoted = " ".join(f"'{word}'" for word in words)
    script = (f"source <('{BINARY}' completion bash); COMP_WORDS=(docker-flow-proxy {quoted}); COMP_CWORD={len(words)}; "
              "_docker_flow_proxy; printf '%s\\n' \"${COMPREPLY[@]}\"")
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout.split()


def test_bash_completes_commands_flags_and_files(tmp_path):
    assert complete("serv") == ["server", "services"]
    assert complete("help", "serv") == ["server", "services"]
    assert complete("reconfigure", "--service-p") == ["--service-path"]
    assert complete("registrator", "--ttl") == ["--ttl", "--ttl-refresh"]
    assert complete("completion", "b") == ["bash"]
    (tmp_path / "settings.yaml").touch()
    assert complete("server", "--config", f"{tmp_path}/s") == [f"{tmp_path}/settings.yaml"]
    assert complete("server", "--state-dir", "-") == [], "that is a value"


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_manual_pages_are_good_for_a_package(tmp_path):
    subprocess.run([ROOT / "tools/generate-man", BINARY, tmp_path], check=True, timeout=60)
    pages = sorted(path.name for path in tmp_path.iterdir())
    assert {"docker-flow-proxy.1", "docker-flow-proxy-reconfigure.1", "docker-flow-proxy-server.1"} <= set(pages)
    for page in pages:
        done = subprocess.run(["groff", "-Kutf8", "-man", "-ww", "-Tutf8", tmp_path / page], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and done.stderr == "", (page, done.stderr)
    assert "EXIT STATUS" in (tmp_path / "docker-flow-proxy.1").read_text()
