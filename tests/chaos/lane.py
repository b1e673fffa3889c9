"""A lane: some proxies on one registry under constant load, and the steps that are played on it one after another."""
import json
import pathlib
import shutil
import socket
import subprocess
import threading
import time
import traceback

import harness

from consul import Consul
from load import Load
from proxy import Proxy, Violation, wait_until
from relay import Relay
from services import Services

READY = 30.0      # seconds until a proxy is ready and changes are acknowledged again after a fault has ended
HTTP = (OSError, harness.http.client.HTTPException)


class Step:
    """What came of one step."""

    def __init__(self, lane, number, fault, variant):
        self.lane, self.number, self.fault, self.variant = lane, number, fault, variant
        self.requests = self.lost = 0
        self.recovery = 0.0
        self.violations = []


class Lane:
    """Base of both lanes; `site` says which faults are for it."""

    site = ""
    services_called = ("one", "two", "three", "four")

    def __init__(self, folder, loop, binary):
        self.folder, self.loop, self.binary = pathlib.Path(folder), loop, binary
        self.afterwards, self.loads, self.proxies, self.consul = [], [], [], None

    def begin(self):
        self.folder.mkdir(parents=True)
        self.set_up()
        for proxy in self.proxies:
            proxy.start()
        self.services = Services(self, self.services_called)
        self.services.build()
        self.loads = [Load(self.loop, p, self.services.truth[p.name], self.services.routes) for p in self.proxies]
        self.base = {p.name: p.resources() for p in self.proxies}

    def later(self, action):
        """Does something when the step is over."""
        self.afterwards.append(action)

    def end(self):
        for load in self.loads:
            load.end()
        for proxy in self.proxies:
            proxy.end()
        if self.consul:
            self.consul.stop()

    # --- a step

    def play(self, number, fault, variant, rng):
        step = Step(self, number, fault, variant)
        play = Play(self, fault, variant, rng)
        marks = [load.mark() for load in self.loads]
        try:
            try:
                fault.run(play)
            finally:
                play.lift()
            self.recover(play)
            self.check(play)
        except Violation as violation:
            step.violations.append(str(violation))
        except Exception as error:  # an API that does not answer, or a fault of the driver: both are to be seen
            step.violations.append(f"{error!r} at {where(error)}")
        for action in self.afterwards:
            action()
        self.afterwards.clear()
        self.judge_load(step, play, marks)
        return step

    def recover(self, play):
        for proxy in self.proxies:
            proxy.wait_ready(READY)
        self.services.settle(READY)

    def check(self, play):
        self.services.check()
        proxy = play.rng.choice(self.proxies)
        began = time.monotonic()
        self.services.change(play.rng, proxy, must=True)
        self.services.passing(proxy)
        if time.monotonic() - began > READY:
            raise Violation(f"{proxy.name}: two changes took {time.monotonic() - began:.0f} s")
        self.services.settle(READY)
        self.services.check()
        self.services.agree(15)
        for proxy in self.proxies:
            self.check_resources(proxy)

    def check_resources(self, proxy):
        """No process, file or descriptor piles up. Old workers may live as long as a long answer does."""
        base = self.base[proxy.name]
        limits = {"descriptors": base["descriptors"] + 60, "memory": base["memory"] + 150, "masters": 1, "workers": 20,
                  "run files": base["run files"] + 30, "state files": base["state files"] + 10}
        def exceeded():
            return {name: value for name, value in proxy.resources().items() if value > limits[name]}
        try:
            wait_until(lambda: not exceeded(), "", 20)
        except Violation:
            raise Violation(f"{proxy.name}: piled up: {exceeded()}, at first {base}") from None

    def judge_load(self, step, play, marks):
        """What was lost must be allowed by the fault; a request that another service answered never is."""
        for proxy, load, mark in zip(self.proxies, self.loads, marks):
            count, failures = load.since(mark)
            step.requests += count
            step.lost += len(failures)
            until = play.cut_until(proxy)
            wrong = [f for f in failures if f.astray or f.begin > until or f.end < play.began]
            if wrong:
                text = "; ".join(f"{f} ({f.begin - play.began:+.2f} s)" for f in wrong[:3])
                step.violations.append(f"{len(wrong)} of {count} requests lost or astray at {proxy.name}: {text}")
            if failures:
                step.recovery = max(step.recovery, max(f.end for f in failures) - play.began)
        step.recovery = max(step.recovery, play.ready_after)

    # --- evidence

    def keep(self, step):
        folder = self.folder.with_name(f"{self.folder.name}-step-{step.number}")
        folder.mkdir()
        (folder / "violations.txt").write_text("\n".join(step.violations) + "\n")
        for proxy, load in zip(self.proxies, self.loads):
            (folder / f"{proxy.name}.lost.txt").write_text("\n".join(map(str, load.failures[-500:])) + "\n")
            for name in ("services", "config"):
                try:
                    (folder / f"{proxy.name}.{name}").write_bytes(proxy.api(name, timeout=3).body)
                except HTTP as error:
                    (folder / f"{proxy.name}.{name}").write_text(repr(error))
            (folder / f"{proxy.name}.resources.txt").write_text(
                json.dumps({"haproxy": proxy.haproxy(), "control plane": proxy.pid, "running": proxy.running()}))
            for part in ("run", "state"):
                try:
                    shutil.copytree(proxy.folder / part, folder / f"{proxy.name}.{part}", symlinks=True)
                except (shutil.Error, OSError):
                    pass  # sockets, and what vanishes meanwhile
            shutil.copy(proxy.log.path, folder / f"{proxy.name}.log")
        return folder


def where(error):
    frame = traceback.extract_tb(error.__traceback__)
    return ", ".join(f"{pathlib.Path(f.filename).name}:{f.lineno}" for f in frame if "chaos" in f.filename)


class Cluster(Lane):
    """Two proxies on one Consul, each through a relay that can lie."""

    site = "cluster"

    def set_up(self):
        self.consul = Consul(self.folder / "consul")
        for name in ("a", "b"):
            relay = Relay(self.loop, harness.private_address(), (self.consul.address, self.consul.port))
            proxy = Proxy(name, self.folder / name, self.binary, relay.url)
            proxy.relay = relay
            self.proxies.append(proxy)

    def register(self, origin, name=None):
        self.consul.register(origin, name)

    def deregister(self, origin):
        self.consul.deregister(origin)


class Single(Lane):
    """One proxy with the embedded registry."""

    site = "single"

    def set_up(self):
        self.proxies.append(Proxy(self.site, self.folder / "p", self.binary))

    def register(self, origin, name=None):
        self.ok("register", serviceName=name or origin.registered_as, address=origin.address, port=origin.port, id=origin.id)

    def deregister(self, origin):
        self.ok("deregister", serviceName=origin.registered_as, id=origin.id)

    def ok(self, name, **parameters):
        answer = self.proxies[0].api(name, timeout=30, **parameters)
        if answer.status not in (200, 404):
            raise OSError(f"{name} {parameters}: {answer}")


class Crowd(Single):
    """Another one of that kind, for what clients, instances and orders do to it."""

    site = "crowd"


class Play:
    """One playing of one fault: what it may use, and what it must undo."""

    def __init__(self, lane, fault, variant, rng):
        self.lane, self.fault, self.variant, self.rng = lane, fault, variant, rng
        self.services, self.consul = lane.services, lane.consul
        self.proxy = rng.choice(lane.proxies)
        self.began = time.monotonic()
        self.over = None        # when the fault ended, where it lasts
        self.ready_after = 0.0  # seconds until the proxy was ready or the fault was healed, where that was waited for
        self.hit = {self.proxy.name}
        self.undo = []

    def lift(self):
        for action in reversed(self.undo):
            action()
        self.undo.clear()

    def cut_until(self, proxy):
        """Until when requests may be lost at that proxy; what the fault states."""
        if proxy.name not in self.hit or not self.fault.cut:
            return 0
        return (self.over or self.began) + self.fault.cut

    def restart(self, proxy=None, seconds=READY):
        """Starts the control plane once more; it has to be ready in time."""
        self.ready_after = max(self.ready_after, (proxy or self.proxy).start(seconds))

    def start_blind(self):
        """Starts the control plane where it may not become ready; time enough for it to do what it must not."""
        self.proxy.start(wait=0)
        wait_until(lambda: self.proxy.must_run() or self.proxy.api("ping", timeout=3), f"{self.proxy.name}: the API answers", READY)
        time.sleep(2)
        self.proxy.must_run()

    def require(self, condition, text):
        if not condition:
            raise Violation(f"{self.proxy.name}: {text}")

    def wait(self, least, most):
        time.sleep(self.rng.uniform(least, most))

    def parallel(self, action, *args, **kwargs):
        """Does something meanwhile; gives a function that waits for it and gives its result or the error."""
        result = []
        def body():
            try:
                result.append(action(*args, **kwargs))
            except (Violation, *HTTP) as error:
                result.append(error)
        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        def join(seconds=60):
            thread.join(seconds)
            if not result:
                raise Violation(f"{self.proxy.name}: {action.__name__} did not end within {seconds} s")
            return result[0]
        return join

    def within(self, seconds, what, action, *args, **kwargs):
        """Does something that must not take longer."""
        began = time.monotonic()
        try:
            result = action(*args, **kwargs)
        except HTTP as error:
            raise Violation(f"{self.proxy.name}: {what} failed after {time.monotonic() - began:.1f} s: {error!r}") from None
        if time.monotonic() - began > seconds:
            raise Violation(f"{self.proxy.name}: {what} took {time.monotonic() - began:.1f} s, not {seconds}")
        return result

    def second(self, **settings):
        """Another server with other settings; gives its process."""
        process = subprocess.Popen(self.proxy.command(**settings), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        def end():
            process.kill()
            process.wait()
        self.undo.append(end)
        return process

    def holds(self, address, port):
        """Another program takes a port until the step is over."""
        taken = socket.socket()
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((address, port))
        taken.listen(8)
        self.undo.append(taken.close)
        return taken

    def tries_to_hold(self, address, port):
        """The same; None while the kernel still has connections of a HAProxy that has died."""
        try:
            return self.holds(address, port)
        except OSError:
            return None
