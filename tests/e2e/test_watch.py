"""Services that follow the registry by themselves (watch=true), with and without a template."""
import time

from harness import Traffic, request, wait_until
from test_templates import Templates, article, templates  # noqa: F401


def replace(templates, first):
    """Starts a second instance, then stops the first one; requests follow both times. Returns the second."""
    second = templates.registry.run()
    wait_until(lambda: second.instance in templates.proxy.instances_answering("/demo/hello", 6), "the second is used", 20)
    templates.registry.stop(first)
    wait_until(lambda: templates.proxy.instances_answering("/demo/hello", 6) == {second.instance: 6}, "only the second", 20)
    return second


def test_watch_follows_the_data_of_a_template(templates):
    proxy = templates.proxy
    first, other = templates.registry.run(), templates.registry.run("other")
    path = templates.write("go-demo.tmpl", article())
    proxy.ok("reconfigure", serviceName="go-demo", consulTemplatePath=path, watch="true")
    proxy.ok("reconfigure", serviceName="other", servicePath="/other")
    with Traffic(proxy, "/demo/hello") as traffic:
        second = replace(templates, first)
        traffic.wait_for(100)
    assert traffic.failures == []

    def revision():
        return proxy.ok("services", serviceName="go-demo")["Services"][0]["Revision"]
    wait_until(lambda: revision() == 3, "what is served is kept")
    templates.registry.run("unrelated")
    time.sleep(2.5)
    assert revision() == 3, "nothing it uses changed"

    # A rendering that fails keeps the last good one, and is shown.
    templates.write("go-demo.tmpl", "{{if}}")
    third = templates.registry.run()
    problem = wait_until(lambda: proxy.ok("services")["WatchProblems"].get("go-demo"), "the problem is shown", 20)
    assert problem == f"template: {path}:1: missing value for if", problem
    assert proxy.instances_answering("/demo/hello", 6) == {second.instance: 6}
    templates.write("go-demo.tmpl", article())
    wait_until(lambda: third.instance in proxy.instances_answering("/demo/hello", 6), "it follows again", 30)
    wait_until(lambda: proxy.ok("services")["WatchProblems"] == {}, "the problem is gone")

    # After a failover the watch is taken up again.
    proxy.kill_everything()
    proxy = templates.start()
    templates.registry.stop(second)
    wait_until(lambda: proxy.instances_answering("/demo/hello", 6) == {third.instance: 6}, "the new proxy follows", 20)
    assert proxy.instances_answering("/other", 6) == {other.instance: 6}
    proxy.ok("remove", serviceName="go-demo")
    assert proxy.get("/demo/hello").status == 503
    templates.registry.run()
    time.sleep(2.5)
    assert proxy.get("/demo/hello").status == 503, "a removed service is not followed"


def test_watch_follows_instances_without_a_template(templates):
    proxy = templates.proxy
    first = templates.registry.run()
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo", watch="true")
    proxy.ok("reconfigure", serviceName="pinned", servicePath="/pinned")
    with Traffic(proxy, "/demo/hello") as traffic:
        second = replace(templates, first)
        templates.registry.stop(second)
        problem = wait_until(lambda: proxy.ok("services")["WatchProblems"].get("go-demo"), "a problem is shown", 20)
        assert "no instance of go-demo" in problem
        traffic.wait_for(100)
    assert traffic.failures == []
    templates.registry.run("pinned")
    time.sleep(1.5)
    assert proxy.get("/pinned").status == 503, "without watch nothing follows"


def test_two_proxies_that_watch_converge_and_rest(templates):
    a = templates.proxy
    b = templates.start()
    templates.registry.run()
    path = templates.write("go-demo.tmpl", article() + "\n# {{timestamp}}\n")
    a.ok("reconfigure", serviceName="go-demo", consulTemplatePath=path, watch="true")
    wait_until(lambda: b.get("/demo/hello").status == 200, "b serves it", 10)
    second = templates.registry.run()
    for proxy in (a, b):
        wait_until(lambda: second.instance in proxy.instances_answering("/demo/hello", 6), "both follow", 20)
    time.sleep(2)
    revisions = [proxy.ok("services")["Services"][0]["Revision"] for proxy in (a, b)]
    time.sleep(3)
    assert [proxy.ok("services")["Services"][0]["Revision"] for proxy in (a, b)] == revisions
    assert revisions[0] == revisions[1] and revisions[0] <= 3


def test_a_registry_that_lost_everything_is_not_followed(rig):
    templates = Templates(rig, "consul")
    proxy, consul = templates.proxy, templates.registry.consul
    demo = templates.registry.run()
    path = templates.write("go-demo.tmpl", article())
    proxy.ok("reconfigure", serviceName="go-demo", consulTemplatePath=path, watch="true")
    with Traffic(proxy, "/demo/hello") as traffic:
        consul.kill()
        consul.popen.wait()
        consul.start()  # in development mode it keeps nothing
        problem = wait_until(lambda: proxy.ok("services", catalog="false")["WatchProblems"].get("go-demo"),
                             "a problem is shown", 60)
        wait_until(lambda: "lost everything" in proxy.ok("services")["WatchProblems"].get("go-demo", ""),
                   f"the reason is shown and not {problem}", 60)
        traffic.wait_for(100)
    assert traffic.failures == []
    assert proxy.instances_answering("/demo/hello", 6) == {demo.instance: 6}


def test_services_that_change_together_are_one_reload_and_never_go_back(templates):
    proxy = templates.proxy
    names = [f"together-{n}" for n in range(6)]
    templates.put_key("together", "v1")
    for name in names:
        path = templates.write(f"{name}.tmpl", "\n".join((
            "frontend services",
            f"  http-request return status 200 content-type text/plain string \"{{{{key \"together\"}}}}\" if {{ path /{name} }}")))
        proxy.ok("reconfigure", serviceName=name, consulTemplatePath=path, watch="true")

    def texts():
        return {proxy.get(f"/{name}").body.decode() for name in names}

    def reloads():
        text = request(proxy.address, proxy.api_port, "/metrics").body.decode()
        line = [x for x in text.splitlines() if x.startswith('dfp_haproxy_reloads_total{cause="change"}')][0]
        return int(float(line.split()[-1]))
    for version in ("v2", "v3", "v4"):
        before = reloads()
        templates.put_key("together", version)
        wait_until(lambda: texts() == {version}, "all follow", 30)
        for _ in range(30):
            assert texts() == {version}, "an older state was applied after a newer one"
            time.sleep(0.05)
        assert reloads() - before <= 2, "each service was a reload of its own"
