"""Role × route × width, whole: each route and message asked by each role with a grant of each width, and by the next.

The requests are about one point of one device on one bench, or about what is around it. Every grant either holds that
point, or is the place right beside it; what docs/reference/rights.md says of the width is what has to happen. The
addresses are real and the bodies are those the reference shows, so that nothing but the place can be wrong.
"""

from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, cast
from uuid import uuid4

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from labkeeper_hub.accounts import Action, Grant, Person, Role, Scope
from labkeeper_hub.accounts.actions import ROLES, WHOLE_HUB
from labkeeper_hub.alarms.catalogue import OverrideEntry
from labkeeper_hub.api.declared import Declared, declared_messages, declared_routes
from labkeeper_hub.api.reach import REACH, Width
from labkeeper_hub.api.rights_reference import name as name_of
from labkeeper_hub.api.routing import openapi_document
from labkeeper_hub.export.exports import Export
from labkeeper_hub.export.order import Order
from labkeeper_hub.lessons.scenes import Scene, Wish
from labkeeper_hub.model import Row, State
from labkeeper_hub.registry.tables import metadata
from labkeeper_hub.reports.press import Lack
from labkeeper_hub.timetable.bookings import Opening
from labkeeper_hub.timetable.desk import booking
from labkeeper_hub.timetable.slots import Teaching
from labkeeper_sdk import Title
from labkeeper_wire.leases import book as rules

from .campus import BESIDE, OWN, POINT, RECORDING, SHARED, Campus, OneRecording
from .conftest import TRUSTED, Served, enter, serve
from .doubles import CHAMBER, TARGET, SmallHub, latest

PAGE = (Path(__file__).parents[3] / "docs/reference/rights.md").read_text(encoding="utf-8")
ROOM = rules.Room("demo", "lab-301")
EXPORT = str(uuid4())
HOUR_MS = 3_600_000
SLOTS = count(200)  # hours from now in which nothing is booked yet
ADDRESS = "school=demo&node=lab-301&device=0x00158d0001a2b3c4&point=target&from=0&to=9000000000000"
QUERIES = {
    "/api/v1/readings": ADDRESS,
    # of an id that is taken: no file has to be made
    "/api/v1/export": f"point=demo/lab-301/0x00158d0001a2b3c4/target&from=0&to=9000000000000&id={EXPORT}",
    **{f"/api/v1/labs/{{school}}/{{lab}}/report{form}": "day=2026-09-07" for form in ("", ".pdf")},
    "/api/v1/timetables/{school}/ledger/lessons": "class_name=4(1)",
    "/api/v1/wall": "school=demo&lab=lab-301",
    "/api/v1/alarms/rules/{rule}/limits": "school=demo&lab=lab-301",
}
ALARM = {"rule": "co2", **TARGET._asdict()}
PLACE = {"school": "demo", "lab": "lab-301"}
DEVICE = {**PLACE, "node": CHAMBER.node, "device": CHAMBER.device, "for_s": 60}
BODIES: Mapping[str, Any] = {
    "/api/v1/leases": DEVICE,
    "/api/v1/leases/take-over": DEVICE | {"reason": "a test"},
    "/api/v1/calendar-links": PLACE,
    "/api/v1/stop/release": {"latch": "latch-1"},
    "/api/v1/recordings": PLACE,
}
# asked for whatever is one's own; in the others of these lists the small hub has nothing
LISTS = {
    *(f"GET /api/v1/{what}" for what in ("labs", "nodes", "devices", "points", "latest", "commands", "leases")),
    *(f"GET /api/v1/{what}" for what in ("lessons", "floors", "recordings", "automations", "stop")),
    "GET /api/v1/devices/{school}/{node}/{device}",
    "POST /api/v1/stop",
}
EMPTY_LISTS = {
    *(f"GET /api/v1/{what}" for what in ("derived", "catalogue", "openings", "calendar-links", "colleagues", "staff")),
    *(f"GET /api/v1/alarms{what}" for what in ("", "/history", "/rules", "/rules/{rule}/points", "/kpis")),
    "GET /api/v1/automations/runs",
}
ALSO_NEEDS = {"DELETE /api/v1/bookings/{name}": Action.MANAGE_TIMETABLE}  # somebody else's
LEASED = {
    "POST /api/v1/leases/{fence}/renew": rules.Scope(ROOM, "3", CHAMBER.node, CHAMBER.device),
    "DELETE /api/v1/leases/{fence}": rules.Scope(ROOM, "3", CHAMBER.node, CHAMBER.device),
    "GET /api/v1/leases": rules.Scope(ROOM, "3", CHAMBER.node, CHAMBER.device),
    "POST /api/v1/floors": rules.Scope(ROOM, "3"),
}


class Asker(NamedTuple):
    """Somebody with one grant; `beside`: it does not hold the point that the requests are about."""

    name: str
    role: Role
    width: Width
    scope: Scope
    beside: bool

    def reaches(self, route: str, action: Action | None) -> bool:
        """Tell whether the table says that this grant does it."""
        word = REACH[route].word(self.width)
        held = word != "–" and (not self.beside or word in SHARED[self.width])
        return held and {action, ALSO_NEEDS.get(route, action)} <= ROLES[self.role]


def _askers(role: Role) -> Iterator[Asker]:
    for beside, places in enumerate((OWN, BESIDE)):
        for width, scope in places.items():
            yield Asker(f"p-{len(width)}-{width}-{beside}", role, width, scope, bool(beside))


def _placed(served: Served) -> list[Declared]:
    """Return the routes about places, WebSockets and open ones aside."""
    found = (one for one in declared_routes(served.app) if one.method != "WEBSOCKET")
    return [one for one in found if one.action not in (None, Action.BE_SIGNED_IN, *WHOLE_HUB)]


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[Served]:
    """A hub in which there is one of everything that a route may be about."""
    hub = await furnished_hub(tmp_path)
    async with serve(hub, tmp_path) as served:
        await begin_lesson(served, "p-9")
        yield served


async def furnished_hub(folder: Path) -> SmallHub:
    """Return a hub with a campus and one of everything, but for what happens while it runs."""
    hub = SmallHub(data=folder, inventory=Campus(), notebook=OneRecording())
    hub.desk.outcome = State.DONE
    hub.journal.rows[TARGET] = [Row(1, 2.0)]
    hub.inventory.values[TARGET] = latest(20.0, key=TARGET)
    async with hub.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    return hub


async def begin_lesson(served: Served, teacher: str) -> None:
    """Have a lesson with a scene, a command that has been given, and an export that has ended."""
    hub = served.hub
    await hub.lessons.start(teacher, ROOM, 600_000)
    hub.lessons.given = {ROOM: (Scene("mine", Title("我的", "Mine"), (Wish(TARGET, 20.0),)),)}
    await hub.desk.submit(TARGET, 20.0, command_id="c-1")
    order = Order(journal="", format="csv", from_ms=0, to_ms=1, points=(POINT,))
    served.app.state.api.press.lack, served.app.state.api.press.tried = Lack.LIBRARY, True  # no file has to be made
    served.app.state.api.exports.known[EXPORT] = Export(EXPORT, order, cast(Process, None))


def teach(served: Served, teacher: str) -> None:
    """Let the lesson be somebody's: what is recorded in it is then theirs to change."""
    on = served.hub.lessons.on
    on[ROOM] = replace(on[ROOM], teacher=teacher)


async def names(served: Served, one: Declared, asker: Asker) -> dict[str, Any]:
    """Have what this request is about, held by whoever asks where that is theirs; return what it is called."""
    route = name_of(one)
    holder = asker.name if asker.reaches(route, one.action) or route in LEASED else "p-9"
    named: dict[str, Any] = {**PLACE, "node": CHAMBER.node, "device": CHAMBER.device, "code": "4-2", "rule": "co2"}
    identities = {"recordings": RECORDING.id, "exports": EXPORT}
    named |= {"identity": identities.get(route.split("/")[3], ""), "other": RECORDING.id, "command_id": "c-1"}
    hub, parts = served.hub, served.app.state.api.parts
    await hub.brake.stop("p-9")
    teach(served, holder)
    if "leases" in route or "floors" in route:
        scope = LEASED.get(route, rules.Scope(ROOM, "3"))
        hub.leases.book = rules.take(rules.Book(), holder, scope, hub.leases.now_ms, 600_000)
        named["fence"] = hub.leases.book.held[-1].fence
    if "floors" in route and route != "POST /api/v1/floors":
        named["name"] = (await parts.floor.seat(named["fence"], holder, "3"))[0].seat.name
    if "bookings/" in route:
        wanted = booking(ROOM, _slot(served), Teaching(), "", "")
        named["name"] = (await parts.timetable.book(wanted)).name
    if route == "GET /api/v1/openings":
        for opened in parts.timetable.openings(0, 1 << 60):
            await parts.timetable.close(opened.id)
    if "openings/" in route:
        opening = Opening(str(uuid4()), *ROOM, *_slot(served))
        await parts.timetable.open([opening])
        named["identity"] = opening.id
    if "calendar-links/" in route:
        named["identity"] = (await parts.timetable.link("", "", holder, holder))[0].id
    if route.startswith("DELETE") and route.endswith("/limits"):
        mild = OverrideEntry(rule="co2", school="demo", lab="lab-301", limits={"warn": 1100.0}, who="p-9", why="a test")
        await parts.limits.put(mild)
    if "automations" in route:
        text = openapi_document()["components"]["schemas"]["AutomationTextRequest"]["examples"][0]["text"]
        named["name"] = (await parts.automations.put(text, "p-9")).automation.id
    return named | ({"name": "mine"} if "/scenes/" in route else {})


def _slot(served: Served) -> tuple[int, int]:
    from_ms = served.accounts.clocks.now_ms() + next(SLOTS) * HOUR_MS
    return from_ms, from_ms + HOUR_MS // 2


def body(served: Served, one: Declared, named: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- any JSON
    """Return the body that the reference shows, about the place and the point that the tests are about."""
    if one.path == "/api/v1/floors":
        return {"fence": named["fence"], "bench": "3"}
    if one.path in BODIES and one.method == "POST":
        return BODIES[one.path]
    content = openapi_document()["paths"][one.path][one.method.lower()].get("requestBody", {}).get("content", {})
    for told in content.values():
        schema = told["schema"].get("$ref", "").rpartition("/")[2]
        shown = told.get("example") or openapi_document()["components"]["schemas"][schema]["examples"][0]
        return _about_the_point(served, shown)
    return None


def _about_the_point(served: Served, shown: dict[str, Any]) -> dict[str, Any]:
    """Return an example with its alarms and its day moved here; bookings are in no opening to another school."""
    days = 20 if "class_name" in shown else 30
    day = datetime.fromtimestamp(served.accounts.clocks.now_ms() / 1000, UTC) + timedelta(days=days)
    moved: dict[str, Any] = {"alarms": [ALARM], "alarm": ALARM, "date": str(day.date())}
    return {key: moved.get(key, value) for key, value in shown.items()}


def _tells(told: Any) -> bool:  # noqa: ANN401 -- any JSON
    """Tell whether an answer speaks of the point, or of what it lies in, as narrowly as that answer speaks."""
    if isinstance(told, list):
        return any(map(_tells, told))
    if not isinstance(told, dict):
        return False
    return _is_it(told) if "school" in told else any(map(_tells, told.values()))


def _is_it(one: Mapping[str, Any]) -> bool:
    if one["school"] != "demo":
        return False
    if one.get("device"):
        points = {one["point"]} if "point" in one else {told["point"] for told in one.get("points") or ()}
        return one["device"] == CHAMBER.device and (not points or TARGET.point in points)
    if "node" in one and one["node"] is not None:
        return bool(one["node"] == CHAMBER.node)
    return one.get("lab", "lab-301") == "lab-301" and one.get("bench") in (None, "", "3")


def _done(route: str, answer: httpx.Response) -> bool:
    """Tell whether somebody was let in, whatever became of it; a list lets everybody in and tells what is theirs."""
    assert answer.status_code not in {400, 401, 405, 413, 415, 422, 429, 500}, (route, answer.text)
    if answer.is_success:
        return route not in LISTS | EMPTY_LISTS or _tells(orjson.loads(answer.content))
    code = answer.json()["code"]
    refused = answer.status_code == 403 or code == "not_the_holder"
    return not (refused or (answer.status_code == 404 and code not in {"unknown_alarm", "unknown_class", "no_class"}))


def test_the_table_has_every_route_and_message_about_a_place_and_no_other(served: Served) -> None:
    told = [*declared_routes(served.app), *declared_messages()]
    about = {name_of(one) for one in told if one.action not in (None, Action.BE_SIGNED_IN, *WHOLE_HUB)}
    assert about == set(REACH)
    assert all(f"| `{name}` | {reach.word(Width.SCHOOL)} | " in PAGE for name, reach in REACH.items())


@pytest.mark.parametrize("role", list(Role))
async def test_a_grant_of_each_width_reaches_its_own_and_nothing_beside(school: Served, role: Role) -> None:
    for asker in _askers(role):
        cookie = enter(school, asker.name, Grant(role, asker.scope)) | {"Origin": school.url}
        async with httpx.AsyncClient(base_url=school.url, headers=cookie, timeout=60, verify=TRUSTED) as client:
            for one in _placed(school):
                if one.action not in ROLES[role] and asker.width is not Width.HUB:
                    continue  # refused with the widest grant already: a narrower one covers no more
                route = name_of(one)
                named = await names(school, one, asker)
                address = f"{one.path.format(**named)}?{QUERIES.get(one.path, '')}"
                answer = await client.request(one.method, address, json=body(school, one, named))
                said = (route, asker, answer.status_code, answer.text[:300])
                expected = asker.reaches(route, one.action)
                if route in EMPTY_LISTS and expected:
                    assert answer.is_success, said
                else:
                    assert _done(route, answer) is expected, said


@pytest.mark.parametrize("role", list(Role))
async def test_a_message_of_a_page_reaches_what_its_grant_holds_and_nothing_beside(school: Served, role: Role) -> None:
    needs = {one.path: one.action for one in declared_messages()}
    for asker in _askers(role):
        headers = enter(school, asker.name, Grant(role, asker.scope)) | {"Origin": school.url}
        school.hub.brake.held, command_id = (), str(uuid4())
        async with school.live(additional_headers=headers) as page:
            _, snapshot = await page.greet()
            assert _tells(snapshot["devices"]) is asker.reaches('{"type": "resume"}', needs["resume"]), asker
            assert _tells(snapshot["latest"]) is asker.reaches('{"type": "resume"}', needs["resume"]), asker
            await page.say(type="command", id=command_id, **TARGET._asdict(), value=20.0)
            await page.say(type="stop")
            await page.say(type="ping")
            await page.hear_type("pong")
        assert (command_id in school.hub.desk.known) is asker.reaches('{"type": "command"}', needs["command"]), asker
        assert bool(school.hub.brake.held) is asker.reaches('{"type": "stop"}', needs["stop"]), asker


@pytest.mark.parametrize("role", list(Role))
async def test_the_board_of_a_pe_class_opens_to_a_grant_of_its_lab_and_to_none_beside(
    school: Served, role: Role
) -> None:
    route = "GET /api/v1/labs/{school}/{lab}/pe-class/live"
    address = f"ws://127.0.0.1:{school.port}/api/v1/labs/demo/lab-301/pe-class/live"
    for asker in _askers(role):
        headers = enter(school, asker.name, Grant(role, asker.scope)) | {"Origin": school.url}
        try:
            async with connect(address, additional_headers=headers):
                opened = True
        except InvalidStatus:
            opened = False
        assert opened is asker.reaches(route, Action.TEACH_PE), asker


async def test_who_may_have_no_lease_at_a_bench_any_more_gives_pupils_no_link_to_it(school: Served) -> None:
    cookie = enter(school, "p-1", Grant(Role.TEACHER, OWN[Width.LAB])) | {"Origin": school.url}
    school.hub.leases.book = rules.take(rules.Book(), "p-1", rules.Scope(ROOM), school.hub.leases.now_ms, 600_000)
    asked = {"fence": school.hub.leases.book.held[-1].fence, "bench": "3"}
    async with httpx.AsyncClient(base_url=school.url, headers=cookie, timeout=60, verify=TRUSTED) as client:
        assert (await client.post("/api/v1/floors", json=asked)).status_code == 201
        school.accounts.people["p-1"] = Person("p-1", (Grant(Role.TEACHER, BESIDE[Width.BENCH]),))
        assert (await client.post("/api/v1/floors", json=asked)).json()["code"] == "other_place"
        assert (await client.post("/api/v1/floors", json=asked | {"bench": "4"})).status_code == 201


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (PLACE, Width.LAB),
        (PLACE | {"bench": "3"}, Width.BENCH),
        (PLACE | {"node": CHAMBER.node, "device": CHAMBER.device}, Width.DEVICE),
    ],
    ids=["lab", "bench", "device"],
)
async def test_a_lease_is_had_by_a_grant_that_covers_all_of_it(
    school: Served, wide: dict[str, str], narrow: Width
) -> None:
    for asker in _askers(Role.TEACHER):
        cookie = enter(school, asker.name, Grant(Role.TEACHER, asker.scope)) | {"Origin": school.url}
        school.hub.leases.book = rules.Book()
        async with httpx.AsyncClient(base_url=school.url, headers=cookie, timeout=60, verify=TRUSTED) as client:
            answer = await client.post("/api/v1/leases", json=wide | {"for_s": 60})
        covers = not asker.beside and asker.width.holds(narrow)
        assert answer.is_success is covers, (asker, answer.text)
        assert covers or answer.status_code == 403
