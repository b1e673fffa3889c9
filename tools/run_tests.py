#!/usr/bin/env python3
"""Runs everything: layer check, the C++ tests under ASan+UBSan, the end-to-end tests with the release binary.

Ends with one line `N passed, N failed, N skipped`; exit status 0 only if nothing failed and something passed.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build/test-reports"


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.notes = []

    def add_report(self, path):
        """Counts a JUnit report as gtest and pytest write it."""
        for case in xml.parse(path).getroot().iter("testcase"):
            name = f"{case.get('classname')}.{case.get('name')}"
            skip = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed += 1
                self.notes.append(f"failed: {name}")
            elif skip is not None or case.get("result") == "skipped":
                self.skipped += 1
                reason = skip.get("message", "") if skip is not None else ""
                self.notes.append(f"skipped: {name}: {reason.strip()}")
            else:
                self.passed += 1

    def add_step(self, name, ok):
        self.passed += ok
        self.failed += not ok
        if not ok:
            self.notes.append(f"failed: {name}")


def say(text):
    print(f"\033[1m==> {text}\033[0m", flush=True)


def run(command, **kwargs):
    return subprocess.run(command, cwd=ROOT, **kwargs).returncode


def build(preset):
    if not (ROOT / f"build/{preset}/build.ninja").exists():
        if run(["cmake", "--preset", preset], stdout=subprocess.DEVNULL) != 0:
            sys.exit(f"configuring {preset} failed")
    say(f"building {preset}")
    began = time.monotonic()
    if run(["cmake", "--build", "--preset", preset, "--", "--quiet"]) != 0:
        print("0 passed, 1 failed, 0 skipped")
        sys.exit(f"building {preset} failed")
    print(f"    {time.monotonic() - began:.0f} s", flush=True)


def cpp_tests(tally):
    build("asan")
    say("unit and integration tests (ASan+UBSan)")
    reports = ROOT / "build/asan/reports"
    shutil.rmtree(reports, ignore_errors=True)
    code = run(["ctest", "--preset", "asan", "--output-on-failure", "-j4"])
    files = sorted(reports.glob("*.xml"))
    for file in files:
        tally.add_report(file)
    if code != 0 and tally.failed == 0:  # a test program that crashed leaves no report
        tally.add_step("ctest (see above)", False)


def end_to_end(tally, arguments):
    build("release")
    say("end-to-end tests")
    pytest(tally, "e2e", ["-n", "2", "-m", "not alone", *arguments])
    say("end-to-end tests that need the machine for themselves")
    pytest(tally, "e2e-alone", ["-m", "alone", *arguments])


def pytest(tally, name, arguments):
    report = REPORTS / f"{name}.xml"
    code = run(["/usr/bin/python3", "-m", "pytest", "-q", "-ra", "--tb=short", f"--junitxml={report}", "tests/e2e", *arguments])
    if report.exists():
        tally.add_report(report)
    elif code != 0:
        tally.add_step(f"pytest {name} (see above)", False)


def main():
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    tally = Tally()
    say("layers")
    tally.add_step("layers", run(["/usr/bin/python3", "tools/check_layers.py"]) == 0)
    cpp_tests(tally)
    end_to_end(tally, sys.argv[1:])
    for note in tally.notes:
        print(note)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped", flush=True)
    sys.exit(0 if tally.failed == 0 and tally.passed > 0 else 1)


main()
