"""What traffic a service gets: /metrics under the names of services, whatever backend and worker they are in."""
import re

from harness import request, wait_until


def sample(proxy, name, **labels):
    """The sum of a family's samples with these labels; None where there is none."""
    text = request(proxy.address, proxy.api_port, "/metrics").body.decode()
    found = []
    for line in text.splitlines():
        match = re.fullmatch(name + r"(?:\{(.*)\})? (\S+)", line)
        if match and all(f'{key}="{value}"' in match[1] for key, value in labels.items()):
            found.append(float(match[2]))
    return sum(found) if found else None


def wait_for(proxy, wanted, name, **labels):
    wait_until(lambda: sample(proxy, name, **labels) == wanted, f"{name} {labels} is {wanted}", 20)


def put(rig, proxy, name):
    service = rig.service(name)
    proxy.register(service)
    proxy.ok("reconfigure", serviceName=name, servicePath=f"/{name}")


def ask(proxy, path, times):
    for _ in range(times):
        proxy.get(path)


def test_requests_count_under_their_services_name_over_reloads(rig):
    proxy = rig.proxy()
    put(rig, proxy, "shop")
    put(rig, proxy, "cart")
    wait_for(proxy, 0, "dfp_service_requests_total", service="shop", code="2xx")
    ask(proxy, "/shop", 7)
    ask(proxy, "/cart", 3)
    ask(proxy, "/nothing", 2)
    wait_for(proxy, 7, "dfp_service_requests_total", service="shop", code="2xx")
    wait_for(proxy, 3, "dfp_service_requests_total", service="cart", code="2xx")
    assert sample(proxy, "dfp_service_requests_total", service="shop", code="5xx") == 0
    assert sample(proxy, "dfp_service_sent_bytes_total", service="shop") > 7 * 100
    assert sample(proxy, "dfp_frontend_requests_total", frontend="services", code="5xx") == 2
    ask(proxy, "/shop", 5)
    proxy.ok("reload", recreate="true")  # what the old worker has counted is read before
    ask(proxy, "/shop", 4)
    wait_for(proxy, 16, "dfp_service_requests_total", service="shop", code="2xx")


def test_the_next_service_of_a_backend_starts_from_zero(rig):
    proxy = rig.proxy()
    put(rig, proxy, "first")
    ask(proxy, "/first", 6)
    wait_for(proxy, 6, "dfp_service_requests_total", service="first", code="2xx")
    ask(proxy, "/first", 2)
    proxy.ok("remove", serviceName="first")
    for n in range(3):  # one of them gets the backend that was given back, or none does
        put(rig, proxy, f"next-{n}")
        ask(proxy, f"/next-{n}", n + 1)
    for n in range(3):
        wait_for(proxy, n + 1, "dfp_service_requests_total", service=f"next-{n}", code="2xx")
    assert sample(proxy, "dfp_service_requests_total", service="first") is None


def test_errors_have_their_kinds(rig):
    proxy = rig.proxy(arguments=["--health", "registry"])
    service = rig.service("shop")
    proxy.register(service)
    proxy.ok("reconfigure", serviceName="shop", servicePath="/shop")
    wait_for(proxy, 0, "dfp_service_requests_total", service="shop", code="5xx")
    service.kill()
    ask(proxy, "/shop", 2)
    wait_for(proxy, 2, "dfp_service_requests_total", service="shop", code="5xx")
    assert sample(proxy, "dfp_service_errors_total", service="shop", kind="connect") >= 2
    assert sample(proxy, "dfp_service_retries_total", service="shop") >= 2
