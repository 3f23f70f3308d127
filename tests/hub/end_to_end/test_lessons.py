"""Lessons beside a real broker: the lease at the node, the scenes as commands, and a hub that starts again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from labkeeper_hub.accounts import Grant, Person, Role
from labkeeper_hub.lessons.file import read_lessons, write_lessons
from labkeeper_hub.lessons.lesson import LessonRefused, Phase
from labkeeper_hub.lessons.record import record_name
from labkeeper_hub.model import HeldLease, PointKey, ReadingsQuery
from labkeeper_hub.recordings.recording import Plan, RecordingRefused, Stage
from labkeeper_hub.settings import HubSettings
from labkeeper_hub.timetable import bell
from labkeeper_hub.timetable.slots import Dated, Teaching, Timetable
from labkeeper_hub.timetable.year import Year
from labkeeper_sdk.testing import Broker
from labkeeper_wire.commands import CommandResult, CommandState
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.leases.book import Room, Scope
from labkeeper_wire.payload import Metric

from .conftest import School, Start, running
from .scripted_node import double, joined, lease_metrics, now_ms, until

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
        assert school.heard.of("run_scene") == [("anna", "school/lab/begin", "1 of 1")]
        assert school.hub.alarms.lesson("school", "lab") is True
        assert school.hub.alarms.lesson("school", "another") is False


def starting_now(teacher: str) -> Timetable:
    """A timetable with one slot, which began with this minute; in its zone it is about noon whenever the test runs."""
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
    start = datetime.now(ZoneInfo(zone)).replace(second=0, microsecond=0, tzinfo=None)
    times = start.time(), (start + timedelta(minutes=40)).time()
    slot = Dated("lab", start.date(), *times, Teaching("4(1)", "AI", teacher), starts=True)
    return Timetable(dated=(slot,), year=Year(zone))


async def test_the_bell_starts_a_lesson_with_its_lease_its_scene_and_its_record_once_the_disk_lets_it(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(bell, "LOOK_S", 0.05)
    async with start() as school, joined(school.port, devices=lamp(), more=lease_metrics()) as node:
        hub = school.hub
        await until(lambda: school.online("lamp"), "the lamp")
        hub.bell.person, hub.bell.audit = {"p-1": Person("p-1", (Grant(Role.TEACHER),))}.get, school.heard
        hub.lessons.data = Path("/proc/nowhere")
        hub.timetable.timetables["school"] = starting_now("p-1")
        await until(lambda: "no lesson starts by the timetable in school/lab" in caplog.text, "the refusal")
        await until(lambda: not hub.leases.held(), "the lease given back")
        assert not hub.lessons.on
        hub.lessons.data = tmp_path
        await until(lambda: ROOM in hub.lessons.on, "the lesson")
        await until(lambda: bool(node.commands and hub.bell.register.on), "its scene, and its place in the register")
        await until(lambda: bool(hub.recordings.all()), "its record")
        lesson, (record,) = hub.lessons.on[ROOM], hub.recordings.all()
        assert (lesson.teacher, record.id, record.stage) == ("p-1", record_name(lesson), Stage.RUNNING)
        assert node.tables[-1].leases[0].holder == "p-1"
        device, request = node.commands[0]
        assert (device, request.fence, request.targets[0].value) == ("lamp", lesson.fence, True)
        assert hub.bell.register.on[lesson.name][3:5] == ("4(1)", "AI")
        assert school.heard.of("start_lesson") == [("timetable", "school/lab", "p-1")]
        ended = await hub.lessons.end("p-1", ROOM)
        assert ended.phase is Phase.ENDING


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
    assert school.heard.of("end_lesson") == [("hub", "school/lab", "of anna: its time is over")]
    await school.hub.lessons.start("ben", ROOM, 60_000)


async def test_a_lesson_that_loses_its_lease_ends_and_that_is_on_record(school: School) -> None:
    lesson = await school.hub.lessons.start("anna", ROOM, 60_000)
    await school.hub.leases.release(lesson.fence, "anna")
    await until(lambda: not school.hub.lessons.on, "the end")
    assert school.heard.of("end_lesson") == [("hub", "school/lab", "of anna: its lease is gone")]


async def test_a_lesson_that_a_disk_refuses_to_hand_over_stays_who_had_it(school: School) -> None:
    lessons, leases = school.hub.lessons, school.hub.leases
    lesson = await lessons.start("anna", ROOM, 60_000)
    lessons.data = Path("/proc/nowhere")
    with pytest.raises(LessonRefused) as refused:
        await lessons.take_over("ben", ROOM, 60_000, "anna went home")
    assert refused.value.code == "hub_disk"
    assert (lessons.on, [(one.fence, one.holder) for one in leases.held()]) == (
        {ROOM: lesson},
        [(lesson.fence, "anna")],
    )


@pytest.mark.parametrize("teaching", [True, False])
async def test_a_disk_that_refuses_once_the_lease_was_taken_over_leaves_nobody_with_it(
    school: School, monkeypatch: pytest.MonkeyPatch, *, teaching: bool
) -> None:
    lessons, leases = school.hub.lessons, school.hub.leases
    if teaching:
        await lessons.start("anna", ROOM, 60_000)
    else:
        await leases.take("anna", Scope(ROOM), 60_000)
    monkeypatch.setattr(leases, "ended", lambda _: setattr(lessons, "data", Path("/proc/nowhere")))
    with pytest.raises(LessonRefused):
        await lessons.take_over("ben", ROOM, 60_000, "anna went home")
    assert leases.held() == ()


async def test_who_signs_out_everywhere_holds_nothing_more_but_a_lesson_that_waits_for_them(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    lessons, leases, inside = school.hub.lessons, school.hub.leases, {"ben"}
    lessons.signed_in = inside.__contains__
    lesson = await lessons.start("anna", ROOM, 600_000)
    group = HeldLease(0, "g-1", Scope(ROOM, "3"), lesson.until_ms, floor=())
    given = await leases.give(lesson.fence, "anna", group)
    bench = await leases.take("anna", Scope(Room("school", "other"), "1"), 600_000)
    program = await leases.take("anna:t-1", Scope(Room("school", "third")), 600_000)
    await lessons.start("ben", Room("school", "bens"), 600_000)
    await lessons.leave("anna")
    await until(lambda: len(leases.held()) == 3, "the ends")
    assert [one.holder for one in leases.held()] == ["anna", "anna:t-1", "ben"]
    assert program in leases.held()
    assert school.heard.of("end_lease") == [("hub", "school/other/1", f"{bench.fence} of anna: signed out everywhere")]
    assert school.heard.of("end_floor") == [("hub", "school/lab/3", f"{given.fence} of g-1: signed out everywhere")]
    assert read_lessons(lessons.data)[ROOM].ends_ms < lesson.until_ms
    inside.add("anna")
    await until(lambda: lessons.on[ROOM] == lesson, "the lesson as it was")
    inside.remove("anna")
    await lessons.leave("anna")
    monkeypatch.setattr("labkeeper_hub.lessons.lesson.RETURN_MS", 100)
    await until(lambda: lessons.on[ROOM].phase is Phase.ENDING, "the end")
    assert school.heard.of("end_lesson") == [("hub", "school/lab", "of anna: signed out everywhere and not back")]


async def test_a_lesson_that_the_disk_refuses_to_mark_goes_on_when_its_teacher_signs_out_everywhere(
    school: School,
) -> None:
    lesson = await school.hub.lessons.start("anna", ROOM, 600_000)
    school.hub.lessons.data = Path("/proc/nowhere")
    await school.hub.lessons.leave("anna")
    assert school.hub.lessons.on == {ROOM: lesson}


async def test_a_lesson_is_recorded_and_its_record_is_sealed_when_it_is_over(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkeeper_hub.lessons.lesson.UNDO_MS", 100)
    async with joined(school.port, devices=lamp(), more=lease_metrics()):
        await until(lambda: school.online("lamp"), "the lamp")
        lesson = await school.hub.lessons.start("anna", ROOM, 60_000)
        await until(lambda: bool(school.hub.recordings.all()), "the record")
        (record,) = school.hub.recordings.all()
        assert (record.id, record.by, record.stage) == (record_name(lesson), "anna", Stage.RUNNING)
        assert {key.point for key in record.plan.keys} >= {"state", "brightness"}
        await school.hub.lessons.end("anna", ROOM)
        await until(lambda: school.hub.recordings.get(record.id).stage is not Stage.RUNNING, "its end")
        ended = school.hub.recordings.get(record.id).end
        assert ended is not None
        assert ended.by == "anna"


async def test_what_joins_a_lesson_is_in_its_record_with_all_it_said_since_the_lesson_began(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkeeper_hub.lessons.lesson.UNDO_MS", 100)
    recordings = school.hub.recordings
    async with joined(school.port, devices=lamp(), more=lease_metrics()) as node:
        await until(lambda: school.online("lamp"), "the lamp")
        lesson = await school.hub.lessons.start("anna", ROOM, 600_000)
        await until(lambda: bool(recordings.all()), "the record")
        node.born("robot", [double("speed", 0.0)])
        node.send("robot", [double("speed", 41.5, now_ms())], batch=1)
        await node.acknowledged(1)
        key = PointKey("school", "lab", "robot", "speed")
        await until(lambda: key in recordings.get(record_name(lesson)).plan.keys, "the robot in the record")
        node.born("late", [double("speed", 0.0)])
        await until(lambda: school.online("late"), "who comes at the last moment")
        await school.hub.lessons.end("anna", ROOM)
        await until(lambda: recordings.get(record_name(lesson)).stage is not Stage.RUNNING, "its end")
        ended = recordings.get(record_name(lesson))
        assert key._replace(device="late") in ended.plan.keys
        assert await recordings.samples(ended) >= 1
        rows = await school.hub.journal.page(ReadingsQuery(key, ended.started_ms, ended.end_ms))
        assert 41.5 in [row.value for row in rows.rows]
        assert (await recordings.records.load())[0].plan.keys == ended.plan.keys


async def test_a_lesson_in_an_empty_lab_is_recorded_from_the_first_device_on(school: School) -> None:
    lesson = await school.hub.lessons.start("anna", ROOM, 600_000)
    await until(lambda: not school.hub.lessons._jobs.qsize(), "nothing to record yet")
    assert school.hub.recordings.all() == ()
    async with joined(school.port, devices=lamp(), more=lease_metrics()):
        await until(lambda: bool(school.hub.recordings.all()), "the record")
        assert school.hub.recordings.get(record_name(lesson)).stage is Stage.RUNNING
        assert school.hub.lessons.on[ROOM].recorded


async def test_a_record_goes_on_when_the_hub_starts_again_and_one_whose_lesson_is_lost_ends(
    broker: Broker, tmp_path: Path
) -> None:
    settings = HubSettings(data=tmp_path, broker=broker.url)
    async with running(settings, broker) as first, joined(first.port, devices=lamp(), more=lease_metrics()):
        await until(lambda: first.online("lamp"), "the lamp")
        lesson = await first.hub.lessons.start("anna", ROOM, 600_000)
        await until(lambda: bool(first.hub.recordings.all()), "the record")
        (record,) = first.hub.recordings.all()
        orphan = await first.hub.recordings.start(record.plan, "ben", "l-of-a-lesson-that-is-over")
        by_hand = await first.hub.recordings.start(record.plan, "ben")
    async with running(settings, broker) as second:
        desk = second.hub.recordings
        await until(lambda: desk.get(orphan.id).stage is not Stage.RUNNING, "the end of what belongs to no lesson")
        assert [one.id for one in desk.all() if one.stage is Stage.RUNNING] == [by_hand.id, record_name(lesson)]


async def test_a_lesson_that_cannot_be_recorded_goes_on_and_the_log_the_record_and_the_page_say_so(
    school: School, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(plan: Plan, by: str, identity: str) -> None:
        raise RecordingRefused("too_many_points", f"{identity} of {by} has {len(plan.points)} points")

    monkeypatch.setattr(type(school.hub.recordings), "start", lambda _, *given: refuse(*given))
    lesson = await school.hub.lessons.start("anna", ROOM, 60_000)
    await until(lambda: record_name(lesson) in caplog.text, "the warning")
    await until(lambda: not school.hub.lessons.on[ROOM].recorded, "its mark")
    assert school.heard.of("record_lesson") == [("hub", "school/lab", "not recorded")]
    assert read_lessons(school.hub.lessons.data)[ROOM].recorded is False


async def test_a_lesson_whose_record_could_not_be_begun_is_recorded_from_the_next_start_of_the_hub_on(
    broker: Broker, tmp_path: Path
) -> None:
    settings = HubSettings(data=tmp_path, broker=broker.url)
    async with running(settings, broker) as first, joined(first.port, devices=lamp(), more=lease_metrics()):
        await until(lambda: first.online("lamp"), "the lamp")
        lesson = replace(await first.hub.lessons.start("anna", ROOM, 600_000), name=str(uuid4()), recorded=False)
        await first.hub.registry_records.save()
    write_lessons(tmp_path, [lesson])
    async with running(settings, broker) as second:
        await until(lambda: second.hub.lessons.on[ROOM].recorded, "its mark")
        assert second.hub.recordings.get(record_name(lesson)).stage is Stage.RUNNING


async def test_a_lab_of_two_hundred_devices_is_recorded_whole(school: School) -> None:
    names = [f"robot-{number}" for number in range(200)]
    points = [PointDescription(f"p{number}", "measure", DataType.DOUBLE) for number in range(10)]
    many = {
        name: [Metric(one.name, 1.0, one.datatype, now_ms(), properties=one.to_properties()) for one in points]
        for name in names
    }
    async with joined(school.port, devices=many, more=lease_metrics()):
        await until(lambda: school.online(names[-1]), "the last robot")
        lesson = await school.hub.lessons.start("anna", ROOM, 60_000)
        await until(lambda: bool(school.hub.recordings.all()), "the record")
        assert len(school.hub.recordings.get(record_name(lesson)).plan.points) == 2000
