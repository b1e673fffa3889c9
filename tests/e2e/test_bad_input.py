"""Bad input of every parameter of every endpoint is a 400 that names the parameter, and changes nothing."""
import re

import pytest

from harness import ROOT, request

# For each parameter what is refused; where it makes sense only with others, those stand behind it.
LONG = "x" * 3000
BAD = {
    "serviceName": ["-a", "a b", "a/b", "é", "x" * 200],
    "serviceColor": ["a:b", "-blue", "b l", "x" * 100],
    "servicePath": ["demo", "/a b", "/a%zz" + LONG, "/é"],
    "serviceDomain": ["a b", "http://a.com", "a.com:80", "*.", "a..b", "*.a.*.b"],
    "consulTemplatePath": ["../x", "/etc/passwd", "nothere.tmpl", LONG],
    "pathType": ["beg", "path_begin", "PATH"],
    "skipCheck": ["yes", "2"],
    "aclName": ["a b", "-a", "x" * 200],
    "port": ["0", "65536", "80a", "-1"],
    "discoveryType": ["dns", "TASKS"],
    "network": ["a b", "-a"],
    "consulTemplateFePath": [("../x", {"consulTemplateBePath": "be.tmpl"}), "fe.tmpl"],
    "consulTemplateBePath": [("../x", {"consulTemplateFePath": "fe.tmpl"}), "be.tmpl"],
    "templateFePath": [("../x", {"templateBePath": "be.tmpl"}), "fe.tmpl"],
    "templateBePath": [("../x", {"templateFePath": "fe.tmpl"}), "be.tmpl"],
    "watch": ["maybe"],
    "stripPath": ["maybe", "2"],
    "takeOver": ["maybe"],
    "checkPath": ["health", "/a b", "/" + LONG],
    "checkMethod": [("get it", {"checkPath": "/h"}), "GET"],
    "checkHost": [("a b", {"checkPath": "/h"}), "a.com"],
    "checkStatus": [("999", {"checkPath": "/h"}), ("20x", {"checkPath": "/h"}), "200"],
    "checkInterval": ["1ms", "2h", "soon"],
    "checkTimeout": ["1ms", "2h", "soon"],
    "checkRise": ["0", "101", "x"],
    "checkFall": ["0", "101", "x"],
    "checkTcp": ["maybe", ("true", {"checkPath": "/h"})],
    "distribute": ["maybe"],
    "dryRun": ["maybe"],
    "waitForHealthy": ["maybe"],
    "waitTimeout": ["0", "11m", "soon"],
    "recreate": ["maybe"],
    "catalog": ["maybe"],
    "live": ["maybe"],
    "health": ["maybe"],
    "type": ["xml"],
    "address": ["a b", "http://a"],
    "id": ["x" * 300],
    "node": ["x" * 300],
    "tags": ["a,,b"],
    "fromListener": ["maybe"],
}
GOOD = {
    "reconfigure": {"serviceName": "new", "servicePath": "/new"},
    "remove": {"serviceName": "new"},
    "register": {"serviceName": "new", "address": "127.0.0.1", "port": "9001"},
    "deregister": {"serviceName": "new", "address": "127.0.0.1", "port": "9001"},
}
SELECTS = {("deregister", "address"): 404}  # what is registered elsewhere may look as it likes
WITHOUT_EFFECT = {("remove", "aclName")}  # taken as in the original, and not looked at
TEMPLATE = re.compile("[tT]emplate")


def endpoints():
    """(endpoint, its parameters), from the reference, which the program's tables give."""
    text = (ROOT / "docs/reference/endpoints.md").read_text()
    parameters = re.findall(r"^\| `(\w+)`", (ROOT / "docs/reference/parameters.md").read_text(), re.M)
    found = {"reconfigure": parameters}
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        path = re.search(r"/v1/docker-flow-proxy/([\w-]+)", section.split("\n", 1)[0])
        if path and path[1] != "reconfigure":
            found[path[1]] = re.findall(r"^\| `(\w+)`", section, re.M)
    return found


CASES = [(endpoint, parameter) for endpoint, parameters in endpoints().items() for parameter in parameters
         if (endpoint, parameter) not in WITHOUT_EFFECT]


@pytest.fixture(scope="module")
def proxy(module_rig):
    templates = module_rig.folder / "templates"
    templates.mkdir()
    for name in ("fe.tmpl", "be.tmpl"):
        (templates / name).write_text("backend new-be\n  server s 127.0.0.1:1\n" if name == "be.tmpl" else "# nothing\n")
    proxy = module_rig.proxy(arguments=["--templates-dir", str(templates)])
    proxy.register(module_rig.service())
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    return proxy


def test_every_endpoint_is_among_the_cases():
    assert {"reconfigure", "remove", "reload", "services", "register", "deregister", "config"} <= set(endpoints())


@pytest.mark.parametrize("endpoint,parameter", CASES, ids=lambda value: value)
def test_bad_values(proxy, endpoint, parameter):
    before = proxy.ok("services", health="false")["Services"]
    for bad in BAD[parameter]:
        value, others = bad if isinstance(bad, tuple) else (bad, {})
        query = {**GOOD.get(endpoint, {}), **others, parameter: value}
        if TEMPLATE.search(parameter):
            query.pop("servicePath")
        answer = proxy.api(endpoint, **query)
        assert answer.status == SELECTS.get((endpoint, parameter), 400), (query, answer)
        named = re.search(rf"\b{parameter}\b", answer.json["Message"])
        assert named or (endpoint, parameter) in SELECTS, (query, answer)
    assert proxy.ok("services", health="false")["Services"] == before, "nothing was changed"


def test_what_only_haproxy_can_judge_is_named_too(proxy):
    for query in ({"servicePath": "(", "pathType": "path_reg"}, {"servicePath": "/a", "serviceDomain": "*." + "a." * 40 + "com"}):
        answer = proxy.api("reconfigure", serviceName="new", **query)
        name = "serviceDomain" if "serviceDomain" in query else "servicePath"
        assert answer.status == 400 and name in answer.json["Message"], answer


def test_what_is_unknown_or_given_twice_is_named(proxy):
    for endpoint, parameters in endpoints().items():
        if not parameters:
            continue  # ping and its like are asked by programs that add what they like
        answer = proxy.api(endpoint, **{**GOOD.get(endpoint, {}), "servicePth": "/x"})
        assert answer.status == 400 and "servicePth" in answer.json["Message"], (endpoint, answer)
        for parameter in parameters[:1]:
            target = f"/v1/docker-flow-proxy/{endpoint}?{parameter}=a&{parameter}=b"
            answer = request(proxy.address, proxy.api_port, target)
            assert answer.status == 400 and parameter in answer.json["Message"], (endpoint, answer)
