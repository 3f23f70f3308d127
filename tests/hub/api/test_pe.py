"""PE classes over HTTP and on their own WebSocket: for those who teach there, and on record."""

import asyncio
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from labkeeper_hub.accounts import EVERYWHERE, Action, Grant, Person, Role, Scope
from labkeeper_hub.accounts.rights import may
from labkeeper_hub.pe.lesson import Told
from labkeeper_wire.leases.book import Room

from .conftest import DEADLINE_S, Served, enter

LAB = "/api/v1/labs/demo/lab-301"
CLASSES, CLASS = f"{LAB}/pe-classes/4-2", f"{LAB}/pe-class"
ROOM = Room("demo", "lab-301")
HERE = Scope("demo", "lab-301")
BANDS = [{"number": 2, "consent_by": "guardian"}, {"number": 1, "consent_by": "guardian", "cap": 150}, {"number": 3}]
ROSTER = {"years": 10, "bands": BANDS}


class Noted:
    """A record in memory."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, str, str, str]] = []

    def note(self, *note: str) -> None:
        self.notes.append(note)  # type: ignore[arg-type] # four words

    async def save(self) -> None:
        """It is saved."""


@pytest.fixture
def noted(served: Served) -> Noted:
    """Everything anybody does."""
    record = Noted()
    object.__setattr__(served.app.state.api, "audit", record)
    served.hub.pe.audit = record
    return record


async def hear(socket: Any) -> dict[str, Any]:  # noqa: ANN401 -- a client's
    async with asyncio.timeout(DEADLINE_S):
        told: dict[str, Any] = orjson.loads(await socket.recv())
    return told


async def test_a_class_is_written_held_and_ended_and_every_look_is_on_record(served: Served, noted: Noted) -> None:
    async with served.owner() as client:
        written = (await client.put(CLASSES, json=ROSTER)).raise_for_status().json()
        assert [(one["number"], one["consent_by"], one["cap"]) for one in written["bands"]] == [
            (2, "guardian", None), (1, "guardian", 150), (3, None, None),
        ]  # fmt: skip
        (listed,) = (await client.get(f"{LAB}/pe-classes")).json()["classes"]
        assert [one["number"] for one in listed["bands"]] == [1, 2, 3]
        assert (await client.get(CLASS)).json() == {"board": None}
        board = (await client.post(CLASS, json={"code": "4-2"})).raise_for_status().json()["board"]
        assert ([one["number"] for one in board["tiles"]], board["waiting"]) == ([1, 2], [3])
        served.hub.pe._happened(ROOM, Told(2, 150, served.hub.leases.now_ms))
        board = (await client.post(f"{CLASS}/seen", json={"number": 2})).json()["board"]
        assert (board["tiles"][1]["rate"], board["tiles"][1]["zone"], board["tiles"][1]["seen"]) == (
            150,
            "moderate",
            True,
        )
        assert (await client.delete(CLASSES)).json()["code"] == "class_on"
        assert (await client.post(f"{CLASS}/end")).status_code == 204
        assert (await client.post(f"{CLASS}/end")).json()["code"] == "no_class"
        assert (await client.delete(CLASSES)).status_code == 204
    told = [what for _, what, *_ in noted.notes]
    assert [what for what in told if what != "delete_class_readings"] == [
        "change_pe_class", "look_at_pe_classes", "look_at_pe_class", "start_pe_class", "look_after_child",
        "end_pe_class", "remove_pe_class",
    ]  # fmt: skip
    assert "150" not in "".join(" ".join(note) for note in noted.notes if note[1] == "change_pe_class")


async def test_a_consent_that_stands_keeps_its_date(served: Served) -> None:
    async with served.owner() as client:
        first = (await client.put(CLASSES, json=ROSTER)).json()["bands"][0]
        served.hands.now_s += 100
        again = (await client.put(CLASSES, json=ROSTER)).json()["bands"][0]
        other = (await client.put(CLASSES, json={"years": 15, "bands": [{"number": 2, "consent_by": "pupil"}]})).json()
    assert again == first
    assert other["bands"][0]["recorded_ms"] == first["recorded_ms"] + 100_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"years": 10, "bands": [{"number": 1, "name": "Li"}]},
        {"years": 10, "bands": [{"number": 1, "cap": 150, "reason": "asthma"}]},
        {"years": 10, "bands": [{"number": 1}, {"number": 1}]},
        {"years": 10, "bands": [{"number": 1, "cap": 20}]},
        {"years": 3, "bands": []},
    ],
)
async def test_there_is_no_field_for_a_name_or_a_reason(served: Served, wrong: dict[str, Any]) -> None:
    async with served.owner() as client:
        assert (await client.put(CLASSES, json=wrong)).status_code == 422


async def test_what_is_not_there_is_said(served: Served) -> None:
    async with served.owner() as client:
        assert (await client.post(CLASS, json={"code": "9-9"})).json()["code"] == "unknown_class"
        assert (await client.get("/api/v1/labs/demo/nowhere/pe-class")).json()["code"] == "unknown_lab"
        await client.put(CLASSES, json=ROSTER)
        await client.put(f"{LAB}/pe-classes/5-1", json=ROSTER)
        await client.post(CLASS, json={"code": "4-2"})
        assert (await client.post(CLASS, json={"code": "5-1"})).json()["code"] == "class_on"
        assert (await client.post(f"{CLASS}/seen", json={"number": 3})).json()["code"] == "unknown_band"


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.OWNER, Role.TEACHER)])
async def test_nobody_but_its_teachers_sees_a_class(served: Served, role: Role) -> None:
    cookie = enter(served, "somebody", Grant(role, HERE))
    async with served.stranger() as client:
        client.headers.update(cookie)
        for path in (CLASS, f"{LAB}/pe-classes"):
            assert (await client.get(path)).status_code == 403
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{served.port}{CLASS}/live", additional_headers=cookie):
            pass
    assert refused.value.response.status_code == 403


async def test_a_teacher_of_another_lab_sees_nothing_and_no_token_ever_does(served: Served) -> None:
    cookie = enter(served, "li", Grant(Role.TEACHER, Scope("demo", "lab-302")))
    async with served.stranger() as client:
        client.headers.update(cookie)
        assert (await client.get(CLASS)).status_code == 404
    program = Person("owner", (Grant(Role.OWNER, EVERYWHERE),), frozenset(Action))
    assert not may(program, Action.TEACH_PE, HERE, 0).allowed
    assert may(program, Action.READ_READINGS, HERE, 0).allowed


async def test_the_live_board_ends_within_seconds_of_a_right_taken_back(served: Served, noted: Noted) -> None:
    cookie = enter(served, "wang", Grant(Role.TEACHER, HERE))
    async with served.owner() as client:
        await client.put(CLASSES, json=ROSTER)
        await client.post(CLASS, json={"code": "4-2"})
    async with connect(f"ws://127.0.0.1:{served.port}{CLASS}/live", additional_headers=cookie) as socket:
        assert len((await hear(socket))["board"]["tiles"]) == 2
        served.hub.pe._happened(ROOM, Told(1, 130, served.hub.leases.now_ms))
        await served.hub.pe.tick()
        while (await hear(socket))["board"]["tiles"][0]["rate"] != 130:
            pass
        served.accounts.people["wang"] = Person("wang", ())
        async with asyncio.timeout(DEADLINE_S):
            await socket.wait_closed()
    assert socket.close_reason == "rights_changed"
    assert ("wang", "look_at_pe_class", "demo/lab-301", "live") in noted.notes
