"""Every route that is about a place, asked for a place beside one's own: refused, or unknown, and nothing of it told.

The addresses are real and the bodies are those the reference shows, so that nothing but the place can be wrong: the
owner, who asks the same, is told of no such place and no such point nowhere.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from labkeeper_hub.accounts import Action, Grant, Role, Scope
from labkeeper_hub.accounts.actions import ROLES, WHOLE_HUB
from labkeeper_hub.api.declared import Declared, declared_routes
from labkeeper_hub.api.routing import openapi_document
from labkeeper_hub.model import Row, State
from labkeeper_hub.registry.tables import metadata

from .conftest import Served, enter
from .doubles import CHAMBER, TEMPERATURE

HERE = {
    "school": "demo",
    "lab": "lab-301",
    "node": CHAMBER.node,
    "device": CHAMBER.device,
    "code": "4-2",
    "rule": "co2",
}
NEXT_DOOR, ANOTHER_SCHOOL = Scope("demo", "lab-302"), Scope("school-2")
SPAN = "from=0&to=9000000000000"
POINT = "school=demo&node=lab-301&device=0x00158d0001a2b3c4&point=temperature"
QUERIES = {
    "/api/v1/readings": f"{POINT}&{SPAN}",
    "/api/v1/export": f"point=demo/lab-301/0x00158d0001a2b3c4/temperature&{SPAN}",
    "/api/v1/labs/{school}/{lab}/report": "day=2026-09-07",
    "/api/v1/labs/{school}/{lab}/week": "day=2027-01-18",
    "/api/v1/wall": "school=demo&lab=lab-301",
    "/api/v1/alarms/rules/{rule}/limits": "school=demo&lab=lab-301",
}
BODIES: Mapping[str, Any] = {
    "/api/v1/labs/{school}/{lab}/bookings": {"date": "2027-09-06", "start": "09:00", "end": "10:00"},
    "/api/v1/stop/release": {"latch": "latch-1"},
}
# a place in the school is enough, as the documentation says: to stop it, and to see its timetable
OF_THE_SCHOOL = {
    ("POST", "/api/v1/stop"),
    ("GET", "/api/v1/stop"),
    ("GET", "/api/v1/timetables/{school}"),
    ("GET", "/api/v1/timetables/{school}/ledger"),
    ("GET", "/api/v1/timetables/{school}/ledger.csv"),
}
# what this small hub has none of: which place they are about is tried with their feature
OF_WHAT_IS_NOT_HERE = (
    "/api/v1/recordings/{identity}",
    "/api/v1/exports/{identity}",
    "/api/v1/bookings/{name}",
    "/api/v1/openings/{identity}",
    "/api/v1/calendar-links/{identity}",
    "/api/v1/automations/{name}",
    "/api/v1/commands/{command_id}",
    "/api/v1/alarms/try",
)
OF_ITS_HOLDER = {("DELETE", "/api/v1/floors/{name}/points"), ("DELETE", "/api/v1/floors/{name}")}


def _placed(served: Served) -> list[Declared]:
    """Return the routes about places."""
    return [
        one
        for one in declared_routes(served.app)
        if one.action not in (None, Action.BE_SIGNED_IN, *WHOLE_HUB)
        and one.method != "WEBSOCKET"
        and not one.path.startswith(OF_WHAT_IS_NOT_HERE)
    ]


def _body(method: str, path: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the body that the reference shows, which is about the lab the tests stand in."""
    if path in BODIES:
        return BODIES[path]
    document = openapi_document()
    content = document["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
    for told in content.values():
        name = told["schema"].get("$ref", "").rpartition("/")[2]
        return told.get("example") or document["components"]["schemas"][name]["examples"][0]
    return None


async def _ask(client: httpx.AsyncClient, one: Declared, **place: Any) -> httpx.Response:  # noqa: ANN401 - names and numbers
    address = one.path.format(**HERE, **place)
    query = QUERIES.get(one.path, "")
    return await client.request(one.method, f"{address}?{query}", json=_body(one.method, one.path))


async def _stand(owner: httpx.AsyncClient) -> dict[str, Any]:
    """Have a lease and a floor in the lab, and everything stopped; return their numbers and names."""
    await owner.post("/api/v1/stop")
    lease = (await owner.post("/api/v1/leases", json={"school": "demo", "lab": "lab-301", "for_s": 600})).json()[
        "lease"
    ]
    floor = (await owner.post("/api/v1/floors", json={"fence": lease["fence"], "bench": "3"})).json()["floor"]
    return {"fence": lease["fence"], "name": floor["name"]}


@pytest.fixture
async def stood(served: Served) -> AsyncIterator[dict[str, Any]]:
    served.hub.desk.outcome = State.DONE
    served.hub.journal.rows[TEMPERATURE] = [Row(1, 2.0)]
    async with served.hub.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    async with served.owner() as owner:
        yield await _stand(owner)
    await served.hub.engine.dispose()


@pytest.mark.parametrize("place", [NEXT_DOOR, ANOTHER_SCHOOL], ids=["next door", "another school"])
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
async def test_beside_ones_own_place_a_route_refuses_and_tells_nothing(
    served: Served, stood: dict[str, Any], role: Role, place: Scope
) -> None:
    cookie = enter(served, "p-1", Grant(role, place)) | {"Origin": served.url}
    async with httpx.AsyncClient(base_url=served.url, headers=cookie, timeout=30) as client:
        for one in _placed(served):
            answer, route = await _ask(client, one, **stood), (one.method, one.path)
            if one.action not in ROLES[role]:
                assert answer.status_code == 403, (one, answer.text)
            elif answer.is_success:
                assert one.method == "GET" or route in OF_THE_SCHOOL, (one, answer.text)
                assert not any(said in answer.text for said in (CHAMBER.device, '"lab-301"')), (one, answer.text)
                assert place is NEXT_DOOR or "latch-1" not in answer.text, (one, answer.text)
            else:
                assert answer.status_code in {403, 404} | ({409} if route in OF_ITS_HOLDER else set()), (
                    one,
                    answer.text,
                )


async def test_for_the_owner_nothing_is_wrong_with_the_same_requests_but_what_is_not_there(
    served: Served, stood: dict[str, Any]
) -> None:
    async with served.owner() as owner:
        for one in _placed(served):
            answer = await _ask(owner, one, **stood)
            code = answer.json()["code"] if answer.is_client_error else ""
            assert answer.status_code not in {403, 422}, (one, answer.text)
            assert code not in {"unknown_lab", "unknown_point", "unknown_school"}, (one, answer.text)
