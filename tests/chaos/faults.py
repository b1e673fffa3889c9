"""The table of faults: each is a function that plays it once, with what it may cost."""

ALL = {}
CLUSTER, SINGLE, CROWD = "cluster", "single", "crowd"  # lanes

# What the product does not hold yet: name -> what is missing. They are played only with --all, and every run says so.
EXCLUDED = {
    "api.bodies": "bodies are kept in memory",
    "api.gone": "an order whose client has gone is applied later",
    "api.idle": "idle connections take all slots",
    "api.log_unread": "a log that nobody reads stops the program",
    "api.pipelining": "one connection's requests are answered before anybody else's",
    "consul.away_over_start": "a start without Consul and without a whole last known state strips HAProxy",
    "consul.record_damaged": "an order that changes nothing leaves a damaged record in the store",
    "consul.record_damaged_over_start": "a damaged record is dropped at a start",
    "consul.wiped": "another proxy drops what is not written back yet",
    "consul.wiped_over_start": "a start on an empty store strips HAProxy",
    "control.kill_in_reload": "a start after it may not find its HAProxy",
    "control.start_refused": "a start whose API port is taken ends with SIGSEGV",
    "control.start_twice": "a server that found the lock answers orders",
    "control.start_while_master_silent": "a start gives up after two seconds",
    "disk.run_full": "a dead worker is not started again from what lies there",
    "embedded.gone": "a start on an empty store strips HAProxy",
    "embedded.gone_over_start": "a start on an empty store strips HAProxy",
    "instance.address_reused": "an address is taken for an identity",
    "reload.storm": "the eleventh reload cuts what is long",
    "run_dir.emptied": "a reload after it is refused",
    "run_dir.emptied_over_start": "an HAProxy whose sockets are gone is not named",
    "template.port_taken": "a bind on a taken port stops all traffic for seconds",
    "worker.frozen": "a frozen HAProxy is not noticed",
}


class Fault:
    def __init__(self, name, sites, cut, allowed, run):
        self.name, self.sites, self.cut, self.allowed, self.run = name, sites, cut, allowed, run

    @property
    def text(self):
        return " ".join(self.run.__doc__.split())


def fault(name, sites=(SINGLE,), cut=0.0, allowed="nothing lost"):
    """Declares a fault. `cut`: seconds from its begin (or its end, where it lasts) in which requests to the proxy that
    was hit may be lost; a request that another service answers is never allowed. `allowed` says it in words."""
    def declare(run):
        ALL[name] = Fault(name, sites, cut, allowed, run)
        return run
    return declare


def load_all():
    import faults_control, faults_haproxy, faults_registry, faults_disk, faults_clients, faults_services  # noqa: F401, E401
    return ALL
