"""A real room's eight days, played as a device: every row comes back from the API, equal in value and time."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labkeeper_cli.client import Target
from labkeeper_cli.recorded import read_map, read_rows
from labkeeper_cli.stack import Stack, Wishes, open_stack
from labkeeper_cli.trial import FAR_FUTURE_MS, settled

ROOT = Path(__file__).parents[2]
MAPPING = ROOT / "docs" / "how-to" / "replay" / "occupancy.toml"
TABLES = [ROOT.parent / "shared" / "data" / "occupancy" / name for name in ("datatest.txt", "datatraining.txt")]


@pytest.mark.timeout(300)
async def test_every_row_of_a_real_room_comes_back_equal(tmp_path: Path) -> None:
    if not all(table.exists() for table in TABLES):
        pytest.skip("the occupancy data set is not beside this checkout (see docs/how-to/replay-a-recording.md)")
    mapping = read_map(MAPPING)
    rows = [row for table in TABLES for row in read_rows(table, mapping)]
    async with open_stack(Wishes(tmp_path, sim=None)) as stack:
        device = await played(stack)
        await settled(stack.client, 60)
        for point in mapping.points:
            target = Target("demo-school", "lab-1-pi", device, point)
            stored = await stack.client.readings(target, 0, FAR_FUTURE_MS)
            assert stored == [(row.time_ms, row.values[point]) for row in rows]


async def played(stack: Stack) -> str:
    """Run `labkeeper replay` as a person would; return the device's id."""
    tables = [str(table) for table in TABLES]
    command = [sys.executable, "-m", "labkeeper_cli", "replay", *tables, "--device", "Office 3"]
    command += ["--map", str(MAPPING), "--broker", stack.broker.url]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    found: str = json.loads(done.stdout.splitlines()[-1])["device"]
    return found


SMOKE = """time,Smoke,Temperature
2015-02-03 10:00:00,0,20
2015-02-03 10:01:00,1,60
2015-02-03 10:02:00,1,61
2015-02-03 10:03:00,0,20
2015-02-03 10:04:00,1,62
"""
SMOKE_MAP = """time = "time"
[points.smoke]
column = "Smoke"
type = "yes_no"
[points.temperature]
column = "Temperature"
unit = "°C"
"""


@pytest.mark.timeout(300)
async def test_an_old_fire_makes_history_and_calls_nobody(tmp_path: Path) -> None:
    table = tmp_path / "smoke.csv"
    table.write_text(SMOKE)
    table.with_suffix(".toml").write_text(SMOKE_MAP)
    async with open_stack(Wishes(tmp_path, sim=None)) as stack:
        lines: list[dict[str, Any]] = []
        while not {"smoke_detector", "heat"} <= {line["rule"] for line in lines}:  # until the rules watch the device
            command = [sys.executable, "-m", "labkeeper_cli", "replay", str(table), "--device", "Office 3"]
            command += ["--broker", stack.broker.url]
            await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
            await settled(stack.client, 60)
            lines = (await stack.client.get("alarms/history"))["entries"]
        assert all(line["late"] for line in lines)
        assert (await stack.client.get("alarms"))["alarms"] == []
