"""Faults of Consul: killed, stopped, reset, corrupt and foreign records, and falsified answers."""
import json
import os
import signal
import time

import relay
from faults import CLUSTER, fault
from origins import Origin
from proxy import Violation


def changes_meanwhile(play):
    """Changes while the registry is faulty: they may be rejected; what is acknowledged holds."""
    return play.services.change(play.rng, play.proxy, ("colour", "path"))


@fault("consul.kill", (CLUSTER,))
def consul_kill(play):
    """kill -9 of Consul, then a restart with its data."""
    play.consul.stop()
    changes_meanwhile(play)
    play.wait(0.2, 1)
    play.consul.start()


@fault("consul.stop", (CLUSTER,))
def consul_stop(play):
    """SIGSTOP of Consul for a few seconds."""
    os.kill(play.consul.pid, signal.SIGSTOP)
    play.undo.append(lambda: os.kill(play.consul.pid, signal.SIGCONT))
    play.wait(1.5, 3.5)


@fault("consul.wiped", (CLUSTER,))
def consul_wiped(play):
    """Consul loses all its data; the instances are registered again shortly afterwards."""
    play.consul.stop()
    play.consul.wipe()
    play.consul.start()
    play.wait(0, 2)
    play.services.check()
    play.services.reorder_all(play.proxy)


@fault("consul.wiped_over_start", (CLUSTER,))
def consul_wiped_over_start(play):
    """Consul loses all its data while the control plane is down, which then starts on the empty Consul."""
    play.proxy.kill()
    play.consul.stop()
    play.consul.wipe()
    play.consul.start()
    play.start_blind()
    play.services.check()
    play.services.reorder_all(play.proxy)


def spoil_last_known(play, how):
    """Damages the last known state in one of several ways."""
    for path in play.proxy.state.glob("last-known*"):
        text = path.read_text()
        if how == 1:
            path.unlink()
        elif how == 2:
            path.write_text("")
        elif how == 3:
            path.write_text(text.replace('"version":1', '"version":99', 1).replace('"version": 1', '"version": 99', 1))
        elif how == 4:
            path.write_text(text[:len(text) // 2])


@fault("consul.away_over_start", (CLUSTER,))
def consul_away_over_start(play):
    """A start without Consul, with a last known state that is intact, missing, empty, truncated, or has one record of a newer version."""
    play.proxy.kill()
    play.consul.stop()
    spoil_last_known(play, play.variant % 5)
    play.start_blind()
    play.services.check()
    play.consul.start()
    began = time.monotonic()
    play.proxy.wait_ready(30)
    play.ready_after = time.monotonic() - began


def damage(play, service):
    key = f"docker-flow/{service.name}/definition"
    text = play.consul.key(key)
    if text is None:
        raise Violation(f"{key} is not in Consul although it was acknowledged")
    damaged = text[:len(text) // 2] if play.variant % 2 else json.dumps({**json.loads(text), "version": 99})
    play.consul.put(key, damaged)


def repair(play, service):
    """The same request once more: it replaces the record, even if nothing in HAProxy changes."""
    play.services.order(play.proxy, service, service.paths, service.colour, must=True)
    text = play.consul.key(f"docker-flow/{service.name}/definition") or ""
    play.require(text.endswith("}") and '"version": 99' not in text, f"an acknowledged order left the record damaged: {text[-80:]}")


@fault("consul.record_damaged", (CLUSTER,))
def record_damaged(play):
    """One record is truncated, or of a newer version: its service keeps being served; the next change replaces the record."""
    service = play.services.all[play.rng.choice(("one", "two", "three", "four"))]
    damage(play, service)
    time.sleep(1)
    play.services.check()
    repair(play, service)


@fault("consul.record_damaged_over_start", (CLUSTER,))
def record_damaged_over_start(play):
    """The same while the control plane is down."""
    service = play.services.all[play.rng.choice(("one", "two", "three", "four"))]
    play.proxy.kill()
    damage(play, service)
    play.restart()
    play.services.check()
    repair(play, service)


@fault("consul.foreign_claim", (CLUSTER,))
def foreign_claim(play):
    """A record, or the original's keys, written from outside claim a served route under a name that sorts first."""
    evil = Origin(play.lane.loop, "a-evil", "red", play.services.next())
    play.consul.register(evil, "a-evil")
    route = play.rng.choice(play.services.routes())
    if play.variant % 2:
        for key, value in {"color": "", "path": route, "domain": "", "pathtype": "", "skipcheck": "false"}.items():
            play.consul.put(f"docker-flow/a-evil/{key}", value)
    else:
        owner = next(s for s in play.services.all.values() if route in s.paths)
        record = json.loads(play.consul.key(f"docker-flow/{owner.name}/definition"))
        record["definition"] = {"serviceName": "a-evil", "servicePath": [route]}
        record["instances"] = [{"service": "a-evil", "node": "node-a", "id": evil.id, "address": evil.address, "port": evil.port}]
        play.consul.put("docker-flow/a-evil/definition", json.dumps(record))
    def lift():
        play.consul.delete("docker-flow/a-evil/")
        play.consul.deregister(evil)
        play.lane.later(evil.retire)
    play.undo.append(lift)
    time.sleep(2.5)
    play.services.check()


def lie(play, kind, least=1.5, most=3.5):
    play.proxy.relay.tell(kind)
    play.undo.append(lambda: play.proxy.relay.tell(None))
    change = play.parallel(changes_meanwhile, play)
    play.wait(least, most)
    play.services.check()
    play.lift()
    change(60)


@fault("consul.says_errors", (CLUSTER,))
def says_errors(play):
    """Consul answers with 500, a web page, or something that is not HTTP."""
    lie(play, ("500", "html", "garbage")[play.variant % 3])


@fault("consul.says_nothing", (CLUSTER,))
def says_nothing(play):
    """Consul accepts requests but does not answer."""
    lie(play, "silence")


@fault("consul.says_empty", (CLUSTER,))
def says_empty(play):
    """Consul reports that there are no keys and no services."""
    lie(play, "nothing")


@fault("consul.cuts", (CLUSTER,))
def cuts(play):
    """Every response from Consul is truncated after 300 bytes."""
    lie(play, "cut")


@fault("consul.slow", (CLUSTER,))
def slow(play):
    """Every response from Consul is delayed by 1.5 s."""
    lie(play, "delay")


@fault("consul.answers_lost", (CLUSTER,))
def answers_lost(play):
    """Consul applies writes, but its responses to them are lost: no outcome is misreported."""
    lie(play, "lost")


@fault("consul.lies_over_start", (CLUSTER,))
def lies_over_start(play):
    """A start while Consul's answers are false: errors, silence, no keys at all, truncated or late responses."""
    play.proxy.kill()
    play.proxy.relay.tell(relay.ALL[play.variant % len(relay.ALL)])
    play.undo.append(lambda: play.proxy.relay.tell(None))
    play.start_blind()
    play.services.check()
