"""The wall over HTTP: what it shows, who may see it, and a link that opens nothing else."""

import pytest

from labkeeper_hub.accounts import Grant, Role, Scope
from labkeeper_hub.alarms.states import Priority, Raised
from labkeeper_hub.model import AlarmKey, Stop
from labkeeper_hub.registry.tables import metadata
from labkeeper_hub.wall import desk as module

from .conftest import Served, enter
from .doubles import CHAMBER, START_MS, TEMPERATURE

LINK = "/api/v1/labs/demo/lab-301/wall-link"
WALL = "/api/v1/wall?school=demo&lab=lab-301"


async def opened(served: Served) -> dict[str, str]:
    """Make a link as a teacher does; return what its page sends."""
    async with served.owner() as owner:
        answer = (await owner.post(LINK)).raise_for_status()
    address, _, token = answer.json()["link"].partition("#link=")
    assert address == f"{served.url}/wall"
    return {"Authorization": f"Wall {token}"}


async def test_a_wall_shows_lesson_stop_alarms_and_the_air_and_names_nobody(served: Served) -> None:
    served.hub.leases.now_ms = served.accounts.clocks.now_ms()
    async with served.hub.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    served.hub.alarms.happens(AlarmKey("co2", TEMPERATURE), Raised(Priority.LOW, value=1600.0), 7, lab="lab-301")
    served.hub.alarms.happens(AlarmKey("gas", TEMPERATURE), Raised(Priority.HIGH, value=30.0), 8, lab="lab-302")
    await served.hub.alarms.save()
    teacher = enter(served, "p-teacher", Grant(Role.TEACHER, Scope("demo", "lab-301")))
    async with served.stranger() as client:
        lesson = await client.post("/api/v1/labs/demo/lab-301/lesson", json={"for_s": 60}, headers=teacher)
        assert lesson.status_code == 200
        served.hub.brake.held = (Stop("demo", "latch-1", "p-teacher", START_MS, 1, 0, (CHAMBER,), sent=True),)
        answer = await client.get(WALL, headers=await opened(served))
    told = answer.json()
    assert "p-teacher" not in answer.text
    assert told["lab"]["title"]["en"] == "Lab 301"
    assert told["lesson"]["until_ms"] - told["lesson"]["started_ms"] == 60_000
    assert told["stopped_ms"] == START_MS
    assert [(one["title"]["en"], one["acknowledged"]) for one in told["alarms"]] == [("CO2 high", False)]
    assert [(one["point"]["point"], one["value"]) for one in told["figures"]] == [("temperature", 21.5)]


async def test_a_link_opens_the_wall_and_nothing_else(served: Served) -> None:
    headers = await opened(served)
    async with served.stranger() as client:
        assert (await client.get(WALL, headers=headers)).status_code == 200
        assert (await client.get("/api/v1/wall", headers=headers)).json()["lab"]["lab"] == "lab-301"
        for path in ("latest", "labs", "alarms", "people", "live"):
            refused = await client.get(f"/api/v1/{path}", headers=headers)
            assert refused.status_code in (403, 404), path
        assert (await client.post(LINK, headers=headers)).status_code == 403
        assert (await client.get("/api/v1/wall?school=demo&lab=lab-302", headers=headers)).status_code == 404


async def test_a_link_that_was_taken_back_or_made_anew_shows_nothing(served: Served) -> None:
    old = await opened(served)
    new = await opened(served)
    async with served.owner() as owner, served.stranger() as client:
        assert (await owner.get(LINK)).json()["open"]
        assert (await client.get(WALL, headers=old)).status_code == 401
        assert (await client.get(WALL, headers=new)).status_code == 200
        assert (await owner.delete(LINK)).status_code == 204
        assert (await client.get(WALL, headers=new)).status_code == 401
        assert (await owner.get(LINK)).json() == {"open": False, "by": None, "made_ms": None}
        assert (await owner.delete(LINK)).status_code == 204
        throttled = [(await client.get(WALL, headers=new)).status_code for _ in range(20)]
    assert throttled[-1] == 429


async def test_who_looks_only_sees_the_wall_and_makes_no_link(served: Served) -> None:
    reader = enter(served, "p-reader", Grant(Role.READER, Scope("demo", "lab-301")))
    elsewhere = enter(served, "p-elsewhere", Grant(Role.TEACHER, Scope("demo", "lab-302")))
    bench = enter(served, "g-1", Grant(Role.PUPILS, Scope("demo", "lab-301", "3")))
    async with served.stranger() as client:
        assert (await client.get(WALL, headers=reader)).status_code == 200
        assert (await client.post(LINK, headers=reader)).status_code == 403
        for stranger in (elsewhere, bench):
            assert (await client.get(WALL, headers=stranger)).status_code == 404
        assert (await client.post(LINK, headers=elsewhere)).status_code == 404


async def test_a_full_disk_makes_no_link_and_takes_none_back(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = await opened(served)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_links", full)
    async with served.owner() as owner:
        assert (await owner.post(LINK)).json()["code"] == "hub_disk"
        assert (await owner.delete(LINK)).status_code == 503
        assert (await owner.get(WALL, headers=headers)).status_code == 200


async def test_who_names_no_lab_sees_the_first_and_a_lab_that_is_not_there_is_unknown(served: Served) -> None:
    async with served.owner() as owner:
        assert (await owner.get("/api/v1/wall?lab=nowhere")).status_code == 404
        assert [one["lab"] for one in (await owner.get("/api/v1/wall")).json()["labs"]] == ["lab-301"]
