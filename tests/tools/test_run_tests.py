"""The test runner tells the truth: what is broken off, missing or late has failed."""
import pathlib
import shutil
import subprocess
import sys
import textwrap

import pytest

import run_tests

TESTS = pathlib.Path(__file__).resolve().parents[1]
PASSES = "def test_passes(): pass\n"


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """A folder for scratch tests, whose reports go there too."""
    monkeypatch.setattr(run_tests, "REPORTS", tmp_path)
    return tmp_path


def play(folder, text, *arguments):
    """What the tally says after a run of these scratch tests."""
    (folder / "test_scratch.py").write_text(textwrap.dedent(text))
    tally = run_tests.Tally()
    run_tests.pytest(tally, "scratch", ["-p", "no:cacheprovider", str(folder), *arguments])
    return tally


def test_tests_are_counted(scratch):
    tally = play(scratch, """\
        import pytest
        def test_passes(): pass
        def test_fails(): assert False
        def test_skips(): pytest.skip("why")
        """)
    assert (tally.passed, tally.skipped) == (1, 1)
    assert tally.failed == 2  # the test, and the status 1 of the run


def test_all_passed(scratch):
    tally = play(scratch, PASSES)
    assert (tally.passed, tally.failed, tally.notes) == (1, 0, [])


@pytest.mark.parametrize("abort", ["pytest.exit('broken off', 3)", "raise KeyboardInterrupt", "os._exit(0)", "os._exit(1)"])
@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["serial", "parallel"])
def test_a_run_that_is_broken_off_has_failed(scratch, abort, workers):
    tally = play(scratch, f"""\
        import os, pytest
        def test_passes(): pass
        def test_breaks_off(): {abort}
        def test_is_never_reached(): pass
        """, *workers)
    assert tally.failed > 0, tally.notes


def test_an_internal_error_has_failed(scratch):
    (scratch / "conftest.py").write_text("def pytest_runtest_protocol(item): raise RuntimeError('inside')\n")
    assert play(scratch, PASSES).failed > 0


def test_nothing_collected_is_a_failure_unless_tests_are_selected(scratch):
    assert play(scratch, PASSES, "-m", "not_there").failed == 1
    assert play(scratch, PASSES, "-k", "not_there").failed == 0
    assert play(scratch, PASSES, "-knot_there").failed == 0


def main_where(monkeypatch, scratch, statuses, arguments):
    """What main() comes to where everything else passes and the runs of end-to-end tests end with these statuses.

    @return its exit status, and the environments of the runs"""
    environments = {}

    def pytest(tally, name, arguments, environment=None):
        environments[name] = environment
        tally.passed += name not in statuses
        return statuses.get(name, 0)
    for name in ("build", "cpp_tests", "chaos", "long_runs"):
        monkeypatch.setattr(run_tests, name, lambda *_: None)
    monkeypatch.setattr(run_tests, "pytest", pytest)
    return run_tests.main(arguments), environments


@pytest.mark.parametrize("beside, alone, ended", [(5, 5, 1), (0, 5, 0), (5, 0, 0)])
def test_a_selection_that_no_run_has_a_test_of_is_a_failure(monkeypatch, scratch, beside, alone, ended):
    statuses = {"e2e": beside, "e2e-alone": alone, "e2e-asan": 5}
    assert main_where(monkeypatch, scratch, statuses, ["-k", "typo"])[0] == ended


def test_the_status_of_a_run_is_handed_back(scratch):
    (scratch / "test_scratch.py").write_text(PASSES)
    assert run_tests.pytest(run_tests.Tally(), "scratch", [str(scratch), "-k", "typo"]) == run_tests.NOTHING_COLLECTED
    assert run_tests.pytest(run_tests.Tally(), "scratch", [str(scratch)]) == 0


def test_the_long_run_kills_more_often(monkeypatch, scratch):
    environment = main_where(monkeypatch, scratch, {}, ["--full"])[1]["e2e"]
    assert environment["DFP_KILLS"] == "200"
    assert 'os.environ.get("DFP_KILLS"' in (TESTS / "e2e/test_lifecycle.py").read_text()


def test_starts_are_played_with_the_sanitizers(monkeypatch, scratch):
    environment = main_where(monkeypatch, scratch, {}, [])[1]["e2e-asan"]
    assert environment["DFP_BINARY"].endswith("build/asan/docker-flow-proxy")


def test_a_chaos_driver_that_is_missing_is_a_failure(monkeypatch, tmp_path):
    monkeypatch.setattr(run_tests, "ROOT", tmp_path)
    tally = run_tests.Tally()
    run_tests.chaos(tally, 1, 1)
    assert (tally.passed, tally.failed) == (0, 1)


def test_chaos_that_has_nothing_to_play_is_a_failure():
    done = subprocess.run([sys.executable, TESTS / "chaos/run.py", "1", "--only", "worker.kill,typo"], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 1 and "'typo'" in done.stderr


@pytest.mark.parametrize("seconds, played, short", [(7200, 39, 1), (7200, 40, 0), (120, 1, 0), (120, 0, 1)])
def test_a_long_run_of_chaos_plays_every_fault_often_enough(monkeypatch, seconds, played, short):
    for folder in ("chaos", "e2e"):
        monkeypatch.syspath_prepend(TESTS / folder)
    import run
    import report
    from types import SimpleNamespace
    told = report.Report({"worker.kill": None}, {"consul.wiped": "not held yet"})
    told.rows["worker.kill"].played = played
    assert len(run.shortcomings(SimpleNamespace(seconds=seconds, steps=run.NO_LIMIT), told)) == short


def test_ci_says_that_it_is_ci(tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(TESTS.parent / ".ci/run", tmp_path / ".ci/run")
    (tmp_path / "dev").write_text('#!/bin/sh\necho "$1 CI=$CI"\n')
    (tmp_path / "dev").chmod(0o755)
    done = subprocess.run([tmp_path / ".ci/run"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60)
    assert done.stdout == "test CI=true\n"


def test_a_report_that_cannot_be_read_is_a_failure(tmp_path):
    tally = run_tests.Tally()
    report = tmp_path / "cut.xml"
    report.write_text("<testsuites><testsuite>")
    tally.add_report(report)
    tally.add_report(tmp_path / "not_there.xml")
    assert tally.failed == 2


GOOD = '<testsuites><testsuite><testcase name="a" classname="A" result="completed"/></testsuite></testsuites>'


def test_a_program_that_leaves_no_report_has_failed_whatever_its_status(tmp_path):
    (tmp_path / "base.xml").write_text(GOOD)
    tally = run_tests.Tally()
    run_tests.add_ctest(tally, tmp_path, ["base", "left_with_exit_0"], 0)
    assert (tally.passed, tally.failed) == (1, 1)
    assert "left_with_exit_0" in tally.notes[0]


def test_the_status_of_ctest_counts_beside_other_failures(tmp_path):
    (tmp_path / "base.xml").write_text(GOOD)
    tally = run_tests.Tally()
    run_tests.add_ctest(tally, tmp_path, ["base"], 8)
    assert tally.failed == 1


SKIPPED = ('<testsuites><testcase name="{name}" classname="A" result="skipped"><skipped message="{why}"/></testcase>'
           "</testsuites>")


@pytest.mark.parametrize("ci, failed", [("", 0), ("true", 1)])
def test_a_missing_tool_fails_in_ci(tmp_path, ci, failed):
    tally = run_tests.Tally(run_tests.allowed_skips({"CI": ci}))
    report = tmp_path / "r.xml"
    for why in ("consul is not installed (tools/install-consul)", "this HAProxy is older than 3.4: it cannot"):
        report.write_text(SKIPPED.format(name="a", why=why))
        tally.add_report(report)
    assert (tally.failed, tally.skipped) == (failed, 2 - failed)


def test_a_step_that_does_not_end_is_ended():
    assert "not ended" in str(run_tests.run(["sleep", "60"], seconds=0.2))


LIMITED = """\
    import sys
    sys.path.insert(0, {tests!r})
    import time_limit
    from time_limit import pytest_runtest_call, pytest_runtest_setup, pytest_runtest_teardown
    time_limit.GRACE = 0.3
    def pytest_configure(config): time_limit.configure(config)
    """


def play_limited(folder, body):
    (folder / "conftest.py").write_text(textwrap.dedent(LIMITED.format(tests=str(TESTS))))
    (folder / "test_scratch.py").write_text(textwrap.dedent(body))
    return subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


def test_a_test_that_hangs_fails_and_the_next_one_is_played(tmp_path):
    done = play_limited(tmp_path, """\
        import pytest, threading, time
        @pytest.fixture
        def thing():
            yield
            print("the thing was ended")
        @pytest.mark.limit(0.2)
        def test_hangs(thing): threading.Event().wait()
        @pytest.fixture
        def hangs(): time.sleep(60)
        @pytest.mark.limit(0.2)
        def test_hangs_before(hangs): pass
        def test_next(): pass
        """)
    assert done.returncode == 1
    assert "its call did not end within 0.2 s" in done.stdout and "its set-up did not end" in done.stdout
    assert "the thing was ended" in done.stdout
    assert "1 passed, 1 failed, 1 error" in done.stdout.replace("1 failed, 1 passed", "1 passed, 1 failed")


def test_a_test_that_cannot_be_interrupted_ends_the_run_with_all_stacks(tmp_path):
    done = play_limited(tmp_path, """\
        import pytest, time
        @pytest.mark.limit(0.2)
        def test_swallows():
            while True:
                try: time.sleep(60)
                except Exception: pass
        """)
    assert done.returncode == 1
    assert "test_swallows" in done.stdout and "Timeout" in done.stdout
