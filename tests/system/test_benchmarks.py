"""Short runs of three benchmarks: each ends, and prints the keys that others read, as one JSON line."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from labkeeper_sdk.testing import find_mosquitto

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed: apt install mosquitto"),
    pytest.mark.timeout(180),
]
MACHINE = {"cores", "python"}
ROOT = Path(__file__).parents[2]


async def figures(benchmark: str, *options: str) -> dict[str, Any]:
    """Run a benchmark as a person does; return its last line."""
    command = (sys.executable, "-m", f"benchmarks.{benchmark}", "--json", *options)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    found = json.loads(out.splitlines()[-1])
    assert isinstance(found, dict)
    return found


async def test_ingest_counts_both_kinds_of_traffic_and_the_ledger_agrees() -> None:
    found = await figures("ingest", "--search", "1", "--step", "0.5")
    assert set(found) == MACHINE | {
        "broker",
        *("batched_readings_per_s", "batched_steps", "batched_held_per_s", "batched_cpu_ms", "batched_live_lag_p95_ms"),
        *("single_messages_per_s", "single_steps", "single_held_per_s", "single_cpu_ms", "single_live_lag_p95_ms"),
    }
    assert set(found["single_cpu_ms"]) == {"hub", "generator"}
    assert all(asked > 0 and acknowledged > 0 for asked, acknowledged, _ in found["batched_steps"])


async def test_the_outbox_tells_what_a_reading_costs() -> None:
    found = await figures("outbox", "--commits", "20")
    assert set(found) == MACHINE | {"commits", "batch", "keep_bytes", "acks_every", "cpu_us", "bytes"}
    assert found["commits"] == 20
    assert found["bytes"] > 8


STARTED_BY_OTHERS = {"isolation_node", "reloading", "spectating"}
BENCHMARKS = [
    file
    for file in sorted((ROOT / "benchmarks").rglob("*.py"))
    if 'if __name__ == "__main__"' in file.read_text() and file.stem not in STARTED_BY_OTHERS
]


@pytest.mark.parametrize("file", BENCHMARKS, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_benchmark_prints_one_line_of_json_where_it_is_asked_to(file: Path) -> None:
    assert "measure(" in file.read_text()


async def test_command_latency_tells_each_load_and_every_stage() -> None:
    found = await figures("command_latency", "--count", "5", "--stages")
    loads = [f"{load}_{what}" for load in ("idle", "load500", "load5000") for what in ("p50_ms", "p99_ms", "cpu_ms")]
    assert set(found) >= MACHINE | {*loads, "broker_hop_p50_ms", "commands", "broker", "stages_ms"}
    assert set(found["idle_cpu_ms"]) == {"hub", "node", "device", "broker"}
    assert 0 < found["idle_p50_ms"] <= found["idle_p99_ms"]
    assert found["commands"] == 15


async def test_footprint_tells_the_start_and_the_weight() -> None:
    found = await figures("footprint", "--runs", "1")
    assert set(found) == MACHINE | {"start_s", "first_start_s", "idle_mb", "runs", "points"}
    assert (found["runs"], found["points"]) == (1, 250)
    assert min(found["start_s"], found["idle_mb"]) > 0
