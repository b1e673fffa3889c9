"""Machines for tests that need a Docker Engine: network namespaces on a switch of their own.

A machine has its own network, mounts, process numbers and host name, so that engines do not meet (iptables, docker0,
the ports of a swarm), and everything that an engine leaves behind (mounts, containers, interfaces) ends with the
machine. The end of the test process, however it comes, is the end of its machines. Needs root.
"""
import os
import pathlib
import signal
import subprocess

import harness

DIES_WITH_ME = ("setpriv", "--pdeathsig", "KILL")

# $0: host name, $1: address. No name server answers there, and that is known at once: a swarm asks for a registry
# for each image that it starts.
SET_UP = """
resolv=$(readlink -f /etc/resolv.conf)
hostname "$0"
mount -t tmpfs tmpfs /run
mkdir -p "${resolv%/*}"
[ -e "$resolv" ] || : > "$resolv"
echo "nameserver $1" > /run/no-names
mount --bind /run/no-names "$resolv"
echo ready
exec > /dev/null
while :; do sleep 1000 & wait; done
"""


def run(*words, **kwargs):
    """Runs a command to its end and returns what it printed; fails with what it said."""
    kwargs.setdefault("timeout", 120)
    words = [str(word) for word in words]
    if "input" not in kwargs:
        kwargs["stdin"] = subprocess.DEVNULL
    done = subprocess.run(words, capture_output=True, **kwargs)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.decode()}{done.stdout.decode()}")
    return done.stdout.decode().strip()


def child_of(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


class Site:
    """A switch in a namespace of its own. The host is plugged in at `address`."""

    def __init__(self):
        if os.geteuid() != 0:
            raise AssertionError("tests with a Docker Engine need root")
        self.machines = []
        self.holder = subprocess.Popen([*DIES_WITH_ME, "unshare", "--net", "sleep", "infinity"])
        own = os.readlink("/proc/self/ns/net")
        harness.wait_until(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != own, "the switch has a namespace")
        self.number = self.plug_in()
        self.address = f"10.210.{self.number}.1"
        run("ip", "address", "add", f"{self.address}/24", "dev", self.interface)
        run("ip", "link", "set", self.interface, "up")
        for words in ("add br0 type bridge", "set lo up", "set host master br0", "set host up", "set br0 up"):
            self.ip("link", *words.split())

    @property
    def interface(self):
        return f"dfp{self.number}"

    def plug_in(self):
        """The name of an interface is taken by one only: so is the subnet that belongs to it."""
        first = os.getpid() % 250
        for n in range(250):
            number = (first + n) % 250
            words = f"ip link add dfp{number} type veth peer name host netns {self.holder.pid}".split()
            if subprocess.run(words, capture_output=True).returncode == 0:
                return number
        raise AssertionError("no interface could be made: " + run(*words))

    def ip(self, *words):
        return run("nsenter", "--target", self.holder.pid, "--net", "ip", *words)

    def machine(self, name):
        machine = Machine(self, name, f"10.210.{self.number}.{len(self.machines) + 2}")
        self.machines.append(machine)
        return machine

    def unplug(self, machine):
        """Pulls the cable of a machine."""
        self.ip("link", "set", machine.port, "nomaster", "down")

    def end(self):
        for machine in self.machines:
            machine.end()
        self.holder.kill()
        self.holder.wait()


class Machine:
    def __init__(self, site, name, address):
        self.name, self.address = name, address
        self.holder = subprocess.Popen([*DIES_WITH_ME, "unshare", "--net", "--mount", "--pid", "--uts", "--fork",
                                        "--kill-child", "--mount-proc", "sh", "-c", SET_UP, name, address],
                                       stdout=subprocess.PIPE)
        if self.holder.stdout.readline() != b"ready\n":
            raise AssertionError(f"the machine {name} could not be set up")
        self.pid = child_of(self.holder.pid)
        self.port = f"port{address.split('.')[-1]}"
        site.ip("link", "add", self.port, "type", "veth", "peer", "name", "eth0", "netns", self.pid)
        site.ip("link", "set", self.port, "master", "br0", "up")
        for words in ("link set lo up", f"address add {address}/24 dev eth0", "link set eth0 up",
                      f"route add default via {site.address}"):
            self.inside("ip", *words.split())

    def inside(self, *words, **kwargs):
        """Runs a command with everything of the machine's own: network, files in /run, process numbers."""
        return run(*self.entering("--net", "--mount", "--pid", "--uts"), *words, **kwargs)

    def command(self, *words):
        """A command in the machine's network and under its name, with the host's files and process numbers."""
        return [*self.entering("--net", "--uts"), *[str(word) for word in words]]

    def entering(self, *namespaces):
        return [*DIES_WITH_ME, "nsenter", "--target", str(self.pid), *namespaces, "--"]

    def end(self):
        """Everything on it is killed."""
        self.holder.send_signal(signal.SIGKILL)
        self.holder.wait()
