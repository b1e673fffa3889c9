"""The API's contract: answers, refusals, and that no byte of a parameter leaves its place."""
import json

import pytest

from harness import request


@pytest.fixture
def proxy(rig):
    return rig.proxy()


def raw(proxy, target, method="GET"):
    return request(proxy.address, proxy.api_port, target, method=method)


def test_the_answer_is_the_originals(proxy):
    answer = proxy.api("reconfigure", serviceName="x", serviceDomain="a.com")
    assert answer.headers["Content-Type"] == "application/json"
    assert b"\n" not in answer.body
    assert list(answer.json)[:9] == ["Status", "Message", "ServiceName", "ServiceColor", "ServicePath", "ServiceDomain",
                                     "ConsulTemplatePath", "PathType", "SkipCheck"]
    assert answer.json["ServicePath"] is None


def test_methods_that_may_change_things_do(proxy):
    for method in ("GET", "PUT", "POST"):
        assert raw(proxy, "/v1/docker-flow-proxy/reconfigure?serviceName=x&servicePath=/x", method).status == 200


def test_every_answer_is_json(proxy):
    for target, status in (("/nowhere", 404), ("/v1/docker-flow-proxy/reconfigure", 400), ("/v1/test", 200),
                           ("/v2/test", 200), ("/v1/docker-flow-proxy/ping", 200)):
        answer = raw(proxy, target)
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json"), target
        json.loads(answer.body)


BAD = {
    "serviceName": ["", "a b", "a\nb", "a\0b", 'a"b', "a#b", "a{b", "../x", "a if TRUE", "x" * 300, "\xff"],
    "servicePath": ["nowhere", "/a b", "/a\nbackend evil", "/a\0", '/a"', "/a#b", "/a{b}", "/a if { always_true }", "/a,,/b",
                    "/" + "x" * 4000],
    "serviceDomain": ["a b", "a\nb", "http://a.com", "a.com/x", "a.com:80", "*", "a#b"],
    "serviceColor": ["a b", "a\nb", "a/b", "a#b"],
    "pathType": ["path_foo", "path_beg -i", "path\n"],
    "skipCheck": ["maybe", "true\n"],
    "aclName": ["a b", "a\nuse_backend x", "a#b"],
}


@pytest.mark.parametrize("parameter", BAD)
def test_bad_values_are_refused_by_name_and_change_nothing(rig, proxy, parameter):
    proxy.register(rig.service("good"))
    proxy.ok("reconfigure", serviceName="good", servicePath="/good")
    before = proxy.api("config").body
    for value in BAD[parameter]:
        parameters = {"serviceName": "bad", "servicePath": "/bad", parameter: value}
        answer = proxy.api("reconfigure", **parameters)
        assert answer.status == 400, (value, answer)
        assert parameter in answer.json["Message"], (value, answer)
    assert proxy.api("config").body == before
    assert proxy.get("/good").status == 200


def test_bad_utf8_and_unknown_parameters_are_refused(proxy):
    for query, named in (("serviceName=a%ff&servicePath=/x", "serviceName"), ("serviceName=a&servicePath=/%zz", "%zz"),
                         ("serviceName=a&servicePaht=/x", "servicePath"), ("servicePath=/x", "serviceName")):
        answer = raw(proxy, f"/v1/docker-flow-proxy/reconfigure?{query}")
        assert answer.status == 400 and named in answer.json["Message"], (query, answer)


def test_bytes_that_are_allowed_match_literally(rig, proxy):
    proxy.register(rig.service("odd"))
    path = "/a+b/c;d=e@f:(g)!$&'*~"
    proxy.ok("reconfigure", serviceName="odd", servicePath=path)
    assert proxy.get(path).status == 200
    assert proxy.get(path.replace("+", "x")).status == 503


def test_the_same_route_of_two_services_is_a_conflict(rig, proxy):
    proxy.register(rig.service("owner"))
    proxy.ok("reconfigure", serviceName="owner", servicePath="/x")
    refused = proxy.api("reconfigure", serviceName="other", servicePath="/x")
    assert refused.status == 409 and "owner" in refused.json["Message"]
    assert proxy.api("reconfigure", serviceName="other", servicePath="/x", aclName="zz").status == 200
    assert proxy.get("/x").instance.startswith("owner")


def test_config_and_services_tell_what_is_in_force(rig, proxy):
    service = rig.service()
    proxy.register(service)
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    assert b"frontend dfp:services" in proxy.api("config").body
    assert "go-demo" in proxy.api("config", type="json").json
    assert service.instance in proxy.api("services").body.decode()
