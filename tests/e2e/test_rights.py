"""Who may read, exchange and reach what: files and folders, HAProxy's environment, the check of templates."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import stat

import pytest

import harness
import held_in
from harness import wait_until

NOBODY = 65534
TEMPLATE = """frontend fe
  acl url path_beg /probed
  use_backend probed-be if url
backend probed-be
  server one 127.0.0.1:1
"""
SECRETS = {"CONSUL_HTTP_TOKEN": "token-of-consul", "AWS_SECRET_ACCESS_KEY": "key-of-aws", "TZ": "Europe/Vienna"}


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


@pytest.fixture
def as_user(rig):
    """Starts proxies as root or as another user, with a folder of templates."""
    if os.geteuid() != 0:
        pytest.skip("only root can be both")
    rig.folder.chmod(0o711)
    binary = rig.folder / "docker-flow-proxy"
    shutil.copy(harness.BINARY, binary)  # where every user may enter
    binary.chmod(0o755)
    templates = rig.folder / "templates"
    templates.mkdir()
    (templates / "go-demo.tmpl").write_text(TEMPLATE)

    def start(user, *arguments, env=None, registry=None, **popen):
        folder = rig.folder / f"of-{user}"
        folder.mkdir()
        os.chown(folder, user, user)
        if user:
            popen.update(user=user, group=user, extra_groups=[])
        return rig.proxy(folder.name, arguments=["--templates-dir", templates, *arguments], popen=popen, binary=binary,
                         env=env, registry=registry)
    return start


def deploy(proxy):
    return proxy.api("reconfigure", serviceName="go-demo", consulTemplatePath="go-demo.tmpl")


@pytest.mark.parametrize("user", [0, NOBODY], ids=["root", "nobody"])
def test_the_check_of_a_template_reaches_nothing(rig, as_user, user):
    probe = held_in.Probe(rig.folder / "probe", rig.folder / f"of-{user}" / "registry.db")
    proxy = as_user(user, "--haproxy", probe.path, env=SECRETS)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(deploy, proxy)
        pid = wait_until(lambda: probe.process() or answer.done() and -1, "the check runs")
        assert pid > 0, answer.result()
        status, seen = held_in.status_of(pid), pathlib.Path(f"/proc/{pid}")
        environment = (seen / "environ").read_bytes()
        assert (status["Seccomp"], status["NoNewPrivs"]) == (["2"], ["1"])
        assert status["Uid"] == [str(NOBODY)] * 4 and int(status["CapEff"][0], 16) == 0
        assert os.readlink(seen / "cwd") == "/"
        assert environment.startswith(b"PATH=") and environment.count(b"\0") == 1, environment
        if user == 0:
            assert os.readlink(seen / "ns/net") != os.readlink("/proc/self/ns/net")
        told = answer.result().json["Message"]
    print(told)
    told = json.JSONDecoder().raw_decode(told[told.index(held_in.MARK) + len(held_in.MARK):])[0]
    assert told.pop("environment") in (["PATH"], ["LC_CTYPE", "PATH"])  # Python adds the other one itself
    assert told.pop("cwd") == "/"
    assert set(told.values()) == {"EPERM", "EACCES"}, told
    assert proxy.ok("services")["TemplateCheck"].startswith("confined: seccomp, landlock ")
    assert b"dfp_haproxy_template_check_confined 1" in metrics(proxy)


def metrics(proxy):
    return harness.request(proxy.address, proxy.api_port, "/metrics").body


def test_where_it_cannot_be_confined_templates_are_refused_until_the_operator_accepts_it(as_user):
    proxy = as_user(NOBODY, preexec_fn=held_in.refuse_seccomp_and_landlock)
    answer = deploy(proxy)
    assert answer.status == 400
    assert "no files (landlock: Operation not permitted" in answer.json["Message"]
    assert "--template-check unconfined" in answer.json["Message"]
    wait_until(lambda: b"dfp_haproxy_template_check_confined 0" in metrics(proxy), "the metric says so")
    assert proxy.ok("services")["TemplateCheck"].startswith("templates are refused: ")
    deploy(proxy)
    assert proxy.log.read_text().count("haproxy.template_check_not_confined") == 1
    # All else goes on.
    proxy.ok("reconfigure", serviceName="other", servicePath="/other")
    proxy.end()

    shutil.rmtree(proxy.folder)
    proxy = as_user(NOBODY, "--template-check", "unconfined", preexec_fn=held_in.refuse_seccomp_and_landlock)
    assert deploy(proxy).status == 200
    assert proxy.ok("services")["TemplateCheck"].startswith("unconfined: ")
    assert proxy.log.read_text().count("haproxy.template_check_not_confined") == 1


def test_a_stored_template_that_cannot_be_checked_keeps_nothing_else_out(rig, as_user):
    """Of two proxies on one registry one cannot confine the check: it leaves out that service, by name, and follows all others."""
    consul = rig.consul()
    good = as_user(0, registry=consul.url)
    bad = as_user(NOBODY, registry=consul.url, preexec_fn=held_in.refuse_seccomp_and_landlock)
    assert deploy(good).status == 200
    quarantined = lambda: bad.ok("services")["Quarantined"].get("go-demo", "")  # noqa: E731
    wait_until(lambda: "cannot be checked" in quarantined(), "it is quarantined", 20)
    service = rig.service("later")
    good.register(service)
    good.ok("reconfigure", serviceName="later", servicePath="/later")
    wait_until(lambda: bad.get("/later").status == 200, "others are followed", 20)
    bad.kill_haproxy()
    bad.kill()
    bad.popen.wait()
    again = rig.proxy(bad.folder.name, address=bad.address, binary=bad.popen.args[0], registry=consul.url,
                      arguments=["--templates-dir", rig.folder / "templates"],
                      popen=dict(user=NOBODY, group=NOBODY, extra_groups=[], preexec_fn=held_in.refuse_seccomp_and_landlock))
    assert again.get("/later").status == 200 and "cannot be checked" in again.ok("services")["Quarantined"]["go-demo"]


def test_templates_are_accepted_from_whatever_folder_the_proxy_is_started_in(rig, as_user):
    closed = rig.folder / "closed"
    closed.mkdir(mode=0o700)  # as /root
    proxy = as_user(0, cwd=closed)
    answer = deploy(proxy)
    assert answer.status == 200, answer


def test_haproxy_gets_no_secrets_of_the_environment(rig):
    proxy = rig.proxy(env=SECRETS)
    proxy.ok("reload")
    seen = []
    for pid in proxy.haproxy_pids():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a replaced worker ends
            seen.append(pathlib.Path(f"/proc/{pid}/environ").read_text())
    assert len(seen) >= 2, "a master and its worker"
    for environment in seen:
        assert "token-of-consul" not in environment and "key-of-aws" not in environment
        assert "TZ=Europe/Vienna" in environment and "PATH=" in environment


def test_files_are_for_our_user_alone(rig):
    folder = rig.folder / "proxy"
    for name in ("", "state", "run"):
        (folder / name).mkdir()
        (folder / name).chmod(0o755)
    proxy = rig.proxy("proxy", popen={"umask": 0})
    service = rig.service()
    proxy.register(service)
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    proxy.ok("reload")
    last_known = folder / "state/last-known.json"
    wait_until(last_known.exists, "the last known state is written")
    database = [folder / f"registry.db{suffix}" for suffix in ("", "-wal", "-shm")]
    found = [*database]
    for name in ("state", "run"):
        assert mode(folder / name) == 0o700
        found += (folder / name).rglob("*")
    assert {path.name for path in found} >= {"lock", "haproxy.cfg", "haproxy.log", "last-known.json"}
    for path in found:
        kind = os.lstat(path).st_mode
        if not stat.S_ISLNK(kind):
            assert mode(path) == (0o700 if stat.S_ISDIR(kind) else 0o600), path


def test_an_open_database_of_before_is_closed(rig):
    proxy = rig.proxy("proxy", popen={"umask": 0})
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    proxy.kill_everything()
    database = [proxy.folder / f"registry.db{suffix}" for suffix in ("", "-wal", "-shm")]
    for path in database:
        path.chmod(0o644)
    proxy = rig.proxy("proxy")
    assert [mode(path) for path in database] == [0o600] * 3
    assert len(proxy.ok("services")["Services"]) == 1


def refused(rig, name="proxy", **kwargs):
    """What a proxy says that does not start."""
    proxy = rig.proxy(name, wait=False, **kwargs)
    assert proxy.popen.wait(20) == 2
    assert not proxy.haproxy_pids()
    return proxy.log.read_text()


@pytest.mark.parametrize("setting", ["run", "state"])
def test_a_folder_of_somebody_else_is_refused(rig, setting):
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    theirs = rig.folder / "proxy" / setting
    theirs.mkdir(parents=True)
    (theirs / "current").write_text("")
    os.chown(theirs, NOBODY, NOBODY)
    said = refused(rig)
    assert f"{setting}-dir: {theirs} belongs to user 65534, not to user 0 who runs the proxy" in said
    assert f"chown -R 0 {theirs}" in said
    assert os.lstat(theirs).st_uid == NOBODY


def test_links_are_refused(rig):
    folder = rig.folder / "proxy"
    folder.mkdir()
    elsewhere = rig.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "registry.db").write_text("")
    (folder / "registry.db").symlink_to(elsewhere / "registry.db")
    assert f"registry: {folder}/registry.db is a link" in refused(rig)
    (folder / "registry.db").unlink()
    for name in ("state", "run"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).symlink_to(elsewhere)
        assert f"{name}-dir: {folder / name} is a link" in refused(rig)
        (folder / name).unlink()
    assert (elsewhere / "registry.db").read_text() == ""
