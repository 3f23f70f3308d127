"""An InfluxDB filled once for all questions."""

import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from .influx import Influx, open_influx
from .school import Lab, lines_of

HOURS = 4
SMALL = ("air", "plug", "contact")
LABS = (("demo-school", "lab-1", 1, ()), ("demo-school", "lab-2", 2, SMALL), ("second-school", "lab-1", 3, SMALL))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def influx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Influx]:
    if shutil.which("influxd") is None:
        pytest.skip("influxd is not installed: apt install influxdb")
    folder: Path = tmp_path_factory.mktemp("influx")
    now_ms = time.time_ns() // 1_000_000
    async with open_influx(folder) as running:
        await running.write(lines_of([Lab(*lab) for lab in LABS], now_ms - HOURS * 3_600_000, now_ms))
        yield running
