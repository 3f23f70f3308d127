"""Drivers of nodes over HTTP: in two steps, on record without a value, and not into a lesson by accident."""

from typing import Any

import pytest

from labkeeper_hub.accounts import EVERYWHERE, Grant, Person, Role
from labkeeper_hub.api.gate import COOKIE
from labkeeper_wire.driver_sets import Mistake
from labkeeper_wire.leases.book import Room

from .conftest import Served
from .doubles import CHAMBER

NODE = CHAMBER.of_node._asdict()
HOMIE = {"driver": "homie", "configuration": {"password": "hunter2"}}
WANTED: dict[str, Any] = {**NODE, "instances": {"homie": HOMIE}}


async def test_a_set_is_tried_applied_and_taken_back_and_the_record_has_no_value(served: Served) -> None:
    async with served.owner() as client:
        (node,) = (await client.get("/api/v1/drivers")).json()["nodes"]
        assert (node["open"], node["versions"][0]["changes"]) == (True, ["+/homie (homie)"])
        (offered,) = (await client.get("/api/v1/drivers/offer", params=NODE)).json()["drivers"]
        assert offered["schema"] == {"type": "object"}
        served.hub.drivers.mistakes = (Mistake(pointer="/homie", code="missing", problem="Field required"),)
        tried = (await client.post("/api/v1/drivers/try", json=WANTED)).json()
        assert (tried["taken"], tried["mistakes"][0]["pointer"]) == (False, "/homie")
        served.hub.drivers.mistakes = ()
        applied = await client.post("/api/v1/drivers/apply", json={**WANTED, "number": 0})
        assert (applied.status_code, applied.json()["taken"]) == (200, True)
        assert (await client.post("/api/v1/drivers/back", json={**NODE, "number": 2})).json()["number"] == 2
    assert [one.do for one in served.hub.drivers.wishes] == ["try", "apply", "back"]


async def test_what_cannot_be_asked_is_refused_by_name(served: Served) -> None:
    async with served.owner() as client:
        nowhere = {**NODE, "node": "none"}
        assert (await client.post("/api/v1/drivers/try", json={**WANTED, **nowhere})).json()["code"] == "unknown_node"
        assert (await client.get("/api/v1/drivers/offer", params=nowhere)).status_code == 404
        served.hub.drivers.standing = None
        assert (await client.get("/api/v1/drivers")).json()["nodes"][0]["open"] is False
        assert (await client.get("/api/v1/drivers/offer", params=NODE)).json()["code"] == "not_open"
        wrong = await client.post("/api/v1/drivers/try", json={**WANTED, "instances": {"homie": {"driver": ""}}})
        assert (wrong.status_code, "hunter2" in wrong.text) == (422, False)


@pytest.mark.parametrize("do", ["apply", "back"])
async def test_nothing_changes_in_a_lesson_unless_somebody_says_that_they_know(served: Served, do: str) -> None:
    asked = {**(WANTED if do == "apply" else NODE), "number": 0}
    await served.hub.lessons.start("p-1", Room(CHAMBER.school, "lab-301"), 3_600_000)
    async with served.owner() as client:
        refused = await client.post(f"/api/v1/drivers/{do}", json=asked)
        assert (refused.status_code, refused.json()["code"]) == (409, "lesson_on")
        assert (await client.post("/api/v1/drivers/try", json=WANTED)).status_code == 200
        known = await client.post(f"/api/v1/drivers/{do}", json={**asked, "during_lesson": True})
        assert known.status_code == 200


async def test_only_an_owner_may(served: Served) -> None:
    person = Person("p-9", (Grant(Role.MANAGER, EVERYWHERE),))
    served.accounts.people[person.name] = person
    session = served.accounts.sessions.open(person.name, served.accounts.clocks.now_ms())
    async with served.stranger() as client:
        cookie = {"Cookie": f"{COOKIE}={session}", "Origin": served.url}
        assert (await client.get("/api/v1/drivers", headers=cookie)).json()["code"] == "role_may_not"
