"""The floor over HTTP: links, what is given to them, and what a pupils' page may see and do."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from labkeeper_hub.accounts import Grant, Role, Scope
from labkeeper_hub.accounts.throttle import FREE_ATTEMPTS
from labkeeper_hub.api.gate import COOKIE
from labkeeper_hub.floor.file import FILE, read_seats
from labkeeper_hub.floor.seats import Seats

from .conftest import Served, enter
from .doubles import CHAMBER, TARGET

LAB = {"school": "demo", "lab": "lab-301"}
POINT = {"node": "lab-301", "device": CHAMBER.device, "point": "target"}
LIMITED = POINT | {"minimum": 18.0, "maximum": 30.0}
COMMAND = {**dict(zip(("school", "node", "device", "point"), TARGET, strict=True)), "value": 20.0}


@pytest.fixture(autouse=True)
def _one_clock(served: Served) -> None:
    served.hub.leases.now_ms = served.accounts.clocks.now_ms()


async def seat(client: httpx.AsyncClient, bench: str = "3") -> dict[str, Any]:
    """Take the lab and make a link to a bench; return the answer."""
    fence = (await client.post("/api/v1/leases", json=LAB | {"for_s": 60})).raise_for_status().json()["lease"]["fence"]
    answer = (await client.post("/api/v1/floors", json={"fence": fence, "bench": bench})).raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


async def sit(served: Served, link: str) -> dict[str, str]:
    """Open a link as the pupils' page does; return the cookie."""
    async with served.stranger() as client:
        answer = await client.post("/api/v1/session", json={"floor": link.rpartition("/s/")[2]})
        answer.raise_for_status()
        return {"Cookie": f"{COOKIE}={answer.cookies[COOKIE]}", "Origin": served.url}


async def test_a_pupils_link_frees_nobody_to_try_passwords(served: Served) -> None:
    async with served.owner() as owner, served.stranger() as guesser:
        link = (await seat(owner))["link"]
        statuses = []
        for _ in range(FREE_ATTEMPTS + 1):
            await sit(served, link)
            statuses.append((await guesser.post("/api/v1/session", json={"secret": "wrong"})).status_code)
    assert statuses == [401] * FREE_ATTEMPTS + [429]


async def test_a_link_shows_its_bench_alone_and_tells_its_page_what_it_is_given(served: Served) -> None:
    async with served.owner() as owner:
        told = await seat(owner)
        assert told["link"].startswith(f"{served.url}/s/")
        assert len(told["code"]) == len(told["code"][0]) > 20
        async with served.live(additional_headers=await sit(served, told["link"])) as page:
            _, snapshot = await page.greet()
            assert [one["device"] for one in snapshot["devices"]] == [CHAMBER.device]
            assert [one["points"] for one in snapshot["leases"]] == [None], "nothing is given yet"
            given = await owner.put("/api/v1/floors/g-1/points", json={"points": [LIMITED]})
            assert given.json()["floor"]["points"] == [LIMITED]
            (change,) = (await page.hear_type("changes"))["changes"]
            assert change["leases"][1]["holder"] == "g-1"
            assert change["leases"][1]["points"] == [LIMITED]
            await page.say(type="command", id=str(uuid4()), **COMMAND)
            assert (await page.hear_type("changes"))["changes"][0]["kind"] == "command"
            await page.say(type="stop")
            assert (await page.hear_type("refused"))["problem"]["code"] == "token_may_not"
            assert (await owner.delete("/api/v1/floors/g-1/points")).json()["floor"]["fence"] is None
            assert len((await page.hear_type("changes"))["changes"][0]["leases"]) == 1


async def test_a_link_dies_with_the_lease_and_so_does_its_open_page(served: Served) -> None:
    async with served.owner() as owner:
        told = await seat(owner)
        cookie = await sit(served, told["link"])
        async with served.live(additional_headers=cookie) as page:
            await page.greet()
            await owner.delete(f"/api/v1/leases/{told['floor']['given_from']}")
            assert await page.closed() == "session_ended"
        assert (await owner.get("/api/v1/floors")).json() == {"floors": []}
        gone = await owner.put("/api/v1/floors/g-1/points", json={"points": [POINT]})
        assert (gone.status_code, gone.json()["code"]) == (404, "unknown_lease")
    async with served.stranger() as client:
        assert (await client.get("/api/v1/labs", headers=cookie)).status_code == 401
        again = await client.post("/api/v1/session", json={"floor": told["link"].rpartition("/s/")[2]})
        assert again.status_code == 401


async def test_a_link_that_is_closed_ends_its_pages_and_a_new_one_leaves_them(served: Served) -> None:
    async with served.owner() as owner:
        first = await seat(owner)
        cookie = await sit(served, first["link"])
        second = await seat(owner)
        assert second["floor"]["name"] == first["floor"]["name"]
        async with served.stranger() as client:
            old = await client.post("/api/v1/session", json={"floor": first["link"].rpartition("/s/")[2]})
            assert old.status_code == 401
            assert (await client.get("/api/v1/labs", headers=cookie)).status_code == 200
            assert (await owner.delete("/api/v1/floors/g-1")).status_code == 204
            assert (await client.get("/api/v1/labs", headers=cookie)).status_code == 401
        assert (await owner.delete("/api/v1/floors/g-1")).json()["code"] == "unknown_floor"


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ([POINT | {"point": "mode"}], "read_only"),
        ([POINT | {"point": "wings"}], "unknown_point"),
        ([POINT | {"minimum": 30.0, "maximum": 18.0}], "bad_limits"),
        ([], "invalid"),
        ([POINT | {"maximum": "a lot"}], "invalid"),
    ],
)
async def test_what_cannot_be_given_is_refused(served: Served, points: list[dict[str, object]], code: str) -> None:
    async with served.owner() as owner:
        await seat(owner)
        refused = await owner.put("/api/v1/floors/g-1/points", json={"points": points})
        assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_only_the_holder_of_the_lab_gives_and_takes_back(served: Served) -> None:
    async with served.owner() as owner, served.stranger() as client:
        told = await seat(owner)
        fence = told["floor"]["given_from"]
        other = enter(served, "p-1", Grant(Role.TEACHER, Scope("demo", "lab-301")))
        answers = [
            await client.post("/api/v1/floors", headers=other, json={"fence": fence, "bench": "3"}),
            await client.put("/api/v1/floors/g-1/points", headers=other, json={"points": [POINT]}),
            await client.delete("/api/v1/floors/g-1/points", headers=other),
            await client.delete("/api/v1/floors/g-1", headers=other),
        ]
        assert {(one.status_code, one.json()["code"]) for one in answers} == {(409, "not_the_holder")}
        elsewhere = enter(served, "p-2", Grant(Role.TEACHER, Scope("demo", "lab-302")))
        assert (await client.get("/api/v1/floors", headers=elsewhere)).json() == {"floors": []}
        refused = await client.put("/api/v1/floors/g-1/points", headers=elsewhere, json={"points": [POINT]})
        assert (refused.status_code, refused.json()["code"]) == (403, "other_place")
        unknown = await owner.post("/api/v1/floors", json={"fence": fence, "bench": "9"})
        assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_bench")


async def test_a_lease_on_one_bench_seats_nobody_at_another(served: Served) -> None:
    async with served.owner() as owner:
        asked = LAB | {"bench": "2", "for_s": 60}
        fence = (await owner.post("/api/v1/leases", json=asked)).json()["lease"]["fence"]
        refused = await owner.post("/api/v1/floors", json={"fence": fence, "bench": "3"})
        assert (refused.status_code, refused.json()["code"]) == (409, "not_within")


async def test_seats_are_kept_over_a_restart_without_their_tokens(served: Served) -> None:
    async with served.owner() as owner:
        told = await seat(owner)
    data = served.accounts.data
    assert told["link"].rpartition("/s/")[2] not in (data / FILE).read_text()
    assert (data / FILE).stat().st_mode & 0o077 == 0
    assert [one.name for one in read_seats(data).all] == ["g-1"]
    (data / FILE).write_text("{")
    assert read_seats(data) == Seats()


async def test_a_seat_that_cannot_be_written_down_is_none(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.app.state.api.parts.floor, "data", Path("/proc/nowhere"))
    async with served.owner() as owner:
        fence = (await owner.post("/api/v1/leases", json=LAB | {"for_s": 60})).json()["lease"]["fence"]
        refused = await owner.post("/api/v1/floors", json={"fence": fence, "bench": "3"})
        assert (refused.status_code, refused.json()["code"]) == (503, "hub_disk")
        assert (await owner.get("/api/v1/floors")).json() == {"floors": []}
