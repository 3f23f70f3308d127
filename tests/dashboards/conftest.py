"""An InfluxDB filled once for all questions."""

import os
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from labkeeper_sdk.testing import find_influxd

from .influx import Questions, open_filled
from .school import Lab, lines_of

HOURS = 4
SMALL = ("air", "plug", "contact")
WHOLE = ("co2", "battery", "power")
LABS = (
    ("demo-school", "lab-1", 1, ()),
    ("demo-school", "lab-2", 2, SMALL, WHOLE),  # its meters and sensors count in whole numbers
    ("second-school", "lab-1", 3, SMALL),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def influx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Questions]:
    if find_influxd() is None and "LABKEEPER_INFLUX_URL" not in os.environ:
        pytest.skip("influxd is not installed: apt install influxdb")
    now_ms = time.time_ns() // 1_000_000
    journal_file = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    journal_file.write_bytes(bytes(1_000_000))  # its size is all that is looked at
    made = lines_of([Lab(*lab) for lab in LABS], now_ms - HOURS * 3_600_000, now_ms, journal_file)
    async with open_filled(made) as running:
        yield running
