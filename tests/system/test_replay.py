"""A real room's eight days, played as a device: every row comes back from the API, equal in value and time."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

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
