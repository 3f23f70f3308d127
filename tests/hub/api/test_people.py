"""People: added, invited, granted, reset and removed through the real app, kept over a restart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from labkeeper_hub.accounts import Grant, Role, Scope, open_accounts, passwords
from labkeeper_hub.accounts import accounts as module
from labkeeper_hub.accounts.account import INVITED_FOR_MS
from labkeeper_hub.accounts.secret import HASHER
from labkeeper_hub.accounts.sign_ins import FORGIVEN_EVERY_S, MOST_OPEN
from labkeeper_hub.accounts.staff import open_staff
from labkeeper_hub.accounts.throttle import FREE_ATTEMPTS
from labkeeper_hub.api import build_app
from labkeeper_hub.api.routes.session import DEVICE
from labkeeper_hub.registry.database import open_database
from labkeeper_hub.vault import open_vault
from tests.hub.heard import Heard
from tests.hub.migrated import lay_registry

from .conftest import Hands, Served, _serving, enter
from .doubles import TARGET, SmallHub

TEACHER = {"role": "teacher", "school": "demo", "lab": "lab-301"}
LI = {"login": "Li", "title": "李老师", "grants": [TEACHER]}
PASSWORD = "three oxen under plum"
COMMAND = {**dict(zip(("school", "node", "device", "point"), TARGET, strict=True)), "value": 20.0}


@asynccontextmanager
async def _hub(folder: Path, hands: Hands) -> AsyncIterator[Served]:
    hub = SmallHub(data=folder)
    async with hub, open_database(lay_registry(folder)) as engine:
        clocks = hands.clocks()
        staff = await open_staff(engine, clocks.now_ms, open_vault(folder))
        async with open_accounts(folder, clocks, staff) as accounts:
            app = build_app(hub.parts(data=folder), accounts)
            async with _serving(app) as port:
                yield Served(hub, app, accounts, hands, port, accounts.new_secret or "")


@pytest.fixture
async def staffed(tmp_path: Path) -> AsyncIterator[Served]:
    async with _hub(tmp_path, Hands()) as served:
        yield served


async def _invited(owner: httpx.AsyncClient, **person: Any) -> tuple[str, str]:  # noqa: ANN401 - any JSON
    """Return the pseudonym of a new person, and their invitation."""
    added = await owner.post("/api/v1/people", json={**LI, **person})
    assert added.status_code == 201, added.text
    name = added.json()["name"]
    return name, (await owner.post(f"/api/v1/people/{name}/invitation")).json()["invitation"]


async def _sign_in(client: httpx.AsyncClient, **proof: str) -> httpx.Response:
    return await client.post("/api/v1/session", json=proof)


async def test_a_person_is_invited_chooses_a_password_and_comes_back_with_it(staffed: Served) -> None:
    async with staffed.owner() as owner, staffed.stranger() as li:
        name, invitation = await _invited(owner)
        assert (await _sign_in(li, name="li", password=PASSWORD)).status_code == 401
        weak = await _sign_in(li, invitation=invitation, password="password123")
        assert (weak.status_code, weak.json()["code"]) == (422, "common_password")
        assert (await _sign_in(li, invitation=invitation, password=PASSWORD)).status_code == 204
        session = (await li.get("/api/v1/session")).json()
        assert session["name"] == name == "p-1"
        assert "command" in session["actions"]
        assert "manage_people" not in session["actions"]
        assert (await li.get("/api/v1/people")).json()["code"] == "role_may_not"
    async with staffed.stranger() as li:
        assert (await _sign_in(li, invitation=invitation, password=PASSWORD)).status_code == 401
        assert (await _sign_in(li, name=" LI ", password=PASSWORD)).status_code == 204
        assert (await li.post("/api/v1/commands", json=COMMAND)).json()["command"]["holder"] == "p-1"


async def test_a_stranger_and_a_wrong_password_are_answered_alike_for_the_same_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "HASHER", HASHER)  # the hub's own, not the tests' quick one
    tried: list[str] = []

    def is_password(hashed: str, said: str) -> bool:
        tried.append(hashed)
        return passwords.is_password(hashed, said)

    monkeypatch.setattr(module, "is_password", is_password)
    async with _hub(tmp_path, Hands()) as staffed, staffed.owner() as owner, staffed.stranger() as guesser:
        _, invitation = await _invited(owner)
        await _sign_in(guesser, invitation=invitation, password=PASSWORD)
        guesser.cookies.clear()
        await _invited(owner, login="wang")
        answers = [await _sign_in(guesser, name=name, password="wrong") for name in ("li", "wang", "nobody")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert [hashed.rsplit("$", 2)[0] for hashed in tried] == ["$argon2id$v=19$m=19456,t=2,p=1"] * 3


async def test_guessing_a_password_is_throttled(staffed: Served) -> None:
    async with staffed.stranger() as guesser:
        statuses = [(await _sign_in(guesser, name="li", password="wrong")).status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]


async def _with_password(served: Served, client: httpx.AsyncClient, login: str) -> None:
    async with served.owner() as owner:
        _, invitation = await _invited(owner, login=login)
    assert (await _sign_in(client, invitation=invitation, password=PASSWORD)).status_code == 204


async def test_signing_in_oneself_frees_nobody_to_try_the_passwords_of_others(staffed: Served) -> None:
    async with staffed.stranger() as li, staffed.stranger() as wang:
        await _with_password(staffed, li, "li")
        await _with_password(staffed, wang, "wang")
        statuses = []
        for _ in range(FREE_ATTEMPTS + 1):
            statuses.append((await _sign_in(wang, name="li", password="wrong")).status_code)
            assert (await _sign_in(wang, name="wang", password=PASSWORD)).status_code == 204
        assert statuses == [401] * FREE_ATTEMPTS + [429]
        assert (await _sign_in(wang, name="nobody", password="wrong")).status_code == 401


async def test_a_room_behind_one_address_comes_in_beside_one_who_mistypes_and_he_does_once_he_is_right(
    staffed: Served,
) -> None:
    async with staffed.stranger() as li, staffed.stranger() as wang:
        await _with_password(staffed, li, "li")
        await _with_password(staffed, wang, "wang")
        for login in ("li", " LI ", "Li"):
            assert (await _sign_in(li, name=login, password="wrong")).status_code == 401
        assert (await _sign_in(li, name="li", password=PASSWORD)).status_code == 429
        assert (await _sign_in(wang, name="wang", password=PASSWORD)).status_code == 204
        staffed.hands.now_s += 1
        assert (await _sign_in(li, name="li", password=PASSWORD)).status_code == 204
        again = [(await _sign_in(li, name="li", password="wrong")).status_code for _ in range(FREE_ATTEMPTS + 1)]
        assert again == [401] * FREE_ATTEMPTS + [429], "the typos before are forgiven"


async def test_whoever_came_in_from_a_device_comes_in_again_while_others_guess_behind_the_same_address(
    staffed: Served,
) -> None:
    async with staffed.stranger() as tablet, staffed.stranger() as guesser, staffed.stranger() as new:
        await _with_password(staffed, tablet, "li")
        (kept,) = [one for one in tablet.cookies.jar if one.name == DEVICE]
        assert (kept.path, kept.has_nonstandard_attr("HttpOnly")) == ("/api/v1/session", True)
        for _ in range(FREE_ATTEMPTS):
            await _sign_in(guesser, name="li", password="wrong")
        for number in range(MOST_OPEN - FREE_ATTEMPTS):
            await _sign_in(guesser, name=f"login-{number}", password="wrong")
        assert (await _sign_in(new, name="li", password=PASSWORD)).status_code == 429
        assert (await _sign_in(tablet, name="wang", password="wrong")).status_code == 429, "who never came in from here"
        assert (await _sign_in(tablet, name=" LI ", password=PASSWORD)).status_code == 204
        statuses = [(await _sign_in(tablet, name="li", password="wrong")).status_code for _ in range(4)]
        assert statuses == [401] * FREE_ATTEMPTS + [429], "a known device guesses no faster"


async def test_a_device_is_known_to_the_hub_that_starts_again_and_to_no_other(tmp_path: Path) -> None:
    hands = Hands()
    async with _hub(tmp_path, hands) as served, served.stranger() as tablet:
        await _with_password(served, tablet, "li")
        kept = next(one.value for one in tablet.cookies.jar if one.name == DEVICE) or ""
    for folder, known in ((tmp_path, True), (tmp_path / "other", False)):
        folder.mkdir(exist_ok=True)
        async with _hub(folder, hands) as again:
            assert (again.accounts.devices.known(kept, "li") is not None) is known


async def test_an_address_that_tries_many_logins_waits_whether_they_exist_or_not(staffed: Served) -> None:
    async with staffed.stranger() as li, staffed.stranger() as guesser:
        await _with_password(staffed, li, "li")
        for number in range(MOST_OPEN):
            assert (await _sign_in(guesser, name=f"guess-{number}", password="wrong")).status_code == 401
        answers = [await _sign_in(guesser, name=name, password="wrong") for name in ("li", "nobody")]
        assert [one.status_code for one in answers] == [429, 429]
        assert answers[0].text == answers[1].text
        staffed.hands.now_s += FORGIVEN_EVERY_S
        assert (await _sign_in(li, name="li", password=PASSWORD)).status_code == 204


async def test_an_invitation_ends_after_three_days(staffed: Served) -> None:
    async with staffed.owner() as owner, staffed.stranger() as li:
        _, invitation = await _invited(owner)
        staffed.hands.now_s += INVITED_FOR_MS / 1000
        assert (await _sign_in(li, invitation=invitation, password=PASSWORD)).status_code == 401


async def test_a_reset_ends_password_and_sessions_and_open_pages(staffed: Served) -> None:
    async with staffed.owner() as owner, staffed.stranger() as li:
        name, invitation = await _invited(owner)
        await _sign_in(li, invitation=invitation, password=PASSWORD)
        headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in li.cookies.items())}
        async with staffed.live(additional_headers=headers) as page:
            await page.greet()
            await owner.post(f"/api/v1/people/{name}/invitation")
            assert await page.closed() == "session_ended"
        assert (await li.get("/api/v1/session")).status_code == 401
        assert (await _sign_in(li, name="li", password=PASSWORD)).status_code == 401


async def test_a_reset_ends_what_the_person_holds(staffed: Served) -> None:
    async with staffed.owner() as owner, staffed.stranger() as li:
        name, invitation = await _invited(owner)
        await _sign_in(li, invitation=invitation, password=PASSWORD)
        lease = {"school": "demo", "lab": "lab-301", "for_s": 60}
        assert (await li.post("/api/v1/leases", json=lease)).status_code == 200
        await owner.post(f"/api/v1/people/{name}/invitation")
        assert (await owner.get("/api/v1/leases")).json()["leases"] == []


async def test_other_grants_are_in_force_with_the_next_request(staffed: Served) -> None:
    async with staffed.owner() as owner, staffed.stranger() as li:
        name, invitation = await _invited(owner)
        await _sign_in(li, invitation=invitation, password=PASSWORD)
        assert (await li.post("/api/v1/commands", json=COMMAND)).status_code == 202
        changed = await owner.put(f"/api/v1/people/{name}/grants", json={"grants": [{**TEACHER, "role": "reader"}]})
        assert changed.json()["grants"][0]["role"] == "reader"
        assert (await li.post("/api/v1/commands", json=COMMAND)).json()["code"] == "role_may_not"


async def test_whoever_is_removed_is_out_and_their_pseudonym_is_never_used_again(tmp_path: Path) -> None:
    async with _hub(tmp_path, Hands()) as first, first.owner() as owner, first.stranger() as li:
        bearer = first.bearer
        name, invitation = await _invited(owner)
        await _sign_in(li, invitation=invitation, password=PASSWORD)
        assert (await owner.delete(f"/api/v1/people/{name}")).status_code == 204
        assert (await li.get("/api/v1/session")).status_code == 401
        assert (await owner.get("/api/v1/people")).json() == {"people": []}
        for method, path in (("DELETE", ""), ("PUT", "/grants"), ("POST", "/invitation")):
            body: dict[str, list[str]] | None = {"grants": []} if method == "PUT" else None
            answer = await owner.request(method, f"/api/v1/people/{name}{path}", json=body)
            assert answer.json()["code"] == "unknown_person"
    async with _hub(tmp_path, Hands()) as second, second.stranger() as owner:
        owner.headers.update(bearer)
        assert (await _invited(owner))[0] == "p-2"


async def test_people_passwords_and_rights_outlive_a_restart(tmp_path: Path) -> None:
    async with _hub(tmp_path, Hands()) as first, first.owner() as owner, first.stranger() as li:
        _, invitation = await _invited(owner)
        await _sign_in(li, invitation=invitation, password=PASSWORD)
        bearer, before = first.bearer, (await owner.get("/api/v1/people")).json()
    async with _hub(tmp_path, Hands()) as second, second.stranger() as owner, second.stranger() as li:
        assert (await owner.get("/api/v1/people", headers=bearer)).json() == before
        assert (await _sign_in(li, name="li", password=PASSWORD)).status_code == 204
        assert (await li.get("/api/v1/labs")).json()["labs"][0]["lab"] == "lab-301"


def _written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


async def test_the_database_holds_no_password_and_no_token(tmp_path: Path) -> None:
    async with _hub(tmp_path, Hands()) as served, served.owner() as owner, served.stranger() as li:
        _, first = await _invited(owner)
        await _sign_in(li, invitation=first, password=PASSWORD)
        _, second = await _invited(owner, login="wang")
    files = _written(tmp_path)
    assert b"$argon2id$" in files
    assert not any(secret.encode() in files for secret in (PASSWORD, first, second))


@pytest.mark.parametrize("login", ["li", "LI", " li ", "owner"])
async def test_a_login_belongs_to_one_person(staffed: Served, login: str) -> None:
    async with staffed.owner() as owner:
        await _invited(owner)
        assert (await owner.post("/api/v1/people", json={**LI, "login": login})).json()["code"] == "login_taken"


@pytest.mark.parametrize(
    "wrong",
    [{"grants": [{"role": "king"}]}, {"login": ""}, {"login": "  "}, {"grants": [{**TEACHER, "room": "x"}]}],
)
async def test_what_makes_no_sense_is_refused(staffed: Served, wrong: dict[str, Any]) -> None:
    async with staffed.owner() as owner:
        assert (await owner.post("/api/v1/people", json={**LI, **wrong})).status_code == 422


@pytest.mark.parametrize(
    "proof", [{"name": "li"}, {"password": "x"}, {"secret": "x", "password": "x"}, {"name": "li", "link": "x"}]
)
async def test_one_proof_is_given_at_a_time(staffed: Served, proof: dict[str, str]) -> None:
    async with staffed.stranger() as client:
        assert (await _sign_in(client, **proof)).status_code == 422


async def test_a_hub_without_accounts_says_so(served: Served, owner: httpx.AsyncClient) -> None:
    assert (await owner.get("/api/v1/people")).json()["code"] == "no_accounts"
    async with served.stranger() as client:
        assert (await _sign_in(client, name="li", password=PASSWORD)).status_code == 401
        assert (await _sign_in(client, invitation="x", password=PASSWORD)).status_code == 401


async def test_staff_know_each_other_by_title_and_pupils_know_nobody(staffed: Served) -> None:
    heard = Heard()
    staffed.app.state.api = replace(staffed.app.state.api, audit=heard)
    async with staffed.owner() as owner, staffed.stranger() as stranger:
        await _invited(owner)
        manager = {"role": "facility_manager", "school": "demo"}
        await _invited(owner, login="wang", title="王老师", grants=[manager])
        await _invited(owner, login="bench 3", title="三号台", grants=[TEACHER | {"role": "pupil_group"}])
        li = enter(staffed, "p-1", Grant(Role.TEACHER, Scope("demo", "lab-301")))
        told = (await stranger.get("/api/v1/colleagues", headers=li)).json()["colleagues"]
        assert told == [{"name": "p-1", "title": "李老师"}, {"name": "p-2", "title": "王老师"}]
        pupils = enter(staffed, "p-3", Grant(Role.PUPILS, Scope("demo", "lab-301")))
        assert (await stranger.get("/api/v1/colleagues", headers=pupils)).json() == {"colleagues": []}
    assert heard.of("look_at_colleagues") == [("p-1", "colleagues", "2 people")], "names, to whoever was told some"


async def test_who_manages_a_place_is_told_who_may_do_what_in_it_and_the_look_is_recorded(
    staffed: Served,
) -> None:
    heard = Heard()
    staffed.app.state.api = replace(staffed.app.state.api, audit=heard)
    async with staffed.owner() as owner, staffed.stranger() as stranger:
        here, elsewhere = TEACHER | {"until_ms": None}, {"role": "teacher", "school": "school-2"}
        await _invited(owner, grants=[TEACHER, elsewhere])
        await _invited(owner, login="wang", title="王老师", grants=[{"role": "facility_manager", "school": "demo"}])
        await _invited(owner, login="zhao", title="赵老师", grants=[elsewhere])
        await _invited(owner, login="bench 3", title="三号台", grants=[TEACHER | {"role": "pupil_group"}])
        wang = enter(staffed, "p-2", Grant(Role.MANAGER, Scope("demo")))
        told = (await stranger.get("/api/v1/staff", headers=wang)).json()["staff"]
        assert [(one["name"], one["title"]) for one in told] == [("p-1", "李老师"), ("p-2", "王老师")]
        assert [{key: one[key] for key in here} for one in told[0]["grants"]] == [here], "nothing of their other school"
        assert "login" not in told[0]
        li = enter(staffed, "p-1", Grant(Role.TEACHER, Scope("demo", "lab-301")))
        assert (await stranger.get("/api/v1/staff", headers=li)).json()["code"] == "role_may_not"
    assert heard.of("look_at_staff") == [("p-2", "staff", "2 people")]


async def test_who_may_release_a_stop_is_told_and_a_lab_s_teacher_learns_whom_to_ask(staffed: Served) -> None:
    async with staffed.owner() as owner, staffed.stranger() as stranger:
        await _invited(owner)
        await _invited(owner, login="wang", title="王老师", grants=[{"role": "facility_manager", "school": "demo"}])
        latch = (await owner.post("/api/v1/stop")).json()["stops"][0]["latch"]
        assert (await owner.get("/api/v1/stop")).json()["releases"] == [
            {"latch": latch, "yours": True, "ask": ["王老师"]}
        ]
        li = enter(staffed, "p-1", Grant(Role.TEACHER, Scope("demo", "lab-301")))
        told = (await stranger.get("/api/v1/stop", headers=li)).json()["releases"]
        assert told == [{"latch": latch, "yours": False, "ask": ["王老师"]}]
