#!/usr/bin/env python3
"""Runs everything: layer check, the tests of the tools, the C++ tests under ASan+UBSan, failing starts of that build, the
end-to-end tests with the release binary, faults at random under load.

Ends with one line `N passed, N failed, N skipped`. The exit status is 0 only if something passed and nothing failed: a
step that ends with any other status than 0, that ends without its report, or that does not end in time has failed.
A selection (-k) that selects no test has failed. With CI=true a test may skip only for a reason that tools/ci_skips.txt lists: a missing tool is a failure there.
"""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build/test-reports"
PYTHON = "/usr/bin/python3"
NOTHING_COLLECTED = 5  # pytest's exit status

HOUR = 3600
CHAOS_SECONDS = 120
FULL_CHAOS_SECONDS = HOUR
FULL_FUZZ_SECONDS = 600
FULL_KILLS = 200  # of the control plane, at random moments (tests/e2e/test_lifecycle.py)
LONGEST_STEP = 2 * HOUR  # a step that has not ended by then hangs; each test has a shorter limit of its own


class Tally:
    def __init__(self, allowed_skips=None):
        """@param allowed_skips parts of the reasons for which a test may skip; None: any reason will do"""
        self.passed = self.failed = self.skipped = 0
        self.notes = []
        self.allowed_skips = allowed_skips

    def add_report(self, path):
        """Counts a JUnit report as gtest and pytest write it."""
        try:
            cases = list(xml.parse(path).getroot().iter("testcase"))
        except (OSError, xml.ParseError) as error:
            self.fail(f"report {path}: {error}")
            return
        for case in cases:
            self.add_case(case)

    def add_case(self, case):
        name = f"{case.get('classname')}.{case.get('name')}"
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            self.fail(name)
        elif skip is not None or case.get("result") == "skipped":
            reason = (skip.get("message", "") if skip is not None else "").strip()
            self.add_skip(name, reason)
        else:
            self.passed += 1

    def add_skip(self, name, reason):
        if self.allowed_skips is not None and not any(part in reason for part in self.allowed_skips):
            self.fail(f"{name}: skipped, which CI does not allow for this reason: {reason}")
            return
        self.skipped += 1
        self.notes.append(f"skipped: {name}: {reason}")

    def add_step(self, name, ok):
        if ok:
            self.passed += 1
        else:
            self.fail(name)

    def add_status(self, name, status):
        """A step whose tests were counted by its report; it has failed with any status but 0."""
        if status != 0:
            self.fail(f"{name} ended with status {status} (see above)")

    def fail(self, what):
        self.failed += 1
        self.notes.append(f"failed: {what}")


def allowed_skips(environment):
    """What add_skip() accepts: anything on a developer's machine, the reasons of the list in CI."""
    if environment.get("CI", "") not in ("1", "true"):
        return None
    lines = (ROOT / "tools/ci_skips.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def say(text):
    print(f"\033[1m==> {text}\033[0m", flush=True)


def run(command, seconds=LONGEST_STEP, **kwargs):
    """@return the exit status, or a text when it was ended because it took longer than that"""
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, **kwargs)
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"none: not ended after {seconds} s"
    finally:
        end(process)


def end(process):
    """Ends a step that is still there, first as Ctrl-C would, so that its tests end what they started."""
    for number in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=60)


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


def ctest_names(preset):
    answer = subprocess.run(["ctest", "--preset", preset, "--show-only=json-v1"], cwd=ROOT, stdout=subprocess.PIPE,
                            text=True, check=True, timeout=60)
    return [test["name"] for test in json.loads(answer.stdout)["tests"]]


def cpp_tests(tally, preset="asan"):
    say("unit and integration tests (ASan+UBSan)")
    reports = ROOT / f"build/{preset}/reports"
    shutil.rmtree(reports, ignore_errors=True)
    status = run(["ctest", "--preset", preset, "--output-on-failure", "--no-tests=error", "-j4"])
    add_ctest(tally, reports, ctest_names(preset), status)


def add_ctest(tally, reports, names, status):
    """A program that crashed, was ended by its limit, or left with exit(0) amid its tests has written no report."""
    for name in names:
        file = reports / f"{name}.xml"
        if file.exists():
            tally.add_report(file)
        else:
            tally.fail(f"ctest {name}: it ended without a report (see above)")
    tally.add_status("ctest", status)


def end_to_end(tally, arguments, environment):
    """@return the statuses of both runs: a selection is wrong only where neither has a test of it"""
    say("end-to-end tests")
    beside = pytest(tally, "e2e", ["-n", "2", "-m", "not alone", "tests/e2e", *arguments], environment)
    say("end-to-end tests that need the machine for themselves")
    return beside, pytest(tally, "e2e-alone", ["-m", "alone", "tests/e2e", *arguments], environment)


def add_selection(tally, arguments, statuses):
    if all(status == NOTHING_COLLECTED for status in statuses):
        tally.fail(f"no end-to-end test is selected by {' '.join(arguments)}")


def sanitized_starts(tally, arguments, environment):
    """Starts that fail, with the program of the sanitizers: what a destructor touches too late is seen only there."""
    say("failing starts (ASan+UBSan)")
    sanitizers = {"DFP_BINARY": str(ROOT / "build/asan/docker-flow-proxy"), "ASAN_OPTIONS": "detect_stack_use_after_return=1",
                  "UBSAN_OPTIONS": "print_stacktrace=1"}
    return pytest(tally, "e2e-asan", ["-n", "2", "tests/e2e/test_start.py", *arguments], {**environment, **sanitizers})


def pytest(tally, name, arguments, environment=None):
    """A run that was broken off has a report too, of the tests until then: its status decides.

    @return that status
    """
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    status = run([PYTHON, "-m", "pytest", "-q", "-ra", "--tb=short", f"--junitxml={report}", *arguments],
                 env=environment)
    if report.exists():
        tally.add_report(report)
    elif status == 0:
        tally.fail(f"pytest {name}: it ended without a report (see above)")
    selects = any(argument.startswith("-k") for argument in arguments)
    if not (status == NOTHING_COLLECTED and selects):
        tally.add_status(f"pytest {name}", status)
    return status


def chaos_of(options):
    """@return seconds and seed: the short run is the same each time, so that a change is what makes it fail"""
    if options.full:
        return FULL_CHAOS_SECONDS, int(time.time()) if options.seed is None else options.seed
    return CHAOS_SECONDS, 1 if options.seed is None else options.seed


def chaos(tally, seconds, seed):
    """Faults at random under load; the seed plays them again."""
    driver = ROOT / "tests/chaos/run.py"
    name = f"chaos {seconds} --seed {seed}"
    say(f"faults at random under load (./dev {name} plays them again)")
    status = run([PYTHON, str(driver), str(seconds), "--seed", str(seed)], seconds=seconds + 1200)
    tally.add_step(f"./dev {name}: status {status}", status == 0)


def long_runs(tally):
    for command in (["races"], ["fuzz", str(FULL_FUZZ_SECONDS)], ["soak"]):
        say(" ".join(command))
        status = run(["./dev", *command], seconds=6 * HOUR)
        tally.add_step(f"./dev {' '.join(command)}: status {status}", status == 0)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev test", allow_abbrev=False, epilog="Everything else goes to pytest: -k WORD "
                                     "selects end-to-end tests (then without chaos).")
    parser.add_argument("--full", action="store_true", help="with every long run (many hours): an hour of chaos, ten "
                        "minutes of each fuzzer, ThreadSanitizer, the soak, more repetitions end to end")
    parser.add_argument("--seed", type=int, help="of the chaos (default: 1, and another one each time with --full)")
    options, rest = parser.parse_known_args(arguments)
    options.pytest = rest
    options.selects = any(argument.startswith("-k") for argument in rest)
    return options


def main(arguments):
    options = parse(arguments)
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    tally = Tally(allowed_skips(os.environ))
    environment = {**os.environ, "DFP_KILLS": str(FULL_KILLS)} if options.full else dict(os.environ)
    say("the house")
    for check in ("layers", "text", "classes"):
        tally.add_step(check, run([PYTHON, f"tools/check_{check}.py"]) == 0)
    say("the tests of the tools")
    pytest(tally, "tools", ["tests/tools"])
    build("asan")
    cpp_tests(tally)
    sanitized_starts(tally, options.pytest, environment)
    build("release")
    statuses = end_to_end(tally, options.pytest, environment)
    add_selection(tally, options.pytest, statuses)
    if not options.selects:
        chaos(tally, *chaos_of(options))
    if options.full:
        long_runs(tally)
    for note in tally.notes:
        print(note)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped", flush=True)
    return 0 if tally.failed == 0 and tally.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
