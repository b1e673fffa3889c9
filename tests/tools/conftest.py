import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests")]

import time_limit  # noqa: E402
from time_limit import pytest_runtest_call, pytest_runtest_setup, pytest_runtest_teardown  # noqa: E402,F401


def pytest_configure(config):
    time_limit.configure(config)
