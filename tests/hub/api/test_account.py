"""One's own account through the real app: a second factor, recovery codes, passwords, sessions, tokens for programs."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pyotp
import pytest

from labkeeper_hub.accounts.sessions import TURN_EVERY_MS
from labkeeper_hub.accounts.sign_ins import MOST_OPEN
from labkeeper_hub.accounts.throttle import LONGEST_WAIT_S
from labkeeper_hub.api.declared import declared_routes
from labkeeper_hub.api.gate import COOKIE
from labkeeper_hub.vault import KEY
from tests.hub.heard import Heard

from .conftest import Hands, Served
from .test_people import PASSWORD, TEACHER, _hub, _invited, _sign_in

ACCOUNT = "/api/v1/account"
FACTOR = f"{ACCOUNT}/second-factor"
NEW_PASSWORD = "seven herons over reeds"
MANAGER = {"role": "facility_manager"}
READS = {"title": "script", "actions": ["read_readings", "read_places"], "days": 30}


@pytest.fixture
async def staffed(tmp_path: Path) -> AsyncIterator[Served]:
    async with _hub(tmp_path, Hands()) as served:
        yield served


async def _enters(served: Served, client: httpx.AsyncClient, **person: object) -> str:
    async with served.owner() as owner:
        name, invitation = await _invited(owner, **person)
    assert (await _sign_in(client, invitation=invitation, password=PASSWORD)).status_code == 204
    return name


async def _turn_on(served: Served, client: httpx.AsyncClient, **proof: str) -> tuple[pyotp.TOTP, list[str]]:
    begun = (await client.post(FACTOR, json=proof or {"password": PASSWORD})).json()
    app = pyotp.TOTP(begun["secret"])
    on = await client.put(FACTOR, json={"code": app.at(int(served.hands.now_s))})
    assert on.status_code == 200, on.text
    return app, on.json()["recovery"]


def _on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("registry.sqlite*"))


def _lose_the_key(folder: Path) -> None:
    (folder / KEY).unlink()


async def test_whoever_has_a_second_factor_is_asked_for_it_and_each_code_is_good_once(staffed: Served) -> None:
    async with staffed.stranger() as li:
        name = await _enters(staffed, li)
        app, recovery = await _turn_on(staffed, li)
        assert len(set(recovery)) == 10
        asked = await _sign_in(li, name="li", password=PASSWORD)
        assert (asked.status_code, asked.json()["code"]) == (401, "second_factor_needed")
        used = app.at(int(staffed.hands.now_s))
        assert (await _sign_in(li, name="li", password=PASSWORD, code=used)).json()["code"] == "not_signed_in"
        staffed.hands.now_s += 30
        fresh = app.at(int(staffed.hands.now_s))
        assert (await _sign_in(li, name="li", password=PASSWORD, code=fresh)).status_code == 204
        assert (await _sign_in(li, name="li", password=PASSWORD, code=recovery[0])).status_code == 204
        assert (await li.get(ACCOUNT)).json() == {
            "name": name,
            "login": "li",
            "title": "李老师",
            "has_password": True,
            "proved_by": "password",
            "second_factor": True,
            "school_account": False,
            "required": False,
            "recovery_left": 9,
        }
        assert (await _sign_in(li, name="li", password=PASSWORD, code=recovery[0])).status_code == 401


async def test_a_second_factor_is_begun_with_ones_password_only(staffed: Served) -> None:
    async with staffed.stranger() as li:
        await _enters(staffed, li)
        assert (await li.get(ACCOUNT)).json()["has_password"] is True
        for body in ({}, {"password": "not hers"}):
            refused = await li.post(FACTOR, json=body)
            assert (refused.status_code, refused.json()["code"]) == (422, "wrong_password")
        assert (await li.put(FACTOR, json={"code": "000000"})).json()["code"] == "wrong_code", "nothing has begun"
        await _turn_on(staffed, li)
    async with staffed.stranger() as owner:
        await _sign_in(owner, secret=staffed.secret)
        known = (await owner.get(ACCOUNT)).json()
        assert (known["has_password"], known["proved_by"]) == (False, "secret")


async def test_a_password_is_asked_for_by_person_whatever_others_try_behind_the_address(staffed: Served) -> None:
    async with staffed.stranger() as li, staffed.stranger() as other:
        await _enters(staffed, li)
        for number in range(MOST_OPEN):
            staffed.accounts._sign_ins.attempt("127.0.0.1", f"guessed-{number}", staffed.hands.now_s)
        assert (await _sign_in(other, name="li", password=PASSWORD)).status_code == 429, "nobody new comes in"
        tries = [await li.post(FACTOR, json={"password": "not hers"}) for _ in range(4)]
        assert [one.json()["code"] for one in tries] == ["wrong_password"] * 3 + ["too_many_attempts"]
        staffed.hands.now_s += LONGEST_WAIT_S
        assert (await li.post(FACTOR, json={"password": PASSWORD})).status_code == 200


async def test_a_second_factor_of_the_owner_is_begun_with_the_secret_only(staffed: Served) -> None:
    async with staffed.stranger() as owner:
        await _sign_in(owner, link=staffed.accounts.issue_link())
        for body in ({}, {"secret": "guessed"}, {"password": staffed.secret}):
            refused = await owner.post(FACTOR, json=body)
            assert (refused.status_code, refused.json()["code"]) == (422, "wrong_owner_secret")
        assert (await owner.post(FACTOR, json={"secret": "again"})).json()["code"] == "too_many_attempts"
        staffed.hands.now_s += LONGEST_WAIT_S
        assert (await owner.post(FACTOR, json={"secret": staffed.secret})).status_code == 200


async def test_the_first_code_of_an_app_is_not_guessed(staffed: Served) -> None:
    async with staffed.stranger() as li:
        await _enters(staffed, li)
        begun = (await li.post(FACTOR, json={"password": PASSWORD})).json()
        tries = [await li.put(FACTOR, json={"code": "0000000"}) for _ in range(4)]
        assert [one.json()["code"] for one in tries] == ["wrong_code"] * 3 + ["too_many_attempts"]
        staffed.hands.now_s += LONGEST_WAIT_S
        code = pyotp.TOTP(begun["secret"]).at(int(staffed.hands.now_s))
        assert (await li.put(FACTOR, json={"code": code})).status_code == 200


async def test_codes_are_throttled_by_person_behind_the_password(staffed: Served) -> None:
    async with staffed.stranger() as li:
        await _enters(staffed, li)
        await _turn_on(staffed, li)
        tries = [await _sign_in(li, name="li", password=PASSWORD, code="000000") for _ in range(4)]
        assert [one.status_code for one in tries] == [401, 401, 401, 429]
        assert staffed.accounts._factor_throttle.attempt("p-1", staffed.hands.now_s) > 0
        assert staffed.accounts._sign_ins.attempt("192.0.2.1", "li", staffed.hands.now_s) == 0


async def test_a_second_factor_outlives_a_restart_and_is_on_disk_only_sealed(tmp_path: Path) -> None:
    hands = Hands()
    async with _hub(tmp_path, hands) as served, served.stranger() as li:
        await _enters(served, li)
        app, recovery = await _turn_on(served, li)
        kept = _on_disk(tmp_path)
        assert app.secret.encode() not in kept
        assert recovery[0].encode() not in kept
    async with _hub(tmp_path, hands) as served, served.stranger() as li:
        assert (await _sign_in(li, name="li", password=PASSWORD)).json()["code"] == "second_factor_needed"
        used = app.at(int(hands.now_s))
        assert (await _sign_in(li, name="li", password=PASSWORD, code=used)).status_code == 401


async def test_without_the_vaults_key_recovery_codes_are_still_good(tmp_path: Path) -> None:
    hands = Hands()
    async with _hub(tmp_path, hands) as served, served.stranger() as li:
        await _enters(served, li)
        app, recovery = await _turn_on(served, li)
    _lose_the_key(tmp_path)
    hands.now_s += 60
    async with _hub(tmp_path, hands) as served, served.stranger() as li:
        code = app.at(int(hands.now_s))
        assert (await _sign_in(li, name="li", password=PASSWORD, code=code)).status_code == 401
        assert (await _sign_in(li, name="li", password=PASSWORD, code=recovery[0])).status_code == 204


async def test_an_invitation_does_not_go_around_a_second_factor_but_the_owner_can_take_it_away(
    staffed: Served,
) -> None:
    async with staffed.owner() as owner, staffed.stranger() as li:
        name = await _enters(staffed, li)
        await _turn_on(staffed, li)
        invitation = (await owner.post(f"/api/v1/people/{name}/invitation")).json()["invitation"]
        asked = await _sign_in(li, invitation=invitation, password=NEW_PASSWORD)
        assert asked.json()["code"] == "second_factor_needed"
        assert (await owner.delete(f"/api/v1/people/{name}/second-factor")).status_code == 204
        assert (await _sign_in(li, invitation=invitation, password=NEW_PASSWORD)).status_code == 204
        assert (await owner.delete("/api/v1/people/p-9/second-factor")).status_code == 404


async def test_where_it_is_required_a_manager_may_do_nothing_before_it_is_set_up(staffed: Served) -> None:
    staffed.accounts.requires_factor = True
    async with staffed.stranger() as li, staffed.stranger() as wang:
        staffed.accounts.requires_factor = False
        await _enters(staffed, li, grants=[MANAGER])
        await _enters(staffed, wang, login="wang")
        staffed.accounts.requires_factor = True
        refused = await li.get("/api/v1/labs")
        assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_missing")
        assert (await li.get(ACCOUNT)).json()["required"] is True
        await _turn_on(staffed, li)
        assert (await li.get("/api/v1/labs")).status_code == 200
        assert (await wang.get("/api/v1/labs")).status_code == 200


async def test_an_owner_with_a_second_factor_is_asked_for_it_and_the_secret_alone_opens_nothing(
    staffed: Served,
) -> None:
    async with staffed.stranger() as browser, staffed.owner() as program:
        await _sign_in(browser, secret=staffed.secret)
        app, _ = await _turn_on(staffed, browser, secret=staffed.secret)
        assert (await program.get("/api/v1/labs")).json()["code"] == "second_factor_needed"
        assert (await _sign_in(browser, secret=staffed.secret)).json()["code"] == "second_factor_needed"
        link = staffed.accounts.issue_link()
        assert (await _sign_in(browser, link=link)).status_code == 204
        staffed.hands.now_s += 60
        off = await browser.post(f"{FACTOR}/off", json={"code": app.at(int(staffed.hands.now_s))})
        assert off.status_code == 204
        assert (await program.get("/api/v1/labs")).status_code == 200


async def test_new_recovery_codes_put_the_old_ones_out_and_want_a_code(staffed: Served) -> None:
    async with staffed.stranger() as li:
        await _enters(staffed, li)
        assert (await li.post(f"{ACCOUNT}/recovery-codes", json={"code": "1"})).json()["code"] == "second_factor_off"
        _, old = await _turn_on(staffed, li)
        again = await li.post(FACTOR, json={"password": PASSWORD})
        assert again.json()["code"] == "second_factor_on"
        assert (await li.post(f"{ACCOUNT}/recovery-codes", json={"code": "wrong"})).json()["code"] == "wrong_code"
        new = (await li.post(f"{ACCOUNT}/recovery-codes", json={"code": old[0]})).json()["recovery"]
        assert (await _sign_in(li, name="li", password=PASSWORD, code=old[1])).status_code == 401
        assert (await _sign_in(li, name="li", password=PASSWORD, code=new[1])).status_code == 204


async def test_a_new_password_ends_the_other_sessions_and_the_old_token_of_this_one(staffed: Served) -> None:
    async with staffed.stranger() as li, staffed.stranger() as elsewhere, staffed.stranger() as thief:
        await _enters(staffed, li)
        await _sign_in(elsewhere, name="li", password=PASSWORD)
        thief.cookies.set(COOKIE, li.cookies[COOKIE])
        wrong = await li.put(f"{ACCOUNT}/password", json={"password": "wrong", "fresh": NEW_PASSWORD})
        weak = await li.put(f"{ACCOUNT}/password", json={"password": PASSWORD, "fresh": "password123"})
        assert (wrong.json()["code"], weak.json()["code"]) == ("wrong_password", "common_password")
        changed = await li.put(f"{ACCOUNT}/password", json={"password": PASSWORD, "fresh": NEW_PASSWORD})
        assert changed.status_code == 204, changed.text
        assert (await li.get(ACCOUNT)).status_code == 200
        assert (await elsewhere.get(ACCOUNT)).status_code == 401
        assert (await thief.get(ACCOUNT)).status_code == 401


async def test_a_session_gets_a_fresh_token_every_quarter_of_an_hour_and_when_rights_change(staffed: Served) -> None:
    async with staffed.owner() as owner, staffed.stranger() as li:
        name = await _enters(staffed, li)
        first = li.cookies[COOKIE]
        await li.get(ACCOUNT)
        assert li.cookies[COOKIE] == first
        staffed.hands.now_s += TURN_EVERY_MS / 1000
        answer = await li.get(ACCOUNT)
        assert "HttpOnly" in answer.headers["set-cookie"]
        second = li.cookies[COOKIE]
        await owner.put(f"/api/v1/people/{name}/grants", json={"grants": [TEACHER]})
        await li.get(ACCOUNT)
        assert len({first, second, li.cookies[COOKIE]}) == 3
        assert (await li.get(ACCOUNT)).status_code == 200


async def test_signing_out_everywhere_closes_open_pages(staffed: Served) -> None:
    async with staffed.stranger() as li, staffed.stranger() as elsewhere:
        await _enters(staffed, li)
        await _sign_in(elsewhere, name="li", password=PASSWORD)
        listed = (await li.get(f"{ACCOUNT}/sessions")).json()["sessions"]
        assert [one["here"] for one in listed] == [True, False]
        headers = {"Cookie": f"{COOKIE}={elsewhere.cookies[COOKIE]}"}
        async with staffed.live(additional_headers=headers) as page:
            await page.greet()
            assert (await li.delete(f"{ACCOUNT}/sessions")).status_code == 204
            assert await page.closed() == "session_ended"
        assert (await li.get(ACCOUNT)).status_code == 401


async def test_signing_out_everywhere_ends_what_one_steers_by_and_leaves_the_lesson_for_ones_return(
    staffed: Served,
) -> None:
    lab, heard = "/api/v1/labs/demo/lab-301", Heard()
    staffed.app.state.api = replace(staffed.app.state.api, audit=heard)
    async with staffed.stranger() as li, staffed.stranger() as thief, staffed.stranger() as program:
        await _enters(staffed, li)
        old = (await li.post(f"{ACCOUNT}/tokens", json=READS)).json()["token"]["id"]
        await li.delete("/api/v1/session")
        staffed.hands.now_s += 1
        for browser in (li, thief):
            await _sign_in(browser, name="li", password=PASSWORD)
        lesson = (await li.post(f"{lab}/lesson", json={"for_s": 2400})).json()["lesson"]
        made = (await thief.post(f"{ACCOUNT}/tokens", json=READS)).json()
        program.headers["Authorization"] = f"Bearer {made['text']}"
        assert (await program.get("/api/v1/labs")).status_code == 200
        assert (await li.delete(f"{ACCOUNT}/sessions")).status_code == 204
        assert (await thief.get("/api/v1/labs")).status_code == 401
        assert (await program.get("/api/v1/labs")).status_code == 401
        await _sign_in(li, name="li", password=PASSWORD)
        kept = (await li.get(f"{ACCOUNT}/tokens")).json()["tokens"]
        assert [one["id"] for one in kept] == [old]
        (waiting,) = (await li.get("/api/v1/lessons")).json()["lessons"]
        assert (waiting["name"], waiting["teacher"]) == (lesson["name"], "p-1")
        assert waiting["until_ms"] < lesson["until_ms"]
    assert heard.of("sign_out_everywhere") == [("p-1", "p-1", "ok")]
    assert heard.of("revoke_token") == [("p-1", made["token"]["id"], "signed out everywhere")]


async def test_the_owner_signs_somebody_out_everywhere_programs_too(staffed: Served) -> None:
    async with staffed.owner() as owner, staffed.stranger() as li, staffed.stranger() as program:
        name = await _enters(staffed, li)
        made = (await li.post(f"{ACCOUNT}/tokens", json=READS)).json()
        program.headers["Authorization"] = f"Bearer {made['text']}"
        assert (await program.get("/api/v1/labs")).status_code == 200
        assert (await owner.delete(f"/api/v1/people/{name}/sessions")).status_code == 204
        assert (await li.get(ACCOUNT)).status_code == 401
        assert (await program.get("/api/v1/labs")).status_code == 401
        assert (await _sign_in(li, name="li", password=PASSWORD)).status_code == 204


async def test_a_token_may_what_it_was_made_for_and_its_open_page_closes_when_it_is_revoked(staffed: Served) -> None:
    async with staffed.stranger() as li, staffed.stranger() as program:
        await _enters(staffed, li)
        beyond = await li.post(f"{ACCOUNT}/tokens", json={**READS, "actions": ["manage_people"]})
        assert beyond.json()["code"] == "not_yours"
        made = (await li.post(f"{ACCOUNT}/tokens", json=READS)).json()
        bearer = {"Authorization": f"Bearer {made['text']}"}
        program.headers.update(bearer)
        assert (await program.get("/api/v1/session")).json()["name"] == "p-1:t-1"
        assert (await program.get("/api/v1/labs")).status_code == 200
        assert (await program.get("/api/v1/commands")).json()["code"] == "token_may_not"
        assert (await program.get(f"{ACCOUNT}/tokens")).json()["code"] == "session_needed"
        (listed,) = (await li.get(f"{ACCOUNT}/tokens")).json()["tokens"]
        assert listed["used_ms"] == staffed.accounts.clocks.now_ms()
        assert made["text"] not in (await li.get(f"{ACCOUNT}/tokens")).text
        program_itself, nobody = staffed.accounts.holder("p-1:t-1"), staffed.accounts.holder("p-1:t-2")
        assert (program_itself and program_itself.name, nobody) == ("p-1:t-1", None)
        async with staffed.live(additional_headers=bearer) as page:
            await page.greet()
            assert (await li.delete(f"{ACCOUNT}/tokens/t-1")).status_code == 204
            assert await page.closed() == "session_ended"
        assert staffed.accounts.holder("p-1:t-1") is None, "what the program holds ends"
        assert (await program.get("/api/v1/labs")).status_code == 401
        assert (await li.delete(f"{ACCOUNT}/tokens/t-1")).status_code == 404


async def test_a_token_ends_at_its_day_outlives_a_restart_and_its_number_is_never_given_again(tmp_path: Path) -> None:
    hands = Hands()
    async with _hub(tmp_path, hands) as served, served.stranger() as li:
        await _enters(served, li)
        first = (await li.post(f"{ACCOUNT}/tokens", json=READS)).json()
        second = (await li.post(f"{ACCOUNT}/tokens", json=READS)).json()
        await li.delete(f"{ACCOUNT}/tokens/{second['token']['id']}")
    async with _hub(tmp_path, hands) as served, served.stranger() as li, served.stranger() as program:
        program.headers["Authorization"] = f"Bearer {first['text']}"
        assert (await program.get("/api/v1/labs")).status_code == 200
        await _sign_in(li, name="li", password=PASSWORD)
        third = (await li.post(f"{ACCOUNT}/tokens", json=READS)).json()
        assert third["token"]["id"] == "t-3"
        hands.now_s += 30 * 86_400
        assert (await program.get("/api/v1/labs")).status_code == 401


async def test_a_token_without_scopes_is_refused_by_every_route_that_needs_something(staffed: Served) -> None:
    async with staffed.stranger() as browser, staffed.stranger() as program:
        await _sign_in(browser, secret=staffed.secret)
        made = (await browser.post(f"{ACCOUNT}/tokens", json={**READS, "actions": []})).json()
        program.headers["Authorization"] = f"Bearer {made['text']}"
        needing = [one for one in declared_routes(staffed.app) if one.action and one.method != "WEBSOCKET"]
        assert len(needing) > 50
        for one in needing:
            answer = await program.request(one.method, one.path)
            assert (answer.status_code, answer.json()["code"]) == (403, "token_may_not"), one


async def test_guessing_tokens_is_throttled(staffed: Served) -> None:
    async with staffed.stranger() as program:
        program.headers["Authorization"] = "Bearer lkt_guess"
        assert [(await program.get("/api/v1/labs")).status_code for _ in range(4)] == [401, 401, 401, 429]
