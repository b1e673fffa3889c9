#!/usr/bin/env python3
"""Counts member functions and fields of every class and struct below src/ (tests apart); prints each that has more than
tools/class_limits.txt allows, and each ceiling there that is higher than it need be, and exits 1 if there is one."""
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CTAGS = ["ctags", "-f", "-", "--languages=C++", "--kinds-C++=cspfm", "--fields=+KsZS", "--extras=-F", "-R",
         "--exclude=*_test.cpp", "--exclude=testing", "--exclude=testing.hpp", "--output-format=json", "src"]


def load_limits():
    """class -> (member functions, fields); "*" for all others."""
    limits = {}
    for line in (ROOT / "tools/class_limits.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            limits[words[0]] = (int(words[1]), int(words[2]))
    return limits


def count():
    tags = subprocess.run(CTAGS, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    functions, fields = collections.defaultdict(set), collections.Counter()
    for line in tags.splitlines():
        tag = json.loads(line)
        if tag.get("scopeKind") not in ("class", "struct"):
            continue
        name = tag["scope"].removeprefix("dfp::")
        if tag["kind"] == "member":
            fields[name] += 1
        elif tag["kind"] in ("prototype", "function"):
            functions[name].add((tag["name"], tag.get("signature")))
    return {name: (len(functions[name]), fields[name]) for name in {*functions, *fields}}


def check(counts, limits):
    bad = []
    for name, present in sorted(counts.items()):
        limit = limits.get(name, limits["*"])
        if present[0] > limit[0] or present[1] > limit[1]:
            bad.append(f"{name}: {present[0]} member functions and {present[1]} fields, more than {limit[0]} and {limit[1]}")
    for name, limit in sorted(limits.items()):
        present = counts.get(name, (0, 0))
        needed = tuple(max(a, b) for a, b in zip(present, limits["*"]))
        if name != "*" and limit != needed:
            bad.append(f"{name}: tools/class_limits.txt allows {limit[0]} and {limit[1]}, and it has {present[0]} and {present[1]}")
    return bad


def main():
    bad = check(count(), load_limits())
    print("\n".join(bad) if bad else "classes: ok")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
