"""The pytest plugin: a test for each check, failing with what was seen and what to do."""

import sys

import pytest

pytest_plugins = ["pytester"]
TESTS = """
import pytest

@pytest.mark.labkeeper_driver("homie", level="platinum")
def test_homie(conformance):
    conformance()

@pytest.mark.labkeeper_driver("nobody", level="bronze")
def test_nobody(conformance):
    conformance()

def test_unmarked(conformance):
    conformance()
"""
PLATINUM, BRONZE = 19, 5  # checks up to that level


def test_there_is_a_test_for_each_check_and_each_says_what_is_wrong(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(TESTS)
    ran = pytester.runpytest_inprocess("-k", "manifest or soak or unmarked", "-rs")
    ran.assert_outcomes(passed=1, skipped=1, failed=1, errors=1, deselected=PLATINUM + BRONZE + 1 - 4)
    ran.stdout.fnmatch_lines(["*conformance needs @pytest.mark.labkeeper_driver*"])
    ran.stdout.fnmatch_lines(["*driver nobody is not installed*"])
    ran.stdout.fnmatch_lines(["*SKIPPED*give --soak MINUTES*"])


INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
GOLD = """
import pytest

@pytest.mark.labkeeper_driver("LEVEL_OF", level="LEVEL")
def test_it(conformance):
    conformance()
"""


def test_gold_runs_a_real_node(pytester: pytest.Pytester) -> None:
    pytester.makeini(INI)
    pytester.makepyfile(GOLD.replace("LEVEL_OF", "homie").replace("LEVEL", "gold"))
    listed = pytester.runpytest_inprocess("--collect-only", "-q").stdout.lines
    assert {"safe_in_time", "once"} <= {line.partition("gold-")[2].rstrip("]") for line in listed}
    pytester.runpytest_inprocess("-k", "once").assert_outcomes(passed=1, deselected=PLATINUM - 2 - 1)


@pytest.mark.parametrize("level", ["gold", "platinum"])
def test_where_no_node_is_installed_gold_is_refused_with_what_to_install(
    level: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "labkeeper_cli.driver.node_checks", None)
    pytester.makeini(INI)
    pytester.makepyfile(GOLD.replace("LEVEL_OF", "homie").replace("LEVEL", level))
    ran = pytester.runpytest_inprocess("--collect-only")
    ran.stdout.fnmatch_lines([f"*{level} runs a real node, which is not here*pip install 'labkeeper[[]kit,edge]'*"])
    pytester.makepyfile(GOLD.replace("LEVEL_OF", "homie").replace("LEVEL", "silver"))
    assert pytester.runpytest_inprocess("--collect-only").ret == 0


def test_a_level_that_does_not_exist_is_named(pytester: pytest.Pytester) -> None:
    pytester.makeini(INI)
    pytester.makepyfile(GOLD.replace("LEVEL_OF", "homie").replace("LEVEL", "diamond"))
    ran = pytester.runpytest_inprocess("--collect-only")
    ran.stdout.fnmatch_lines(["*there is no level 'diamond'; levels are NONE, BRONZE*"])
