"""Disk faults: full file systems, emptied directories, a missing registry file."""
import os
import re
import shutil
import signal
import subprocess
import time

from faults import CROWD, SINGLE, fault
from faults_haproxy import serves


def empty(folder):
    """What a cleaner of temporary files does."""
    for entry in folder.iterdir():
        shutil.rmtree(entry, True) if entry.is_dir() and not entry.is_symlink() else entry.unlink(missing_ok=True)


def small_change(play):
    """A change that may be rejected, but not half applied."""
    return play.services.change(play.rng, play.proxy, ("colour", "path"))


@fault("disk.run_full", (CROWD,), cut=10.0, allowed="from the worker's death until it is restarted from the files on disk: 10 s")
def run_full(play):
    """The run directory is full, a change is requested, and the worker dies."""
    play.undo.append(play.proxy.fill(play.proxy.run))
    small_change(play)
    play.over = time.monotonic()
    play.proxy.signal_haproxy(signal.SIGKILL, master=False)
    serves(play)


@fault("disk.run_full_reload", (CROWD,))
def run_full_reload(play):
    """The run directory is full and reloads are requested: done or rejected, nothing is lost, nothing accumulates."""
    play.undo.append(play.proxy.fill(play.proxy.run))
    for _ in range(3):
        play.proxy.api("reload", recreate="true", timeout=60)


@fault("disk.state_full", (CROWD,))
def state_full(play):
    """The state directory is full while changes are requested."""
    play.undo.append(play.proxy.fill(play.proxy.state))
    for _ in range(3):
        small_change(play)


@fault("run_dir.emptied", cut=10.0, allowed="from the worker's death until a new one serves: 10 s")
def run_dir_emptied(play):
    """A cleanup job empties the run directory; then a change, a reload, and the worker dies."""
    empty(play.proxy.run)
    play.services.change(play.rng, play.proxy, must=True)
    status = play.proxy.api("reload", timeout=60).status
    play.require(status == 200, f"a reload after the run directory was emptied: {status}")
    play.over = time.monotonic()
    play.proxy.signal_haproxy(signal.SIGKILL, master=False)
    serves(play)


@fault("run_dir.emptied_over_start", cut=15.0, allowed="nothing if HAProxy is found; 15 s if the start names its pid and the "
       "operator kills it")
def run_dir_emptied_over_start(play):
    """A cleanup job empties the run directory while the control plane is down: the start finds the running HAProxy, or names its pid."""
    proxy = play.proxy
    proxy.kill()
    empty(proxy.run)
    masters, workers = proxy.haproxy()
    before = len(proxy.log.text())
    proxy.start(wait=0)
    deadline = time.monotonic() + 30
    while proxy.running() and time.monotonic() < deadline:
        try:
            if proxy.api("successfulinitreload", timeout=2).status == 200:
                return
        except OSError:
            time.sleep(0.05)
    time.sleep(0.2)
    said = proxy.log.text()[before:]
    named = [pid for pid in masters + workers if re.search(rf"\b{pid}\b", said)]
    play.require(not proxy.running() and named, f"neither taken over nor named with its pid: {proxy.last_words()}")
    play.over = time.monotonic()
    for pid in masters + workers:
        os.kill(pid, signal.SIGKILL)
    play.restart()


def lose_registry(play):
    for name in ("registry.db", "registry.db-wal", "registry.db-shm"):
        (play.proxy.state / name).unlink(missing_ok=True)


@fault("embedded.gone_over_start", (SINGLE,))
def embedded_gone_over_start(play):
    """The registry's file is missing, or empty, when the control plane restarts: existing routes keep being served."""
    play.proxy.kill()
    lose_registry(play)
    if play.variant % 2:
        (play.proxy.state / "registry.db").touch()
    play.start_blind()
    play.services.check()
    play.services.reorder_all(play.proxy)


@fault("embedded.gone", (SINGLE,))
def embedded_gone(play):
    """The registry's file is deleted under a running proxy, which is then killed and restarted."""
    lose_registry(play)
    time.sleep(0.5)
    small_change(play)
    play.proxy.kill()
    play.start_blind()
    play.services.check()
    play.services.reorder_all(play.proxy)


@fault("embedded.damaged_over_start", (SINGLE,))
def embedded_damaged_over_start(play):
    """The registry's file is corrupt when the control plane starts: it exits with a message, and HAProxy keeps serving."""
    play.proxy.kill()
    kept = {}
    for name in ("registry.db", "registry.db-wal", "registry.db-shm"):
        if (play.proxy.state / name).exists():
            kept[name] = (play.proxy.state / name).read_bytes()
            (play.proxy.state / name).write_bytes(b"no database at all, " * 200)
    play.proxy.start(wait=0)
    try:
        status = play.proxy.popen.wait(20)
        play.require(status > 0, f"a start with a damaged registry ended with {status}")
    except subprocess.TimeoutExpired:
        play.services.check()
        play.proxy.kill()
    lose_registry(play)
    for name, data in kept.items():
        (play.proxy.state / name).write_bytes(data)
    play.restart()
