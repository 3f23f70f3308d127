"""Stop-all over HTTP and on the live WebSocket."""

import pytest

from labkeeper_hub.accounts import Grant, Role, Scope

from .conftest import Served, enter
from .doubles import CHAMBER


async def test_a_stop_asks_nothing_and_tells_who_has_not_confirmed(served: Served) -> None:
    async with served.owner() as client:
        assert (await client.get("/api/v1/stop")).json() == {"stops": [], "releases": []}
        stopped = await client.post("/api/v1/stop")
        assert stopped.status_code == 202
        (stop,) = stopped.json()["stops"]
        assert (stop["by"], stop["devices"], stop["confirmed"]) == ("owner", 1, 0)
        assert stop["missing"] == [CHAMBER._asdict()]
        assert (await client.get("/api/v1/stop")).json()["stops"] == stopped.json()["stops"]


async def test_a_release_takes_two_steps_with_the_latch(served: Served) -> None:
    async with served.owner() as client:
        latch = (await client.post("/api/v1/stop")).json()["stops"][0]["latch"]
        for body, status, code in (
            ({"latch": "another"}, 404, "unknown_latch"),
            ({"latch": latch, "release": "guessed"}, 409, "release_not_asked"),
        ):
            refused = await client.post("/api/v1/stop/release", json=body)
            assert (refused.status_code, refused.json()["code"]) == (status, code)
        asked = (await client.post("/api/v1/stop/release", json={"latch": latch})).json()
        assert len(asked["stops"]) == 1, "the first step releases nothing"
        done = await client.post("/api/v1/stop/release", json={"latch": latch, "release": asked["release"]})
        assert done.json() == {"release": None, "stops": []}


async def test_a_page_stops_on_its_socket_and_every_page_is_told(served: Served) -> None:
    async with served.live() as live, served.live() as other:
        for page in (live, other):
            await page.say(type="resume")
            assert (await page.hear())["type"] == "hello"
            assert (await page.hear())["stops"] == []
        await live.say(type="stop")
        for page in (live, other):
            (change,) = (await page.hear())["changes"]
            assert (change["kind"], change["stops"][0]["by"]) == ("stops", "owner")


@pytest.mark.parametrize(
    ("place", "stopped"), [(Scope("demo", "lab-301", "3"), True), (Scope(), True), (Scope("elsewhere"), False)]
)
async def test_a_stop_is_for_the_schools_one_has_a_place_in(served: Served, place: Scope, *, stopped: bool) -> None:
    async with served.stranger() as client:
        answer = await client.post("/api/v1/stop", headers=enter(served, "p-1", Grant(Role.TECHNICIAN, place)))
        assert bool(answer.json()["stops"]) is stopped
        assert bool(served.hub.brake.held) is stopped


async def test_a_release_wants_a_right_to_the_whole_school(served: Served) -> None:
    latch = {"latch": (await served.hub.brake.stop("owner")).stops[0].latch}
    async with served.stranger() as client:
        teacher = enter(served, "p-1", Grant(Role.TEACHER, Scope("demo", "lab-301")))
        refused = await client.post("/api/v1/stop/release", json=latch, headers=teacher)
        assert (refused.status_code, refused.json()["code"]) == (403, "other_place")
        manager = enter(served, "p-2", Grant(Role.MANAGER, Scope("demo")))
        asked = (await client.post("/api/v1/stop/release", json=latch, headers=manager)).json()["release"]
        done = await client.post("/api/v1/stop/release", json=latch | {"release": asked}, headers=manager)
        assert done.json() == {"release": None, "stops": []}
