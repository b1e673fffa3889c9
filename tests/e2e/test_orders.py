"""An older order never wins, and nothing is done for a client that has gone."""
import signal
import socket
import struct
import subprocess
import urllib.parse

import pytest

from harness import BINARY, wait_until
from test_health import Sleeper


class Waiting:
    """`reconfigure` of the colour green, which is not healthy yet, by a client that waits for the answer or leaves."""

    def __init__(self, rig, proxy):
        self.rig, self.proxy = rig, proxy
        self.green, self.red, self.blue = Sleeper(rig, "shop-green"), rig.service("shop-red"), rig.service("shop-blue")
        for service in (self.green, self.red, self.blue):
            proxy.register(service)
        proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", serviceColor="blue")
        query = urllib.parse.urlencode({"serviceName": "shop", "servicePath": "/shop", "serviceColor": "green",
                                        "waitForHealthy": "true", "waitTimeout": "60s"})
        self.client = socket.create_connection((proxy.address, proxy.api_port))
        self.client.sendall(f"GET /v1/docker-flow-proxy/reconfigure?{query} HTTP/1.1\r\nHost: {proxy.address}\r\n\r\n".encode())

    def answer(self):
        """Green gets healthy; what its client is told."""
        self.green.start()
        self.client.settimeout(30)
        return self.client.recv(4096).decode()

    def color(self):
        found = self.proxy.ok("services")["Services"]
        return found[0]["ServiceColor"] if found else None


def test_green_that_waited_does_not_replace_red_that_was_ordered_meanwhile(rig):
    waiting = Waiting(rig, rig.proxy())
    waiting.proxy.ok("reconfigure", serviceName="shop", servicePath="/shop", serviceColor="red")
    answer = waiting.answer()
    assert answer.startswith("HTTP/1.1 409") and "a later request has changed service shop" in answer, answer
    assert waiting.color() == "red"
    assert set(waiting.proxy.instances_answering("/shop", 10)) == {waiting.red.instance}


def test_green_that_waited_does_not_bring_a_removed_service_back(rig):
    waiting = Waiting(rig, rig.proxy())
    waiting.proxy.ok("remove", serviceName="shop")
    assert waiting.answer().startswith("HTTP/1.1 409")
    assert waiting.color() is None and waiting.proxy.get("/shop").status == 503


def test_green_whose_client_has_gone_is_dropped(rig):
    waiting = Waiting(rig, rig.proxy())
    waiting.client.close()
    wait_until(lambda: "the client has gone" in waiting.proxy.log.read_text(), "it is noticed", 20)
    waiting.green.start()
    assert waiting.color() == "blue"
    assert set(waiting.proxy.instances_answering("/shop", 10)) == {waiting.blue.instance}


def close_with_reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.parametrize("leave", [socket.socket.close, close_with_reset, lambda client: client.shutdown(socket.SHUT_WR)],
                         ids=["closed", "reset", "sending side ended"])
@pytest.mark.parametrize("over", ["network", "unix socket"])
def test_orders_whose_clients_left_at_once_are_not_applied_however_soon_it_gets_healthy(rig, over, leave):
    """Health comes before anybody has told the proxy's handlers that their clients have gone."""
    proxy = rig.proxy()
    sleeper = Sleeper(rig, "shop")
    proxy.register(sleeper)
    query = urllib.parse.urlencode({"serviceName": "shop", "servicePath": "/shop", "waitForHealthy": "true", "waitTimeout": "60s"})
    opened = []
    for _ in range(40):
        if over == "network":
            client = socket.create_connection((proxy.address, proxy.api_port))
        else:
            client = socket.socket(socket.AF_UNIX)
            client.connect(str(proxy.folder / "run/api.sock"))
        client.sendall(f"GET /v1/docker-flow-proxy/reconfigure?{query} HTTP/1.1\r\nHost: {proxy.address}\r\n\r\n".encode())
        leave(client)
        opened.append(client)
    proxy.ok("ping")
    sleeper.start()
    wait_until(lambda: proxy.log.read_text().count("the client has gone") >= 40, "all are dropped", 20)
    assert proxy.ok("services")["Services"] == []
    for client in opened:
        client.close()


def test_a_client_that_ends_its_sending_side_gets_its_answer(rig):
    """As `printf ... | nc -N` does. What is carried out at once is not given up for that."""
    proxy = rig.proxy()
    proxy.register(rig.service("shop"))
    with socket.create_connection((proxy.address, proxy.api_port)) as client:
        query = "reconfigure?serviceName=shop&servicePath=/shop"
        client.sendall(f"GET /v1/docker-flow-proxy/{query} HTTP/1.1\r\nHost: {proxy.address}\r\n\r\n".encode())
        client.shutdown(socket.SHUT_WR)
        client.settimeout(30)
        assert client.recv(4096).startswith(b"HTTP/1.1 200")


def test_a_command_that_gave_up_says_that_the_outcome_is_unknown(rig):
    proxy = rig.proxy()

    def status(*words):
        return subprocess.run([BINARY, *words, "--api", f"{proxy.address}:{proxy.api_port}", "--timeout", "1s"], timeout=30,
                              capture_output=True).returncode
    assert status("remove", "--service-name", "shop") == 0
    proxy.kill(signal.SIGSTOP)
    try:
        assert status("remove", "--service-name", "shop") == 6, "it may have been carried out"
        assert status("services") == 3, "nothing was asked for that could be"
    finally:
        proxy.kill(signal.SIGCONT)
    assert status("remove", "--service-name", "shop") == 0, "the same again does no harm"
