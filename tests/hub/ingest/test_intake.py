"""The rules of decision 0011, one by one, without a broker."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from labkeeper_hub.bus import EventBus
from labkeeper_hub.ingest.deliveries import Deliveries
from labkeeper_hub.ingest.intake import AHEAD_MS, FIRST_MS, Intake, Source
from labkeeper_hub.ingest.refusals import NAMED, REMEMBERED, Refusals
from labkeeper_hub.model import DeviceKey, NodeKey
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.timeseries.columns import ARRIVAL, BAD, DOUBTFUL, FLOAT, HISTORICAL, INT, NULL, TEXT, WIDE
from labkeeper_hub.timeseries.journal import open_journal
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription
from labkeeper_wire.effects import DataReceived
from labkeeper_wire.payload import Metric, Property

NOW_MS = 1_800_000_000_000
NODE = NodeKey("school", "lab")
POINTS = {"co2": DataType.DOUBLE, "count": DataType.UINT64, "mode": DataType.STRING}


@dataclass
class Desk:
    """An intake with one device, and what came of a message."""

    intake: Intake
    ours: Source
    foreign: Source
    answers: list[DeviceKey] = field(default_factory=list)

    def hear(self, source: Source, *metrics: Metric, batch: int | None = None, device: str = "air") -> None:
        self.intake.data(source, DataReceived(*NODE, device, metrics, NOW_MS, batch), NOW_MS)

    def stored(self) -> list[tuple[int, int]]:
        """Return (time, mark) of what waits for the commit."""
        group = self.intake.journal.group
        return list(zip(group.times, group.marks, strict=True))

    def refused(self) -> dict[str, int]:
        return dict(self.intake.refusals.counts)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_journal(tmp_path / "journal.sqlite") as journal:
        bus, answers = EventBus(flush_s=3600), list[DeviceKey]()
        deliveries = Deliveries(lambda *_: None)
        intake = Intake(journal, deliveries, bus, Refusals(), lambda device, *_: answers.append(device))
        registry = HubRegistry(bus, journal.series_of, {})
        node = registry.node_born(NODE, NodeDescription(), None, NOW_MS)
        points = [PointDescription(name, "measure", datatype) for name, datatype in POINTS.items()]
        device = registry.device_born(node, "air", DeviceDescription(), points, NOW_MS)
        ours = Source(deliveries.of(NODE, "epoch"), ours=True, devices={"air": device})
        foreign = Source(deliveries.of(NODE, ""), ours=False, devices={"air": device})
        yield Desk(intake, ours, foreign, answers)
        bus.flush()


def co2(value: float | None, time_ms: int | None = NOW_MS, **more: Any) -> Metric:  # noqa: ANN401 -- any field of a metric
    return Metric("co2", value, DataType.DOUBLE, time_ms)._replace(**more)


async def test_each_kind_of_value_is_marked_as_what_it_is(desk: Desk) -> None:
    count, mode = Metric("count", 5, DataType.UINT64, NOW_MS), Metric("mode", "auto", DataType.STRING, NOW_MS)
    desk.hear(desk.ours, co2(1.5), count, count._replace(value=1 << 63), mode, co2(None), batch=1)
    assert [mark for _, mark in desk.stored()] == [FLOAT, INT, WIDE, TEXT, NULL]


async def test_quality_and_history_are_marked(desk: Desk) -> None:
    bad = {"Quality": Property(0, DataType.INT32)}
    desk.hear(desk.ours, co2(1.5, properties=bad), co2(1.5, historical=True), batch=1)
    assert [mark for _, mark in desk.stored()] == [FLOAT | BAD, FLOAT | HISTORICAL]


@pytest.mark.parametrize("time_ms", [0, FIRST_MS - 1, NOW_MS + AHEAD_MS + 1])
async def test_a_doubtful_time_of_ours_is_kept_and_a_foreign_one_gives_way(desk: Desk, time_ms: int) -> None:
    desk.hear(desk.ours, co2(1.5, time_ms), batch=1)
    desk.hear(desk.foreign, co2(1.5, time_ms))
    assert desk.stored() == [(time_ms, FLOAT | DOUBTFUL), (NOW_MS, FLOAT | ARRIVAL)]
    assert desk.refused() == {"time_doubtful": 2}


@pytest.mark.parametrize("time_ms", [FIRST_MS, NOW_MS + AHEAD_MS])
async def test_a_time_at_the_edge_is_believed(desk: Desk, time_ms: int) -> None:
    desk.hear(desk.foreign, co2(1.5, time_ms))
    assert desk.stored() == [(time_ms, FLOAT)]
    assert desk.refused() == {}


async def test_a_reading_without_any_time_has_that_of_its_arrival(desk: Desk) -> None:
    desk.hear(desk.ours, co2(1, None), batch=1)
    assert desk.stored() == [(NOW_MS, FLOAT | ARRIVAL)]


async def test_data_of_ours_outside_the_outbox_is_live_and_not_stored(desk: Desk) -> None:
    desk.hear(desk.ours, co2(7.5))
    assert desk.stored() == []
    assert desk.ours.devices["air"].points["co2"].value == 7.5


async def test_a_transient_metric_is_never_a_reading(desk: Desk) -> None:
    desk.hear(desk.foreign, co2(7.5, transient=True))
    assert desk.stored() == []
    assert desk.refused() == {"not_a_reading": 1}


async def test_what_has_no_place_is_refused_by_name(desk: Desk) -> None:
    desk.hear(desk.ours, co2(1.5), batch=0)
    desk.hear(desk.ours, co2(1.5), batch=1, device="unknown")
    assert desk.stored() == []
    assert desk.refused() == {"bad_batch": 1, "unknown_device": 1}


async def test_what_a_node_of_ours_says_of_itself_is_no_reading_and_no_mistake(desk: Desk) -> None:
    desk.hear(desk.ours, Metric("Refused/json", 3, DataType.UINT64, NOW_MS), batch=1)
    assert (desk.stored(), desk.refused()) == ([], {})


async def test_a_report_that_makes_no_sense_counts_for_nothing(desk: Desk) -> None:
    desk.hear(desk.ours, Metric("Delivery/Taken", "many", DataType.STRING, NOW_MS))
    assert desk.ours.delivery.entry().taken == 0


async def test_an_answer_to_a_command_goes_to_the_desk(desk: Desk) -> None:
    desk.hear(desk.ours, Metric("Command/Result", "{}", DataType.STRING, NOW_MS, transient=True))
    assert desk.answers == [DeviceKey(*NODE, "air")]


def test_one_line_for_each_place_and_reason(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    for _ in range(3):
        refusals.count("not_finite", "a point")
        refusals.count("late", "a point")
        refusals.count("not_finite", "另一个")
    assert len(caplog.records) == 3
    assert refusals.counts == {"not_finite": 6, "late": 3}


def test_a_new_name_for_every_message_fills_neither_log_nor_memory(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    for number in range(4 * REMEMBERED):
        refusals.count("bad_id", f"topic {number} " + "x" * 60_000)
    doublings = (4 * REMEMBERED).bit_length() - NAMED.bit_length()
    assert len(caplog.records) == NAMED + doublings
    assert "topic 4095" in caplog.text
    assert max(len(record.getMessage()) for record in caplog.records) < 300
    assert len(refusals._said) <= REMEMBERED
    assert refusals.counts["bad_id"] == 4 * REMEMBERED


def test_a_topic_cannot_write_lines_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    Refusals().count("bad_id", "a\n2026-01-01 ERROR all is lost\x1b[2J")
    assert caplog.records[0].getMessage().isprintable()
