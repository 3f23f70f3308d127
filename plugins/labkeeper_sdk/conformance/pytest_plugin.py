"""For pytest: a test that asks for `conformance` and names its driver becomes a test for each check.

@pytest.mark.labkeeper_driver("acme-pump", level="silver")
def test_the_driver_conforms(conformance):
    conformance()
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from labkeeper_sdk.conformance import Check, Trial

MARK = "labkeeper_driver"
NODE_CHECKS = "labkeeper_cli.driver.node_checks"


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line("markers", f'{MARK}(name, level="silver"): the driver that `conformance` examines')


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option of the soak check."""
    parser.getgroup("labkeeper").addoption(
        "--labkeeper-soak", type=float, default=0.0, metavar="MINUTES", help="how long the soak check of drivers runs"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test for each check up to the marked level."""
    mark = metafunc.definition.get_closest_marker(MARK)
    if "conformance" not in metafunc.fixturenames or mark is None:
        return
    checks = _checks(str(mark.kwargs.get("level", "silver")))
    metafunc.parametrize("conformance", checks, indirect=True, ids=[f"{it.level.word}-{it.name}" for it in checks])


@pytest.fixture
def conformance(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Return what makes the check of this test, and fails with what was seen and what to do."""
    mark = request.node.get_closest_marker(MARK)
    if mark is None or not hasattr(request, "param"):
        raise pytest.UsageError(f'conformance needs @pytest.mark.{MARK}("your-driver")')
    name, check = str(mark.args[0]), request.param
    return lambda: _make(_trial(name, request.config.getoption("--labkeeper-soak")), check)


def _checks(level: str) -> "list[Check]":
    """Return the checks up to a level; those with a real node are brought by the command line, which knows the wire."""
    kit = _kit()
    if level.upper() not in kit.Level.__members__:
        raise pytest.UsageError(f"{MARK}: there is no level {level!r}; levels are {', '.join(kit.Level.__members__)}")
    up_to = kit.Level[level.upper()]
    every = list(kit.CHECKS)
    if up_to >= kit.Level.GOLD:
        try:
            every += import_module(NODE_CHECKS).CHECKS
        except ImportError as error:
            advice = "pip install 'labkeeper[kit,edge]', or ask for silver"
            raise pytest.UsageError(f"{level} runs a real node, which is not here ({error}): {advice}") from error
    return sorted((check for check in every if check.level <= up_to), key=lambda check: check.level)


def _trial(name: str, soak_minutes: float) -> "Trial":
    kit, plugins = _kit(), import_module("labkeeper_sdk.plugins")
    loaded = plugins.load_drivers()
    if name not in loaded.drivers:
        reasons = [broken.reason for broken in loaded.broken if broken.name == name]
        pytest.fail(f"driver {name} is not installed, or does not load: {reasons}", pytrace=False)
    try:
        trial: Trial = kit.prepare(loaded.drivers[name], pace=kit.Pace(soak_s=60 * soak_minutes))
    except kit.NoBench as problem:
        pytest.fail(str(problem), pytrace=False)
    return trial


def _make(trial: "Trial", check: "Check") -> None:
    (finding,) = _kit().examine(trial, [check])
    if finding.outcome == "untried":
        pytest.skip(finding.seen.en)
    if not finding.counts:
        pytest.fail(f"{check.title.en}: {finding.seen.en}\n  → {check.remedy.en}", pytrace=False)


def _kit() -> Any:  # noqa: ANN401 -- a module
    """Import the kit when it is asked for: other people's tests run without its packages."""
    return import_module("labkeeper_sdk.conformance")
