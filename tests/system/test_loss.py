"""Short runs of the loss benchmark: whatever dies, nothing is missing, invented or altered."""

from pathlib import Path

import pytest

from benchmarks.loss import once
from labkeeper_sdk.testing import find_influxd, find_mosquitto

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed: apt install mosquitto"),
    pytest.mark.timeout(180),
]


@pytest.mark.parametrize("fault", ["broker", "hub", "edge"])
async def test_a_fault_of_some_seconds_loses_nothing(fault: str, tmp_path: Path) -> None:
    found = await once(tmp_path, fault, down_s=3, rate=200)
    assert (found["missing"], found["invented"], found["altered"]) == (0, 0, 0), found
    assert found["balanced"], found
    assert found["sent"] > 200 * 6, found


@pytest.mark.skipif(find_influxd() is None, reason="influxd is not installed: apt install influxdb")
async def test_an_influxdb_killed_for_some_seconds_gets_everything_afterwards(tmp_path: Path) -> None:
    found = await once(tmp_path, "store", down_s=2, rate=200)
    assert (found["missing"], found["invented"], found["altered"]) == (0, 0, 0), found
    assert found["balanced"], found
    assert found["sent"] > 200 * 5, found


async def test_a_broker_killed_outright_loses_only_what_it_forgot(tmp_path: Path) -> None:
    found = await once(tmp_path, "broker-kill", down_s=3, rate=200)
    assert (found["missing_before"], found["missing_since_back"]) == (0, 0), found
    assert (found["invented"], found["altered"]) == (0, 0), found
    assert found["balanced"], found
    # whoever else listens with a session of its own, and tries again five times a second, has not got more than we
    assert found["stored"] >= found["observer_saw"], found
