"""The article on four nodes with real engines, as docs/walkthrough.md has it: the tool that wrote it plays it again."""
import os
import subprocess
import sys

import harness
import pytest

pytestmark = [pytest.mark.alone, pytest.mark.limit(400)]


def test_the_walkthrough_happens_as_it_is_written_down():
    played = subprocess.run([sys.executable, str(harness.ROOT / "tools/walkthrough"), "--check"], capture_output=True, text=True,
                            env={**os.environ, "DFP_BINARY": str(harness.BINARY)}, timeout=300)
    assert played.returncode == 0, played.stdout[-6000:] + played.stderr[-6000:]
