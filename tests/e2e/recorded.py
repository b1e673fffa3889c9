"""The recorded cases of tests/golden/template, and the catalog that Consul Template's were recorded with."""
import base64
import json
import urllib.parse

from harness import ROOT

FOLDER = ROOT / "tests/golden/template"


def cases(*files):
    """By id; a case with "replaces" stands for the earlier one of its id."""
    out = {}
    for file in files:
        for case in json.loads((FOLDER / file).read_text())["cases"]:
            assert case["id"] not in out or case.get("replaces"), case["id"]
            out[case["id"]] = case
    return list(out.values())


def newest_output(case):
    """What a case of Consul Template renders; None: it is refused or never rendered."""
    if "results" not in case:
        return case.get("output")
    for version in ("0.27.2", "0.25.2", "0.20.1", "0.14.0"):
        result = case["results"].get(version)
        if result and result["rendered"]:
            return result["output"]
    return None


class RecordedCatalog:
    """Fills a Consul that has the recorded node id and name."""

    NODE_ID = "11111111-2222-3333-4444-555555555555"

    def __init__(self, consul):
        self.consul = consul
        self.paths = json.loads((FOLDER / "consul-template-cases.json").read_text())["consul"]
        for path, entries in self.paths.items():
            if path.startswith("/v1/health/service/"):
                for entry in entries:
                    self.enroll(entry)
        for entry in self.paths["/v1/kv/?recurse"]:
            value = base64.b64decode(entry["Value"] or "")
            self.put("/v1/kv/" + urllib.parse.quote(entry["Key"]), value)

    def here(self, text):
        """A recorded text with this agent's address and port in place of the recorded ones."""
        return text.replace("127.0.0.1", self.consul.address).replace(":18300:", ":8300:")

    def put(self, path, body=None):
        answer = self.consul.call("PUT", path, body)
        assert answer.status == 200, answer

    def enroll(self, entry):
        node, service, checks = entry["Node"], entry["Service"], entry["Checks"]
        if node["Node"] != "node-a":
            self.put("/v1/catalog/register", {
                "Node": node["Node"], "Address": node["Address"], "NodeMeta": node["Meta"],
                "TaggedAddresses": node["TaggedAddresses"], "Service": service, "Checks": checks})
            return
        body = {key: service[key] for key in ("ID", "Tags", "Address", "Meta", "Port", "Weights")}
        body["Name"] = service["Service"]
        for check in checks:
            if check["Type"] == "ttl":
                body["Check"] = {"TTL": "10h", "Status": check["Status"]}
        self.put("/v1/agent/service/register", body)
        if any(check["Type"] == "maintenance" for check in checks):
            self.put(f"/v1/agent/service/maintenance/{service['ID']}?enable=true&reason=test")
