"""Every bundled driver passes the conformance kit up to gold, but for what needs a real node, which tests/cli tries."""

from importlib.metadata import entry_points

import pytest

from labkeeper_sdk.conformance import Level, Pace, examine, prepare, reached
from labkeeper_sdk.plugins import DRIVER_GROUP, load_drivers
from tests.docs.supported import kept

pytestmark = [
    pytest.mark.timeout(300),
    # a connection cut in its middle leaves paho's pair of sockets to the collector, which the check `opens` calls while
    # a test runs; what a driver leaks is counted there, and without this the MQTT drivers fail on a busy machine
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PACE = Pace(opens=10, listen_s=1.2)
NAMES = sorted(
    it.name for it in entry_points(group=DRIVER_GROUP) if it.dist is not None and it.dist.name == "labkeeper"
)


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_driver_conforms(name: str) -> None:
    findings = examine(prepare(load_drivers().drivers[name], pace=PACE), up_to=Level.GOLD)
    assert {it.check.name: it.seen.en for it in findings if not it.counts} == {}
    assert reached(findings).word == kept()[name].level, "run: labkeeper driver check --all, see SUPPORTED.md"


def test_there_are_bundled_drivers() -> None:
    assert {"homie", "zigbee2mqtt"} <= set(NAMES)
