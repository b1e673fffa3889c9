"""A time limit for every test: imported by the conftest.py of each folder (its hooks by name).

Each of set-up, call and tear-down of a test gets `LIMIT` seconds, or what `@pytest.mark.limit(seconds)` says. At the limit
the test fails where it stands, with its logs, and what it started is ended. Where that does not help, because it waits
where Python handles no signals, all stacks are printed and the process is ended `GRACE` seconds later; the runner sees
its status.
"""
import faulthandler
import os
import signal

import pytest

LIMIT = 300  # ten times what the slowest needs on two cores
GRACE = 60
STDERR = []  # its descriptor, as it is outside of tests: within them pytest captures it


class LimitReached(Exception):
    """The test took longer than it may."""


def limit_of(item):
    marker = item.get_closest_marker("limit")
    return marker.args[0] if marker else LIMIT


def within_limit(item, phase):
    """For the hooks below: one phase of a test."""
    seconds = limit_of(item)

    def stop(number, frame):
        raise LimitReached(f"{item.nodeid}: its {phase} did not end within {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=STDERR[0])
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    yield from within_limit(item, "set-up")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    yield from within_limit(item, "call")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item):
    yield from within_limit(item, "tear-down")


def configure(config):
    STDERR.append(os.dup(2))
    config.addinivalue_line("markers", "limit(seconds): a time limit of its own for each phase of this test")
