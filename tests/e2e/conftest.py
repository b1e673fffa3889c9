import pathlib
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import harness  # noqa: E402
import time_limit  # noqa: E402
from docker_engine import Engine  # noqa: E402
from time_limit import pytest_runtest_call, pytest_runtest_setup, pytest_runtest_teardown  # noqa: E402,F401


def pytest_configure(config):
    time_limit.configure(config)
    config.addinivalue_line("markers", "alone: counts lost requests of several engines; runs beside no other test")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed:
        item.failed = True


@pytest.fixture
def rig(request):
    """Starts things and ends them all after the test; prints their logs when it failed.

    Its folder has a short path of its own: a Unix socket's path ends at 107 bytes.
    """
    with tempfile.TemporaryDirectory(prefix="dfp-e2e-", ignore_cleanup_errors=True) as folder:
        rig = Rig(pathlib.Path(folder))
        yield rig
        rig.end(show_logs=getattr(request.node, "failed", False))


@pytest.fixture(scope="module")
def module_rig():
    """For a proxy that all tests of a file share, each leaving it as it was."""
    with tempfile.TemporaryDirectory(prefix="dfp-e2e-", ignore_cleanup_errors=True) as folder:
        rig = Rig(pathlib.Path(folder))
        yield rig
        rig.end(show_logs=False)


@pytest.fixture(scope="session")
def session_engine():
    engine = Engine()
    yield engine
    engine.end()


@pytest.fixture(scope="session")
def session_swarm():
    engine = Engine(name="manager-1")
    engine.swarm_init()
    yield engine
    engine.end()


def shared(engine, request):
    """An engine that several tests use one after the other: each finds it running and empty."""
    yield engine
    if getattr(request.node, "failed", False):
        print(f"--- {engine.log}\n{engine.log_tail()}")
    if not engine.process.running():
        engine.start()
    engine.clean()


@pytest.fixture
def engine(session_engine, request):
    """A Docker Engine without a swarm."""
    yield from shared(session_engine, request)


@pytest.fixture
def swarm(session_swarm, request):
    """A Docker Engine that is the only manager of a swarm."""
    yield from shared(session_swarm, request)


@pytest.fixture
def new_engine():
    """Makes engines that a test has for itself."""
    engines = []

    def make(**kwargs):
        engines.append(Engine(**kwargs))
        return engines[-1]
    yield make
    for engine in engines:
        if engine.folder.exists():
            engine.end()


class Rig:
    def __init__(self, folder):
        self.folder = folder
        self.things = []
        self.silent = []
        self.proxies = 0

    def add(self, thing):
        self.things.append(thing)
        return thing

    def add_end(self, thing):
        """Something without a log."""
        self.silent.append(thing)
        return thing

    def proxy(self, name=None, **kwargs):
        self.proxies += 1
        return self.add(harness.Proxy(self.folder / (name or f"proxy-{self.proxies}"), **kwargs))

    def service(self, name="go-demo", **kwargs):
        return self.add(harness.DemoService(self.folder, name, **kwargs))

    def consul(self, address=None):
        if not harness.Consul.installed():
            pytest.skip("consul is not installed (tools/install-consul)")
        return self.add(harness.Consul(self.folder / "consul", address))

    def end(self, show_logs):
        for thing in reversed(self.things):
            thing.end()
            if isinstance(thing, harness.Proxy):
                thing.kill_haproxy()
            if show_logs:
                print(f"--- {thing.log}\n{thing.log.read_text(errors='replace')[-6000:]}")
        for thing in self.silent:
            thing.end()
