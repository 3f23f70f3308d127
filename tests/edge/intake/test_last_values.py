"""What a point said last is told again after a restart: with its own time, and stale until the device speaks."""

import sqlite3
from contextlib import closing
from pathlib import Path

from labkeeper_edge.devices import Devices
from labkeeper_edge.intake.last_values import LastKeeper, recalled
from labkeeper_edge.outbox.batches import metric_of
from labkeeper_edge.outbox.books import Quota
from labkeeper_edge.outbox.database import LAST_VALUES, PERSONAL, SCHEMA, SCHEMA_VERSION, open_database
from labkeeper_edge.outbox.outbox import Outbox, open_outbox
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.sampler import Stamped
from labkeeper_edge.uplink.births import device_metrics
from labkeeper_sdk import DeviceInfo, Measure, Point, State, Value
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import GOOD, STALE, quality_of

PLENTY = Quota(10**9, 10**9)
POINTS = (Measure("t"), State("door", type=bool))


def devices_after(outbox: Outbox, *points: Point) -> Devices:
    devices = Devices(Refusals(), {}, remembered=recalled(outbox.recalled.last_values))
    devices.found("a", DeviceInfo(id="d", points=points or POINTS))
    return devices


def said(devices: Devices, point: str, value: Value, time_ms: int) -> None:
    known = devices.get("d")
    assert known is not None
    kind = DataType.BOOLEAN if isinstance(value, bool) else DataType.DOUBLE
    known.last[point] = metric_of(Stamped(point, value, time_ms, GOOD), kind)


def born(devices: Devices, point: str) -> tuple[object, int | None, int]:
    known = devices.get("d")
    assert known is not None
    metric = device_metrics(known, devices.run, 9_000)[point]
    return metric.value, metric.time_ms, quality_of(metric)


async def test_a_birth_after_a_restart_has_the_last_value_stale_and_with_its_time(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        devices = devices_after(outbox)
        said(devices, "t", 21.5, 1_000)
        assert born(devices, "t") == (21.5, 1_000, GOOD)
        await LastKeeper(devices, outbox).save()
    async with open_outbox(tmp_path, PLENTY) as outbox:
        devices = devices_after(outbox)
        assert born(devices, "t") == (21.5, 1_000, STALE)
        assert born(devices, "door") == (None, 9_000, STALE)
        said(devices, "t", 22.0, 2_000)
        assert born(devices, "t") == (22.0, 2_000, GOOD)


async def test_what_a_body_said_last_is_remembered_by_no_disk(tmp_path: Path) -> None:
    points = (*POINTS, Measure("band-07/heart_rate"), Measure("gait", personal=True))
    async with open_outbox(tmp_path, PLENTY) as outbox:
        devices = devices_after(outbox, *points)
        for point in ("t", "band-07/heart_rate", "gait"):
            said(devices, point, 91.5, 1_000)
        await LastKeeper(devices, outbox).save()
    async with open_outbox(tmp_path, PLENTY) as outbox:
        devices = devices_after(outbox, *points)
        assert [born(devices, one)[0] for one in ("t", "band-07/heart_rate", "gait")] == [91.5, None, None]


async def test_a_point_of_another_type_or_name_remembers_nothing(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        devices = devices_after(outbox)
        said(devices, "t", 21.5, 1_000)
        said(devices, "door", value=True, time_ms=1_000)
        await LastKeeper(devices, outbox).save()
    async with open_outbox(tmp_path, PLENTY) as outbox:
        devices = devices_after(outbox, State("t", type=bool))
        assert born(devices, "t") == (None, 9_000, STALE)
        known = devices.get("d")
        assert known is not None
        assert known.last == {}


async def test_only_what_changed_is_written(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        devices = devices_after(outbox)
        keeper = LastKeeper(devices, outbox)
        said(devices, "t", 21.5, 1_000)
        await keeper.save()
        before = outbox.store.connection.total_changes
        await keeper.save()
        assert outbox.store.connection.total_changes == before
        said(devices, "t", 21.6, 2_000)
        await keeper.save()
        assert outbox.store.connection.total_changes > before


def test_an_outbox_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "node.sqlite3"
    with closing(sqlite3.connect(file)) as old:
        old.executescript(
            SCHEMA.replace(LAST_VALUES, "")
            .replace(PERSONAL, "")
            .replace(",\n    personal TEXT NOT NULL DEFAULT ''", "")
            .replace(f"user_version = {SCHEMA_VERSION}", "user_version = 1")
        )
        old.execute("CREATE TABLE fences (device TEXT PRIMARY KEY, fence INTEGER NOT NULL) WITHOUT ROWID")
        old.execute("INSERT INTO node VALUES ('taken', 7)")
        old.commit()
    for _ in range(2):
        with closing(open_database(file)) as opened:
            assert opened.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
            assert opened.execute("SELECT value FROM node").fetchone()[0] == 7
            assert opened.execute("SELECT COUNT(*) FROM last_values").fetchone()[0] == 0
