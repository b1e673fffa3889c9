"""docs/docker.md is written by hand: what it has to name is asked of the program."""
import re

import harness
from docker_machine import run

TEXT = (harness.ROOT / "docs/docker.md").read_text()


def test_every_option_of_the_registrator_is_described():
    options = re.findall(r"^  --([a-z-]+)", run(harness.BINARY, "registrator", "--help").split("Settings as of")[0], re.MULTILINE)
    assert len(options) > 10
    assert [option for option in options if f"`--{option}" not in TEXT] == []


def test_the_settings_it_names_exist():
    settings = (harness.ROOT / "docs/reference/settings.md").read_text()
    named = set(re.findall(r"--(docker[a-z-]*|discovery|filter-proxy-instance-name|registrator)\b", TEXT))
    assert len(named) >= 6
    assert [name for name in named if f"| `{name}` |" not in settings] == []
