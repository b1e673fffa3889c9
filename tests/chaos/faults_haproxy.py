"""Faults of HAProxy: worker, master or both killed or stopped; reload storms."""
import http.client
import os
import signal
import socket
import time

from faults import CLUSTER, CROWD, SINGLE, fault
from proxy import wait_until

BACK = "requests in flight, and those until a new one serves: 10 s"


def serves(play):
    """How long until the proxy answers requests again."""
    began = time.monotonic()
    wait_until(lambda: play.proxy.get("/one", timeout=3).status == 200, "it serves again", 10)
    play.ready_after = max(play.ready_after, time.monotonic() - began)


@fault("worker.kill", cut=10.0, allowed=BACK)
def worker_kill(play):
    """kill -9 of HAProxy's worker."""
    play.proxy.signal_haproxy(signal.SIGKILL, master=False)
    serves(play)


@fault("master.kill", cut=10.0, allowed=BACK)
def master_kill(play):
    """kill -9 of HAProxy's master."""
    play.proxy.signal_haproxy(signal.SIGKILL, worker=False)
    time.sleep(0.5)
    serves(play)


@fault("haproxy.kill", cut=10.0, allowed=BACK)
def haproxy_kill(play):
    """kill -9 of master and workers."""
    play.proxy.signal_haproxy(signal.SIGKILL)
    serves(play)


@fault("machine.kill", (CLUSTER, SINGLE), cut=2.0, allowed="until it is ready again, plus 2 s")
def machine_kill(play):
    """kill -9 of control plane and HAProxy at once, as if the machine had crashed, then a restart."""
    play.over = time.monotonic() + 60
    play.proxy.kill()
    play.proxy.signal_haproxy(signal.SIGKILL)
    play.wait(0.1, 0.5)
    play.restart()
    play.over = time.monotonic()


@fault("worker.stop")
def worker_stop(play):
    """SIGSTOP of the worker for a second: requests wait."""
    _, workers = play.proxy.haproxy()
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(1.0)
    for pid in workers:
        os.kill(pid, signal.SIGCONT)


@fault("worker.frozen", cut=40.0, allowed="until the worker is replaced: 40 s")
def worker_frozen(play):
    """Permanent SIGSTOP of the worker: it is detected and replaced."""
    play.proxy.signal_haproxy(signal.SIGSTOP, master=False)
    play.undo.append(lambda: play.proxy.signal_haproxy(signal.SIGCONT))
    began = time.monotonic()
    wait_until(lambda: play.proxy.get("/one", timeout=1).status == 200, "a frozen worker is replaced", 38)
    play.ready_after = time.monotonic() - began


@fault("worker.frozen_over_start", cut=5.0, allowed="while the worker is frozen, until the start has replaced it, plus 5 s")
def worker_frozen_over_start(play):
    """Permanent SIGSTOP of the worker, and a start of the control plane that finds it so: it is replaced."""
    play.over = time.monotonic() + 90
    play.proxy.kill()
    play.proxy.signal_haproxy(signal.SIGSTOP, master=False)
    play.undo.append(lambda: play.proxy.signal_haproxy(signal.SIGCONT))
    play.restart(seconds=60)
    serves(play)
    play.over = time.monotonic()


@fault("master.stop")
def master_stop(play):
    """SIGSTOP of the master for two seconds: changes continue without it."""
    play.proxy.signal_haproxy(signal.SIGSTOP, worker=False)
    play.undo.append(lambda: play.proxy.signal_haproxy(signal.SIGCONT, worker=False))
    began = time.monotonic()
    play.within(5, "a change while the master is stopped", play.services.change, play.rng, play.proxy, ("colour",), True)
    time.sleep(max(0, 2 - (time.monotonic() - began)))


@fault("haproxy.kill_in_reload", (CROWD,), cut=10.0, allowed=BACK)
def haproxy_kill_in_reload(play):
    """kill -9 of master and workers at a random moment of a reload."""
    reload = play.parallel(play.proxy.api, "reload", timeout=60)
    play.wait(0, 0.15)
    play.proxy.signal_haproxy(signal.SIGKILL)
    serves(play)
    reload()


@fault("reload.storm", (CROWD,))
def reload_storm(play):
    """Thirteen reloads in a row during long responses: none is truncated, not even one that outlasts all reloads."""
    client = socket.create_connection((play.proxy.address, play.proxy.http_port), 10)
    play.undo.append(client.close)
    client.sendall(f"GET /one/longer HTTP/1.1\r\nHost: {play.proxy.address}\r\n\r\n".encode())
    play.require(client.recv(1000).startswith(b"HTTP/1.1 200"), "a long answer does not begin")
    statuses = [play.proxy.api("reload", timeout=60).status for _ in range(13)]
    play.require(set(statuses) == {200}, f"reloads answered {statuses}")
    end = time.monotonic() + 1  # what had arrived is read; then more has to come
    while time.monotonic() < end:
        play.require(client.recv(1000), "a long answer ended in the middle after thirteen reloads")


@fault("reload.idle_connections", (CROWD,))
def reload_idle(play):
    """A reload and a colour switch while keep-alive connections are idle: their next request gets the new colour."""
    service = play.services.all["one"]
    idle = [http.client.HTTPConnection(play.proxy.address, play.proxy.http_port, timeout=10) for _ in range(6)]
    play.undo.append(lambda: [connection.close() for connection in idle])
    for connection in idle:
        ask(connection)
    status = play.proxy.api("reload", timeout=60).status
    play.require(status == 200, f"a reload answered {status}")
    play.services.order(play.proxy, service, service.paths, "green" if service.colour == "blue" else "blue", must=True)
    answered = [ask(connection) for connection in idle]
    wrong = [origin for origin in answered if origin not in service.pinned]
    play.require(not wrong, f"{len(wrong)} of 6 idle connections are answered by {set(wrong)}, right: {service.pinned}")


def ask(connection):
    connection.request("GET", "/one")
    answer = connection.getresponse()
    answer.read()
    return answer.headers.get("X-Origin")


@fault("reload.changes", (CROWD,))
def reload_changes(play):
    """Reloads and changes interleaved: every acknowledged change is live on every connection."""
    for _ in range(3):
        reload = play.parallel(play.proxy.api, "reload", timeout=60)
        play.wait(0, 0.2)
        play.services.change(play.rng, play.proxy, must=True)
        reload()
        play.services.change(play.rng, play.proxy, ("colour",), must=True)
