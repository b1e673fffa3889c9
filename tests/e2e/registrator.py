"""The registrator as a process of its own, and what it wrote into a registry."""
import dataclasses
import json
import sqlite3
import time

import harness


@dataclasses.dataclass
class Entry:
    id: str
    service: str
    address: str
    port: int
    tags: list
    meta: dict
    health: str
    checks: dict  # id -> check, as far as the registry has any

    @property
    def attributes(self):
        """Meta without the registrator's own marks."""
        return {key: value for key, value in self.meta.items() if not key.startswith("dfp-")}


class ConsulBook:
    def __init__(self, consul):
        self.consul = consul
        self.url = consul.url

    def entries(self):
        """By id, as the agent tells them; health is the worst of the checks."""
        services = self.consul.call("GET", "/v1/agent/services").json
        checks = self.consul.call("GET", "/v1/agent/checks").json
        entries = {}
        for id, service in services.items():
            own = {name: check for name, check in checks.items() if check["ServiceID"] == id}
            worst = max([check["Status"] for check in own.values()], default="passing",
                        key=["passing", "warning", "critical"].index)
            entries[id] = Entry(id, service["Service"], service["Address"], service["Port"], service["Tags"] or [],
                                service["Meta"] or {}, worst, own)
        return entries


class EmbeddedBook:
    def __init__(self, file):
        self.file = file
        self.url = f"embedded:{file}"

    def entries(self):
        if not self.file.exists():
            return {}
        connection = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=5)
        try:
            rows = connection.execute("SELECT id, service, address, port, tags, meta, health, expires_at FROM instances").fetchall()
        except sqlite3.OperationalError:  # it is being created
            return {}
        finally:
            connection.close()
        alive = [row for row in rows if row[7] == 0 or row[7] > time.time() * 1000]
        return {row[0]: Entry(*row[:4], json.loads(row[4]), json.loads(row[5]), row[6], {}) for row in alive}


class Registrator(harness.Process):
    """On the engine's machine, in its network and under its name."""

    def __init__(self, folder, engine, url, *arguments, host=None):
        command = [harness.BINARY, "registrator", "--registry", url, "--docker", host or engine.host, *arguments]
        super().__init__(engine.machine.command(*command), folder / "registrator.log")
        harness.wait_until(lambda: not self.running() or "registrator.started" in self.log.read_text(),
                           "the registrator has started")
        assert self.running(), self.log.read_text()
