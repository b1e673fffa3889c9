import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import harness  # noqa: E402


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


class Rig:
    def __init__(self, folder):
        self.folder = folder
        self.things = []
        self.proxies = 0

    def add(self, thing):
        self.things.append(thing)
        return thing

    def proxy(self, name=None, **kwargs):
        self.proxies += 1
        return self.add(harness.Proxy(self.folder / (name or f"proxy-{self.proxies}"), **kwargs))

    def service(self, name="go-demo", **kwargs):
        return self.add(harness.DemoService(self.folder, name, **kwargs))

    def consul(self):
        if not harness.Consul.installed():
            pytest.skip("consul is not installed (tools/install-consul)")
        return self.add(harness.Consul(self.folder / "consul"))

    def end(self, show_logs):
        for thing in reversed(self.things):
            thing.end()
            if isinstance(thing, harness.Proxy):
                thing.kill_haproxy()
            if show_logs:
                print(f"--- {thing.log}\n{thing.log.read_text(errors='replace')[-6000:]}")
