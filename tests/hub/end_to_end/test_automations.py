"""Automations beside a real broker: under a lease of their own, in nobody's way, with a record that says why."""

import asyncio
from dataclasses import dataclass, field

import pytest

from labkeeper_hub.automations.machine import State
from labkeeper_hub.automations.trace import Outcome, Trace, Why
from labkeeper_hub.automations.trial import Span
from labkeeper_hub.model import PointKey
from labkeeper_wire.commands import CommandResult, CommandState
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.leases.book import AUTOMATION, Room, Scope
from labkeeper_wire.payload import Metric

from .conftest import School, Start
from .scripted_node import DEADLINE_S, ScriptedNode, joined, lease_metrics, now_ms, until

MESSAGE = "fan-on: needs dry; since 2026-11-26T07:44:18Z; 需要：地面干燥 | needs: the floor is dry"
ROOM = Room("school", "lab")
ON = PointDescription("on", "switch", DataType.BOOLEAN, writable=True)
FAN = PointKey("school", "lab", "fan", "on")
TEXT = """
id = "air"
title = { zh = "通风", en = "Air" }
school = "school"
lab = "lab"
when = "hot"
then = [{ device = "fan", point = "on", value = true }]
cool_down = "1 ms"

[inputs.hot]
device = "room"
point = "hot"
"""


def room() -> dict[str, list[Metric]]:
    fan = Metric("on", False, ON.datatype, now_ms(), properties=ON.to_properties())
    return {"fan": [fan], "room": [hot(False)]}


def hot(value: bool) -> Metric:  # noqa: FBT001 -- the value of a point
    return Metric("hot", value, DataType.BOOLEAN, now_ms())


async def prepared(school: School, node: ScriptedNode, text: str = TEXT) -> None:
    """Have the automation on, and see that it has seen the room cool."""
    await until(lambda: school.online("fan") and school.latest("room", "hot") is not None, "the room")
    await school.hub.automations.put(text, "owner")
    await school.hub.automations.switch("air", "owner", on=True)
    await until(lambda: state(school).was is False, "a first look")
    node.send("room", [hot(True)])


def state(school: School) -> State:
    return school.hub.automations.watch.states.get("air", State())


async def runs(school: School, count: int) -> list[Trace]:
    """Wait for so many runs, and return them in order."""
    async with asyncio.timeout(DEADLINE_S):
        while len(found := await school.hub.automations.runs(10)) < count:
            await asyncio.sleep(0.02)
    return list(reversed(found))


@dataclass
class Record:
    """The record of who did what, in memory."""

    notes: list[tuple[str, str, str, str]] = field(default_factory=list)

    def note(self, who: str, what: str, subject: str, result: str) -> None:
        self.notes.append((who, what, subject, result))


async def test_it_takes_a_lease_commands_gives_it_back_and_says_by_what_it_was_decided(school: School) -> None:
    record = school.hub.automations.watch.audit = Record()
    async with joined(school.port, devices=room(), more=lease_metrics()) as node:
        await prepared(school, node)
        await until(lambda: bool(node.commands), "the command")
        device, request = node.commands[0]
        (lease,) = school.hub.leases.held()
        assert (lease.holder, lease.scope) == (f"{AUTOMATION}air", Scope(ROOM, "", "lab", "fan"))
        assert (device, request.fence, request.targets[0].value) == ("fan", lease.fence, True)
        node.answer("fan", CommandResult(request.id, CommandState.DONE))
        (run,) = await runs(school, 1)
        assert (run.outcome, run.parts[0].seen, run.results[0].state) == (Outcome.DONE, (("hot", True),), "done")
        assert not school.hub.leases.held()
        assert record.notes == [("automation/air", "run_automation", "school/lab", "done, 1 of 1")]
        trial = await school.hub.automations.tried(
            school.hub.automations.get("air").automation, Span(now_ms() - 60_000, now_ms() + 1000)
        )
        assert trial.readings == len(await school.rows("room", "hot"))
        assert trial.known_ms is None


async def test_an_interlock_that_refuses_is_in_the_run_with_which_condition_since_when_and_what_to_do(
    school: School,
) -> None:
    async with joined(school.port, devices=room(), more=lease_metrics()) as node:
        await prepared(school, node)
        await until(lambda: bool(node.commands), "the command")
        _, request = node.commands[0]
        node.answer("fan", CommandResult(request.id, CommandState.REJECTED, "interlock", MESSAGE))
        (run,) = await runs(school, 1)
        (result,) = run.results
        assert (run.outcome, result.point, result.state) == (Outcome.PARTLY, "on", "rejected")
        assert (result.code, result.message) == ("interlock", MESSAGE)
        assert not school.hub.leases.held(), "what it may not do it does not keep"


async def test_what_held_it_up_is_on_record_for_a_trial(school: School) -> None:
    async with joined(school.port, devices=room(), more=lease_metrics()) as node:
        await prepared(school, node)
        automation, hub = school.hub.automations.get("air").automation, school.hub
        await hub.stop.stop("anna")
        await hub.leases.take("anna", Scope(ROOM), 600_000)
        hub.watch.write(now_ms())
        hub.watch.write(now_ms())
        while len(await school.rows("#lab", "held", "#hub/lab")) < 2:
            await asyncio.sleep(0.02)
        at_ms = now_ms()
        past = await hub.automations.archive.past(automation, Span(at_ms - 600_000, at_ms + 1000), ())
        assert (past.known_ms or 0) // 60_000 in (at_ms // 60_000, at_ms // 60_000 - 1)
        assert all(any(span.has(at_ms - 1) for span in spans) for spans in (past.stops, past.held))


async def test_a_lesson_that_begins_meanwhile_has_the_lab_and_what_is_still_wanted_is_done_after_it(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkeeper_hub.lessons.lesson.UNDO_MS", 100)
    async with joined(school.port, devices=room(), more=lease_metrics()) as node:
        await prepared(school, node, TEXT + 'max_age = "1 h"\n')
        await until(lambda: bool(node.commands), "the command")
        lesson = await school.hub.lessons.start("anna", ROOM, 600_000)
        assert [one.holder for one in school.hub.leases.held()] == ["anna"], "the automation gave way at once"
        node.answer("fan", CommandResult(node.commands[0][1].id, CommandState.REJECTED, "old_fence"))
        (run,) = await runs(school, 1)
        assert (run.outcome, run.results[0].code) == (Outcome.PARTLY, "old_fence")
        node.send("room", [hot(False)])
        await until(lambda: state(school).was is False, "that it is cool")
        node.send("room", [hot(True)])
        held = (await runs(school, 2))[1]
        assert (held.outcome, held.why) == (Outcome.HELD, Why.LESSON)
        await school.hub.lessons.end("anna", lesson.room)
        await until(lambda: len(node.commands) == 2, "what was still wanted")


async def test_a_person_commands_what_an_automation_keeps_on_and_a_stop_keeps_it_from_acting(school: School) -> None:
    async with joined(school.port, devices=room(), more=lease_metrics()) as node:
        await prepared(school, node, TEXT.replace("cool_down", 'hold = "10 min"\ncool_down'))
        await until(lambda: bool(node.commands), "the command")
        node.answer("fan", CommandResult(node.commands[0][1].id, CommandState.DONE))
        await runs(school, 1)
        (lease,) = school.hub.leases.held()
        assert not school.hub.leases.change().held, "pages hear of leases that keep somebody from something"
        await school.hub.desk.submit(FAN, False, holder="ben")
        await until(lambda: len(node.commands) == 2, "the person's command")
        assert node.commands[1][1].fence == lease.fence
        await school.hub.stop.stop("anna")
        node.send("room", [hot(False)])
        await until(lambda: state(school).was is False, "that it is cool")
        node.send("room", [hot(True)])
        assert (await runs(school, 2))[1].why is Why.STOP
        await school.hub.automations.switch("air", "owner", on=False)
        assert not school.hub.leases.held(), "switched off it gives back what it holds"


async def test_after_a_restart_it_is_as_it_was_and_remembers_how_often_it_has_acted(start: Start) -> None:
    async with start() as first, joined(first.port, devices=room(), more=lease_metrics()) as node:
        await prepared(first, node)
        await until(lambda: bool(node.commands), "the command")
        node.answer("fan", CommandResult(node.commands[0][1].id, CommandState.DONE))
        (run,) = await runs(first, 1)
    async with start() as second:
        (kept,) = second.hub.automations.all()
        assert (kept.on, kept.by, kept.text) == (True, "owner", TEXT)
        assert state(second).acted_ms == (run.at_ms,)


async def test_a_rest_of_hours_outlives_a_restart(start: Start) -> None:
    text, ended_ms = TEXT.replace('"1 ms"', '"3 h"'), now_ms() - 2 * 3_600_000
    async with start() as first, joined(first.port, devices=room(), more=lease_metrics()):
        await until(lambda: first.online("fan"), "the room")
        await first.hub.automations.put(text, "owner")
        await first.hub.automations.switch("air", "owner", on=True)
        first.hub.automations.watch.diary.note([Trace("air", ended_ms, Outcome.DONE)])
        await runs(first, 1)
    async with start() as second:
        assert state(second).acted_ms == (ended_ms,)
