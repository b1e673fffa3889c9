"""HAProxy's life when something goes wrong around it: kills amid reloads, cleaners, frozen processes, full disks."""
import contextlib
import os
import pathlib
import random
import signal
import socket
import subprocess
import threading
import time

import pytest

from harness import BINARY, Traffic, wait_until
from test_runtime import metric


@pytest.fixture
def demo(rig):
    """A proxy that serves /demo."""
    proxy = rig.proxy()
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    return proxy


def master_and_workers(proxy):
    """HAProxy's processes of a proxy."""
    pids = proxy.haproxy_pids()
    parents = {pid: int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]) for pid in pids}
    masters = [pid for pid in pids if parents[pid] not in pids]
    return masters, [pid for pid in pids if parents[pid] in pids]


def restart(rig, proxy, **kwargs):
    return rig.proxy(name=proxy.folder.name, address=proxy.address, **kwargs)


KILLS = int(os.environ.get("DFP_KILLS", "10"))  # 200 for a long run


@pytest.mark.limit(120 + 20 * KILLS)
def test_kills_at_random_moments_of_reloads_and_changes(rig, demo):
    """Seeded; DFP_SEED replays a run."""
    seed = int(os.environ.get("DFP_SEED", time.time_ns() % 10**6))
    print(f"DFP_SEED={seed}")
    chance, proxy = random.Random(seed), demo

    def keep_changing(proxy, stop):
        for n in range(10**6):
            if stop.is_set():
                return
            with contextlib.suppress(Exception):
                if n % 2:
                    proxy.api("reload", recreate=str(n % 3 == 0).lower())
                else:
                    proxy.api("reconfigure", serviceName="go-demo", servicePath=f"/demo,/r{n % 5}")

    with (Traffic(proxy, "/demo/hello", keep_alive=False) as traffic,
          Traffic(proxy, "/demo/kept", clients=2, keep_alive=True) as kept):
        for _ in range(KILLS):
            stop = threading.Event()
            changes = threading.Thread(target=keep_changing, args=(proxy, stop), daemon=True)
            changes.start()
            time.sleep(chance.uniform(0.05, 1.0))
            proxy.kill()
            proxy.popen.wait()
            stop.set()
            proxy = restart(rig, proxy, arguments=["--timeout-queue", f"{chance.choice([29, 30])}s"])
            changes.join()
            traffic.wait_for(20)
            kept.wait_for(20)
        masters, _ = master_and_workers(proxy)
        assert len(masters) == 1
    assert traffic.failures == [] and kept.failures == []


def test_a_start_while_the_master_is_away_takes_over(rig, demo):
    """As amid a reload of a large configuration: its sockets are there, and it answers later."""
    (master,), _ = master_and_workers(demo)
    with Traffic(demo, "/demo/hello", keep_alive=False) as traffic:
        demo.kill()
        demo.popen.wait()
        os.kill(master, signal.SIGSTOP)
        wake = threading.Timer(4, os.kill, (master, signal.SIGCONT))
        wake.start()
        again = restart(rig, demo)
        traffic.wait_for(50)
        wake.join()
    assert traffic.failures == []
    assert master_and_workers(again)[0] == [master]


def test_a_start_beside_a_frozen_master_replaces_it(rig, demo):
    (master,), _ = master_and_workers(demo)
    with Traffic(demo, "/demo/hello", keep_alive=False) as traffic:
        demo.kill()
        demo.popen.wait()
        os.kill(master, signal.SIGSTOP)
        again = restart(rig, demo, wait=False)
        again.wait_ready(60)
        wait_until(lambda: master not in again.haproxy_pids(), "the frozen one is gone", 60)
        again.ok("reload")
        traffic.wait_for(50)
    assert traffic.failures == []


@pytest.mark.parametrize("worker_only", [True, False])
def test_a_start_beside_a_frozen_worker_replaces_it(rig, demo, worker_only):
    masters, workers = master_and_workers(demo)
    demo.kill()
    demo.popen.wait()
    for pid in workers + ([] if worker_only else masters):
        os.kill(pid, signal.SIGSTOP)
    again = restart(rig, demo, wait=False)
    again.wait_ready(60)
    assert again.get("/demo/hello").status == 200
    assert not set(workers) & set(again.haproxy_pids())


def test_haproxy_that_dies_amid_a_reload_is_back_at_once(demo):
    """Not only when the reload's time is up."""
    for n in range(10):
        reload = threading.Thread(target=demo.api, args=("reload",))
        reload.start()
        time.sleep(random.uniform(0, 0.12))
        demo.kill_haproxy()
        wait_until(lambda: demo.get("/demo/hello", timeout=1).status == 200, f"it is back, {n}", 8)
        reload.join(60)
        wait_until(lambda: ready(demo).status == 200, "ready again", 10)


def empty(folder):
    for entry in folder.iterdir():
        subprocess.run(["rm", "-rf", entry], check=True)


@pytest.mark.parametrize("all", [False, True], ids=["sockets", "everything"])
def test_a_run_directory_that_is_emptied_heals(demo, all):
    run = demo.folder / "run"
    with Traffic(demo, "/demo/hello", keep_alive=False) as traffic:
        for times in range(2):
            if all:
                empty(run)
            else:
                (run / "master.sock").unlink(), (run / "haproxy.sock").unlink()
            wait_until(lambda: (run / "master.sock").is_socket() and (run / "haproxy.sock").is_socket(),
                       "both sockets are back", 15)
            wait_until(lambda: (run / "api.sock").is_socket(), "the API's too", 5)
            listed = subprocess.run([BINARY, "services"], env={**os.environ, "DFP_RUN_DIR": str(run)}, capture_output=True, text=True)
            assert listed.returncode == 0 and "go-demo" in listed.stdout, listed
            demo.ok("reload")
            demo.ok("reconfigure", serviceName="go-demo", servicePath=f"/demo,/again{times}")
            assert demo.get(f"/again{times}").status == 200
            traffic.wait_for(50)
    assert traffic.failures == []


def test_a_run_directory_that_is_emptied_while_the_proxy_is_down(rig, demo):
    with Traffic(demo, "/demo/hello", keep_alive=False) as traffic:
        demo.kill()
        demo.popen.wait()
        before, _ = master_and_workers(demo)
        empty(demo.folder / "run")
        again = restart(rig, demo)
        again.ok("reload")
        again.ok("reconfigure", serviceName="go-demo", servicePath="/demo,/again")
        assert again.get("/again").status == 200
        traffic.wait_for(50)
    assert traffic.failures == []
    assert master_and_workers(again)[0] == before


def test_a_run_directory_that_is_emptied_at_each_start(rig, demo):
    before, _ = master_and_workers(demo)
    again = demo
    for times in range(3):
        again.kill()
        again.popen.wait()
        empty(demo.folder / "run")
        again = restart(rig, again)
        again.ok("reconfigure", serviceName="go-demo", servicePath=f"/demo,/again{times}")
        assert again.get(f"/again{times}").status == 200
    assert master_and_workers(again)[0] == before


def ready(proxy):
    return proxy.api("successfulinitreload")


def test_a_frozen_worker_is_noticed_and_replaced(demo):
    _, (worker,) = master_and_workers(demo)
    os.kill(worker, signal.SIGSTOP)
    wait_until(lambda: "has not answered" in ready(demo).body.decode() and ready(demo).status != 200,
               "readiness says so", 20)
    wait_until(lambda: demo.get("/demo/hello", timeout=1).status == 200, "another one serves", 40)
    wait_until(lambda: ready(demo).status == 200, "ready again", 10)
    assert worker not in demo.haproxy_pids()
    assert "haproxy.silent" in demo.log.read_text()
    assert metric(demo, "dfp_haproxy_silences_total") == 1


def test_a_frozen_master_is_replaced_without_a_lost_request(demo):
    (master,), _ = master_and_workers(demo)
    with Traffic(demo, "/demo/hello") as traffic:
        os.kill(master, signal.SIGSTOP)
        wait_until(lambda: "master process has not answered" in ready(demo).body.decode(), "readiness says so", 20)
        demo.ok("reconfigure", serviceName="go-demo", servicePath="/demo,/meanwhile")
        assert demo.get("/meanwhile").status == 200
        wait_until(lambda: master not in demo.haproxy_pids(), "it is replaced", 60)
        demo.ok("reload")
        traffic.wait_for(50)
    assert traffic.failures == []
    assert demo.get("/meanwhile").status == 200
    assert metric(demo, "dfp_haproxy_respawns_total") == 0


def test_a_frozen_haproxy_is_started_again(demo):
    for pid in demo.haproxy_pids():
        os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: demo.get("/demo/hello", timeout=1).status == 200, "another one serves", 60)


def upgrade(proxy, target):
    """A connection that stays open, as of a WebSocket."""
    connection = socket.create_connection((proxy.address, proxy.http_port), 10)
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    head = connection.recv(4096)
    assert b" 101 " in head, head
    return connection


class Echo(threading.Thread):
    """A service that says 101 and gives back what it gets."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.name, self.instance, self.address = "echo", "echo-1", "127.0.0.1"
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError):
            if connection.recv(4096):
                connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                   b"Upgrade: websocket\r\n"
                                   b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
                while data := connection.recv(4096):
                    connection.sendall(data)


def test_a_long_connection_lives_through_fifteen_reloads(demo):
    demo.register(Echo())
    demo.ok("reconfigure", serviceName="echo", servicePath="/echo")
    long_one = upgrade(demo, "/echo")
    for n in range(15):
        demo.ok("reload")
        long_one.sendall(b"still here")
        assert long_one.recv(100) == b"still here", f"reload {n}"


def test_reloads_wait_while_many_old_workers_live(demo):
    demo.register(Echo())
    demo.ok("reconfigure", serviceName="echo", servicePath="/echo")
    connections, began = [], time.monotonic()
    for _ in range(5):
        connections.append(upgrade(demo, "/echo"))
        demo.ok("reload")
    assert time.monotonic() - began > 2.5, "the fourth waited 1 s, the fifth 2 s"
    reloads = metric(demo, "dfp_haproxy_reloads_total")
    with socket.create_connection((demo.address, demo.api_port), 10) as impatient:
        impatient.sendall(b"GET /v1/docker-flow-proxy/reload HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.3)
        assert demo.ok("reconfigure", serviceName="go-demo", servicePath="/demo,/meanwhile")["AppliedBy"] == "runtime"
        assert metric(demo, "dfp_haproxy_reloads_total") == reloads, "nothing that needs no reload waits for one"
    demo.ok("reload")
    assert metric(demo, "dfp_haproxy_reloads_total") == reloads + 1, "who has left is not served"
    for connection in connections:
        connection.sendall(b"x")
        assert connection.recv(10) == b"x"


@contextlib.contextmanager
def half_a_megabyte(folder):
    """Makes a folder that holds no more."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    folder.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder]).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def small_disk(rig):
    with half_a_megabyte(rig.folder / "disk") as folder:
        yield folder


def fill(folder):
    with contextlib.suppress(OSError), open(folder / "ballast", "wb", buffering=0) as ballast:
        while True:
            ballast.write(b"x" * 4096)


def test_a_full_run_directory_loses_no_change(rig, small_disk):
    """What HAProxy is started from after its death is written into the room that is kept for that."""
    proxy = rig.proxy(run_dir=small_disk / "run")
    blue, green = rig.service("go-demo-blue"), rig.service("go-demo-green")
    proxy.register(blue), proxy.register(green)
    proxy.ok("reconfigure", serviceName="go-demo", serviceColor="blue", servicePath="/demo")
    proxy.ok("reload")
    fill(small_disk)
    for service, color in ((green, "green"), (blue, "blue"), (green, "green")):
        proxy.ok("reconfigure", serviceName="go-demo", serviceColor=color, servicePath="/demo")
        kill_by_run_dir(proxy, small_disk)
        seen = set()
        wait_until(lambda: seen.add(answered_by(proxy)) or len(seen - {None}) > 0, "haproxy is back", 10)
        seen.update(answered_by(proxy) for _ in range(20))
        assert seen - {None} == {service.instance}
        proxy.ok("reload")
    assert len(list((small_disk / "run").glob("g-*"))) == 1


def answered_by(proxy):
    """None where nobody does."""
    with contextlib.suppress(OSError):
        return proxy.get("/demo/hello", timeout=2).instance


def test_a_full_run_directory_without_room_stops_no_traffic(rig, small_disk):
    proxy = rig.proxy(run_dir=small_disk / "run")
    proxy.register(rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    proxy.ok("reload")
    (small_disk / "run/room").unlink()
    fill(small_disk)
    with Traffic(proxy, "/demo/hello", keep_alive=False) as traffic:
        proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo,/more")
        assert proxy.get("/more").status == 200
        assert proxy.api("reload").status in (500, 503)
        traffic.wait_for(50)
    assert traffic.failures == []
    kill_by_run_dir(proxy, small_disk)
    wait_until(lambda: proxy.get("/demo/hello").status == 200, "haproxy is started from the files that lie there", 10)
    wait_until(lambda: proxy.get("/more").status == 200, "and is told what they do not say", 5)
    wait_until(lambda: len(list((small_disk / "run").glob("g-*"))) == 1, "nothing piles up", 10)
    (small_disk / "ballast").unlink()
    wait_until(lambda: "/more" in config_on_disk(small_disk), "the files follow", 15)
    proxy.ok("reload")
    assert proxy.get("/more").status == 200


def config_on_disk(disk):
    return (disk / "run/current/routes.map").read_text()


def kill_by_run_dir(proxy, disk):
    for pid in haproxy_of(disk):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def haproxy_of(disk):
    pids = []
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and str(disk / "run/master.sock") in (entry / "cmdline").read_text():
                pids.append(int(entry.name))
    return pids


def test_what_haproxy_says_while_nobody_reads_fills_no_disk(rig, demo):
    demo.kill()
    demo.popen.wait()

    def used():
        return sum(f.stat().st_size for f in (demo.folder / "run").rglob("*") if f.is_file())
    before = used()
    for _ in range(2000):
        with contextlib.suppress(OSError), socket.create_connection((demo.address, demo.http_port), 5) as bad:
            bad.sendall(b"\x01bad\r\n\r\n")
            bad.recv(100)
    assert used() == before
    again = restart(rig, demo)
    assert again.get("/demo/hello").status == 200


def test_a_limit_of_descriptors_that_is_too_small_ends_the_start(rig):
    script = rig.folder / "limited.sh"
    script.write_text('#!/bin/sh\nulimit -n 64\nexec "$@"\n')
    script.chmod(0o755)
    proxy = rig.proxy(wait=False, prefix=[script])
    assert proxy.popen.wait(20) == 2
    assert "64" in proxy.log.read_text() and "ulimit -n" in proxy.log.read_text()
