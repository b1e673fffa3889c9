"""The driver of tests/chaos itself: it repeats itself, plays every kind, and sees what is lost or astray."""
import itertools
import pathlib
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "chaos"))

import faults  # noqa: E402
import schedule  # noqa: E402
from harness import wait_until  # noqa: E402
from load import Load, Truth  # noqa: E402
from loop import Loop  # noqa: E402
from origins import Origin  # noqa: E402


def played(seed, site, count):
    steps = itertools.islice(schedule.sequence(faults.load_all(), site, seed), count)
    return [(number, fault.name, variant, rng.random()) for number, fault, variant, rng in steps]


def test_a_seed_is_a_sequence():
    assert played(7, "single", 100) == played(7, "single", 100)
    assert played(7, "single", 100) != played(8, "single", 100)


def test_every_fault_occurs_once_in_a_round():
    for site in ("cluster", "single", "crowd"):
        names = sorted(name for name, fault in faults.load_all().items() if site in fault.sites)
        for round_number in (0, 1):
            steps = played(3, site, 2 * len(names))[round_number * len(names):][:len(names)]
            assert sorted(name for _, name, _, _ in steps) == names


class Straight:
    """An origin asked without a proxy."""

    def __init__(self, origin):
        self.name, self.address, self.http_port = "none", origin.address, origin.port


def test_the_load_sees_what_is_lost_and_what_goes_astray():
    loop, truth = Loop(), Truth()
    origin = Origin(loop, "one", "blue", 1)
    truth.set("/one", {"one/blue/1"})
    load = Load(loop, Straight(origin), truth, lambda: ["/one"])
    wait_until(lambda: load.since((0, 0))[0] > 20, "requests are counted")
    assert load.failures == []

    truth.set("/one", {"one/green/1"})
    wait_until(lambda: any(failure.astray for failure in load.failures), "another instance's answer is astray")
    truth.set("/one", {"one/blue/1"})
    time.sleep(0.5)
    mark = load.mark()
    origin.close()
    wait_until(lambda: load.since(mark)[1], "refused connections are lost requests")
    assert not any(failure.astray for failure in load.since(mark)[1])
    load.end()


def test_a_change_under_way_allows_both():
    truth = Truth()
    truth.set("/", {"old"})
    before = time.monotonic()
    truth.set("/", {"old", "new"})
    truth.set("/", {"new"})
    after = time.monotonic()
    assert truth.allowed("/", before, after)[0] == {"old", "new"}
    assert truth.allowed("/", after, after)[0] == {"new"}
    truth.set("/", set())
    assert truth.allowed("/", after, time.monotonic()) == ({"new"}, False)
