"""Pages name the tests of what they promise in comments: `<!-- FILE::TEST, TEST, FILE -->`. Those tests exist."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
COMMENT = re.compile(r"<!--(.*?)-->", re.S)


def named_tests(text):
    """(file, test or "") for each that a comment names; one without a file is of the file before it."""
    named = []
    for comment in COMMENT.findall(text):
        if "_test.cpp" not in comment and "tests/" not in comment:
            continue
        file = ""
        for word in re.split(r"[,\s]+", comment.strip()):
            if "/" in word:
                file, _, word = word.partition("::")
            named.append((file, word))
    return named


def missing(file, test):
    """Why there is no such test; "" when there is."""
    path = ROOT / file
    if not path.is_file():
        return f"there is no file {file!r}"
    if file.endswith(".py"):
        found = re.search(rf"^def {test}\(" if test else r"^def test_", path.read_text(), re.M)
    else:
        suite, _, name = test.partition(".")
        found = re.search(rf"^TEST(_F|_P)?\({suite or '.*'}, {name or '.*'}\)", path.read_text(), re.M)
    return "" if found else f"{file} has no test {test}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_tests_that_a_page_names_exist(page):
    assert [why for why in (missing(*named) for named in named_tests(page.read_text())) if why] == []


@pytest.mark.parametrize("section", ["The API", "The edge", "Files and child processes"])
def test_every_promise_about_security_names_its_test(section):
    text = (ROOT / "docs/security.md").read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    promises = re.split(r"^- ", text, flags=re.M)[1:]
    assert promises and [promise.splitlines()[0] for promise in promises if not named_tests(promise)] == []


def test_what_does_not_exist_is_seen():
    text = "<!-- tests/e2e/test_rights.py::test_links_are_refused, test_gone, src/api/api_test.cpp::Api.IsGone -->"
    assert [missing(*named) for named in named_tests(text)] == [
        "", "tests/e2e/test_rights.py has no test test_gone", "src/api/api_test.cpp has no test Api.IsGone"]
    assert missing("tests/e2e/test_gone.py", "") == "there is no file 'tests/e2e/test_gone.py'"
