"""Faults of the control plane: killed, stopped, started twice, started when it must fail."""
import os
import signal
import time

import harness

from faults import CLUSTER, SINGLE, fault
from lane import HTTP
from proxy import Violation, wait_until


def asks_while_starting(play, process, api):
    """Sends changes to a server that starts, until it ends; gives the statuses that were answered."""
    statuses = []
    while process.poll() is None and len(statuses) < 200:
        for target in ("reload", "reconfigure?serviceName=one&servicePath=/stolen"):
            try:
                statuses.append(harness.request(*api, f"/v1/docker-flow-proxy/{target}", timeout=25).status)
            except HTTP:
                time.sleep(0.02)
        if time.monotonic() - play.began > 40:
            raise Violation("a server that cannot start did not end within 40 s")
    return statuses


def must_fail(play, process, statuses):
    output = process.stdout.read().decode(errors="replace")
    play.require(process.returncode > 0, f"a start that must fail ended with {process.returncode}: {output[-300:]}")
    play.require(200 not in statuses, f"a server that could not start answered 200 to a change: {statuses}")


@fault("control.kill", (CLUSTER, SINGLE))
def kill(play):
    """kill -9 of the control plane, then a restart."""
    play.proxy.kill()
    play.wait(0.1, 1.0)
    play.restart()


@fault("control.term", cut=2.0, allowed="from SIGTERM until it is ready again, plus 2 s")
def term(play):
    """SIGTERM stops the control plane and HAProxy, then a restart."""
    status = play.proxy.kill(signal.SIGTERM, 20)
    play.require(status == 0, f"SIGTERM ended it with {status}")
    wait_until(lambda: not any(play.proxy.haproxy()), "HAProxy is gone after SIGTERM", 10)
    play.restart()
    play.over = time.monotonic()


@fault("control.stop")
def stop(play):
    """SIGSTOP of the control plane for a while."""
    os.kill(play.proxy.pid, signal.SIGSTOP)
    play.undo.append(lambda: os.kill(play.proxy.pid, signal.SIGCONT))
    play.wait(1, 3)


@fault("control.kill_in_reload", (CLUSTER, SINGLE))
def kill_in_reload(play):
    """kill -9 at a random moment of a reload, three times, each with an immediate restart that takes over the running HAProxy."""
    for _ in range(3):
        reload = play.parallel(play.proxy.api, "reload")
        play.wait(0, 0.3)
        play.proxy.kill()
        play.restart()
        reload()


@fault("control.kill_in_change", (CLUSTER, SINGLE))
def kill_in_change(play):
    """kill -9 at a random moment in a series of changes."""
    def changes():
        while play.proxy.running():
            if play.services.change(play.rng, play.proxy, ("colour", "path")) is None:
                return
    row = play.parallel(changes)
    play.wait(0.05, 0.8)
    play.proxy.kill()
    row()
    play.restart()


@fault("control.crash_loop")
def crash_loop(play):
    """Five starts, each killed within 0.6 s; the sixth keeps running."""
    for _ in range(5):
        play.proxy.kill()
        play.proxy.start(wait=0)
        play.wait(0.02, 0.6)
    play.proxy.kill()
    play.restart()


@fault("control.start_twice")
def start_twice(play):
    """A second server on the same directories: it exits, answers no change with 200 and modifies nothing."""
    port = harness.free_port(play.proxy.address)
    process = play.second(api=f"{play.proxy.address}:{port}")
    must_fail(play, process, asks_while_starting(play, process, (play.proxy.address, port)))


@fault("control.start_refused")
def start_refused(play):
    """Starts that must fail (API port in use, HTTP port in use, a directory as the registry's file) next to a serving proxy."""
    proxy, address = play.proxy, harness.private_address()
    (proxy.folder / "a-folder").mkdir(exist_ok=True)
    for settings in ({"api": f"{proxy.address}:{proxy.api_port}", "http": f"{address}:8000"},
                     {"api": f"{address}:8080"},
                     {"api": f"{address}:8080", "http": f"{address}:8000", "registry": f"embedded:{proxy.folder}/a-folder"}):
        folders = {part: proxy.folder / f"{part}-{play.services.next()}" for part in ("run-dir", "state-dir")}
        process = play.second(**folders, **settings)
        statuses = []
        if settings["api"].startswith(address):
            statuses = asks_while_starting(play, process, (address, 8080))
        process.wait(30)
        must_fail(play, process, statuses)


@fault("control.start_while_master_silent", (CLUSTER, SINGLE))
def start_while_master_silent(play):
    """A start while HAProxy's master does not respond, as during a reload, with changes that wait for startup."""
    play.proxy.kill()
    play.proxy.signal_haproxy(signal.SIGSTOP, worker=False)
    play.undo.append(lambda: play.proxy.signal_haproxy(signal.SIGCONT, worker=False))
    play.proxy.start(wait=0)
    waiting = play.parallel(wait_until, lambda: not play.proxy.running() or play.proxy.api("reload", timeout=20).status == 200,
                            "a waiting reload is answered", 40)
    time.sleep(play.rng.uniform(2.5, 4.0))
    play.lift()
    play.proxy.wait_ready(30)
    waiting()


@fault("control.ports_taken_at_start", cut=2.0, allowed="while it cannot start, until it is ready again, plus 2 s")
def ports_taken_at_start(play):
    """Control plane and HAProxy are killed and another program takes the port: the start exits with 3 and names the port."""
    proxy = play.proxy
    play.over = time.monotonic() + 60
    proxy.kill()
    proxy.signal_haproxy(signal.SIGKILL)
    wait_until(lambda: not any(proxy.haproxy()), "HAProxy is dead", 5)
    wait_until(lambda: play.tries_to_hold(proxy.address, proxy.http_port), "its port can be taken", 5)
    before = len(proxy.log.text())
    proxy.start(wait=0)
    status = proxy.popen.wait(40)
    time.sleep(0.1)
    play.require(status == 3 and str(proxy.http_port) in proxy.log.text()[before:],
                 f"a start with its port taken ended with {status}: {proxy.last_words()}")
    play.lift()
    play.restart()
    play.over = time.monotonic()
