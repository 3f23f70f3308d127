"""The pytest plugin: a test for each check, failing with what was seen and what to do."""

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
PLATINUM, BRONZE = 17, 5  # checks up to that level


def test_there_is_a_test_for_each_check_and_each_says_what_is_wrong(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(TESTS)
    ran = pytester.runpytest_inprocess("-k", "manifest or soak or unmarked", "-rs")
    ran.assert_outcomes(passed=1, skipped=1, failed=1, errors=1, deselected=PLATINUM + BRONZE + 1 - 4)
    ran.stdout.fnmatch_lines(["*conformance needs @pytest.mark.labkeeper_driver*"])
    ran.stdout.fnmatch_lines(["*driver nobody is not installed*"])
    ran.stdout.fnmatch_lines(["*SKIPPED*give --soak MINUTES*"])
