"""Where CI=true a skip is a failure, wherever it is said; elsewhere it is a skip with its reason."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
CONFTEST = Path(__file__).parent / "conftest.py"
IN_A_TEST = """
import pytest

@pytest.mark.skipif(True, reason="by a mark")
def test_marked(): ...

def test_called():
    pytest.skip("by a call")

@pytest.fixture
def lacking():
    pytest.skip("by a fixture")

def test_lacking(lacking): ...

@pytest.mark.xfail(reason="known", strict=True)
def test_expected():
    assert False

def test_well(): ...
"""
OF_A_FILE = """
import pytest
pytest.skip("the whole file", allow_module_level=True)
"""


@pytest.fixture
def shelf(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    return pytester


def test_under_ci_every_skip_in_a_test_fails_it_and_an_expected_failure_does_not(
    shelf: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    shelf.makepyfile(IN_A_TEST)
    ran = shelf.runpytest_inprocess()
    counts = ran.parseoutcomes()
    assert counts.get("failed", 0) + counts.get("errors", 0) == 3
    assert (counts["xfailed"], counts["passed"], counts.get("skipped", 0)) == (1, 1, 0)
    assert ran.ret == pytest.ExitCode.TESTS_FAILED
    ran.stdout.fnmatch_lines(["*by a mark*", "*by a call*", "*by a fixture*"], consecutive=False)


def test_under_ci_a_file_that_skips_itself_ends_the_run_in_failure(
    shelf: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    shelf.makepyfile(test_file=OF_A_FILE, test_other="def test_well(): ...")
    ran = shelf.runpytest_inprocess()
    assert ran.ret not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    ran.stdout.fnmatch_lines(["*under CI=true nothing may be*the whole file*"])


def test_elsewhere_a_skip_is_a_skip(shelf: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    shelf.makepyfile(test_one=IN_A_TEST, test_file=OF_A_FILE)
    ran = shelf.runpytest_inprocess()
    ran.assert_outcomes(passed=1, skipped=4, xfailed=1)
    assert ran.ret == pytest.ExitCode.OK
