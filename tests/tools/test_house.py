"""The checks of the house find what they are for."""
import re

import check_classes
import check_text


def test_a_word_outside_of_its_folder_is_found():
    rules = [("SQL", re.compile(r"\bSELECT\b"), ["registry/embedded"])]
    text = 'auto a = 1;\nrun("SELECT 1");\n// a SELECT of sorts\n'
    assert list(check_text.violations("api/x.cpp", text, rules)) == ["src/api/x.cpp:2: SQL may stand only in registry/embedded"]
    assert list(check_text.violations("registry/embedded/x.cpp", text, rules)) == []


def test_the_rules_can_be_read():
    for what, expression, folders in check_text.load_rules():
        assert what and expression.pattern and folders
        assert all((check_text.ROOT / "src" / folder).exists() for folder in folders), folders


def test_a_class_that_grows_is_found_and_so_is_a_ceiling_that_is_too_high():
    limits = {"*": (20, 15), "Big": (30, 15)}
    assert check_classes.check({"Small": (20, 15), "Big": (30, 3)}, limits) == []
    assert "Small: 21 member functions" in check_classes.check({"Small": (21, 0), "Big": (30, 0)}, limits)[0]
    assert "Big: tools/class_limits.txt allows 30" in check_classes.check({"Big": (29, 0)}, limits)[0]
    assert "Big" in check_classes.check({"Big": (31, 0)}, limits)[0]


def test_members_are_counted():
    counts = check_classes.count()
    assert counts["haproxy::BackendPool"][0] > 20 and counts["settings::Settings"][1] > 15
