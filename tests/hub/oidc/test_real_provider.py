"""The whole flow through the hub over HTTP, with a provider that nobody here wrote: panva's oidc-provider."""

import re
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from websockets.asyncio.client import connect

from labkeeper_hub.api.gate import COOKIE
from labkeeper_hub.api.school_cookies import ATTEMPT
from labkeeper_sdk.testing import free_port

from ..api.conftest import Live  # noqa: TID252 - tests are not packages, so nothing absolute leads there
from .conftest import ENTER, PASSWORD, ROLES, TEACHER, Places, School, begin, come_in, open_provider, query_of, there

OWN = "/api/v1/account/school-account"
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _invited(school: School, login: str) -> httpx.AsyncClient:
    """Return the browser of somebody who has accepted an invitation just now."""
    async with school.owner() as owner:
        added = await owner.post("/api/v1/people", json={"login": login, "title": login, "grants": [TEACHER]})
        invited = await owner.post(f"/api/v1/people/{added.json()['name']}/invitation")
    browser = school.browser()
    proof = {"invitation": invited.json()["invitation"], "password": PASSWORD}
    assert (await browser.post("/api/v1/session", json=proof)).status_code == 204
    return browser


async def _name(browser: httpx.AsyncClient) -> str | None:
    answer = await browser.get("/api/v1/session")
    return str(answer.json()["name"]) if answer.status_code == 200 else None


async def _link(browser: httpx.AsyncClient, login: str, **body: str) -> str:
    answer = await browser.post(OWN, json=body)
    assert answer.status_code == 200, answer.text
    onward = await there(browser, answer.json()["address"], login)
    return str((await browser.get(onward)).headers["location"])


async def test_whom_a_mapping_knows_comes_in_where_they_left_and_nobody_else_does(
    provided: Places, tmp_path: Path
) -> None:
    scopes = ("openid", "profile", "groups")
    async with (
        provided.school(tmp_path, roles=ROLES, scopes=scopes, name_claim="name") as school,
        school.browser() as li,
    ):
        address = await begin(li, "#/lab/demo/lab-301")
        asked = query_of(address)
        assert asked["redirect_uri"] == f"{school.url}{ENTER}/callback"
        assert (asked["code_challenge_method"], asked["prompt"], asked["response_type"]) == ("S256", "login", "code")
        onward = await there(li, address, "teacher-1")
        arrived = await li.get(onward)
        assert arrived.headers["location"] == "/#/lab/demo/lab-301"
        assert "SameSite=strict" in next(one for one in arrived.headers.get_list("set-cookie") if COOKIE in one)
        assert (await li.get("/api/v1/session")).json()["name"] == "p-1"
        replayed = await li.get(onward)
        assert replayed.headers["location"] == "/?school=unknown_attempt#/"
        async with school.browser() as another:
            assert await come_in(another, "pupil-1") == "/?school=unknown_person#/alarms"
            assert await _name(another) is None
            assert (await another.get(ENTER)).json()["came"] is True
        async with school.owner() as owner:
            (told,) = (await owner.get("/api/v1/people")).json()["people"]
        assert (told["title"], told["enters"], told["school_account"]) == ("Name of teacher-1", False, True)
        assert [(one["role"], one["school"], one["lab"]) for one in told["grants"]] == [("teacher", "demo", None)]
        async with school.browser() as again:
            assert await come_in(again, "teacher-1") == "/#/alarms"
            assert await _name(again) == "p-1"
        ends = [result for _, result in await school.noted("oidc_sign_in")]
        assert ends == ["ok", "unknown_attempt", "unknown_person", "ok"]
        assert await school.counted("ok") == 2
        kept = (school.data / "registry.sqlite").read_bytes()
        assert b"teacher-1\x00" not in kept
        assert b"localhost" not in kept  # of issuer and subject nothing but a mark


async def test_an_account_is_linked_opened_with_its_second_factor_and_unlinked(
    provided: Places, tmp_path: Path
) -> None:
    async with provided.school(tmp_path) as school:
        li, zhao = await _invited(school, "li"), await _invited(school, "zhao")
        async with aclosing(li), aclosing(zhao), school.browser() as tablet:
            assert await come_in(tablet, "li") == "/?school=unknown_person#/alarms"  # known here, linked by nobody
            bare = await li.post(OWN, json={})
            assert (bare.status_code, bare.json()["code"]) == (409, "password_needed"), "though she has just come in"
            assert await _link(li, "li", password=PASSWORD) == "/?school=linked#/people"
            assert await _link(zhao, "li", password=PASSWORD) == "/?school=linked_elsewhere#/people"
            assert (await li.get("/api/v1/account")).json()["school_account"] is True
            secret = (await li.post("/api/v1/account/second-factor", json={"password": PASSWORD})).json()["secret"]
            code = pyotp.TOTP(secret).at(school.hands.now_s)
            assert (await li.put("/api/v1/account/second-factor", json={"code": code})).status_code == 200
            school.hands.now_s += 60
            assert await come_in(tablet, "li") == "/?school=code#/alarms"
            assert await _name(tablet) is None
            asked = await tablet.post("/api/v1/session", json={"school": True})
            assert asked.json()["code"] == "second_factor_needed"
            wrong = await tablet.post("/api/v1/session", json={"school": True, "code": "000000"})
            assert wrong.status_code == 401
            school.hands.now_s += 1
            code = pyotp.TOTP(secret).at(school.hands.now_s)
            assert (await tablet.post("/api/v1/session", json={"school": True, "code": code})).status_code == 204
            assert await _name(tablet) == "p-1"
            again = await tablet.post("/api/v1/session", json={"school": True, "code": code})
            assert again.status_code == 401
            uri = school.url.replace("http", "ws") + "/api/v1/live"
            cookie = {"Cookie": f"{COOKIE}={tablet.cookies[COOKIE]}", "Origin": school.url}
            async with connect(uri, additional_headers=cookie) as socket:
                page = Live(socket)
                await page.greet()
                school.hands.now_s += 600
                stale = await li.post(f"{OWN}/off", json={})
                assert (stale.status_code, stale.json()["code"]) == (409, "password_needed")
                wrong = await li.post(f"{OWN}/off", json={"password": "guess"})
                assert wrong.json()["code"] == "wrong_password"
                off = await li.post(f"{OWN}/off", json={"password": PASSWORD})
                assert off.status_code == 204, off.text
                assert await page.closed() == "session_ended"
            assert (await li.get("/api/v1/account")).json()["school_account"] is False
            results = await school.noted("link_school_account")
            assert results == [("p-1", "password_needed"), ("p-1", "linked"), ("p-2", "linked_elsewhere")]


async def test_the_providers_second_factor_counts_by_a_word_that_is_named_and_its_keys_may_change(
    tmp_path: Path,
) -> None:
    places = Places(free_port(), f"http://localhost:{free_port()}")
    mfa: dict[str, Any] = {"mfa_claim": "amr", "mfa_values": ("otp",)}
    async with places.school(tmp_path, roles=ROLES, scopes=("openid", "groups"), **mfa) as school:
        async with open_provider(places.issuer, places.hub_url, "k1", in_token=True), school.browser() as first:
            assert await come_in(first, "teacher-1+otp") == "/#/alarms"
            assert (await first.get("/api/v1/account")).json()["proved_by"] == "sign_in"
            school.hands.now_s += 600
            stale = await first.post("/api/v1/account/second-factor", json={})
            assert (stale.status_code, stale.json()["code"]) == (409, "sign_in_anew")
            assert await come_in(first, "teacher-1+otp") == "/#/alarms"
            secret = (await first.post("/api/v1/account/second-factor", json={})).json()["secret"]
            code = pyotp.TOTP(secret).at(school.hands.now_s)
            await first.put("/api/v1/account/second-factor", json={"code": code})
        async with school.browser() as nobody:
            away = await nobody.post(ENTER, json={"back": "#/"})  # the address it goes to is known for an hour
            assert away.status_code == 200
        school.hands.now_s += 11
        async with open_provider(places.issuer, places.hub_url, "k2", in_token=True):
            async with school.browser() as second:
                assert await come_in(second, "teacher-1+otp") == "/#/alarms"
            async with school.browser() as third:  # the same person, who shows no second factor over there
                assert await come_in(third, "teacher-1") == "/?school=code#/alarms"


async def test_whoever_manages_people_links_and_unlinks_and_a_reset_unlinks(provided: Places, tmp_path: Path) -> None:
    async with provided.school(tmp_path) as school, school.owner() as owner, school.browser() as zhao:
        await owner.post("/api/v1/people", json={"login": "zhao", "title": "赵老师", "grants": [TEACHER]})
        for end in (("DELETE", "/api/v1/people/p-1/school-account"), ("POST", "/api/v1/people/p-1/invitation")):
            told = await owner.put("/api/v1/people/p-1/school-account", json={"subject": "zhao"})
            assert told.status_code == 204
            assert await come_in(zhao, "zhao") == "/#/alarms"
            assert (await owner.request(*end)).is_success
            assert await _name(zhao) is None
            assert await come_in(zhao, "zhao") == "/?school=unknown_person#/alarms"


async def test_leaving_goes_to_the_provider_and_comes_back(provided: Places, tmp_path: Path) -> None:
    async with provided.school(tmp_path, roles=ROLES, scopes=("openid", "groups")) as school, school.browser() as li:
        await come_in(li, "teacher-1")
        assert (await li.delete("/api/v1/session")).status_code == 204
        assert (await li.get(ENTER)).json()["came"] is True
        away = (await li.get(f"{ENTER}/leave")).headers["location"]
        assert away.startswith(f"{school.issuer}/session/end?")
        asked = await li.get(away)
        form = dict(_fields(asked.text))
        answer = await li.post(f"{school.issuer}/session/end/confirm", data={**form, "logout": "yes"})
        assert answer.headers["location"] == f"{school.url}{ENTER}/left"
        assert (await li.get(answer.headers["location"])).headers["location"] == "/"
        assert (await li.get(ENTER)).json()["came"] is False


async def test_an_attempt_ends_in_the_browser_that_began_it(provided: Places, tmp_path: Path) -> None:
    scopes = ("openid", "groups")
    opened = provided.school(tmp_path, roles=ROLES, scopes=scopes)
    async with opened as school, school.browser() as victim, school.browser() as thief:
        onward = await there(thief, await begin(thief), "teacher-1")
        assert (await victim.get(onward)).headers["location"] == "/?school=unknown_attempt#/"
        await begin(victim)
        assert (await victim.get(onward)).headers["location"] == "/?school=unknown_attempt#/"
        assert await _name(victim) is None
        assert victim.cookies[ATTEMPT]  # what the victim began goes on


async def test_signing_out_at_the_provider_ends_that_session_here_and_no_other(
    provided: Places, tmp_path: Path
) -> None:
    scopes = ("openid", "groups")
    async with (
        provided.school(tmp_path, roles=ROLES, scopes=scopes) as school,
        school.browser() as tablet,
        school.browser() as laptop,
        school.browser() as colleague,
    ):
        for browser, login in ((tablet, "teacher-1"), (laptop, "teacher-1"), (colleague, "teacher-2")):
            assert await come_in(browser, login) == "/#/alarms"
        cookie = {"Cookie": f"{COOKIE}={tablet.cookies[COOKIE]}", "Origin": school.url}
        async with connect(school.url.replace("http", "ws") + "/api/v1/live", additional_headers=cookie) as socket:
            page = Live(socket)
            await page.greet()
            asked = await tablet.get(f"{school.issuer}/session/end")
            await tablet.post(
                f"{school.issuer}/session/end/confirm", data={**dict(_fields(asked.text)), "logout": "yes"}
            )
            assert await page.closed() == "session_ended"
        assert await _name(tablet) is None
        assert (await _name(laptop), await _name(colleague)) == ("p-1", "p-2")
        assert await school.noted("oidc_sign_out") == [("p-1", "ok")]


def _fields(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
