"""Derived points through the real ingest: stored like any point, filled up from history, going on after a restart."""

from labkeeper_hub.derived.binding import LESSON, ROOM
from labkeeper_hub.derived.lineage import Lineage, Outcome
from labkeeper_hub.model import DERIVED_NODE, PointKey
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.leases.book import Room
from labkeeper_wire.payload import Metric

from .conftest import School, Start
from .scripted_node import double, joined, now_ms, until

MINUTE = 60_000
NODE = f"{DERIVED_NODE}lab"
MEAN = PointKey("school", NODE, "air", "co2_mean_10min")


def born(name: str, unit: str, value: float, time_ms: int) -> Metric:
    point = PointDescription(name, "measure", DataType.DOUBLE, unit)
    return Metric(name, value, DataType.DOUBLE, time_ms, properties=point.to_properties())


def lineage(school: School, key: PointKey = MEAN) -> Lineage | None:
    return next((one for one in school.hub.derived.all() if one.target == key), None)


def newest_minute(school: School, begin_ms: int) -> float | None:
    latest = school.latest("air", MEAN.point, NODE)
    return None if latest is None else (latest.time_ms - begin_ms) / MINUTE


async def test_a_mean_is_stored_like_any_point_and_history_fills_it_up_once(start: Start) -> None:
    begin_ms = now_ms() // MINUTE * MINUTE - 60 * MINUTE
    at = [begin_ms + minute * MINUTE for minute in range(60)]
    devices = {"air": [born("co2", "[ppm]", 400.0, at[0])]}
    async with start() as school, joined(school.port, devices=devices) as node:
        await until(lambda: lineage(school) is not None, "the derived point")
        node.send("air", [double("co2", 400.0, at[0]), double("co2", 400.0, at[7])], batch=1)
        node.send("air", [double("co2", 400.0, at[50])], batch=2)
        await until(lambda: newest_minute(school, begin_ms) == 37, "the last row that the value stood for")
        node.send("air", [double("co2", 600.0, at[40], historical=True)], batch=3)
        await until(lambda: (one := lineage(school)) is not None and one.late == 1, "the late reading")
        recompute = school.hub.derived.recompute
        assert await recompute([MEAN], begin_ms, now_ms()) == Outcome(written=9, same=33, other=0)
        assert await recompute([MEAN], begin_ms, now_ms()) == Outcome(written=0, same=42, other=0)
        rows = await school.rows("air", MEAN.point, NODE)
        assert [(row.time_ms - begin_ms) // MINUTE for row in rows] == [*range(5, 38), *range(41, 50)]
        assert newest_minute(school, begin_ms) == 37
    async with start() as school, joined(school.port, devices=devices, bd_seq=1) as node:
        await until(lambda: lineage(school) is not None, "the derived point")
        node.send("air", [double("co2", 700.0, at[57])], batch=4)
        await until(lambda: newest_minute(school, begin_ms) == 56, "going on where it was")
        assert (await school.hub.derived.recompute([MEAN], begin_ms, now_ms())).other == 0


async def test_what_is_derived_is_a_device_of_the_lab_but_no_node_and_goes_away_with_its_device(school: School) -> None:
    devices = {"air": [born("co2", "[ppm]", 400.0, now_ms())]}
    async with joined(school.port, devices=devices) as node:
        await until(lambda: school.online("air", NODE), "the derived device")
        registry = school.hub.parts.registry
        assert [(one.key.node, one.lab) for one in registry.devices()] == [(NODE, "lab"), ("lab", "lab")]
        assert [one.key.node for one in registry.nodes()] == ["lab"]
        school.hub.watch.write(now_ms())
        assert all(entry.node.node == "lab" for entry in school.hub.deliveries.ledger())
        node.lost("air")
        await until(lambda: not school.online("air", NODE), "its going away")


async def test_a_lessons_energy_is_that_of_its_meter(school: School) -> None:
    energy, before_ms = PointKey("school", NODE, "meter", "lesson_energy"), now_ms() - 5 * MINUTE
    school.hub.derived.now_ms = lambda: before_ms
    async with joined(school.port, devices={"meter": [born("energy", "kW.h", 5.0, before_ms)]}) as node:
        await until(lambda: school.latest(ROOM, LESSON, NODE) is not None, "that no lesson is on")
        node.send("meter", [double("energy", 5.0, before_ms)], batch=1)
        await node.acknowledged(1)
        school.hub.derived.now_ms = now_ms
        await school.hub.lessons.start("anna", Room("school", "lab"), 600_000)
        await until(lambda: (found := school.latest(ROOM, LESSON, NODE)) is not None and found.value is True, "lesson")
        begin_ms = now_ms()
        meter = [(begin_ms + 2 * MINUTE, 6.5), (begin_ms + 4 * MINUTE, 9.0)]
        node.send("meter", [double("energy", value, time_ms) for time_ms, value in meter], batch=2)
        await until(lambda: school.latest("meter", energy.point, NODE) is not None, "its energy")
        await until(lambda: (found := school.latest("meter", energy.point, NODE)) is not None and found.value == 1.5)
        one = lineage(school, energy)
        assert one is not None
        assert {key.point for key in one.inputs} == {"energy", LESSON}
