"""An export older than the journal: the file is the one the whole journal would have made, or says what it lacks."""

import asyncio
import io
import json
import os
import subprocess
import sys
import urllib.parse
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pyarrow.parquet as pq
import pytest

from labkeeper_hub.export.__main__ import AWAY, CHANGED, NOBODY
from labkeeper_hub.export.older import PAGE, TRIES
from labkeeper_hub.export.order import FileFormat, Order, OrderedPoint
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.timeseries.columns import BAD, HISTORICAL, STALE
from labkeeper_hub.timeseries.journal import Keeping
from labkeeper_hub.timeseries.pace import Pace, UpkeepPace
from labkeeper_hub.timeseries.retention import READINGS, Retention
from labkeeper_sdk import Value
from labkeeper_sdk.testing import free_port
from tests.hub.timeseries.conftest import running

from .conftest import KEY, START_MS, Database, Stored, forwarding, through
from .scripted_server import Act, answer, hang_up, open_server

pytestmark = pytest.mark.timeout(300)
COMMAND = [sys.executable, "-m", "labkeeper_hub.export"]
SECOND, END_MS = 1_000, START_MS + 10_000_000
NOW_MS = START_MS + 100 * SECOND
ROOM = 48_000  # kB more for ten times as much, as for exports of the journal alone
WIDE = KEY._replace(point="counter")
MODE = KEY._replace(point="mode")
GONE = KEY._replace(point="gone")
NEW = KEY._replace(point="new")
POINTS = (
    OrderedPoint(**KEY._asdict(), lab="一号", unit="Cel", kind="measure", type="float"),
    OrderedPoint(**WIDE._asdict(), lab="一号", unit="1", kind="measure", type="int"),
    OrderedPoint(**MODE._asdict(), lab="一号", unit="", kind="state", type="str"),
    OrderedPoint(**GONE._asdict(), lab="一号", unit="Cel", kind="measure", type="float"),
    OrderedPoint(**NEW._asdict(), lab="一号", unit="Cel", kind="measure", type="float"),
)


@dataclass(frozen=True)
class Made:
    """What one export gave."""

    file: bytes
    said: list[dict[str, Any]]
    status: int
    peak_kb: int


def made(order: Order, out: Path) -> Made:
    """Export in a process of its own, as the hub does."""
    with out.open("wb") as target, subprocess.Popen(COMMAND, stdin=PIPE, stdout=target, stderr=PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(order.model_dump_json().encode())
        process.stdin.close()
        said = [json.loads(line) for line in process.stderr]
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Made(out.read_bytes(), said, process.returncode, usage.ru_maxrss)


def ordered(stored: Stored, form: FileFormat, influx: InfluxSettings | None = None, **more: Any) -> Order:  # noqa: ANN401 -- an order's own fields
    window = {"from_ms": START_MS - 5, "to_ms": END_MS, "points": POINTS}
    return Order(journal=str(stored.journal.file), format=form, influx=influx, **{**window, **more})


@pytest.fixture
async def aging(tmp_path: Path) -> AsyncIterator[Stored]:
    """A journal that keeps readings for 40 seconds, when it is told to look."""
    hasty = UpkeepPace(retire_s=0.0, free_pages=0)
    keeping = Keeping(Retention({READINGS: 40 * SECOND}), hasty, lambda: NOW_MS)
    async with running(tmp_path / "journal.sqlite", Pace(commit_s=0.001), keeping) as journal:
        yield Stored(journal)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkeeper_hub.timeseries.chunk.MOST", 6)
    monkeypatch.setattr("labkeeper_hub.timeseries.chunk.SMALL", 3)


async def filled(stored: Stored) -> None:
    """Store readings of every kind, several in one millisecond, some late, in chunks and in the log.

    One comes so late that a chunk which stays begins before what retention takes ends: both have it.
    """
    values: Sequence[Value] = (1, -7, 1 << 63, (1 << 64) - 1)
    for at in range(100):
        time_ms = START_MS + at * SECOND
        other = [(WIDE, time_ms, values[at % 4]), (MODE, time_ms, f"加热, {at}"), (MODE, time_ms, None)]
        other += [(GONE, time_ms, one) for one in (float(at), at + 0.5, 1e300) if at < 30]
        other += [(NEW, time_ms, 2.5)] if at > 90 else []
        await stored.put((KEY, time_ms, at * 0.37 - 5), *other, mark=(0, BAD, STALE)[at % 3])
        if at % 20 == 19:
            await stored.put((KEY, time_ms - 3_500, 99.0), mark=HISTORICAL)
        if at == 83:
            await stored.put((KEY, START_MS + 20_300, 98.0), mark=HISTORICAL)
        if at % 10 == 5:
            await stored.journal.compact()


async def retired(stored: Stored) -> int:
    """Let retention take what is too old; return how many readings it took."""
    while await stored.journal.upkeep.slice():
        pass
    return sum(one.rows for one in stored.journal.upkeep.retiring.gone.values() if one.level == READINGS)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("every_ms", [None, 7_000])
@pytest.mark.parametrize("form", ["csv", "parquet"])
async def test_what_retention_took_comes_from_influxdb_and_the_file_is_the_same(
    aging: Stored, database: Database, tmp_path: Path, form: FileFormat, every_ms: int | None
) -> None:
    await filled(aging)
    order = ordered(aging, form, database.settings, every_ms=every_ms)
    whole = await asyncio.to_thread(made, ordered(aging, form, every_ms=every_ms), tmp_path / "before")
    async with forwarding(database.settings, aging.journal) as forwarder:
        await through(forwarder)
    assert await retired(aging) > 100
    alone = await asyncio.to_thread(made, ordered(aging, form, every_ms=every_ms), tmp_path / "alone")
    both = await asyncio.to_thread(made, order, tmp_path / "both")
    assert (whole.status, both.status, alone.said[0]["reason"]) == (0, 0, "retired")
    assert alone.said[-1]["rows"] < whole.said[-1]["rows"] == both.said[-1]["rows"]
    assert both.said[-1]["done"] == both.said[-1]["total"]
    assert "reason" not in both.said[0]
    assert both.file == whole.file if form == "csv" else rows(both) == rows(whole)


def rows(found: Made) -> list[dict[str, Any]]:
    table = pq.read_table(io.BytesIO(found.file))
    listed: list[dict[str, Any]] = table.to_pylist()
    return listed


async def test_a_window_of_which_the_journal_has_everything_asks_nobody(stored: Stored, tmp_path: Path) -> None:
    await stored.put((KEY, START_MS, 1.0), (KEY, START_MS + 1, 2.0))
    async with open_server() as server:
        order = ordered(stored, "csv", InfluxSettings(url=server.url), from_ms=START_MS, points=POINTS[:1])
        found = await asyncio.to_thread(made, order, tmp_path / "out")
    assert (found.status, found.said[-1]["rows"], server.seen) == (0, 2, [])


async def test_a_line_that_lies_under_two_labs_comes_once_whatever_the_page(
    stored: Stored, database: Database, tmp_path: Path
) -> None:
    """A hub that died between sending and noting sends again, and the device may have moved meanwhile."""
    await database.make()
    tags = "device=0x0001,kind=measure,lab={lab},node=lab\\ 1,point=temperature,school=demo"
    times = [(START_MS + at // 3) * 1_000_000 + at % 3 for at in range(PAGE + 10)]
    for lab, some in (("old", times), ("new", times[-40:])):
        await database.write("\n".join(f"readings,{tags.format(lab=lab)} value={at} {at}" for at in some))
    order = ordered(stored, "csv", database.settings, points=POINTS[:1])
    found = await asyncio.to_thread(made, order, tmp_path / "out")
    assert found.said[-1]["rows"] == len(times)


@pytest.mark.usefixtures("small_chunks")
async def test_an_influxdb_that_is_away_is_named_and_the_journals_part_comes(aging: Stored, tmp_path: Path) -> None:
    await filled(aging)
    await retired(aging)
    nobody = InfluxSettings(url=f"http://127.0.0.1:{free_port()}")
    alone = await asyncio.to_thread(made, ordered(aging, "csv"), tmp_path / "alone")
    found = await asyncio.to_thread(made, ordered(aging, "csv", nobody), tmp_path / "out")
    assert (found.status, found.file) == (0, alone.file)
    assert found.said[0]["reason"] == "influx_unreachable"
    assert found.said[0]["incomplete_before_ms"] >= alone.said[0]["incomplete_before_ms"]


PAGE_TOLD = {"columns": ["time", "value"], "values": [[(START_MS + 1) * 1_000_000, 2.5]]}
COUNTED = {"columns": ["time", "value"], "values": [[0, 1]]}
NOTHING = '{"results":[{"statement_id":0}]}'


def told(series: dict[str, Any]) -> Act:
    return answer("200 OK", json.dumps({"results": [{"series": [series]}]}))


async def test_an_influxdb_that_goes_away_meanwhile_ends_the_export_with_its_reason(
    stored: Stored, tmp_path: Path
) -> None:
    async with open_server([told(PAGE_TOLD), told(COUNTED), told(PAGE_TOLD)], hang_up) as server:
        order = ordered(stored, "csv", InfluxSettings(url=server.url), points=POINTS[:1])
        found = await asyncio.to_thread(made, order, tmp_path / "out")
    assert (found.status, found.said[-1]) == (AWAY, {"reason": "influx_unreachable"})
    assert len(server.seen) == 3 + TRIES
    assert len({0, 1, AWAY, CHANGED, NOBODY}) == 5


async def test_one_failure_is_got_over_and_a_count_that_does_not_come_costs_nothing(
    stored: Stored, tmp_path: Path
) -> None:
    script = [told(PAGE_TOLD), hang_up, hang_up, told(PAGE_TOLD)]
    async with open_server(script, answer("200 OK", NOTHING)) as server:
        order = ordered(stored, "csv", InfluxSettings(url=server.url), points=POINTS[:1])
        found = await asyncio.to_thread(made, order, tmp_path / "out")
    assert (found.status, found.said[0]) == (0, {"total": 0})
    assert found.said[-1] == {"total": 1, "done": 1, "rows": 1}
    assert b",2.5,192\r\n" in found.file


async def test_a_point_of_which_influxdb_has_nothing_older_is_not_asked_for_again(
    stored: Stored, tmp_path: Path
) -> None:
    async with open_server([told(PAGE_TOLD)], answer("200 OK", NOTHING)) as server:
        order = ordered(stored, "csv", InfluxSettings(url=server.url), points=POINTS[:1])
        found = await asyncio.to_thread(made, order, tmp_path / "out")
    assert (found.status, found.said[-1]["rows"], len(server.seen)) == (0, 0, 2)


async def test_answers_that_are_too_long_are_asked_for_in_smaller_pages(stored: Stored, tmp_path: Path) -> None:
    long = answer("200 OK", '{"results":[{"series":[{"columns":["time","value_text"],"values":[[1,"' + "x" * (9 << 20))
    script = [told(PAGE_TOLD), told(COUNTED), long, long, told(PAGE_TOLD)]
    async with open_server(script, answer("200 OK", NOTHING)) as server:
        order = ordered(stored, "csv", InfluxSettings(url=server.url), points=POINTS[:1])
        found = await asyncio.to_thread(made, order, tmp_path / "out")
    asked = [urllib.parse.unquote_plus(request.target).split("LIMIT ")[-1].split()[0] for request in server.seen[2:]]
    assert (found.status, asked) == (0, [str(PAGE), str(PAGE // 2), *[str(PAGE // 4)] * 2])


async def test_ten_times_as_much_from_influxdb_takes_no_more_memory(
    stored: Stored, database: Database, tmp_path: Path
) -> None:
    await database.make()
    many, head = 250_000, "readings,device=0x0001,kind=measure,lab=a,node=lab\\ 1,point=temperature,school=demo"
    for first in range(0, many, 25_000):
        lines = (f"{head} value={at / 8} {(START_MS + at) * 1_000_000}" for at in range(first, first + 25_000))
        await database.write("\n".join(lines))
    whole = ordered(stored, "csv", database.settings, points=POINTS[:1])
    tenth = whole.model_copy(update={"to_ms": START_MS + many // 10})
    small = await asyncio.to_thread(made, tenth, tmp_path / "small")
    large = await asyncio.to_thread(made, whole, tmp_path / "large")
    assert [one.said[-1]["rows"] for one in (small, large)] == [many // 10, many]
    assert large.peak_kb < small.peak_kb + ROOM
    done = [one["done"] for one in large.said[1:]]
    assert done == sorted(done)
    assert large.said[0] == {"total": many}
