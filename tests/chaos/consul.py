"""A Consul that keeps its data, so that it can die, come back, and be made anew."""
import json
import shutil

import harness


class Consul(harness.Consul):
    def start(self):
        config = self.folder / "consul.json"
        config.write_text(json.dumps({
            "server": True, "bootstrap_expect": 1, "data_dir": str(self.folder / "data"),
            "bind_addr": self.address, "client_addr": self.address, "datacenter": "dc1", "node_name": "node-a",
            "ports": {"dns": -1, "serf_wan": -1, "grpc": -1, "https": -1}, "disable_update_check": True,
            "performance": {"raft_multiplier": 1}, "log_level": "WARN"}))
        harness.Process.__init__(self, ["consul", "agent", "-config-file", str(config)], self.folder / "consul.log")
        harness.wait_until(lambda: self.call("GET", "/v1/status/leader").body.strip() not in (b"", b'""')
                           and self.call("GET", "/v1/catalog/nodes").json, "consul has a leader", 40)

    def stop(self):
        self.kill()
        self.popen.wait()
        self.output.close()

    def wipe(self):
        """While it does not run."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def register(self, origin, name=None):
        answer = self.call("PUT", "/v1/agent/service/register", {
            "ID": origin.id, "Name": name or origin.registered_as, "Address": origin.address, "Port": origin.port})
        if answer.status != 200:
            raise OSError(f"consul does not register {origin.id}: {answer}")

    def deregister(self, origin):
        self.call("PUT", f"/v1/agent/service/deregister/{origin.id}")

    def put(self, key, value):
        if self.call("PUT", f"/v1/kv/{key}", value).status != 200:
            raise OSError(f"consul does not take {key}")

    def delete(self, prefix):
        self.call("DELETE", f"/v1/kv/{prefix}?recurse")
