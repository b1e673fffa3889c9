#!/usr/bin/env python3
"""Black-box benchmarks of the running product; prints tables and writes docs/benchmarks.md.

    ./dev bench                 everything (about half an hour)
    ./dev bench --sizes 10,1000 --samples 50 --only embedded
"""
import argparse
import datetime
import pathlib
import platform
import subprocess

import baselines
import measure
from stage import Stage

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Report:
    def __init__(self):
        self.sections = []

    def table(self, title, note, head, rows):
        text = [f"## {title}", "", note, "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        text += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
        self.sections.append("\n".join(text))
        print("\n" + self.sections[-1], flush=True)

    def write(self, path):
        haproxy = subprocess.run(["haproxy", "-v"], capture_output=True, text=True).stdout.splitlines()[0]
        cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
        cores = len([l for l in open("/proc/cpuinfo") if l.startswith("processor")])
        memory = int(next(l for l in open("/proc/meminfo") if l.startswith("MemTotal")).split()[1]) / 2**20
        path.write_text(
            "# Benchmarks\n\nMade by `./dev bench`; black box, through the HTTP API and HAProxy's public port, load on loopback. Compare "
            "rows of one run\nonly: the load generator, the origin and the proxy share the machine.\n\n"
            f"Machine: {cpu}, {cores} cores, {memory:.0f} GiB; Linux {platform.release().split('-')[0]}; {haproxy}. "
            f"Date: {datetime.date.today()}.\n\n" + "\n\n".join(self.sections) + "\n")


def measure_registry(report_rows, kind, count, samples):
    stage = Stage()
    try:
        consul = stage.consul() if kind == "consul" else None
        proxy = stage.proxy("proxy", consul)
        stage.populate(proxy, count, consul)
        stage.connect_often(proxy)
        report_rows["call"] += measure.call_to_routed(stage, proxy, consul, count, kind, samples)
        if consul:
            report_rows["consul"] += measure.consuls_own_calls(consul, count, samples)
        report_rows["scale"] += measure.scaling(stage, proxy, consul, kind, count, max(samples // 4, 5))
        report_rows["sustained"] += measure.sustained(stage, proxy, consul, kind, count, samples)
        report_rows["churn"] += measure.churn(stage, proxy, consul, kind, count, 1000)
        if kind == "embedded":
            report_rows["cpu"].append([count, *cpu_cells(stage, proxy)])

        def restart():
            return stage.proxy("again", registry=proxy.registry)
        _, rows = measure.recovery(stage, proxy, consul, kind, count, restart)
        report_rows["recovery"] += rows
    finally:
        stage.end()


def cpu_cells(stage, proxy):
    """CPU per request of the proxy, of a plain HAProxy, and of one that repeats lost GETs as the proxy does; with ratios."""
    plain = PlainAsProxy(baselines.PlainHaproxy(stage, 1))
    careful = PlainAsProxy(baselines.PlainHaproxy(stage, 1, ["  retry-on conn-failure empty-response", "  http-reuse safe"]))
    used = {target: [] for target in (proxy, plain, careful)}
    for _ in range(5):
        for target, seconds in used.items():
            seconds.append(measure.cpu_per_request(target, "/svc-0/x", 3))
    ours, theirs, same = (sorted(seconds)[2] for seconds in used.values())
    return [f"{ours:.1f}", f"{theirs:.1f}", f"{ours / theirs:.2f}", f"{same:.1f}", f"{ours / same:.2f}"]


class PlainAsProxy:
    """Lets a hand-written HAProxy be measured like the proxy."""

    def __init__(self, plain):
        self.address, self.port, self.http_port, self.plain = plain.address, plain.port, plain.port, plain

    def haproxy_pids(self):
        return [self.plain.process.pid, *self.plain.workers()]


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--sizes", default="10,100,1000,10000")
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--only", choices=["embedded", "consul", "baselines"])
    parser.add_argument("--write", default=str(ROOT / "docs/benchmarks.md"))
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    rows = {key: [] for key in ("call", "consul", "scale", "sustained", "churn", "cpu", "recovery")}
    for kind in ("embedded", "consul"):
        if arguments.only in (None, kind):
            for count in sizes:
                print(f"... {kind}, {count} services", flush=True)
                measure_registry(rows, kind, count, arguments.samples)
    others = []
    if arguments.only in (None, "baselines"):
        for count in sizes:
            stage = Stage()
            try:
                others += [baselines.call_to_routed(stage, other, count, 10)
                           for other in (baselines.PlainHaproxy, baselines.Nginx, baselines.Caddy)]
            finally:
                stage.end()

    report = Report()
    report.table("A new service: from the call to the first request served",
                 "Milliseconds. `call` is the duration of the API call, `served` ends with the answer to a request sent after it. "
                 "`misses` are requests after the call\nthat were not routed yet. "
                 "`saturated`: wrk with 32\nconnections on both cores meanwhile. The worker has had 700 connections before: the kernel enlarges a "
                 "process's table of\ndescriptors at 64, 128, 256, ... open ones, which takes 8 to 17 ms here in any process with threads.",
                 ["registry", "services", "load", "call p50", "call p99", "served p50", "served p99", "misses", "reloads"], rows["call"])
    if rows["consul"]:
        report.table("Consul's own calls", "Milliseconds of what a reconfigure asks Consul for, made by hand in the same run: a consistent read of the\n"
                     "instances and a transaction of eight operations. The proxy's own part is its call above minus these.",
                     ["services", "read p50", "write p50", "both p50", "both p99"], rows["consul"])
    if others:
        report.table("The same change elsewhere", "Milliseconds from the change to the first request served; quiet.",
                     ["system", "services", "p50", "p99"], others)
    report.table("1 → 3 → 1 instances", "Milliseconds of the reconfigure that scales up, and down. Every 256 new services HAProxy is reloaded in the background for new spare\n"
                 "backends (not from 3.4 on), and what arrives meanwhile waits: where a p99 here or a rate below stands out, it met that.",
                 ["registry", "services", "up p50", "up p99", "down p50", "down p99"], rows["scale"])
    report.table("Sustained", "New services a second; `unrouted` of the acknowledged ones must be 0.",
                 ["registry", "services", "at once", "per second", "refused", "unrouted"], rows["sustained"])
    report.table("1,000 changes under load", "Four probers: two keep their connection, two open one per request. Latency p99 in milliseconds.",
                 ["registry", "services", "changes", "requests", "failed or misrouted", "cut", "p99 quiet", "p99 churn", "ratio"], rows["churn"])
    report.table("CPU per proxied request",
                 "Microseconds of HAProxy worker CPU, keep-alive, against a hand-written HAProxy with one service and one acl; `with retries`: the same\n"
                 "with `retry-on conn-failure empty-response`, which the proxy has so that a stopping container loses no GET. Medians of five, interleaved.",
                 ["services", "proxy", "plain", "ratio", "plain with retries", "ratio"], rows["cpu"])
    report.table("Recovery after kill -9 of everything",
                 "Seconds until the last service answers again; resident memory in MB of the control plane, right after the changes above and a while\n"
                 "after the recovery, and of the worker; idle CPU of the control plane in %.",
                 ["registry", "services", "seconds", "after changes", "recovered", "worker", "idle CPU %"], rows["recovery"])
    report.write(pathlib.Path(arguments.write))


main()
