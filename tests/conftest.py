"""What every test shares."""

import os
from collections.abc import Generator
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings

# no clock decides a test, and a failure prints what repeats it
settings.register_profile("labkeeper", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("labkeeper")

# each of their tests takes as long as other files, and shares nothing
ALONE = ("tests/drivers/test_conformance", "tests/cli/driver/test_checking", "tests/system/test_interlocks")
SLOW_FIRST = ("tests/system/", "tests/console/", *ALONE, "tests/hub/alarms/test_weeks")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI=true a skip is a failure: what a machine of ours cannot test, nobody tests."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and under CI=true nothing may be: {call.excinfo}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Nor may a whole file skip itself."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped, and under CI=true nothing may be: {why}"
    return report


def pytest_itemcollected(item: pytest.Item) -> None:
    """Where workers share the tests, a file is mostly one worker's, and so are all that stand on one stack."""
    if hasattr(item.config, "workerinput"):
        item.add_marker(pytest.mark.xdist_group(_stands_on(item)))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where workers share the tests, the slow begin; those that wait and those that work are mixed by their names."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (not item.nodeid.startswith(SLOW_FIRST), crc32(_stands_on(item).encode())))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Where workers share the tests, be sure that they are shared by group: stacks would be built by each of them."""
    if getattr(session.config.option, "loadgroup", False):
        assert all("@" in item.nodeid for item in session.items), "pytest-xdist does not group with this pytest"


def _stands_on(item: pytest.Item) -> str:
    """Return the folder whose package fixture the test uses, or its file; of the longest files, the test itself."""
    if item.nodeid.startswith(ALONE):
        return item.nodeid
    fixtures = getattr(item, "_fixtureinfo", None)
    used = () if fixtures is None else (one for found in fixtures.name2fixturedefs.values() for one in found)
    folders = (one.baseid for one in used if one.scope == "package")
    return next(folders, item.nodeid.partition("::")[0])
