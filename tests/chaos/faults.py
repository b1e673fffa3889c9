"""The table of faults: each is a function that plays it once, with what it may cost."""

ALL = {}
CLUSTER, SINGLE, CROWD = "cluster", "single", "crowd"  # lanes

# What the product does not hold yet: name -> what is missing. They are played only with --all, and every run says so.
EXCLUDED = {}


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
