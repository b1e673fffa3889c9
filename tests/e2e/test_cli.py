"""The command line as its users type it, against a running proxy."""
import subprocess

import pytest

from harness import BINARY

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
