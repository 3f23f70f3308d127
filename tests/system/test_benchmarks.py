"""Short runs of benchmarks: each ends, and prints the keys that others read, as one JSON line."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from benchmarks.harness import counted
from labkeeper_sdk.testing import find_mosquitto

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed: apt install mosquitto"),
    pytest.mark.timeout(180),
]
MACHINE = {"cores", "python"}
ROOT = Path(__file__).parents[2]


async def figures(benchmark: str, *options: str) -> dict[str, Any]:
    """Run a benchmark as a person does; return its last line."""
    return (await figures_and_words(benchmark, *options))[0]


async def figures_and_words(benchmark: str, *options: str) -> tuple[dict[str, Any], str]:
    """Return what it told on the way, too."""
    command = (sys.executable, "-m", f"benchmarks.{benchmark}", "--json", *options)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    found = json.loads(out.splitlines()[-1])
    assert isinstance(found, dict)
    return found, err.decode()


async def test_ingest_counts_both_kinds_of_traffic_and_the_ledger_agrees() -> None:
    found = await figures("ingest", "--search", "1", "--step", "0.5")
    assert set(found) == MACHINE | {
        "broker",
        *("batched_readings_per_s", "batched_steps", "batched_held_per_s", "batched_cpu_ms", "batched_live_lag_p95_ms"),
        *("single_messages_per_s", "single_steps", "single_held_per_s", "single_cpu_ms", "single_live_lag_p95_ms"),
    }
    assert set(found["single_cpu_ms"]) == {"hub", "generator"}
    assert all(asked > 0 and acknowledged > 0 for asked, acknowledged, _ in found["batched_steps"])


async def test_alarms_of_a_small_flood_are_all_stored_none_twice_and_no_acknowledgement_is_taken_back() -> None:
    found = await figures("alarms", "--devices", "20")
    assert set(found) == MACHINE | {
        *("expected", "raised", "duplicates", "lost_acks", "flood_stored", "flood_sent"),
        *("node_raise_p99_ms", "page_raise_p99_ms", "safety_first_p99_ms"),
    }
    assert (found["expected"], found["raised"]) == (209, 209)
    assert (found["duplicates"], found["lost_acks"], found["flood_stored"]) == (0, 0, 200)
    assert 0 < found["flood_sent"] < found["expected"], "the flood is told in groups"


async def test_loss_says_zero_three_times_and_on_the_way_which_run_it_is_at() -> None:
    found, words = await figures_and_words("loss", "--fault", "none", "--rate", "50", "--runs", "1")
    assert set(found) == MACHINE | {
        *("fault", "down_s", "rate", "sent", "missing", "invented", "altered", "clean_runs", "runs"),
    }
    assert [found[name] for name in ("missing", "invented", "altered")] == [0, 0, 0]
    assert found["sent"] == found["runs"][0]["sent"] == found["runs"][0]["stored"] > 50
    assert (found["clean_runs"], len(found["runs"])) == (1, 1)
    assert "fault none: run 1 of 1" in words
    assert "comparing what is stored with what was sent" in words


def test_what_is_done_often_is_said_when_a_person_wonders(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    for _ in counted(range(10), "round"):
        now_s += 0.9
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split("  ")[-1] for line in err.splitlines()] == [f"round {number} of 10" for number in (1, 4, 7, 10)]


async def test_the_outbox_tells_what_a_reading_costs() -> None:
    found = await figures("outbox", "--commits", "20")
    assert set(found) == MACHINE | {"commits", "batch", "keep_bytes", "acks_every", "cpu_us", "bytes"}
    assert found["commits"] == 20
    assert found["bytes"] > 8


STARTED_BY_OTHERS = {"button_node", "isolation_node", "reloading", "spectating", "timed_hub"}
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


async def test_a_button_at_one_node_is_an_order_at_the_others_driver() -> None:
    found = await figures("page", "--only", "button", "--count", "3")
    times = [f"button_{where}_{percent}_ms" for where in ("here", "there") for percent in ("p50", "p99")]
    assert set(found) == MACHINE | {*times, "buttons_pressed", "broker"}
    assert found["buttons_pressed"] == 3
    assert 0 < found["button_there_p50_ms"] <= found["button_there_p99_ms"]


async def test_turns_names_who_holds_the_loop() -> None:
    found = await figures("turns", "--labs", "1", "--beside", "1")
    names = {"points", "addresses", "answered", "longest_ms", "over_10_ms", "first_ms", "held_ms"}
    assert set(found) == MACHINE | names
    assert found["points"] == 250
    assert 50 < found["answered"] < found["addresses"]
    assert found["longest_ms"] >= max(found["held_ms"].values(), default=0.0)
    assert found["first_ms"] > 0


async def test_footprint_tells_the_start_and_the_weight() -> None:
    found = await figures("footprint", "--runs", "1")
    assert set(found) == MACHINE | {"start_s", "first_start_s", "idle_mb", "runs", "points"}
    assert (found["runs"], found["points"]) == (1, 250)
    assert min(found["start_s"], found["idle_mb"]) > 0


async def test_the_page_tells_how_old_readings_are_on_a_hundred_pages() -> None:
    found = await figures("page", "--only", "live", "--count", "1")
    assert set(found) == MACHINE | {
        *("reading_to_page_p50_ms", "reading_to_page_p99_ms", "pages", "seen", "readings_per_s"),
    }
    assert 0 < found["reading_to_page_p50_ms"] <= found["reading_to_page_p99_ms"]
    assert (found["pages"], found["seen"] > found["pages"]) == (100, True)


async def test_a_stop_tells_when_it_was_on_the_bus_and_whom_it_did_not_reach() -> None:
    found = await figures("page", "--only", "stop", "--count", "2")
    assert set(found) == MACHINE | {
        *("stop_p50_ms", "stop_p95_ms", "confirmed_p50_ms", "confirmed_p99_ms", "not_confirmed", "presses"),
        *("pages_reloading", "reloads", "broker"),
    }
    assert 0 < found["stop_p50_ms"] <= found["stop_p95_ms"]
    assert (found["presses"], found["not_confirmed"], found["reloads"] >= 30) == (2, 0, True)


async def test_other_screens_are_told_what_one_has_commanded() -> None:
    found = await figures("page", "--only", "others", "--count", "2")
    assert set(found) == MACHINE | {
        *("other_screens_p50_ms", "other_screens_p95_ms", "other_screens_missed", "other_screens", "commands"),
    }
    assert 0 < found["other_screens_p50_ms"] <= found["other_screens_p95_ms"]
    assert (found["other_screens_missed"], found["other_screens"]) == (0, 30)


async def test_the_leases_count_what_an_old_holder_executed() -> None:
    found = await figures("leases", "--interleavings", "20", "--seed", "1")
    assert set(found) == MACHINE | {
        *("interleavings", "old_holder_commands_executed", "commands_executed_twice", "commands_sent"),
        *("commands_executed", "reckless_executed", "forgetful_executed_twice", "steps", "seed"),
    }
    assert (found["interleavings"], found["old_holder_commands_executed"]) == (20, 0)
    assert found["reckless_executed"] > 0
