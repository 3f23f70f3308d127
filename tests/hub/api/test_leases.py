"""Leases over HTTP and on the live WebSocket."""

import pytest

from labkeeper_hub.accounts import Grant, Role
from labkeeper_hub.accounts import Scope as Place
from labkeeper_wire.leases import book as rules
from labkeeper_wire.leases.book import Room, Scope

from .conftest import Served, enter
from .doubles import CHAMBER, START_MS

LAB = {"school": "demo", "lab": "lab-301"}
DEVICE = LAB | {"node": "lab-301", "device": CHAMBER.device}
ROOM = Room("demo", "lab-301")


def somebody_elses(served: Served) -> None:
    served.hub.leases.book = rules.take(rules.Book(), "anna", Scope(ROOM, "3"), START_MS, 60_000)


async def test_a_lease_is_taken_renewed_listed_and_released(served: Served) -> None:
    async with served.owner() as client:
        taken = (await client.post("/api/v1/leases", json=LAB | {"for_s": 60})).raise_for_status().json()["lease"]
        assert (taken["holder"], taken["until_ms"], taken["bench"]) == ("owner", START_MS + 60_000, None)
        renewed = await client.post(f"/api/v1/leases/{taken['fence']}/renew", json={"for_s": 90})
        assert renewed.json()["lease"] == taken | {"until_ms": START_MS + 90_000}
        assert (await client.get("/api/v1/leases")).json() == {"leases": [renewed.json()["lease"]]}
        assert (await client.delete(f"/api/v1/leases/{taken['fence']}")).status_code == 204
        assert (await client.get("/api/v1/leases")).json() == {"leases": []}


async def test_who_has_it_is_named_and_may_be_taken_over_from(served: Served) -> None:
    somebody_elses(served)
    async with served.owner() as client:
        refused = await client.post("/api/v1/leases", json=DEVICE | {"for_s": 60})
        assert (refused.status_code, refused.json()["code"]) == (409, "leased")
        assert "anna" in refused.json()["detail"]
        asked = LAB | {"for_s": 60, "reason": "the lesson began"}
        taken = (await client.post("/api/v1/leases/take-over", json=asked)).raise_for_status()
        assert taken.json()["lease"]["holder"] == "owner"
        assert len((await client.get("/api/v1/leases")).json()["leases"]) == 1


async def test_a_lease_on_a_device_has_the_bench_the_device_is_at(served: Served) -> None:
    async with served.owner() as client:
        taken = (await client.post("/api/v1/leases", json=DEVICE | {"for_s": 60})).raise_for_status().json()["lease"]
        assert (taken["bench"], taken["node"], taken["device"]) == ("3", "lab-301", CHAMBER.device)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (LAB | {"lab": "nowhere", "for_s": 60}, 404, "unknown_lab"),
        (DEVICE | {"device": "nothing", "for_s": 60}, 404, "unknown_device"),
        (DEVICE | {"bench": "3", "for_s": 60}, 422, "invalid"),
        (LAB | {"node": "lab-301", "for_s": 60}, 422, "invalid"),
        (LAB | {"for_s": 0}, 422, "invalid"),
        (LAB, 422, "invalid"),
    ],
)
async def test_what_cannot_be_leased_is_refused(
    served: Served, body: dict[str, object], status: int, code: str
) -> None:
    async with served.owner() as client:
        refused = await client.post("/api/v1/leases", json=body)
        assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_somebody_elses_lease_cannot_be_renewed_or_released(served: Served) -> None:
    somebody_elses(served)
    async with served.owner() as client:
        answers = [
            await client.post("/api/v1/leases/1/renew", json={"for_s": 60}),
            await client.delete("/api/v1/leases/1"),
            await client.delete("/api/v1/leases/9"),
        ]
        assert [(one.status_code, one.json()["code"]) for one in answers] == [
            (409, "not_the_holder"),
            (409, "not_the_holder"),
            (404, "unknown_lease"),
        ]
        no_reason = await client.post("/api/v1/leases/take-over", json=LAB | {"for_s": 60})
        assert no_reason.status_code == 422


async def test_a_lease_is_renewed_and_released_only_where_one_still_may_have_it(served: Served) -> None:
    served.hub.leases.book = rules.take(rules.Book(), "p-1", Scope(ROOM), START_MS, 60_000)
    cookie = enter(served, "p-1", Grant(Role.TEACHER, Place("demo", "lab-302")))
    async with served.stranger() as client:
        for method, path in (("POST", "/api/v1/leases/1/renew"), ("DELETE", "/api/v1/leases/1")):
            refused = await client.request(method, path, headers=cookie, json={"for_s": 60})
            assert (refused.status_code, refused.json()["code"]) == (403, "other_place")


async def test_a_page_is_told_who_holds_what_when_it_comes_and_when_it_changes(served: Served) -> None:
    somebody_elses(served)
    async with served.live() as live, served.owner() as client:
        await live.say(type="resume")
        assert (await live.hear())["type"] == "hello"
        assert [one["holder"] for one in (await live.hear())["leases"]] == ["anna"]
        await client.post("/api/v1/leases/take-over", json=LAB | {"for_s": 60, "reason": "test"})
        (change,) = (await live.hear())["changes"]
        assert (change["kind"], [one["holder"] for one in change["leases"]]) == ("leases", ["owner"])
