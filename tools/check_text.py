#!/usr/bin/env python3
"""Checks the texts of src/ (tests and comments apart) against tools/text_rules.txt: some words belong to one folder. Prints
each violation and exits 1 if there is one."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMENT = re.compile(r"(^|\s)//.*")  # a URL in a text has no space before its slashes


def load_rules():
    """(what, expression, folders)"""
    rules = []
    for line in (ROOT / "tools/text_rules.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            what, rest = line.split(" | ", 1)
            expression, folders = rest.rsplit(" | ", 1)
            rules.append((what, re.compile(expression), folders.split()))
    return rules


def is_test(path):
    return path.endswith("_test.cpp") or "/testing/" in path or path.endswith("testing.hpp")


def violations(path, text, rules):
    for what, expression, folders in rules:
        if any(path == folder or path.startswith(folder + "/") for folder in folders):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if expression.search(COMMENT.sub("", line)):
                yield f"src/{path}:{number}: {what} may stand only in {', '.join(folders)}"


def main():
    rules, bad = load_rules(), []
    for file in sorted((ROOT / "src").rglob("*.[ch]pp")):
        path = str(file.relative_to(ROOT / "src"))
        if not is_test(path):
            bad += violations(path, file.read_text(), rules)
    print("\n".join(bad) if bad else "texts: ok")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
