"""The documented range of every setting is the one that is enforced."""
import re
import subprocess

import pytest

from harness import BINARY, ROOT

# request-timeout must be longer than reload-timeout; stats-port 65535 is a port of its own.
NOT_TOGETHER = [{"stats-port", "request-timeout"}, {"stats-port", "reload-timeout"}]


def ranges():
    """setting -> (least, most), from the reference, which the program's table gives."""
    found = {}
    for line in (ROOT / "docs/reference/settings.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split(" | ")]
        flag = re.match(r"\| `--([a-z-]+)`|\| `([a-z-]+)`", line)
        span = re.search(r"(\d+(?:ms|s|m|h|d)?) to (\d+(?:ms|s|m|h|d)?)", " | ".join(cells[1:]))
        if flag and span and "letters" not in line:
            found[flag[1] or flag[2]] = span.groups()
    return found


def beyond(value, by):
    number, unit = re.match(r"(\d+)(.*)", value).groups()
    return f"{int(number) + by}{unit}"


def flags(end):
    return [word for name, span in ranges().items() if name not in NOT_TOGETHER[end] for word in (f"--{name}", span[end])]


def test_there_are_ranges():
    assert len(ranges()) >= 20 and ranges()["max-connections"] == ("10", "1000000"), ranges()


@pytest.mark.parametrize("end", [0, 1], ids=["least", "most"])
def test_the_server_starts_at_each_end(rig, end):
    proxy = rig.proxy(arguments=flags(end))
    assert proxy.running()


@pytest.mark.parametrize("name", sorted(ranges()))
def test_beyond_it_is_a_setting_that_is_named(name, tmp_path):
    least, most = ranges()[name]
    for value in (beyond(least, -1), beyond(most, 1), "soon"):
        done = subprocess.run([BINARY, "server", f"--{name}={value}", "--run-dir", tmp_path / "run", "--state-dir", tmp_path],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 2 and name in done.stderr, (value, done)
