"""The test runner tells the truth: what is broken off, missing or late has failed."""
import pathlib
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
