#!/usr/bin/env python3
"""Checks the #include lines of src/ against tools/layers.txt; prints each violation and exits 1 if there is one."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def load_rules():
    rules = {}
    for line in (ROOT / "tools/layers.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            folder, allowed = line.split(":", 1)
            rules[folder.strip()] = allowed.split()
    return rules


def folder_of(path, rules):
    """The longest rule folder that contains the path ("haproxy/config/x.hpp" -> "haproxy/config")."""
    parts = path.split("/")[:-1]
    for n in range(len(parts), 0, -1):
        if "/".join(parts[:n]) in rules:
            return "/".join(parts[:n])
    return None


def main():
    rules = load_rules()
    bad = []
    for file in sorted((ROOT / "src").rglob("*.[ch]pp")):
        own = str(file.relative_to(ROOT / "src"))
        folder = folder_of(own, rules)
        is_test = file.name.endswith("_test.cpp") or "/testing/" in own
        if folder is None:
            if own != "main.cpp":
                bad.append(f"src/{own}: its folder is not in tools/layers.txt")
            continue
        allowed = rules[folder]
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match or "*" in allowed:
                continue
            target = match.group(1)
            target_folder = folder_of(target, rules)
            if target_folder in (folder, *allowed) or target in allowed:
                continue
            if is_test and target_folder is not None and target.endswith("testing.hpp"):
                continue
            bad.append(f"src/{own}:{number}: {folder} may not include {target}")
    print("\n".join(bad) if bad else "layers: ok")
    return 1 if bad else 0


sys.exit(main())
