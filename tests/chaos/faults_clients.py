"""Faults of the API's clients: floods, idle and disconnected clients, huge bodies."""
import socket
import time

import harness

from faults import CROWD, fault
from origins import Origin

ATTACKER = "127.66.0.1"  # a peer of its own: a limit per peer does not meet the others
PREFIX = "/v1/docker-flow-proxy/"


def attack(play, payload, count, close=False):
    """Opens connections from the attacker's address and sends the same on each; they are closed after the step."""
    opened = []
    for _ in range(count):
        client = socket.socket()
        client.settimeout(1)
        client.bind((ATTACKER, 0))
        try:
            client.connect((play.proxy.address, play.proxy.api_port))
            client.sendall(payload)
        except OSError:
            client.close()
            continue
        opened.append(client)
        if close:
            client.close()
    play.undo.append(lambda: [client.close() for client in opened])
    return opened


def others_are_served(play, ping=3, change=6):
    answer = play.within(ping, "a ping of another client", play.proxy.api, "ping", timeout=20)
    play.require(answer.status == 200, f"ping: {answer}")
    play.within(change, "a change of another client", play.services.change, play.rng, play.proxy, ("colour",), True)


@fault("api.pipelining", (CROWD,))
def pipelining(play):
    """890 requests in one packet, on each of ten connections."""
    attack(play, f"HEAD {PREFIX}services?catalog=false HTTP/1.1\r\nHost: {play.proxy.address}\r\n\r\n".encode() * 890, 10)
    others_are_served(play)


@fault("api.idle", (CROWD,))
def idle(play):
    """1100 connections that send nothing, or half a request."""
    attack(play, (b"", b"GET /v1/docker-flow-proxy/ping HTTP/1.1\r\n")[play.variant % 2], 1100)
    others_are_served(play)


@fault("api.gone", (CROWD,))
def gone(play):
    """400 requests that wait for a healthy instance, each from a client that has disconnected: none is applied later."""
    sick = Origin(play.lane.loop, "sick", "blue", 1)
    sick.close()
    play.lane.register(sick)
    play.undo.append(lambda: play.lane.deregister(sick))
    query = "reconfigure?serviceName=sick&serviceColor=blue&servicePath=/sick&waitForHealthy=true&waitTimeout=10m"
    attack(play, f"GET {PREFIX}{query} HTTP/1.1\r\nHost: {play.proxy.address}\r\n\r\n".encode(), 400, close=True)
    others_are_served(play)
    sick.open()
    time.sleep(1.5)
    play.lane.later(sick.retire)
    play.require(play.proxy.get("/sick").status != 200, "an order whose client had gone was applied")


@fault("api.bodies", (CROWD,))
def bodies(play):
    """60 requests with bodies of almost 4 MiB, each of which stops one byte short."""
    before = play.proxy.resources()["memory"]
    size = (4 << 20) - 1
    head = f"POST {PREFIX}ping HTTP/1.1\r\nHost: {play.proxy.address}\r\nContent-Length: {size}\r\n\r\n".encode()
    attack(play, head + b"x" * (size - 1), 60)
    others_are_served(play)
    after = play.proxy.resources()["memory"]
    play.require(after < before + 100, f"memory grew from {before} to {after} MiB")


@fault("api.log_unread", (CROWD,))
def log_unread(play):
    """Nobody reads the log: its pipe is full while many rejections would be logged."""
    play.proxy.log.reading.clear()
    play.undo.append(play.proxy.log.reading.set)
    for n in range(700):
        answer = play.within(5, "a refused request while the log is not read", harness.request, play.proxy.address,
                             play.proxy.api_port, f"{PREFIX}reconfigure?serviceName=x{n}&servicePath=/x&consulTemplatePath={'y' * 200}.tmpl")
        play.require(answer.status in (400, 409), f"{answer}")
    others_are_served(play)
