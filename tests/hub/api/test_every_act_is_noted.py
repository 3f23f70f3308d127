"""Whatever changes something is on record: every such route is asked by whoever may, succeeds, and leaves a note.

Each route stands below with the word its note has, or with the reason why it leaves none. A note that is taken out of
the code fails here, and so does a route that is new.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pyotp
import pytest

from labkeeper_hub.accounts import EVERYWHERE, Accounts, Grant, Role, open_accounts
from labkeeper_hub.accounts.staff import Staff, open_staff
from labkeeper_hub.alarms.states import Cleared, Priority, Raised
from labkeeper_hub.api import build_app
from labkeeper_hub.api.declared import Declared, declared_routes
from labkeeper_hub.api.reach import Width
from labkeeper_hub.api.rights_reference import name as name_of
from labkeeper_hub.model import AlarmKey
from labkeeper_hub.oidc.desk import OidcDesk, Provider
from labkeeper_hub.oidc.settings import OidcSettings
from labkeeper_hub.vault import open_vault
from labkeeper_sdk.plugins import load_channels
from labkeeper_wire.interlocks import hash_of_text
from labkeeper_wire.leases import book as rules
from tests.hub.heard import Heard

from .conftest import DEADLINE_S, TRUSTED, Hands, Served, _serving, enter
from .doubles import CHAMBER, START_MS, TARGET
from .test_rights_by_width import ALARM, QUERIES, ROOM, Asker, begin_lesson, body, furnished_hub, names
from .test_telling import NEW as CHANNEL
from .test_timetable import TABLE

LAB = "/api/v1/labs/{school}/{lab}"
PLACED = {
    "POST /api/v1/commands": "command",
    "POST /api/v1/leases": "take_lease",
    "POST /api/v1/leases/take-over": "take_over",
    "POST /api/v1/leases/{fence}/renew": "renew_lease",
    "DELETE /api/v1/leases/{fence}": "release_lease",
    f"POST {LAB}/scenes/{{name}}": "run_scene",
    "POST /api/v1/actions": "act",
    "PUT /api/v1/timetables/{school}": "set_school_year",
    f"PUT {LAB}/lesson/class": "file_lesson",
    f"POST {LAB}/bookings": "book",
    "DELETE /api/v1/bookings/{name}": "cancel_booking",
    f"POST {LAB}/openings": "open_lab",
    "DELETE /api/v1/openings/{identity}": "close_lab",
    "POST /api/v1/calendar-links": "make_calendar_link",
    "DELETE /api/v1/calendar-links/{identity}": "remove_calendar_link",
    "POST /api/v1/floors": "open_link",
    "PUT /api/v1/floors/{name}/points": "give_floor",
    "DELETE /api/v1/floors/{name}/points": "take_back_floor",
    "DELETE /api/v1/floors/{name}": "close_link",
    "PUT /api/v1/alarms/rules/{rule}/limits": "set_alarm_limit",
    "DELETE /api/v1/alarms/rules/{rule}/limits": "remove_alarm_limit",
    "PUT /api/v1/automations": "put_automation",
    "POST /api/v1/automations/{name}/switch": "switch_automation_on",
    "DELETE /api/v1/automations/{name}": "remove_automation",
    "POST /api/v1/stop": "stop",
    f"POST {LAB}/wall-link": "open_wall",
    f"DELETE {LAB}/wall-link": "close_wall",
}
"""Asked as the tests of rights ask; what needs a story of its own is told below."""
UNNOTED = {
    "POST /api/v1/alarms/try": "a trial: nothing changes",
    "POST /api/v1/automations/try": "a trial: nothing changes",
    "POST /api/v1/session/oidc/back-channel-logout": "a provider's word, noted as its end, which tests/hub/oidc sees",
    "POST /api/v1/session/oidc": "it sends away to the provider; the return is noted, which tests/hub/oidc sees",
    "POST /api/v1/account/school-account": "the same, as link_school_account",
    **{
        f"{way} /api/v1/recordings{what}": "their desk notes it, for whoever asks: end_to_end/test_recorded.py sees it"
        for way, what in (
            ("POST", ""),
            ("POST", "/{identity}/marks"),
            ("POST", "/{identity}/stop"),
            ("POST", "/{identity}/seal"),
            ("DELETE", "/{identity}"),
        )
    },
}
OWNER, TEACHER = (Grant(Role.OWNER, EVERYWHERE), Grant(Role.TEACHER, EVERYWHERE))
PASSWORD, ANOTHER = "three oxen under plum", "five geese over bamboo"
INTERLOCKS = 'id = "x"\ntitle = { zh = "某", en = "x" }\n[inputs]\n[outputs]\n'
NODE = CHAMBER.of_node._asdict()


@dataclass
class Acts:
    """Who asks, what was noted, and which routes have been asked."""

    served: Served
    heard: Heard
    staff: Staff
    done: set[str] = field(default_factory=set)

    def browser(self, name: str, *grants: Grant) -> httpx.AsyncClient:
        """Return the browser of somebody who has these rights."""
        headers = enter(self.served, name, *grants) | {"Origin": self.served.url}
        return httpx.AsyncClient(base_url=self.served.url, headers=headers, timeout=DEADLINE_S, verify=TRUSTED)

    async def do(self, client: httpx.AsyncClient, route: str, what: str, json: object = None, **named: object) -> Any:  # noqa: ANN401 -- any JSON
        """Ask, and want success and its note; return the answer."""
        before = len(self.heard.notes)
        method, _, path = route.partition(" ")
        answer = await client.request(method, path.format(**named) + f"?{QUERIES.get(path, '')}", json=json)
        assert answer.is_success, (route, answer.status_code, answer.text)
        assert what in {noted for _, noted, *_ in self.heard.notes[before:]}, (route, self.heard.notes[before:])
        self.done.add(route)
        return answer.json() if answer.content else None


@pytest.fixture
async def acts(tmp_path: Path) -> AsyncIterator[Acts]:
    """A campus with people, channels and a school's provider, and everything that is noted in it."""
    hub, hands, heard = await furnished_hub(tmp_path), Hands(), Heard()
    hub.telling.kinds, hub.pe.audit = load_channels(), heard
    clocks = hands.clocks()
    staff = await open_staff(hub.engine, clocks.now_ms, open_vault(tmp_path))
    parts = hub.parts(data=tmp_path)
    async with hub, open_accounts(tmp_path, clocks, staff, guests=parts.floor, walls=parts.wall) as accounts:
        app = build_app(parts, accounts, heard, _school_accounts(accounts, staff, heard))
        async with _serving(app) as port:
            yield Acts(Served(hub, app, accounts, hands, port, accounts.new_secret or ""), heard, staff)


def _school_accounts(accounts: Accounts, staff: Staff, heard: Heard) -> OidcDesk:
    """Return a desk whose provider nobody asks here."""
    settings = OidcSettings(issuer="https://id.school", client_id="lab", hub_url="https://hub.school")
    return OidcDesk(settings, cast(Provider, None), accounts, staff, heard)


async def _placed(acts: Acts) -> None:
    """Do what is about a place."""
    asker = Asker("p-9", Role.OWNER, Width.HUB, EVERYWHERE, beside=False)
    routes = {name_of(one): one for one in _changing(acts)}
    async with acts.browser("p-9", OWNER) as client:
        await begin_lesson(acts.served, "p-9")
        for route, what in PLACED.items():
            named = await names(acts.served, routes[route], asker)
            await acts.do(client, route, what, body(acts.served, routes[route], named), **named)


def _changing(acts: Acts) -> list[Declared]:
    return [one for one in declared_routes(acts.served.app) if one.method not in {"GET", "HEAD", "WEBSOCKET"}]


async def _lessons(acts: Acts) -> None:
    """Teach, be asked for the lab, give it, have it taken over."""
    acts.served.hub.leases.book, acts.served.hub.lessons.on = rules.Book(), {}
    lesson, for_s = f"POST {LAB}/lesson", {"for_s": 600}
    async with acts.browser("p-3", TEACHER) as li, acts.browser("p-4", TEACHER) as wang:
        place = ROOM._asdict()
        await acts.do(li, lesson, "start_lesson", for_s, **place)
        await acts.do(li, f"{lesson}/prolong", "prolong_lesson", for_s, **place)
        await acts.do(li, f"{lesson}/end", "end_lesson", **place)
        await acts.do(li, f"{lesson}/undo", "undo_end_of_lesson", **place)
        await acts.do(wang, f"{lesson}/ask", "ask_for_lab", for_s, **place)
        await acts.do(li, f"{lesson}/reply", "keep_lab", {"by": "p-4", "give": False}, **place)
        acts.served.hub.leases.now_ms += 120_000  # nobody is asked again at once
        await acts.do(wang, f"{lesson}/ask", "ask_for_lab", for_s, **place)
        await acts.do(li, f"{lesson}/reply", "give_lab", {"by": "p-4", "give": True}, **place)
        await acts.do(li, f"{lesson}/take-over", "take_over_lesson", for_s | {"reason": "mine"}, **place)


async def _pe_classes(acts: Acts) -> None:
    bands = [{"number": 7, "consent_by": "guardian"}]
    place, roster = ROOM._asdict() | {"code": "4-2"}, {"years": 10, "bands": bands}
    async with acts.browser("p-9", OWNER) as client:
        await acts.do(client, f"PUT {LAB}/pe-classes/{{code}}", "change_pe_class", roster, **place)
        await acts.do(client, f"POST {LAB}/pe-class", "start_pe_class", {"code": "4-2"}, **place)
        await acts.do(client, f"POST {LAB}/pe-class/seen", "look_after_child", {"number": 7}, **place)
        await acts.do(client, f"POST {LAB}/pe-class/end", "end_pe_class", **place)
        await acts.do(client, f"DELETE {LAB}/pe-classes/{{code}}", "remove_pe_class", **place)


async def _alarms(acts: Acts) -> None:
    desk = acts.served.hub.alarms
    key = AlarmKey("co2", TARGET)
    desk.happens(key, Raised(Priority.LOW, latch=True), START_MS, lab="lab-301", level="warn")
    await desk.save()
    async with acts.browser("p-9", OWNER) as client:
        for way, what, more in (
            ("acknowledge", "acknowledge_alarm", {}),
            ("shelve", "shelve_alarm", {"until_ms": START_MS + 600_000, "why": "it is cleaned"}),
            ("unshelve", "unshelve_alarm", {}),
            ("take-out", "take_alarm_out", {"order": "W-7"}),
            ("put-back", "put_alarm_back", {}),
            ("reset", "reset_alarm", {}),
        ):
            if way == "reset":
                desk.happens(key, Cleared(), START_MS + 1, lab="lab-301", level="")
            about = {"alarm": ALARM} if way == "take-out" else {"alarms": [ALARM]}
            await acts.do(client, f"POST /api/v1/alarms/{way}", what, about | more)


async def _equipment(acts: Acts) -> None:
    """Change what only owners and managers do: interlocks, drivers, history, channels, a stop's release."""
    proposal, drivers = NODE | {"text": INTERLOCKS}, NODE | {"number": 0, "during_lesson": True}
    channels, named = "/api/v1/telling/channels", "POST /api/v1/telling/channels/{name}"
    async with acts.browser("p-9", OWNER) as client, acts.browser("p-8", OWNER) as other:
        await acts.do(client, "POST /api/v1/interlocks/propose", "propose_interlocks", proposal)
        approval = NODE | {"hash": hash_of_text(INTERLOCKS)}
        await acts.do(other, "POST /api/v1/interlocks/approve", "approve_interlocks", approval)
        instances = {"instances": {"homie": {"driver": "homie", "configuration": {}}}}
        await acts.do(client, "POST /api/v1/drivers/try", "try_drivers", NODE | instances)
        await acts.do(client, "POST /api/v1/drivers/apply", "apply_drivers", drivers | instances)
        await acts.do(client, "POST /api/v1/drivers/back", "back_drivers", drivers)
        await acts.do(client, "POST /api/v1/derived/recompute", "recompute_derived", {"from": 0, "to": 1})
        await acts.do(client, f"POST {channels}", "add_channel", CHANNEL)
        await acts.do(client, f"{named}/test", "test_channel", name="duty")
        await acts.do(client, "PUT /api/v1/telling/plan", "change_telling", {})
        await acts.do(client, f"DELETE {channels}/{{name}}", "remove_channel", name="duty")
        file = {"format": "csv", "text": TABLE.format(teacher="p-9", starts=""), "check": False}
        await acts.do(client, "POST /api/v1/timetables/{school}/import", "import_timetable", file, school="demo")
        latch = (await acts.served.hub.brake.stop("p-9")).stops[0].latch
        asked = (await client.post("/api/v1/stop/release", json={"latch": latch})).json()["release"]
        await acts.do(client, "POST /api/v1/stop/release", "release_stop", {"latch": latch, "release": asked})


async def _people(acts: Acts) -> None:
    """Add somebody, and do to them all that can be done."""
    person, new = "/api/v1/people/{name}", {"login": "wang", "title": "Wang", "grants": []}
    async with acts.browser("p-9", OWNER) as client:
        name = (await acts.do(client, "POST /api/v1/people", "add_person", new))["name"]
        await acts.do(client, f"PUT {person}/grants", "change_rights", {"grants": []}, name=name)
        await acts.do(client, f"POST {person}/invitation", "invite_person", name=name)
        await acts.do(client, f"PUT {person}/school-account", "link_school_account", {"subject": "w"}, name=name)
        await acts.do(client, f"DELETE {person}/school-account", "unlink_school_account", name=name)
        await acts.do(client, f"DELETE {person}/sessions", "sign_person_out", name=name)
        await acts.do(client, f"DELETE {person}/second-factor", "reset_second_factor", name=name)
        await acts.do(client, f"DELETE {person}", "remove_person", name=name)


async def _own_account(acts: Acts) -> None:
    """Come in by an invitation, and do all that one does to one's own account."""
    account, factor = "/api/v1/account", "/api/v1/account/second-factor"
    added = await acts.staff.add("li", "Li", (TEACHER,))
    invitation = await acts.staff.invite(added.name)
    async with acts.served.stranger() as li:
        li.headers["Origin"] = acts.served.url
        proof = {"invitation": invitation, "password": PASSWORD}
        await acts.do(li, "POST /api/v1/session", "sign_in", proof)
        change = {"password": PASSWORD, "fresh": ANOTHER}
        await acts.do(li, f"PUT {account}/password", "change_password", change)
        begun = await acts.do(li, f"POST {factor}", "begin_second_factor", {"password": ANOTHER})
        app = pyotp.TOTP(begun["secret"])
        await acts.do(li, f"PUT {factor}", "turn_on_second_factor", {"code": _code(acts, app)})
        await acts.do(li, f"POST {account}/recovery-codes", "new_recovery_codes", {"code": _code(acts, app)})
        await acts.do(li, f"POST {factor}/off", "turn_off_second_factor", {"code": _code(acts, app)})
        token = {"title": "script", "actions": ["read_places"], "days": 30}
        made = await acts.do(li, f"POST {account}/tokens", "make_token", token)
        await acts.do(li, f"DELETE {account}/tokens/{{identity}}", "revoke_token", identity=made["token"]["id"])
        await acts.do(li, f"POST {account}/school-account/off", "unlink_school_account", {"password": ANOTHER})
        await acts.do(li, f"DELETE {account}/sessions", "sign_out_everywhere")
        await acts.do(li, "POST /api/v1/session", "sign_in", {"name": "li", "password": ANOTHER})
        await acts.do(li, "DELETE /api/v1/session", "sign_out")


def _code(acts: Acts, app: pyotp.TOTP) -> str:
    """Return a code of the app that has not been used: half a minute later."""
    acts.served.hands.now_s += 30
    return app.at(int(acts.served.hands.now_s))


async def test_whatever_changes_something_leaves_a_note(acts: Acts) -> None:
    for tell in (_placed, _lessons, _pe_classes, _alarms, _equipment, _people, _own_account):
        await tell(acts)
    there = {name_of(one) for one in _changing(acts)}
    assert there - acts.done == set(UNNOTED), "a route that changes something is in one of these lists"


async def test_what_is_refused_about_people_leaves_a_note_with_the_reason_and_not_what_was_typed(acts: Acts) -> None:
    taken, own = {"login": "li", "title": "Li", "grants": []}, "/api/v1/account"
    invitation = await acts.staff.invite((await acts.staff.add("li", "Li", ())).name)
    told: dict[tuple[str, str], tuple[object, str]] = {
        ("POST", "/api/v1/people"): (taken, "login_taken"),
        ("PUT", "/api/v1/people/p-7/grants"): ({"grants": []}, "unknown_person"),
        ("POST", "/api/v1/people/p-7/invitation"): (None, "unknown_person"),
        ("DELETE", "/api/v1/people/p-7/sessions"): (None, "unknown_person"),
        ("DELETE", "/api/v1/people/p-7/second-factor"): (None, "unknown_person"),
        ("DELETE", "/api/v1/people/p-7"): (None, "unknown_person"),
        ("PUT", "/api/v1/people/p-7/school-account"): ({"subject": "w"}, "unknown_person"),
        ("DELETE", "/api/v1/people/p-7/school-account"): (None, "unknown_person"),
        ("PUT", f"{own}/password"): ({"password": "typed by mistake", "fresh": ANOTHER}, "no_password"),
        ("PUT", f"{own}/second-factor"): ({"code": "123456"}, "wrong_code"),
        ("POST", f"{own}/second-factor/off"): ({"code": "123456"}, "second_factor_off"),
        ("POST", f"{own}/recovery-codes"): ({"code": "123456"}, "second_factor_off"),
        ("DELETE", f"{own}/tokens/t-9"): (None, "unknown_token"),
        ("POST", "/api/v1/session"): ({"invitation": invitation, "password": "password123"}, "common_password"),
    }
    async with acts.browser("p-9", OWNER) as client:
        for (method, path), (said, code) in told.items():
            acts.heard.notes.clear()
            answer = await client.request(method, path, json=said)
            assert (answer.is_success, answer.json()["code"]) == (False, code), path
            assert [result for *_, result in acts.heard.notes] == [code], path
            assert "typed by mistake" not in str(acts.heard.notes)
