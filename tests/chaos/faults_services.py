"""Faults of services: instances that die, hang or have no address, templates, conflicting routes."""
import os
import signal
import socket
import time

from faults import CLUSTER, CROWD, fault
from faults_disk import empty
from origins import Origin
from proxy import MAX_CONNECTIONS, wait_until
from services import Service

TEMPLATE = """frontend {name}
  bind {bind}
  default_backend {name}-be
backend {name}-be
  server s1 127.0.0.1:{port}
"""


@fault("instance.kill", (CROWD,), cut=5.0, allowed="requests in flight to the instance, and those until HAProxy's checks take it out: 5 s")
def instance_kill(play):
    """An instance dies, and comes back after two seconds."""
    play.hit = {proxy.name for proxy in play.lane.proxies}
    service = play.services.all[play.rng.choice(("one", "two", "three", "four"))]
    origin = play.rng.choice(service.instances[service.colour])
    origin.close()
    time.sleep(2)
    origin.open()


@fault("instance.unresolvable", (CROWD,))
def unresolvable(play):
    """A change adds a service whose instance has a host name that no name server resolves: other changes do not wait for it."""
    ghost = Origin(play.lane.loop, "ghost", "blue", 1)
    ghost.close()
    ghost.address = f"nowhere-{play.services.next()}.test"
    play.lane.register(ghost)
    play.undo.append(lambda: play.lane.deregister(ghost))
    order = play.parallel(play.proxy.api, "reconfigure", serviceName="ghost", serviceColor="blue", servicePath="/ghost", timeout=50)
    play.undo.append(lambda: play.proxy.api("remove", serviceName="ghost"))
    time.sleep(0.2)
    play.within(5, "a change beside a name that is not answered", play.services.change, play.rng, play.proxy, ("colour",), True)
    order(55)


@fault("instance.hung", (CROWD,))
def hung(play):
    """A service whose instance does not respond gets more connections than the proxy allows: other services keep being served."""
    service = Service("hung")
    service.paths, service.instances = [], {"blue": [Origin(play.lane.loop, "hung", "blue", 1)]}
    play.lane.register(service.instances["blue"][0])
    play.services.order(play.proxy, service, ["/hung"], "blue", must=True)
    clients = []
    for _ in range(MAX_CONNECTIONS + 50):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex((play.proxy.address, play.proxy.http_port))
        clients.append(client)
    time.sleep(0.3)
    for client in clients:
        try:
            client.send(f"GET /hung/never HTTP/1.1\r\nHost: {play.proxy.address}\r\n\r\n".encode())
        except OSError:
            client.close()  # not connected yet: it would only wait, and that is another fault
    def lift():
        for client in clients:
            client.close()
        for origin in play.services.remove(play.proxy, service):
            play.lane.later(origin.retire)
    play.undo.append(lift)
    for _ in range(4):
        answer = play.within(2, "a request to another service", play.proxy.get, "/one", timeout=4)
        play.require(answer.status == 200, f"/one while another service hangs: {answer}")


@fault("instance.address_reused", (CLUSTER, CROWD))
def address_reused(play):
    """An instance is removed and its address goes to an instance of another service: no request is misrouted for more than 3 s."""
    lane, services = play.lane, play.services
    guest = Origin(lane.loop, "guest", "blue", services.next())
    lane.register(guest)
    answer = play.proxy.api("reconfigure", serviceName="guest", serviceColor="blue", servicePath="/guest")
    play.require(answer.status == 200, f"{answer}")
    play.undo.append(lambda: play.proxy.api("remove", serviceName="guest"))
    wait_until(lambda: all(answers(lane, "guest", {"guest": guest}) for _ in range(2)), "/guest is routed", 10)
    guest.close()
    lane.deregister(guest)
    heir = Origin(lane.loop, "heir", "blue", services.next(), port=guest.port)
    lane.register(heir)
    def lift():
        lane.deregister(heir)
        lane.later(heir.retire)
    play.undo.append(lift)
    time.sleep(3)
    astray = [a for a in (proxy.get("/guest", timeout=10) for proxy in lane.proxies for _ in range(3)) if a.status == 200]
    play.require(not astray, f"/guest is answered by {[a.headers.get('X-Origin') for a in astray]}")


@fault("route.wanted_by_two", (CLUSTER,))
def wanted_by_two(play):
    """Two proxies receive the same route for two services at the same moment: one request is rejected, both proxies agree."""
    lane, route = play.lane, f"/both{play.services.next()}"
    rivals = [Origin(lane.loop, name, "blue", 1) for name in ("rival-1", "rival-2")]
    for rival in rivals:
        lane.register(rival)
    orders = [play.parallel(proxy.api, "reconfigure", serviceName=rival.service, serviceColor="blue", servicePath=route)
              for proxy, rival in zip(lane.proxies, rivals)]
    statuses = [order().status for order in orders]
    def lift():
        for rival in rivals:
            lane.proxies[0].api("remove", serviceName=rival.service)
            lane.deregister(rival)
            lane.later(rival.close)
    play.undo.append(lift)
    play.require(sorted(statuses) == [200, 409], f"both were asked for {route}: {statuses}")
    time.sleep(1.5)
    owner = rivals[statuses.index(200)].name
    answered = {proxy.get(route).headers.get("X-Origin") for proxy in lane.proxies for _ in range(4)}
    play.require(answered == {owner}, f"{route} belongs to {owner} and is answered by {answered}")


@fault("template.port_taken", (CROWD,))
def port_taken(play):
    """Templates bind another program's port, the proxy's own API port, or a range with a port in use: rejected, nothing is lost."""
    proxy, address = play.proxy, play.proxy.address
    play.holds(address, 9999)
    for bind in (f"{address}:9999", f"{address}:{proxy.api_port}", f"{address}:9990-9999"):
        name = f"port{play.services.next()}"
        (proxy.templates / f"{name}.tmpl").write_text(TEMPLATE.format(name=name, bind=bind, port=9))
        answer = play.proxy.api("reconfigure", serviceName=name, consulTemplatePath=f"{name}.tmpl", timeout=60)
        play.require(answer.status >= 400, f"a template with bind {bind}, which is taken, was answered {answer}")


@fault("template.port_taken_unasked", (CROWD,))
def port_taken_unasked(play):
    """A template binds a port in use while HAProxy does not respond: its run directory was emptied, or its worker is stopped."""
    proxy, address = play.proxy, play.proxy.address
    play.holds(address, 9999)
    name = f"port{play.services.next()}"
    (proxy.templates / f"{name}.tmpl").write_text(TEMPLATE.format(name=name, bind=f"{address}:9999", port=9))
    _, workers = proxy.haproxy()
    if play.variant % 2:
        empty(proxy.run)
    else:
        proxy.signal_haproxy(signal.SIGSTOP, master=False)
        play.undo.append(lambda: proxy.signal_haproxy(signal.SIGCONT, master=False))
    answer = proxy.api("reconfigure", serviceName=name, consulTemplatePath=f"{name}.tmpl", timeout=60)
    play.require(answer.status >= 400, f"a template with a taken port was answered {answer}")
    play.lift()
    wait_until(lambda: proxy.api("reload", timeout=60).status == 200, "it heals", 30)


@fault("template.port_taken_at_death", (CROWD,), cut=12.0, allowed="requests in flight, and those until a new worker serves: 12 s")
def port_taken_at_death(play):
    """HAProxy dies and another program takes the own port of one template before it is restarted: all others are served."""
    proxy, address, name = play.proxy, play.proxy.address, f"port{play.services.next()}"
    (proxy.templates / f"{name}.tmpl").write_text(TEMPLATE.format(name=name, bind=f"{address}:9998", port=9))
    answer = proxy.api("reconfigure", serviceName=name, consulTemplatePath=f"{name}.tmpl", timeout=60)
    play.require(answer.status == 200, f"a template with a free port was answered {answer}")
    os.kill(proxy.pid, signal.SIGSTOP)
    play.undo.append(lambda: os.kill(proxy.pid, signal.SIGCONT))
    proxy.signal_haproxy(signal.SIGKILL)
    wait_until(lambda: not any(proxy.haproxy()), "HAProxy is dead", 5)
    wait_until(lambda: play.tries_to_hold(address, 9998), "its port can be taken", 5)
    os.kill(proxy.pid, signal.SIGCONT)
    wait_until(lambda: proxy.get("/one", timeout=3).status == 200, "the others are served", 10)
    answer = proxy.api("remove", serviceName=name, timeout=60)
    play.require(answer.status == 200, f"its removal was answered {answer}")


@fault("watch.changes", (CLUSTER, CROWD))
def watch_changes(play):
    """Four services with watch=true whose instances are replaced three times: each follows and never reverts."""
    lane, names = play.lane, [f"w{play.services.next()}" for _ in range(4)]
    now = {name: Origin(lane.loop, name, "blue", 1) for name in names}
    for name in names:
        lane.register(now[name])
        answer = play.proxy.api("reconfigure", serviceName=name, serviceColor="blue", servicePath=f"/{name}", watch="true")
        play.require(answer.status == 200, f"{name}: {answer}")
    def lift():
        for name in names:
            play.proxy.api("remove", serviceName=name)
            lane.deregister(now[name])
            lane.later(now[name].close)
    play.undo.append(lift)
    for number in (2, 3, 4):
        before = dict(now)
        for name in names:
            now[name] = Origin(lane.loop, name, "blue", number)
            lane.register(now[name])
            lane.deregister(before[name])
            lane.later(before[name].retire)
        # Old and new serve side by side for a moment: only what answers several times in a row has followed.
        wait_until(lambda: all(answers(lane, name, now) for name in names for _ in range(4)), "watched services follow", 12)
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            for name in names:
                play.require(answers(lane, name, now), f"{name} was taken back to an instance that had left")


def answers(lane, name, now):
    return all(proxy.get(f"/{name}", timeout=10).headers.get("X-Origin") == now[name].name for proxy in lane.proxies)


@fault("order.overtaken", (CROWD,))
def overtaken(play):
    """A request waits for a healthy instance; meanwhile a later one for the same service is acknowledged, and stays in force."""
    lane, name = play.lane, f"o{play.services.next()}"
    old, slow = Origin(lane.loop, name, "blue", 1), Origin(lane.loop, name, "green", 1)
    slow.close()
    for origin in (old, slow):
        lane.register(origin)
    order = {"serviceName": name, "servicePath": f"/{name}"}
    waiting = play.parallel(play.proxy.api, "reconfigure", **order, serviceColor="green", waitForHealthy="true", waitTimeout="20s")
    def lift():
        play.proxy.api("remove", serviceName=name)
        for origin in (old, slow):
            lane.deregister(origin)
            lane.later(origin.retire)
    play.undo.append(lift)
    time.sleep(0.5)
    newer = play.within(10, "an order beside one that waits", play.proxy.api, "reconfigure", **order, serviceColor="blue")
    play.require(newer.status == 200, f"the newer order: {newer}")
    slow.open()
    status = waiting(30).status
    served = {play.proxy.get(f"/{name}").headers.get("X-Origin") for _ in range(4)}
    play.require(served == {old.name} and status == 409, f"the older order was answered {status}, {name} is answered by {served}")
