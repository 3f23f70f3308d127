"""Lessons beside a real broker: the lease at the node, the scenes as commands, and a hub that starts again."""

from pathlib import Path

import pytest

from labkeeper_hub.lessons.file import read_lessons
from labkeeper_hub.lessons.lesson import Phase
from labkeeper_hub.settings import HubSettings
from labkeeper_sdk.testing import Broker
from labkeeper_wire.commands import CommandResult, CommandState
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.leases.book import Room
from labkeeper_wire.payload import Metric

from .conftest import School, running
from .scripted_node import joined, lease_metrics, now_ms, until

ROOM = Room("school", "lab")
STATE = PointDescription("state", "switch", DataType.BOOLEAN, writable=True)
BRIGHTNESS = PointDescription("brightness", "setpoint", DataType.INT32, writable=True)


def lamp() -> dict[str, list[Metric]]:
    at_ms = now_ms()
    return {
        "lamp": [
            Metric("state", False, STATE.datatype, at_ms, properties=STATE.to_properties()),
            Metric("brightness", 60, BRIGHTNESS.datatype, at_ms, properties=BRIGHTNESS.to_properties()),
        ]
    }


async def test_a_lesson_has_the_lease_at_the_node_and_its_opening_scene_is_commanded(school: School) -> None:
    async with joined(school.port, devices=lamp(), more=lease_metrics()) as node:
        await until(lambda: school.online("lamp"), "the lamp")
        lesson = await school.hub.lessons.start("anna", ROOM, 60_000)
        await until(lambda: bool(node.commands), "the opening scene")
        device, request = node.commands[0]
        assert (device, request.fence, request.targets[0].value) == ("lamp", lesson.fence, True)
        assert node.tables[-1].leases[0].holder == "anna"
        node.answer("lamp", CommandResult(request.id, CommandState.DONE))
        await until(lambda: ROOM in school.hub.lessons.counts, "the count")
        assert school.hub.lessons.counts[ROOM].words() == "1 of 1"
        assert school.hub.alarms.lesson("school", "lab") is True
        assert school.hub.alarms.lesson("school", "another") is False


async def test_a_lesson_goes_on_with_its_lease_when_the_hub_starts_again(broker: Broker, tmp_path: Path) -> None:
    settings = HubSettings(data=tmp_path, broker=broker.url)
    async with running(settings, broker) as first:
        lesson = await first.hub.lessons.start("anna", ROOM, 600_000)
    assert read_lessons(tmp_path) == {ROOM: lesson}
    async with running(settings, broker) as second:
        assert second.hub.lessons.on == {ROOM: lesson}
        assert [one.fence for one in second.hub.leases.held()] == [lesson.fence]
        ending = await second.hub.lessons.end("anna", ROOM)
        assert ending.phase is Phase.ENDING


async def test_a_forgotten_lesson_ends_by_its_time(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkeeper_hub.lessons.lesson.UNDO_MS", 100)
    await school.hub.lessons.start("anna", ROOM, 100)
    await until(lambda: not school.hub.lessons.on and not school.hub.leases.held(), "the end, and the lease given back")
    assert read_lessons(school.hub.lessons.data) == {}
    await school.hub.lessons.start("ben", ROOM, 60_000)
