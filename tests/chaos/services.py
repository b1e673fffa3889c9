"""The services of a lane, what was ordered for them, and what each proxy must therefore answer."""
import json
import http.client
import time

from load import NOBODY, Truth
from origins import Origin
from proxy import Violation, wait_until

COLOURS = ("blue", "green")
UNKNOWN = None  # an outcome: the connection ended before an answer came


class Service:
    def __init__(self, name):
        self.name, self.colour = name, "blue"
        self.paths = [f"/{name}"]
        self.instances = {}  # colour -> [Origin]: what is registered
        self.pinned = set()  # names of those that are routed to since the last order

    def registered(self, colour):
        return {origin.name for origin in self.instances.get(colour, [])}


class Services:
    """Orders changes, remembers what was acknowledged, and checks it."""

    def __init__(self, lane, names):
        self.lane = lane
        self.all = {name: Service(name) for name in names}
        self.truth = {proxy.name: Truth() for proxy in lane.proxies}
        self.removed = []   # routes that were taken away: nobody may answer them
        self.pending = []   # orders whose outcome nobody knows
        self.behind = set()  # (proxy, route) that have not followed yet
        self.counter = 0

    def routes(self):
        return [path for service in list(self.all.values()) for path in list(service.paths)]

    def build(self):
        for service in self.all.values():
            for colour in COLOURS:
                service.instances[colour] = [Origin(self.lane.loop, service.name, colour, n) for n in (1, 2)]
        self.register_all()
        for service in self.all.values():
            self.order(self.lane.proxies[0], service, service.paths, service.colour)
        self.settle(20)

    def register_all(self):
        for service in list(self.all.values()):
            for origins in service.instances.values():
                for origin in origins:
                    self.lane.register(origin)

    def reorder_all(self, proxy):
        """As an operator does whose registry was lost: everything is registered and ordered once more."""
        self.register_all()
        for service in list(self.all.values()):
            self.order(proxy, service, service.paths, service.colour, must=True)

    # --- orders

    def order(self, proxy, service, paths, colour, must=False):
        """A reconfigure. Gives its status, or UNKNOWN. Afterwards the truth is what the answer says."""
        before = dict.fromkeys(service.paths, service.pinned)
        after = dict.fromkeys(paths, service.registered(colour))
        self.expect({p: before.get(p, {NOBODY}) | after.get(p, {NOBODY}) for p in {*before, *after}})
        status, body = self.call(proxy, "reconfigure", serviceName=service.name, servicePath=",".join(paths),
                                 serviceColor=colour)
        if status is UNKNOWN:
            self.pending.append((service, list(paths), colour))
        elif status == 200:
            self.removed = [path for path in self.removed if path not in paths]
            self.removed += [path for path in service.paths if path not in paths]
            service.paths, service.colour, service.pinned = list(paths), colour, service.registered(colour)
            self.in_force(proxy, before, after)
        else:
            self.expect(before)
            for path in set(after) - set(before):
                self.expect({path: set()})
        if must and status != 200:
            raise Violation(f"{proxy.name}: {service.name} {paths} {colour}: {status} {body}")
        return status

    def remove(self, proxy, service):
        routes = list(service.paths)
        before, service.paths = dict.fromkeys(routes, service.pinned), []
        self.expect(dict.fromkeys(routes, service.pinned | {NOBODY}))
        status, body = self.call(proxy, "remove", serviceName=service.name)
        if status != 200:
            service.paths = routes
            raise Violation(f"{proxy.name}: remove {service.name}: {status} {body}")
        self.removed += routes
        self.all.pop(service.name, None)
        self.in_force(proxy, before, {})
        for origins in service.instances.values():
            for origin in origins:
                self.lane.deregister(origin)
        return [origin for origins in service.instances.values() for origin in origins]

    def call(self, proxy, name, **parameters):
        try:
            answer = proxy.api(name, timeout=45, **parameters)
            status = UNKNOWN if answer.status == 504 else answer.status  # the registry did not answer the proxy
            return status, answer.body[:400].decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return UNKNOWN, repr(error)

    def expect(self, routes):
        """What is right from now on, at every proxy; one that has not followed yet may also answer as before."""
        for proxy in self.lane.proxies:
            truth = self.truth[proxy.name]
            for route, origins in routes.items():
                late = (proxy, route) in self.behind
                truth.set(route, truth.now(route) | (origins or {NOBODY}) if late else origins)

    def in_force(self, proxy, before, after):
        """Acknowledged: live at once at that proxy; the others follow, and until then either is right."""
        routes = {*before, *after}
        for route in routes:
            self.truth[proxy.name].set(route, after.get(route, set()))
        self.behind |= {(other, route) for other in self.lane.proxies if other is not proxy for route in routes}
        self.behind -= {(proxy, route) for route in routes}

    # --- what must be true

    def wanted(self, route):
        for service in self.all.values():
            if route in service.paths:
                return service.pinned
        return set()

    def settle(self, seconds):
        """Orders without an answer are given again; the others have followed."""
        while self.pending:
            service, paths, colour = self.pending[0]
            wait_until(lambda: self.order_again(service, paths, colour), f"{service.name} can be changed again", seconds)
            self.pending.pop(0)
        self.agree(seconds)
        for proxy, route in list(self.behind):
            wait_until(lambda: self.follows(proxy, route), f"{proxy.name} follows with {route}: {self.wanted(route)}", seconds)
            self.truth[proxy.name].set(route, self.wanted(route))
        self.behind.clear()

    def order_again(self, service, paths, colour):
        count = len(self.pending)
        status = self.order(self.lane.proxies[0], service, paths, colour)
        del self.pending[count:]
        return status == 200

    def follows(self, proxy, route):
        wanted = self.wanted(route)
        answers = [proxy.get(route, timeout=5) for _ in range(4)]
        return all((a.status == 200 and a.headers.get("X-Origin") in wanted) if wanted else a.status != 200
                   for a in answers)

    def check(self):
        """Every acknowledged route is answered by its own service, every removed one by nobody, on every proxy."""
        for proxy in self.lane.proxies:
            for route in self.routes() + self.removed[-8:]:
                self.check_route(proxy, route)

    def check_route(self, proxy, route):
        for _ in range(3):
            begin = time.monotonic()
            answer = proxy.get(route, timeout=10)
            allowed, always = self.truth[proxy.name].allowed(route, begin, time.monotonic())
            origin = answer.headers.get("X-Origin")
            if origin not in allowed if answer.status == 200 else always:
                raise Violation(f"{proxy.name}: {route} answers {answer.status} from {origin}, right is {sorted(allowed) or 'nobody'}")

    def agree(self, seconds):
        """Proxies with one registry hold the same definitions, of the same revision and with the same instances."""
        def held(proxy):
            listed = json.loads(proxy.api("services", catalog="false", timeout=10).body)["Services"]
            return [(s["ServiceName"], s["ServiceColor"], s["ServicePath"], s["Revision"],
                     sorted(i["ID"] for i in s["Instances"])) for s in listed]
        def same():
            first, *others = [held(proxy) for proxy in self.lane.proxies]
            return all(other == first for other in others)
        if len(self.lane.proxies) > 1:
            wait_until(same, "the proxies hold the same definitions", seconds)

    # --- changes of an ordinary day

    def change(self, rng, proxy, kinds=("colour", "scale", "path"), must=False):
        """One change by chance; gives its status."""
        service = self.all[rng.choice(sorted(name for name in self.all if not name.startswith("t")))]
        kind = rng.choice(kinds)
        if kind == "colour":
            other = COLOURS[1 - COLOURS.index(service.colour)]
            return self.order(proxy, service, service.paths, other, must)
        if kind == "path":
            more = f"/more-{service.name}"
            paths = [p for p in service.paths if p != more] if more in service.paths else service.paths + [more]
            return self.order(proxy, service, paths, service.colour, must)
        return self.scale(proxy, service, must)

    def scale(self, proxy, service, must):
        """An instance more, or the last one less; routed to when the order is acknowledged. A proxy that starts takes
        what is registered, so that a failed order is given again."""
        origins, gone = service.instances[service.colour], None
        if len(origins) < 3:
            origins.append(Origin(self.lane.loop, service.name, service.colour, self.next()))
            self.lane.register(origins[-1])
        else:
            gone = origins.pop()
            self.lane.deregister(gone)
        before = set(service.pinned)
        status = self.order(proxy, service, service.paths, service.colour, must)
        if status not in (200, UNKNOWN):
            self.pending.append((service, list(service.paths), service.colour))
            self.expect(dict.fromkeys(service.paths, before | service.registered(service.colour)))
        if gone:
            self.lane.later(gone.retire)
        return status

    def passing(self, proxy):
        """A service that comes and goes: its route is live with the 200 and gone with the next."""
        name = f"t{self.next()}"
        service = Service(name)
        service.paths = []
        service.instances = {"blue": [Origin(self.lane.loop, name, "blue", 1)]}
        self.lane.register(service.instances["blue"][0])
        self.order(proxy, service, [f"/{name}"], "blue", must=True)
        self.check_route(proxy, f"/{name}")
        self.all[name] = service
        for origin in self.remove(proxy, service):
            self.lane.later(origin.retire)

    def next(self):
        self.counter += 1
        return self.counter + 10
