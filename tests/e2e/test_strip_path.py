"""stripPath: instances get the path without the servicePath that matched."""
import threading

import pytest
from echo import Echo
from test_clients import Edge

PATHS = {
    "/store": "/", "/store/": "/", "/store/x": "/x", "/store/x/": "/x/", "/store//x": "//x", "/store/store/x": "/store/x",
    "/store?a=/store/b": "/?a=/store/b", "/store/x?q": "/x?q", "/store/%2e/x": "/x", "/x/../store/y": "/y", "/store/a%2Fb": "/a%2Fb",
    "/storefront": "/storefront", "/storefront/store/x": "/storefront/store/x",
    "/a/b": "/", "/a/b/c": "/c", "/a;b/c%20d/e": "/e", "/": "/", "/other/store/x": "/other/store/x",
}


@pytest.fixture(scope="module")
def store(module_rig):
    edge = Edge(module_rig)
    answer = edge.proxy.ok("reconfigure", serviceName="echo", servicePath="/,/store,/a/b,/a;b/c%20d", stripPath="true")
    assert answer["AppliedBy"] == "runtime" and answer["StripPath"] is True, answer
    return edge


@pytest.mark.parametrize("path", PATHS)
def test_whole_segments_are_taken_away_and_the_query_stays(store, path):
    status, line, headers = store.ask(path)
    assert (status, line) == (200, f"GET {PATHS[path]} HTTP/1.1")


def test_the_instance_is_told_what_was_taken_away(store):
    forged = ["X-Forwarded-Prefix: /forged"]
    assert store.ask("/a/b/c", headers=forged)[2]["x-forwarded-prefix"] == ["/a/b"]
    assert store.ask("/store", headers=forged)[2]["x-forwarded-prefix"] == ["/store"]
    assert "x-forwarded-prefix" not in store.ask("/other", headers=forged)[2]


def test_what_cannot_be_stripped_is_refused_by_name(rig):
    edge = Edge(rig)
    for more in ({"pathType": "path_end"}, {"servicePath": "/1/2/3/4/5/6/7/8/9"}, {"servicePath": "/a//b"},
                 {"servicePath": "", "serviceDomain": "a.com"}):
        answer = edge.proxy.api("reconfigure", **{"serviceName": "echo", "servicePath": "/x", "stripPath": "true", **more})
        assert answer.status == 400 and "stripPath" in answer.json["Message"], answer
    assert edge.ask("/echo")[0] == 200


def test_it_is_changed_at_run_time_and_no_request_sees_a_mix(rig):
    """Colours, the policy and reloads change under load: the path that arrives is always the one of the colour."""
    edge = Edge(rig)
    blue, green = rig.add_end(Echo("blue")), rig.add_end(Echo("green"))
    edge.proxy.register(blue, "store-blue")
    edge.proxy.register(green, "store-green")
    def switch(colour, strip):
        return edge.proxy.ok("reconfigure", serviceName="store", servicePath="/store", serviceColor=colour, stripPath=strip)
    switch("blue", "true")
    stop, failures, seen = threading.Event(), [], []

    def load():
        while not stop.is_set():
            status, line, _ = edge.ask("/store/x")
            (seen if (status, line) in ((200, "GET /x HTTP/1.1"), (200, "GET /store/x HTTP/1.1")) else failures).append((status, line))

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(12):
        colour, strip = ("green", "blue")[n % 2], ("true", "false")[n % 3 == 0]
        answer = switch(colour, strip)
        assert answer["AppliedBy"] == "runtime", answer
        wanted = "/x" if strip == "true" else "/store/x"
        assert edge.ask("/store/x")[1] == f"GET {wanted} HTTP/1.1"
        if n % 4 == 3:
            edge.proxy.ok("reload", recreate="true")
            assert edge.ask("/store/x")[1] == f"GET {wanted} HTTP/1.1"
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == [] and len(seen) > 50
    edge.proxy.kill()
    edge.proxy.popen.wait()
    again = rig.proxy(name=edge.proxy.folder.name, address=edge.proxy.address)
    edge.proxy = again
    assert edge.ask("/store/x")[1] == f"GET {wanted} HTTP/1.1"
    again.ok("remove", serviceName="store")
    assert edge.ask("/store/x")[0] == 503


def test_of_one_destination_it_leaves_the_others_alone(rig):
    edge = Edge(rig)
    edge.proxy.ok("reconfigure", serviceName="echo", **{"servicePath.1": "/api", "stripPath.1": "true", "servicePath.2": "/web"})
    assert edge.ask("/api/x")[1] == "GET /x HTTP/1.1"
    assert edge.ask("/web/x")[1] == "GET /web/x HTTP/1.1"
