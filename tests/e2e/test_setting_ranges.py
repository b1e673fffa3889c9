"""The documented range of every setting is the one that is enforced."""
import re
import subprocess

import pytest

from harness import BINARY, ROOT

NOT_TOGETHER = {"stats-port"}  # 0 and 65535 are ports of their own; test_ports has them


def ranges():
    """setting -> (least, most), from the reference, which the program's table gives."""
    found = {}
    for line in (ROOT / "docs/reference/settings.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split(" | ")]
        flag = re.match(r"\| `--([a-z-]+)`|\| `([a-z-]+)`", line)
        span = re.search(r"(\d+(?:ms|s|m|h|d)?) to (\d+(?:ms|s|m|h|d)?)", " | ".join(cells[1:]))
        if flag and span:
            found[flag[1] or flag[2]] = span.groups()
    return found


def beyond(value, by):
    number, unit = re.match(r"(\d+)(.*)", value).groups()
    return f"{int(number) + by}{unit}"


def flags(values):
    return [word for name, value in values.items() if name not in NOT_TOGETHER for word in (f"--{name}", value)]


def test_there_are_ranges():
    assert len(ranges()) > 20 and ranges()["max-connections"] == ("10", "1000000"), ranges()


@pytest.mark.parametrize("end", [0, 1], ids=["least", "most"])
def test_the_server_starts_at_each_end(rig, end):
    proxy = rig.proxy(arguments=flags({name: span[end] for name, span in ranges().items()}))
    assert proxy.running()


@pytest.mark.parametrize("name", sorted(ranges()))
def test_beyond_it_is_a_setting_that_is_named(name, tmp_path):
    least, most = ranges()[name]
    for value in (beyond(least, -1), beyond(most, 1), "soon"):
        done = subprocess.run([BINARY, "server", f"--{name}={value}", "--run-dir", tmp_path / "run", "--state-dir", tmp_path],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 2 and name in done.stderr, (value, done)
