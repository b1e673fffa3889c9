#!/usr/bin/env python3
"""Measures the template engine against Go's own on the same data; prints tables, writes docs/benchmarks-template.md.

    ./dev bench template [--instances N] [--rounds N] [--turns N]

Both programs render the same templates over the same instances and have to give the same text. They take turns, so that
a busy machine slows both; the best of all rounds counts.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
WORK = ROOT / "build/bench-template"
OURS = ROOT / "build/release/tests/bench/template/template_bench"
WHAT = {
    "backend.tmpl": "the article's loop: one server line an instance",
    "logic.tmpl": "conditions, comparisons, variables, `printf`, metadata, an inner loop over tags",
    "text.tmpl": "`toUpper`, `replaceAll`, `contains`, `join`, `regexReplaceAll`, `split`, `toJSON`",
    "unrolled.tmpl": "no loop: an action and a condition for each instance in a text of its own, what parsing costs",
}


def instance(i, rng):
    node = f"node-{i % 50:02d}"
    return {
        "Node": {"ID": f"11111111-{i % 50}", "Node": node, "Address": f"10.0.{i % 50}.1", "Datacenter": "dc1",
                 "TaggedAddresses": {"lan": f"10.0.{i % 50}.1"}, "Meta": {"rack": str(i % 7)}},
        "Service": {"ID": f"{node}:web_{i}:8080", "Service": "web", "Port": 32768 + i % 28000,
                    "Address": f"10.{i // 2500 % 250}.{i // 50 % 50}.{i % 250 + 1}",
                    "Tags": rng.sample(["blue", "green", "v1", "v2", "http"], k=rng.randrange(4)),
                    "Meta": rng.choice([{}, {"weight": "5"}, {"weight": "3", "zone": "a"}]),
                    "Weights": {"Passing": 1, "Warning": 1}},
        "Checks": [{"Node": node, "CheckID": "serfHealth", "Status": "passing"},
                   {"Node": node, "CheckID": f"service:{i}", "Status": rng.choice(["passing"] * 8 + ["warning", "critical"])}],
    }


def unrolled(count):
    lines = (f'{{{{$port := {32768 + i % 28000}}}}}{{{{if gt $port 40000}}}}\tserver s{i} {{{{printf "10.0.%d.%d" {i // 250 % 250} '
             f'{i % 250}}}}}:{{{{$port}}}} check\n{{{{end}}}}' for i in range(count))
    return "".join(lines)


def prepare(count):
    WORK.mkdir(parents=True, exist_ok=True)
    rng = random.Random(1)
    data = WORK / "instances.json"
    data.write_text(json.dumps([instance(i, rng) for i in range(count)]))
    (WORK / "unrolled.tmpl").write_text(unrolled(count))
    # A single file of the standard library: no module and no network are needed.
    subprocess.run(["go", "build", "-o", str(WORK / "go_bench"), str(HERE / "main.go")], check=True,
                   env={**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": str(WORK / "go-cache")})
    return data, [HERE / name if name != "unrolled.tmpl" else WORK / name for name in WHAT]


def measure(program, rounds, data, templates):
    done = subprocess.run([program, str(rounds), data, *templates], check=True, capture_output=True, text=True)
    return {entry["template"]: entry for entry in map(json.loads, done.stdout.splitlines())}


def best(turns, name, what):
    return min(turn[name][what]["best_ms"] for turn in turns)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def rows_of(what, ours, theirs):
    for name in WHAT:
        size = ours[0][name]["bytes" if what == "render" else "template_bytes"]
        mine, go = best(ours, name, what), best(theirs, name, what)
        rate = (lambda ms: f"{size / ms / 1e3:.1f}") if size > 1000 else (lambda ms: "")
        yield [f"`{name}`", f"{size / 1e3:.1f}", f"{mine:.3g}", f"{go:.3g}", rate(mine), rate(go), f"{go / mine:.1f}"]


def machine():
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    cores = len([l for l in open("/proc/cpuinfo") if l.startswith("processor")])
    memory = int(next(l for l in open("/proc/meminfo") if l.startswith("MemTotal")).split()[1]) / 2**20
    go = subprocess.run(["go", "version"], capture_output=True, text=True).stdout.split()[2]
    return (f"Machine: {cpu}, {cores} cores, {memory:.0f} GiB; Linux {platform.release().split('-')[0]}; {go}; release build. "
            f"Date: {datetime.date.today()}. Load (1 min) at the end: {os.getloadavg()[0]:.1f}.")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench template", description=__doc__)
    parser.add_argument("--instances", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15, help="of each program in each turn")
    parser.add_argument("--turns", type=int, default=4)
    arguments = parser.parse_args()
    data, templates = prepare(arguments.instances)
    ours, theirs = [], []
    for _ in range(arguments.turns):
        ours.append(measure(OURS, arguments.rounds, data, templates))
        theirs.append(measure(WORK / "go_bench", arguments.rounds, data, templates))
    different = [name for name in WHAT if ours[0][name]["sha256"] != theirs[0][name]["sha256"]]
    if different:
        sys.exit(f"the engines give different texts: {', '.join(different)}")

    parts = [
        "# Benchmarks of the template engine",
        f"Made by `./dev bench template`: the same templates over the same {arguments.instances} instances, by this project's engine "
        "and by Go's\n`text/template` with the same functions over Go's standard library (`tests/bench/template`). The texts are "
        "compared: they are equal.\nThe programs take turns; the best round of all counts. \"times faster\" is Go's time by ours.",
        machine(),
        table(["template", "what"], [[f"`{name}`", what] for name, what in WHAT.items()]),
        "## Rendering\n\n" + table(["template", "text, kB", "ours, ms", "Go, ms", "ours, MB/s", "Go, MB/s", "times faster"],
                                   rows_of("render", ours, theirs)),
        "## Parsing\n\n" + table(["template", "template, kB", "ours, ms", "Go, ms", "ours, MB/s", "Go, MB/s", "times faster"],
                                 rows_of("parse", ours, theirs)),
    ]
    text = "\n\n".join(parts) + "\n"
    print(text)
    (ROOT / "docs/benchmarks-template.md").write_text(text)


if __name__ == "__main__":
    main()
