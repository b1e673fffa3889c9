"""An installation of the original 1.0: its keys are read, and it can read ours."""
from harness import wait_until


def test_keys_are_written_as_the_original_did(rig):
    consul = rig.consul()
    proxy = rig.proxy(registry=consul.url)
    consul.register(rig.service("go-demo-blue"))
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo,/x", serviceDomain="a.com", serviceColor="blue",
             pathType="path_beg", skipCheck="true")
    keys = {k: consul.key(f"docker-flow/go-demo/{k}")
            for k in ("color", "path", "domain", "pathtype", "skipcheck", "consultemplatepath")}
    assert keys == {"color": "blue", "path": "/demo,/x", "domain": "a.com", "pathtype": "path_beg", "skipcheck": "true",
                    "consultemplatepath": ""}
    proxy.ok("remove", serviceName="go-demo")
    assert consul.key("docker-flow/go-demo/path") is None
    assert consul.key("docker-flow/go-demo/definition") is None


def test_an_originals_services_are_taken_over_and_followed(rig):
    consul = rig.consul()
    service = rig.service("books-blue")
    consul.register(service)
    for key, value in {"color": "blue", "path": "/books", "domain": "", "pathtype": "", "skipcheck": "false",
                       "consultemplatepath": ""}.items():
        consul.call("PUT", f"/v1/kv/docker-flow/books/{key}", value)
    proxy = rig.proxy(registry=consul.url)
    assert proxy.get("/books").instance == service.instance

    consul.call("PUT", "/v1/kv/docker-flow/books/path", "/novels")
    wait_until(lambda: proxy.get("/novels").status == 200, "what the original wrote is followed", 5)
    assert proxy.get("/books").status == 503
