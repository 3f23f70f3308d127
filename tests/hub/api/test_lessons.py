"""Lessons, scenes and actions over HTTP and on the live WebSocket."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from labkeeper_hub.accounts import Grant, Person, Role, Scope
from labkeeper_hub.api.gate import COOKIE
from labkeeper_hub.model import State
from labkeeper_wire.leases import book as rules
from labkeeper_wire.leases.book import Room
from labkeeper_wire.leases.book import Scope as On

from .conftest import Live, Served
from .doubles import CHAMBER, START_MS, TARGET, latest

LAB = "/api/v1/labs/demo/lab-301"
LESSON = f"{LAB}/lesson"
ROOM = Room("demo", "lab-301")
FOR = {"for_s": 2700}
WISH = TARGET._asdict() | {"value": 30.0}


@pytest.fixture
async def taught(served: Served) -> AsyncIterator[Served]:
    """A hub whose lessons go on, and whose devices do as they are told."""
    served.hub.desk.outcome = State.DONE
    going = asyncio.create_task(served.hub.lessons.run())
    yield served
    going.cancel()


async def told(live: Live, *, phase: str, scene: str | None) -> dict[str, Any]:
    """Wait for news of a lesson in a phase, with what a scene came to."""
    while True:
        for change in (await live.hear_type("changes"))["changes"]:
            for one in change.get("lessons", ()):
                if one["phase"] == phase and one["last"] and one["last"]["scene"] == scene:
                    assert isinstance(one, dict)
                    return one


async def test_one_press_takes_the_lab_and_runs_the_opening_scene_and_one_ends_it_all(taught: Served) -> None:
    taught.hub.inventory.values[TARGET] = latest(30.0, key=TARGET)
    async with taught.live() as live, taught.owner() as client:
        await live.greet()
        lesson = (await client.post(LESSON, json=FOR)).raise_for_status().json()["lesson"]
        assert (lesson["teacher"], lesson["phase"], lesson["until_ms"]) == ("owner", "running", START_MS + 2_700_000)
        (lease,) = (await client.get("/api/v1/leases")).json()["leases"]
        assert (lease["holder"], lease["until_ms"]) == ("owner", START_MS + 2_740_000)
        assert (await told(live, phase="running", scene="begin"))["last"]["total"] == 0
        assert (await client.post(LESSON, json=FOR)).json()["lesson"]["name"] == lesson["name"]
        ending = (await client.post(f"{LESSON}/end")).raise_for_status().json()["lesson"]
        assert (ending["phase"], ending["ending_ms"]) == ("ending", START_MS + 10_000)
        last = (await told(live, phase="ending", scene="end"))["last"]
        assert (last["total"], last["confirmed"]) == (1, 1)
        await client.post(f"{LESSON}/undo")
        assert (await told(live, phase="running", scene=None))["last"]["confirmed"] == 1
        assert [one.order.value for one in taught.hub.desk.known.values()] == [20, 30.0]
        await client.post(f"{LESSON}/end")
        taught.hub.leases.now_ms += 10_000
        while (await client.get("/api/v1/lessons")).json()["lessons"]:
            await asyncio.sleep(0.05)
        assert (await client.get("/api/v1/leases")).json()["leases"] == []


async def test_who_has_the_lesson_is_named_and_may_be_taken_over_from(taught: Served) -> None:
    await taught.hub.lessons.start("anna", ROOM, 60_000)
    async with taught.owner() as client:
        refused = await client.post(LESSON, json=FOR)
        assert (refused.status_code, refused.json()["code"]) == (409, "lesson_on")
        assert "anna" in refused.json()["detail"]
        assert (await client.post(f"{LESSON}/end")).json()["code"] == "not_the_teacher"
        assert (await client.post(f"{LESSON}/prolong", json=FOR)).json()["code"] == "not_the_teacher"
        assert (await client.post(f"{LESSON}/take-over", json=FOR)).status_code == 422  # without a reason
        taken = await client.post(f"{LESSON}/take-over", json=FOR | {"reason": "she is ill"})
        assert (taken.json()["lesson"]["teacher"], taken.json()["lesson"]["before"]) == ("owner", "anna")
        again = await client.post(f"{LESSON}/take-over", json=FOR | {"reason": "again"})
        assert again.json()["lesson"]["before"] == "anna"
        (lease,) = (await client.get("/api/v1/leases")).json()["leases"]
        assert lease["holder"] == "owner"
        longer = await client.post(f"{LESSON}/prolong", json={"for_s": 3000})
        assert longer.json()["lesson"]["until_ms"] == START_MS + 3_000_000


async def test_one_may_ask_for_a_lab_and_its_holder_gives_or_keeps_it_in_one_press(taught: Served) -> None:
    everybody = {name: Person(name, (Grant(Role.TEACHER, Scope("demo", "lab-301")),)) for name in ("anna", "ben")}
    taught.accounts.people |= everybody
    async with taught.owner() as owner, taught.stranger() as anna, taught.live() as live:
        await live.greet()
        anna.cookies.set(COOKIE, taught.accounts.sessions.open("anna", taught.accounts.clocks.now_ms()))
        assert (await owner.post(f"{LESSON}/ask", json=FOR)).json()["code"] == "nobody_has_it"
        await anna.post(LESSON, json=FOR)
        other = await owner.post(f"{LESSON}/reply", json={"by": "ben", "give": True})
        assert other.json()["code"] == "not_the_holder"
        asked = (await owner.post(f"{LESSON}/ask", json={"for_s": 600})).raise_for_status().json()["lease"]["asks"]
        assert asked == [{"by": "owner", "until_ms": START_MS + 60_000, "state": "open"}]
        assert await asks(live, "open")
        await anna.post(f"{LESSON}/reply", json={"by": "owner", "give": False})
        assert await asks(live, "kept")
        taught.hub.asks.asks = ()
        await owner.post(f"{LESSON}/ask", json={"for_s": 600})
        taught.hub.leases.now_ms += 60_000
        taught.hub.asks.look()
        assert await asks(live, "unanswered")
        taught.hub.asks.asks = ()
        await owner.post(f"{LESSON}/ask", json={"for_s": 600})
        given = (await anna.post(f"{LESSON}/reply", json={"by": "owner", "give": True})).raise_for_status().json()
        assert (given["lease"]["holder"], given["lease"]["asks"]) == ("owner", [])
        (lesson,) = taught.hub.lessons.lessons().lessons
        assert (lesson[0].teacher, lesson[0].before) == ("owner", "anna")
        assert lesson[0].until_ms == taught.hub.leases.now_ms + 600_000
        taught.hub.asks.ask("ben", ROOM, 60_000)
        taught.accounts.people["ben"] = Person("ben")
        lost = await owner.post(f"{LESSON}/reply", json={"by": "ben", "give": True})
        assert (lost.status_code, lost.json()["code"]) == (409, "may_not_have_it")


async def asks(live: Live, state: str) -> list[dict[str, Any]]:
    """Wait until the live stream says that a question stands so."""
    while True:
        for change in (await live.hear_type("changes"))["changes"]:
            found = [one for lease in change.get("leases", ()) for one in lease["asks"] if one["state"] == state]
            if found:
                return found


async def test_a_lab_that_somebody_has_without_a_lesson_can_be_taken_over_too(taught: Served) -> None:
    taught.hub.leases.book = rules.take(rules.Book(), "anna", On(ROOM), START_MS, 60_000)
    async with taught.owner() as client:
        assert (await client.post(LESSON, json=FOR)).json()["code"] == "leased"
        taken = await client.post(f"{LESSON}/take-over", json=FOR | {"reason": "the lesson began"})
        assert (taken.json()["lesson"]["teacher"], taken.json()["lesson"]["before"]) == ("owner", None)


async def test_the_next_teacher_need_not_wait_for_an_end_that_could_be_undone(taught: Served) -> None:
    await taught.hub.lessons.start("anna", ROOM, 60_000)
    await taught.hub.lessons.end("anna", ROOM)
    async with taught.owner() as client:
        assert (await client.post(LESSON, json=FOR)).json()["lesson"]["teacher"] == "owner"


async def test_a_lesson_whose_lease_is_taken_is_over(taught: Served) -> None:
    await taught.hub.lessons.start("anna", ROOM, 60_000)
    await taught.hub.leases.take_over("ben", On(ROOM), 60_000, "outside of lessons")
    while taught.hub.lessons.is_on(*ROOM):
        await asyncio.sleep(0.05)
    assert taught.hub.desk.known == {}


async def test_a_scene_is_one_action_with_one_result(taught: Served) -> None:
    taught.hub.inventory.values[TARGET] = latest(30.0, key=TARGET)
    async with taught.owner() as client:
        scenes = (await client.get(f"{LAB}/scenes")).json()["scenes"]
        assert [one["name"] for one in scenes] == ["begin", "experiment", "project", "end"]
        assert scenes[-1]["wishes"] == [TARGET._asdict() | {"value": 20}]
        outcome = (await client.post(f"{LAB}/scenes/end")).raise_for_status().json()["outcome"]
        assert (outcome["scene"], outcome["confirmed"], outcome["total"]) == ("end", 1, 1)
        assert outcome["undo"] == [WISH]
        taught.hub.desk.outcome = State.FAILED
        undone = (await client.post("/api/v1/actions", json={"wishes": outcome["undo"]})).json()["outcome"]
        assert (undone["scene"], undone["confirmed"], undone["total"]) == (None, 0, 1)
        assert undone["missed"] == [TARGET._asdict() | {"state": "failed", "code": "", "message": ""}]
        taught.hub.desk.rejection = "leased"
        refused = (await client.post("/api/v1/actions", json={"wishes": [WISH]})).json()["outcome"]
        assert [one["code"] for one in refused["missed"]] == ["leased"]
        assert refused["undo"] == []
        assert (await client.post(f"{LAB}/scenes/party")).json()["code"] == "unknown_scene"
        assert (await client.get("/api/v1/labs/demo/nowhere/scenes")).json()["code"] == "unknown_lab"


async def test_the_same_point_is_commanded_once_in_an_action(taught: Served) -> None:
    async with taught.owner() as client:
        answer = await client.post("/api/v1/actions", json={"wishes": [WISH | {"value": 25.0}, WISH]})
        assert answer.json()["outcome"]["total"] == 1
        unknown = WISH | {"device": "nothing"}
        assert (await client.post("/api/v1/actions", json={"wishes": [unknown]})).json()["outcome"]["confirmed"] == 0
    assert [one.order.value for one in taught.hub.desk.known.values()] == [30.0]


async def test_nobody_acts_on_or_teaches_in_what_is_not_theirs(taught: Served) -> None:
    elsewhere = Person("p-1", (Grant(Role.TEACHER, Scope("demo", "lab-302")),))
    bench = Person("p-2", (Grant(Role.TEACHER, Scope("demo", "lab-301", "9")),))
    for person in (elsewhere, bench):
        taught.accounts.people[person.name] = person
    async with taught.stranger() as client:
        for name, code in (("p-1", "unknown_lab"), ("p-2", "other_place")):
            session = taught.accounts.sessions.open(name, taught.accounts.clocks.now_ms())
            client.cookies.set(COOKIE, session)
            assert (await client.post(LESSON, json=FOR)).json()["code"] == code
            acted = await client.post("/api/v1/actions", json={"wishes": [WISH]})
            assert acted.json()["code"] == "unknown_point"
    assert taught.hub.desk.known == {}
    assert CHAMBER.device == TARGET.device
