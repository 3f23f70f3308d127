"""What the app tells the record, and what it keeps to itself."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from labkeeper_hub.accounts import open_accounts
from labkeeper_hub.accounts.staff import open_staff
from labkeeper_hub.alarms.states import Priority, Raised
from labkeeper_hub.api import build_app
from labkeeper_hub.model import AlarmKey, PointKey
from labkeeper_hub.registry.database import open_database
from labkeeper_hub.registry.tables import metadata
from labkeeper_hub.vault import open_vault
from tests.hub.api.doubles import START_MS, TARGET, SmallHub
from tests.hub.heard import Heard
from tests.hub.migrated import lay_registry

PASSWORD = "three oxen under plum"
LI = {"login": "li", "title": "Ms Li", "grants": [{"role": "reader", "school": "demo"}]}
COMMAND = {**dict(zip(("school", "node", "device", "point"), TARGET, strict=True)), "value": 20.0}


@dataclass
class Desk:
    """The app without a socket, and what it noted."""

    heard: Heard
    owner: httpx.AsyncClient
    li: httpx.AsyncClient


CO2 = {"rule": "co2", "school": "demo", "node": "lab-301", "device": "air", "point": "co2"}


async def test_what_people_do_with_alarms_is_noted_and_what_was_refused(tmp_path: Path) -> None:
    hub, heard = SmallHub(), Heard()
    async with hub.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    key = AlarmKey("co2", PointKey("demo", "lab-301", "air", "co2"))
    hub.alarms.happens(key, Raised(Priority.LOW), START_MS)
    async with hub, open_accounts(tmp_path) as accounts:
        app = httpx.ASGITransport(build_app(hub.parts(data=tmp_path), accounts, heard))
        bearer = {"Authorization": f"Bearer {accounts.new_secret}"}
        async with httpx.AsyncClient(transport=app, base_url="http://hub", headers=bearer) as owner:
            for what, asked in (
                ("acknowledge", {"alarms": [CO2]}),
                ("shelve", {"alarms": [CO2], "why": "paint", "until_ms": START_MS + 60_000}),
                ("unshelve", {"alarms": [CO2]}),
                ("take-out", {"alarm": CO2, "order": "W-7"}),
                ("put-back", {"alarms": [CO2]}),
                ("reset", {"alarms": [CO2]}),
            ):
                await owner.post(f"/api/v1/alarms/{what}", json=asked)
    subject = "co2 demo/lab-301/air/co2"
    assert heard.notes == [
        ("owner", "acknowledge_alarm", subject, "ok"),
        ("owner", "shelve_alarm", subject, f"until {START_MS + 60_000}: paint"),
        ("owner", "unshelve_alarm", subject, "ok"),
        ("owner", "take_alarm_out", subject, "W-7"),
        ("owner", "put_alarm_back", subject, "ok"),
        ("owner", "reset_alarm", subject, "still_active"),
    ]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    heard = Heard()
    async with open_database(lay_registry(tmp_path)) as engine:
        staff = await open_staff(engine, lambda: 1_800_000_000_000, open_vault(tmp_path))
        async with open_accounts(tmp_path, staff=staff) as accounts:
            app = httpx.ASGITransport(build_app(SmallHub().parts(data=tmp_path), accounts, heard))
            bearer = {"Authorization": f"Bearer {accounts.new_secret}"}
            async with (
                httpx.AsyncClient(transport=app, base_url="http://hub", headers=bearer) as owner,
                httpx.AsyncClient(transport=app, base_url="http://hub", headers={"Origin": "http://hub"}) as li,
            ):
                yield Desk(heard, owner, li)


async def test_every_act_is_noted_by_pseudonym_with_its_result(desk: Desk) -> None:
    await desk.owner.post("/api/v1/people", json=LI)
    token = (await desk.owner.post("/api/v1/people/p-1/invitation")).json()["invitation"]
    await desk.li.post("/api/v1/session", json={"name": "li", "password": PASSWORD})
    await desk.li.post("/api/v1/session", json={"invitation": token, "password": PASSWORD})
    await desk.li.post("/api/v1/commands", json=COMMAND)
    await desk.owner.put("/api/v1/people/p-1/grants", json={"grants": [{"role": "teacher", "school": "demo"}]})
    sent = (await desk.li.post("/api/v1/commands", json=COMMAND)).json()["command"]
    await desk.owner.get("/api/v1/people")
    await desk.li.delete("/api/v1/session")
    await desk.owner.delete("/api/v1/people/p-1")
    point = "/".join(TARGET)
    assert desk.heard.notes == [
        ("owner", "add_person", "p-1", "reader demo"),
        ("owner", "invite_person", "p-1", "ok"),
        ("stranger", "sign_in", "127.0.0.1", "refused"),
        ("p-1", "sign_in", "127.0.0.1", "ok"),
        ("p-1", "command", "/api/v1/commands", "role_may_not"),
        ("owner", "change_rights", "p-1", "teacher demo"),
        ("p-1", "command", point, f"{sent['id']} sent"),
        ("owner", "look_at_people", "people", "ok"),
        ("p-1", "sign_out", "127.0.0.1", "ok"),
        ("owner", "remove_person", "p-1", "ok"),
    ]


async def test_no_name_password_or_token_is_noted(desk: Desk) -> None:
    await desk.owner.post("/api/v1/people", json=LI)
    token = (await desk.owner.post("/api/v1/people/p-1/invitation")).json()["invitation"]
    await desk.li.post("/api/v1/session", json={"name": PASSWORD, "password": "li"})
    await desk.li.post("/api/v1/session", json={"invitation": token, "password": PASSWORD})
    said = str(desk.heard.notes)
    assert not any(secret in said for secret in (PASSWORD, token, "Ms Li", "'li'"))


async def test_who_took_gave_and_stopped_what_is_noted_with_what_was_refused(desk: Desk) -> None:
    lab = {"school": "demo", "lab": "lab-301"}
    point = {"node": "lab-301", "device": TARGET.device, "point": "target", "maximum": 30.0}
    await desk.owner.post("/api/v1/leases", json=lab | {"for_s": 60})
    await desk.owner.post("/api/v1/leases/9/renew", json={"for_s": 60})
    link = (await desk.owner.post("/api/v1/floors", json={"fence": 1, "bench": "3"})).json()["link"]
    await desk.owner.put("/api/v1/floors/g-1/points", json={"points": [point]})
    await desk.owner.put("/api/v1/floors/g-1/points", json={"points": [point | {"point": "wings"}]})
    await desk.owner.delete("/api/v1/floors/g-1/points")
    await desk.owner.delete("/api/v1/floors/g-1")
    await desk.owner.delete("/api/v1/leases/1")
    await desk.owner.post("/api/v1/stop")
    await desk.owner.post("/api/v1/stop/release", json={"latch": "latch-1", "release": "guessed"})
    assert [(what, result) for _, what, _, result in desk.heard.notes] == [
        ("take_lease", "1 until 1767225660000"),
        ("renew_lease", "unknown_lease"),
        ("open_link", "demo/lab-301/3"),
        ("give_floor", f"demo/lab-301/3: {TARGET.device}/target -20..30.0"),
        ("give_floor", "unknown_point"),
        ("take_back_floor", "ok"),
        ("close_link", "ok"),
        ("release_lease", "ok"),
        ("stop", "ok"),
        ("release_stop", "release_not_asked"),
    ]
    assert link.rpartition("/s/")[2] not in str(desk.heard.notes)


async def test_who_takes_the_ledger_away_is_noted(tmp_path: Path) -> None:
    hub, heard = SmallHub(), Heard()
    async with hub.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    async with hub, open_accounts(tmp_path) as accounts:
        app = httpx.ASGITransport(build_app(hub.parts(data=tmp_path), accounts, heard))
        bearer = {"Authorization": f"Bearer {accounts.new_secret}"}
        async with httpx.AsyncClient(transport=app, base_url="http://hub", headers=bearer) as owner:
            (await owner.get("/api/v1/timetables/demo/ledger.csv")).raise_for_status()
    assert heard.notes == [("owner", "export", "demo/ledger", "ledger.csv")]
