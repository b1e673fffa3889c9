#!/usr/bin/env python3
"""Plays faults on the proxy under constant load, and checks after every step what it promises.

The same seed plays the same faults in the same order with the same choices. Ends with a table and one line
`N passed, N failed, N skipped` (a fault counts as one); exit status 0 only if something was played and nothing was
violated, and in runs of an hour and more only if every fault was played 20 times an hour. Needs root: it
runs in namespaces of its own (network, mounts, processes), which end with it, and fills file systems of its own.
"""
import argparse
import ctypes
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import faults  # noqa: E402
import schedule  # noqa: E402
from report import Report, write_between_marks  # noqa: E402

HOUR = 3600
NO_LIMIT = 10**9
PAGE = ROOT / "docs/reliability.md"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seconds", type=float, nargs="?", default=120, help="no step begins after that many (default 120)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/docker-flow-proxy", help="another build")
    parser.add_argument("--stop", action="store_true", help="end at the first violation")
    parser.add_argument("--only", default="", help="faults whose name begins with one of these (separated by commas)")
    parser.add_argument("--all", action="store_true", help="also what the product does not hold yet")
    parser.add_argument("--site", choices=("cluster", "single", "crowd"), help="only this lane")
    parser.add_argument("--steps", type=int, default=NO_LIMIT, help="that many steps per lane at most")
    parser.add_argument("--keep", type=pathlib.Path, default=ROOT / "build/chaos", help="where evidence is kept")
    parser.add_argument("--junit", type=pathlib.Path)
    parser.add_argument("--write", action="store_true", help="write the table to docs/reliability.md")
    parser.add_argument("--list", action="store_true", help="print the faults and end")
    return parser.parse_args()


def enter_namespaces():
    """Everything from here on has its own network, mounts and processes, and ends with this process."""
    if os.environ.get("CHAOS_INSIDE") == "1":
        return
    if os.geteuid() != 0:
        sys.exit("chaos: needs root (namespaces, file systems of its own)")
    os.environ["CHAOS_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                          sys.executable, *sys.argv])


def be_init():
    """The first process of a namespace inherits orphans, as an HAProxy whose control plane was killed: they are reaped
    here, so that no dead one looks alive. The driver itself is a child."""
    child = os.fork()
    if child == 0:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        return
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 255)


def prepare(folder):
    """Loopback, a name server that never answers, enough descriptors."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.53", 53))
    resolv = folder / "resolv.conf"
    resolv.write_text("nameserver 127.0.0.53\n")
    subprocess.run(["mount", "--bind", str(resolv), os.path.realpath("/etc/resolv.conf")], check=True)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return silent


class Run:
    def __init__(self, options, folder, table):
        from loop import Loop
        self.options, self.folder, self.loop = options, folder, Loop()
        self.report = Report(table, {name: why for name, why in faults.EXCLUDED.items() if name not in table})
        self.table = table
        self.began = time.monotonic()
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.lanes_made = 0

    def lane(self, kind):
        with self.lock:
            self.lanes_made += 1
            number = self.lanes_made
        lane = kind(self.folder / f"{kind.site}-{number}", self.loop, self.options.binary)
        lane.begin()
        return lane

    def play(self, kind):
        lane = self.lane(kind)
        played = 0
        for number, fault, variant, rng in schedule.sequence(self.table, kind.site, self.options.seed):
            late = time.monotonic() - self.began > self.options.seconds
            if late or self.stopped.is_set() or played >= self.options.steps:
                break
            played += 1
            began = time.monotonic()
            step = lane.play(number, fault, variant, rng)
            self.tell(step, time.monotonic() - began)
            if step.violations:
                lane.end()
                lane = self.lane(kind)
        lane.end()

    def tell(self, step, took):
        with self.lock:
            self.report.add(step)
            print(f"{time.monotonic() - self.began:7.1f} s  {step.lane.site:8} {step.number:4} {step.fault.name:34} "
                  f"{took:5.1f} s  {step.requests:5} requests, {step.lost:4} lost, recovered after {step.recovery:.1f} s", flush=True)
            if step.violations:
                kept = step.lane.keep(step)
                target = self.options.keep / f"seed-{self.options.seed}-{kept.name}"
                subprocess.run(["rm", "-rf", str(target)], check=True)
                target.parent.mkdir(parents=True, exist_ok=True)
                subprocess.run(["cp", "-r", str(kept), str(target)], check=True)
                print(f"VIOLATION seed {self.options.seed} {step.lane.site} step {step.number} {step.fault.name} "
                      f"(variant {step.variant}), evidence in {target}", flush=True)
                for text in step.violations:
                    print(f"    {text}", flush=True)
                if self.options.stop:
                    self.stopped.set()

    def run(self):
        from lane import Cluster, Crowd, Single
        kinds = [kind for kind in (Cluster, Single, Crowd) if self.options.site in (None, kind.site)]
        kinds = [kind for kind in kinds if any(kind.site in fault.sites for fault in self.table.values())]
        errors = []
        def body(kind):
            try:
                self.play(kind)
            except BaseException as error:  # noqa: BLE001: a thread that ends unseen would look like success
                import traceback
                errors.append(traceback.format_exc())
                self.stopped.set()
                raise error
        threads = [threading.Thread(target=body, args=(kind,)) for kind in kinds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return errors


def select(options):
    """The faults to play. Ends the program where a word of --only, or all of the options together, name none."""
    known = faults.load_all()
    words = options.only.split(",") if options.only else []
    for word in words:
        if not any(name.startswith(word) for name in known):
            sys.exit(f"chaos: no fault's name begins with {word!r} (--list prints them)")
    table = {name: fault for name, fault in known.items() if (options.all or name not in faults.EXCLUDED)
             and (not words or any(name.startswith(word) for word in words))
             and (options.site is None or options.site in fault.sites)}
    if not table:
        sys.exit("chaos: there is no such fault to play (--all plays also what is excluded)")
    return table


def shortcomings(options, report):
    """Why a run proves too little although nothing was violated."""
    if report.total("played") == 0:
        return ["nothing was played"]
    long_run = options.seconds >= HOUR and options.steps >= NO_LIMIT
    return report.too_rare(options.seconds) if long_run else []


def conditions(options, took):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return (f"Played for {took / 60:.0f} minutes with seed {options.seed}: three lanes at the same time (two proxies on one Consul; twice "
            f"one proxy with the embedded registry), {os.cpu_count()} cores ({model}).")


def main():
    options = arguments()
    table = select(options)
    if options.list:
        for name, fault in sorted(table.items()):
            print(f"{name:34} {fault.text} Allowed: {fault.allowed}.")
        return 0
    enter_namespaces()
    be_init()
    with tempfile.TemporaryDirectory(prefix="dfp-chaos-", ignore_cleanup_errors=True) as folder:
        silent = prepare(pathlib.Path(folder))
        run = Run(options, pathlib.Path(folder), table)
        errors = run.run()
        silent.close()
        took = time.monotonic() - run.began
        print(f"seed {options.seed}, {took:.0f} s\n{run.report.table()}", flush=True)
        if options.junit:
            run.report.junit(options.junit)
        if options.write:
            write_between_marks(PAGE, run.report.markdown(conditions(options, took)))
        short = shortcomings(options, run.report)
        for error in [*errors, *short]:
            print(error, flush=True)
        print(run.report.closing_line(), flush=True)
        sys.stdout.flush()
        subprocess.run(["sh", "-c", f"grep ' {folder}/' /proc/mounts | cut -d' ' -f2 | xargs -r umount -l"], check=False)
    os._exit(1 if errors or short or run.report.violations else 0)


if __name__ == "__main__":
    sys.exit(main())
