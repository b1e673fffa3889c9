"""The ways to a real engine: Unix socket, TCP, TLS; and an engine that hangs."""
import os
import re
import shutil
import signal

import harness
import pytest
from docker_engine import DEMO_IMAGE, Engine
from docker_machine import Site, child_of, run
from docker_spy import Spy
from registrator import EmbeddedBook, Registrator


class Certificates:
    """An authority in `folder`, with ca.pem as Docker names it."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.openssl("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "2",
                     "-subj", "/CN=test authority", "-keyout", "ca-key.pem", "-out", "ca.pem")

    def openssl(self, *words):
        run("openssl", *words, cwd=self.folder)

    def issue(self, name, extension):
        """A folder with key.pem, cert.pem and the authority's ca.pem."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "extension").write_text(extension)
        self.openssl("req", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", f"/CN={name}",
                     "-keyout", f"{name}/key.pem", "-out", f"{name}/request.pem")
        self.openssl("x509", "-req", "-in", f"{name}/request.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial",
                     "-days", "2", "-extfile", f"{name}/extension", "-out", f"{name}/cert.pem")
        shutil.copy(self.folder / "ca.pem", folder)
        return folder


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """An engine that wants to see a certificate: (engine, certificates of a client, of somebody else)."""
    folder = tmp_path_factory.mktemp("certificates")
    site = Site()
    machine = site.machine("guarded")
    ours, others = Certificates(folder / "ours"), Certificates(folder / "others")
    server = ours.issue("server", f"subjectAltName=IP:{machine.address}")
    client, stranger = ours.issue("client", "extendedKeyUsage=clientAuth"), others.issue("stranger", "extendedKeyUsage=clientAuth")
    engine = Engine(machine, arguments=["--host", "tcp://0.0.0.0:2376", "--tlsverify", "--tlscacert", server / "ca.pem",
                                        "--tlscert", server / "cert.pem", "--tlskey", server / "key.pem"])
    engine.run(engine.demo_image(), name="one", options=["-P"])
    yield engine, client, stranger
    engine.end()
    site.end()


def start(rig, engine, host, *arguments):
    """A registrator; returns it and what it writes."""
    book = EmbeddedBook(rig.folder / "registry.db")
    command = [harness.BINARY, "registrator", "--registry", book.url, "--docker", host, "-retry-interval", "200", *arguments]
    return rig.add(harness.Process(engine.machine.command(*command), rig.folder / "registrator.log")), book


def refused_because(rig, engine, host, *arguments):
    """What it says while it cannot reach the engine."""
    process, book = start(rig, engine, host, *arguments)
    log = harness.wait_until(lambda: re.search("registrator.engine_away error=(.*)", process.log.read_text()), "it is refused")
    assert book.entries() == {} and process.running()
    return log.group(1)


def tls(folder):
    return ["--docker-tls", "true", "--docker-cert-path", folder]


def test_tls_with_a_certificate_of_our_own(rig, guarded):
    engine, client, _ = guarded
    process, book = start(rig, engine, f"tcp://{engine.address}:2376", *tls(client))
    harness.wait_until(lambda: "guarded:one:8080" in book.entries(), "the container is registered")
    engine.run(DEMO_IMAGE, name="two", options=["-P"])
    harness.wait_until(lambda: "guarded:two:8080" in book.entries(), "events arrive too")
    engine.cli("rm", "-f", "two")
    harness.wait_until(lambda: "guarded:two:8080" not in book.entries(), "and ends")


def test_a_certificate_of_somebody_else_is_refused_by_either_side(rig, guarded):
    engine, client, stranger = guarded
    assert "certificate" in refused_because(rig, engine, f"tcp://{engine.address}:2376", *tls(stranger))


def test_without_a_certificate_the_engine_refuses(rig, guarded, tmp_path):
    engine, client, _ = guarded
    reason = refused_because(rig, engine, f"https://{engine.address}:2376", "--docker-tls-verify", "false")
    assert f"{engine.address}:2376" in reason


def test_an_engine_under_another_name_is_refused(rig, guarded):
    engine, client, _ = guarded
    engine.machine.inside("ip", "address", "replace", "10.99.0.7/32", "dev", "lo")
    assert "10.99.0.7" in refused_because(rig, engine, "tcp://10.99.0.7:2376", *tls(client))


def test_plain_words_to_an_engine_with_tls_are_an_error_that_helps(rig, guarded):
    engine, _, _ = guarded
    assert "HTTPS" in refused_because(rig, engine, f"tcp://{engine.address}:2376")


def test_a_certificate_that_is_not_there_is_named(rig, guarded):
    engine, _, _ = guarded
    process, _ = start(rig, engine, f"tcp://{engine.address}:2376", *tls("/no/such/folder"))
    harness.wait_until(lambda: "/no/such/folder" in process.log.read_text(), "the folder is named")


def test_the_version_is_what_both_speak_and_only_get_is_sent(rig, engine):
    spy = rig.add_end(Spy(rig.folder / "spy.sock", engine))
    engine.run(engine.demo_image(), name="one", options=["-P"])
    process, book = start(rig, engine, spy.host)
    harness.wait_until(lambda: "node-1:one:8080" in book.entries(), "the container is registered")
    version = engine.get("/version")["ApiVersion"]
    targets = [target for _, target in spy.requests]
    assert targets[0] == "/_ping"
    assert all(target.startswith(f"/v{version}/") for target in targets if target != "/_ping"), targets
    assert {method for method, _ in spy.requests} == {"GET"}


def test_an_engine_that_hangs_is_waited_for(rig, engine):
    """Connections are accepted and nothing is answered."""
    engine.run(engine.demo_image(), name="one", options=["-P"])
    book = EmbeddedBook(rig.folder / "registry.db")
    process = rig.add(Registrator(rig.folder, engine, book.url, "-resync", "1"))
    harness.wait_until(lambda: "node-1:one:8080" in book.entries(), "the container is registered")
    dockerd = child_of(engine.process.pid)
    os.kill(dockerd, signal.SIGSTOP)
    try:
        harness.wait_until(lambda: "registrator.failed" in process.log.read_text(), "the engine is missed", 20)
        assert set(book.entries()) == {"node-1:one:8080"}
    finally:
        engine.process.kill(signal.SIGCONT)  # nsenter has stopped too
        os.kill(dockerd, signal.SIGCONT)
    harness.wait_until(lambda: "registrator.recovered" in process.log.read_text(), "it is back", 20)
    engine.cli("rm", "-f", "one")
    harness.wait_until(lambda: book.entries() == {}, "and followed")
