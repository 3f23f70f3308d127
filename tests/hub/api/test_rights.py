"""Every cell of docs/reference/rights.md, tried on the real app; and what people see of the live stream."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from labkeeper_hub.accounts import EVERYWHERE, Action, Grant, Person, Role, Scope
from labkeeper_hub.accounts.actions import ROLES, WHOLE_HUB
from labkeeper_hub.api.declared import declared_messages, declared_routes
from labkeeper_hub.api.gate import COOKIE
from labkeeper_hub.api.live.client import CHECK_S, Client
from labkeeper_hub.api.rights_reference import TITLES
from labkeeper_hub.api.routes import pe_live
from labkeeper_hub.api.sight import Sight
from labkeeper_hub.model import Device, DeviceGone, DeviceKey, PointKey, Row

from .conftest import Served
from .doubles import CHAMBER, TARGET, TEMPERATURE, Inventory, device, latest

PAGE = (Path(__file__).parents[3] / "docs/reference/rights.md").read_text(encoding="utf-8")
OPEN_PREFIXES = ("/static/", "/s/", "/calendar/", "/healthz", "/readyz")
HERE, ELSEWHERE = Scope("demo", "lab-301"), Scope("demo", "lab-302")
SPAN = "from=0&to=9000000000000"
POINT = "school=demo&node=lab-301&device=0x00158d0001a2b3c4&point=temperature"
COMMAND = {**dict(zip(("school", "node", "device", "point"), TARGET, strict=True)), "value": 20.0}
REQUESTS = {
    "/api/v1/devices/{school}/{node}/{device}": "/api/v1/devices/demo/lab-301/0x00158d0001a2b3c4",
    "/api/v1/readings": f"/api/v1/readings?{POINT}&{SPAN}",
    "/api/v1/export": f"/api/v1/export?point=demo/lab-301/0x00158d0001a2b3c4/mode&{SPAN}",
    "/api/v1/exports/{identity}": f"/api/v1/exports/{uuid4()}",
    "/api/v1/devices/{school}/{node}": "/api/v1/devices/demo/lab-301",
    "/api/v1/labs/{school}/{lab}/scenes": "/api/v1/labs/demo/lab-301/scenes",
}
ADDRESSED = {"/api/v1/devices/{school}/{node}/{device}", "/api/v1/readings", "/api/v1/export", "/api/v1/commands"} | {
    "/api/v1/labs/{school}/{lab}/scenes",
    "/api/v1/wall",
}
ALWAYS_UNKNOWN = {"/api/v1/exports/{identity}", "/api/v1/devices/{school}/{node}"}
WORKS_BUT_NEEDS_A_JOURNAL = {"/api/v1/export"}
TRIED_ELSEWHERE = tuple(
    f"/api/v1/{room}"
    for room in (
        "account",
        "people",
        "leases",
        "floors",
        "stop",
        "alarms",
        "interlocks",
        "drivers",
        "recordings",
        "labs/",
        "telling",
        "automations",
        "timetables",
        "bookings",
        "openings",
        "calendar-links",
        "derived/",
    )
)
SIGNS_IN = {
    ("POST", "/api/v1/session"),
    ("GET", "/api/v1/session/oidc"),
    ("POST", "/api/v1/session/oidc"),
    ("GET", "/api/v1/session/oidc/callback"),
    ("GET", "/api/v1/session/oidc/leave"),
    ("GET", "/api/v1/session/oidc/left"),
    ("POST", "/api/v1/session/oidc/back-channel-logout"),
}
ENDS_SESSIONS = {"/api/v1/session", "/api/v1/account/sessions"}
LET_IN = {200, 202, 204}
REVOKED_WITHIN_S = 5.0  # what is promised of a right that is taken back while a page is open


def _rows() -> Iterator[tuple[str, str, Action, dict[Role, str]]]:
    """Read the table as people do."""
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 2 + len(TITLES) and cells[0].startswith("`"):
            method, _, path = cells[0].strip("`").partition(" ")
            yield method, path, Action(cells[1].strip("`")), dict(zip(Role, cells[2:], strict=True))


# WebSockets, and what asks a database this small hub has not
NOT_HERE = {
    "/api/v1/live",
    "/api/v1/labs/{school}/{lab}/pe-class/live",
    "/api/v1/alarms/history",
    "/api/v1/alarms/kpis",
    "/api/v1/telling/messages",
    "/api/v1/automations/runs",
}
ROUTES = [row for row in _rows() if not row[0].startswith("{") and row[1] not in NOT_HERE]
MESSAGES = [row for row in _rows() if row[0].startswith("{")]


def _enter(served: Served, *grants: Grant) -> dict[str, str]:
    """Return the cookie of somebody with these rights."""
    person = Person(f"p-{uuid4()}", grants)
    served.accounts.people[person.name] = person
    token = served.accounts.sessions.open(person.name, served.accounts.clocks.now_ms())
    return {"Cookie": f"{COOKIE}={token}", "Origin": served.url}


def _expected(cell: str, scope: Scope, path: str, method: str) -> set[int]:
    allowed = cell in {"yes", "place"} or (cell == "hub" and scope == EVERYWHERE)
    if not allowed:
        return {403}
    if path.startswith(
        ("/api/v1/labs/{school}/{lab}/lesson", "/api/v1/actions", "/api/v1/labs/{school}/{lab}/scenes/")
    ):
        return {200, 404, 422}  # likewise
    if path.startswith(TRIED_ELSEWHERE):
        return LET_IN | {404, 409, 422, 503}  # let in; what becomes of it is tested with each feature
    if path in ALWAYS_UNKNOWN:
        return {404}
    addressed = path in ADDRESSED and (method, path) != ("GET", "/api/v1/commands")
    if addressed and scope == ELSEWHERE:
        return {404}
    return {200, 503} if path in WORKS_BUT_NEEDS_A_JOURNAL else LET_IN


def test_every_route_and_every_message_declares_what_it_needs(served: Served) -> None:
    routes = list(declared_routes(served.app))
    assert len(routes) > 20
    for one in (*routes, *declared_messages()):
        is_open = one.path in {"/", "/wall"} or one.path.startswith(OPEN_PREFIXES) or (one.method, one.path) in SIGNS_IN
        assert one.action is not None or is_open, one
    assert {one.path for one in declared_messages()} == {"resume", "ping", "stop", "command"}


def test_the_table_has_every_role_and_more_than_one_word() -> None:
    assert len(ROUTES) + len(MESSAGES) > 20
    assert {word for *_, cells in _rows() for word in cells.values()} == {"yes", "hub", "place", "–"}


@pytest.mark.parametrize("role", list(Role))
async def test_every_cell_of_the_table_is_what_the_app_does(served: Served, role: Role) -> None:
    served.hub.journal.rows[TEMPERATURE] = [Row(1, 2.0)]
    served.app.state.api.press.tried = True  # nobody has to try whether PDFs can be made
    command = await served.hub.desk.submit(TARGET, 20.0)
    places = {scope: _enter(served, Grant(role, scope)) for scope in (EVERYWHERE, HERE, ELSEWHERE)}
    async with served.stranger() as client:
        for method, path, _, cells in ROUTES:
            for scope, cookie in places.items():
                if method == "DELETE" and path in ENDS_SESSIONS:
                    cookie = _enter(served, Grant(role, scope))  # noqa: PLW2901 - it ends with this request
                address = REQUESTS.get(path, path).replace("{command_id}", command.id)
                expected = _expected(cells[role], scope, path, method)
                if "{command_id}" in path and scope == ELSEWHERE:
                    expected = {404}
                answer = await client.request(
                    method, address, headers=cookie, json=COMMAND if method == "POST" else None
                )
                assert answer.status_code in expected, (method, path, scope, answer.text)
                if scope == ELSEWHERE and answer.status_code == 200 and path != "/api/v1/openapi.json":
                    assert CHAMBER.device not in answer.text, (path, answer.text)


@pytest.mark.parametrize("role", list(Role))
async def test_every_message_is_answered_as_the_table_says(served: Served, role: Role) -> None:
    for name, _, action, cells in ((row[1], *row[1:]) for row in MESSAGES):
        allowed = cells[role] != "–"
        assert allowed == (action is Action.BE_SIGNED_IN or action in ROLES[role]), name
    async with served.live(additional_headers=_enter(served, Grant(role, HERE))) as page:
        _, snapshot = await page.greet()
        assert [one["device"] for one in snapshot["devices"]] == [CHAMBER.device]
        await page.say(type="ping")
        assert await page.hear_type("pong")
        await page.say(type="command", id=str(uuid4()), **COMMAND)
        if Action.COMMAND in ROLES[role]:
            assert (await page.hear_type("changes"))["changes"][0]["kind"] == "command"
        else:
            assert (await page.hear_type("refused"))["problem"]["code"] == "role_may_not"
        await page.say(type="stop")
        if Action.STOP in ROLES[role]:
            assert (await page.hear_type("changes"))["changes"][0]["kind"] == "stops"
        else:
            assert (await page.hear_type("refused"))["problem"]["code"] == "role_may_not"
        assert bool(served.hub.brake.held) is (Action.STOP in ROLES[role])


async def test_a_page_sees_only_its_own_lab(served: Served) -> None:
    other = replace(device(), key=DeviceKey("demo", "lab-302", "other"), lab="lab-302")
    served.hub.inventory.found.append(other)
    headers = _enter(served, Grant(Role.TEACHER, ELSEWHERE))
    async with served.live(additional_headers=headers) as page:
        _, snapshot = await page.greet()
        assert [one["device"] for one in snapshot["devices"]] == ["other"]
        assert snapshot["latest"] == snapshot["labs"] == snapshot["nodes"] == []
        served.hub.hear(1.0)
        mine = PointKey(*other.key, "temperature")
        served.hub.hear(2.0, key=mine)
        changes = (await page.hear_type("changes"))["changes"]
        assert [one["value"] for one in changes] == [2.0]
        await page.say(type="command", id=str(uuid4()), **COMMAND)
        assert (await page.hear_type("refused"))["problem"]["code"] == "unknown_point"


async def test_whoever_loses_a_right_is_sent_away_and_comes_back_with_what_is_left(served: Served) -> None:
    headers = _enter(served, Grant(Role.TEACHER, HERE))
    (name,) = [name for name in served.accounts.people if name != "owner"]
    async with served.live(additional_headers=headers) as page:
        await page.greet()
        served.accounts.people[name] = Person(name, (Grant(Role.READER, Scope("demo", "lab-301", "9")),))
        assert await page.closed() == "rights_changed"
    async with served.live(additional_headers=headers) as page:
        assert (await page.greet())[1]["devices"] == []
        del served.accounts.people[name]
        assert await page.closed() == "session_ended"


async def test_the_first_look_after_a_right_is_taken_back_closes_and_looks_are_seconds_apart(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, check = list[Client](), Client._check

    def look(page: Client) -> None:
        looks.append(page)
        check(page)

    monkeypatch.setattr(Client, "_check", look)
    headers = _enter(served, Grant(Role.TEACHER, HERE))
    (name,) = [name for name in served.accounts.people if name != "owner"]
    async with served.live(additional_headers=headers) as page:
        await page.greet()
        looks.clear()
        del served.accounts.people[name]
        assert await page.closed() == "session_ended"
    assert len(looks) == 1
    assert max(CHECK_S, pe_live.CHECK_S) <= REVOKED_WITHIN_S


async def test_a_right_that_is_narrowed_to_looking_refuses_the_very_next_command(served: Served) -> None:
    headers = _enter(served, Grant(Role.TEACHER, HERE))
    (name,) = [name for name in served.accounts.people if name != "owner"]
    async with served.live(additional_headers=headers) as page:
        await page.greet()
        served.accounts.people[name] = Person(name, (Grant(Role.READER, HERE),))
        await page.say(type="command", id=str(uuid4()), **COMMAND)
        assert (await page.hear_type("refused"))["problem"]["code"] == "role_may_not"
    assert served.hub.desk.known == {}


async def test_a_page_without_any_right_is_refused_at_the_door(served: Served, stranger: httpx.AsyncClient) -> None:
    cookie = _enter(served)
    assert (await stranger.get("/api/v1/session", headers=cookie)).status_code == 200
    assert (await stranger.get("/api/v1/labs", headers=cookie)).json()["code"] == "role_may_not"


def test_health_people_and_interlocks_are_about_the_whole_hub() -> None:
    assert {
        Action.READ_HEALTH,
        Action.MANAGE_PEOPLE,
        Action.CHANGE_INTERLOCKS,
        Action.MANAGE_TELLING,
        Action.RECOMPUTE_DERIVED,
        Action.CONFIGURE_DRIVERS,
    } == WHOLE_HUB


def _sight(*scopes: Scope, found: list[Device]) -> Sight:
    return Sight(frozenset(scopes), Inventory(found))


def test_one_point_shows_its_device_with_that_point_alone() -> None:
    sight = _sight(Scope("demo", "lab-301", "3", point="target"), found=[device()])
    (seen,) = sight.devices()
    assert [one.name for one in seen.points] == ["target"]
    assert not sight.point(TEMPERATURE)
    assert [(lab.devices_total, lab.nodes) for lab in sight.labs()] == [(1, ("lab-301",))]


def test_a_device_that_is_carried_out_of_sight_is_gone() -> None:
    found = [device()]
    sight = _sight(HERE, found=found)
    assert sight.change(latest()) == latest()
    found[0] = replace(device(), lab="lab-302")
    assert sight.change(found[0]) == DeviceGone(CHAMBER)
    assert sight.change(found[0]) is None
    assert sight.change(latest()) is None
    assert sight.change(DeviceGone(CHAMBER)) is None
