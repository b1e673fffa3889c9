"""The four nodes of the article: `proxy`, and three with an engine each; on one network, known to each other by name."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import harness
import images
from docker_engine import Engine
from docker_machine import Site

ADDRESSES = {"proxy": "10.100.198.200", "swarm-master": "10.100.198.201", "swarm-node-1": "10.100.198.202",
             "swarm-node-2": "10.100.198.203"}
ENGINES = [name for name in ADDRESSES if name != "proxy"]


class FourNodes:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dfp-four-"))
        self.engines, self.programs = {}, []
        self.site = Site()
        try:
            self.nodes = {name: self.site.machine(name) for name in ADDRESSES}
            self.set_up()
        except BaseException:
            self.end()
            raise

    def set_up(self):
        (self.folder / "bin").mkdir()
        (self.folder / "bin/docker-flow-proxy").symlink_to(harness.BINARY.resolve())
        hosts = self.folder / "hosts"
        hosts.write_text("".join(f"{address} {name}\n" for name, address in {"localhost": "127.0.0.1", **ADDRESSES}.items()))
        for name, node in self.nodes.items():
            node.inside("ip", "address", "add", f"{ADDRESSES[name]}/24", "dev", "eth0")
            node.inside("mount", "--bind", hosts, "/etc/hosts")
        for name in ENGINES:
            self.engines[name] = Engine(self.nodes[name], self.folder / name, arguments=["--host", "unix:///run/docker.sock"])
            images.proxy_image(self.engines[name])

    def words(self, name, command):
        """A command line as it is typed on a node: its network, processes, /run, and this project's program."""
        path = f"PATH={self.folder}/bin:/usr/bin:/usr/sbin:/bin:/usr/local/bin"
        return [*self.nodes[name].entering("--net", "--mount", "--pid", "--uts"), "env", path, "DFP_STATE_DIR=/run/dfp-state", "bash",
                "-c", command]

    def run(self, name, command):
        """Exit status and output, with what it says on standard error behind it."""
        done = subprocess.run(self.words(name, command), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        return done.returncode, (done.stdout + done.stderr).rstrip().lstrip("\n")

    def start(self, name, command):
        """A program that stays."""
        log = self.folder / f"{name}-{len(self.programs)}.log"
        self.programs.append(harness.Process(self.words(name, command), log))
        return self.programs[-1]

    def lose(self, name):
        """As when the power fails: nobody is told, not even by a connection that is closed."""
        self.site.unplug(self.nodes[name])
        self.nodes[name].end()

    def end(self):
        self.site.end()
        for program in self.programs:
            program.end()
        for engine in self.engines.values():
            engine.end()
        shutil.rmtree(self.folder, ignore_errors=True)
