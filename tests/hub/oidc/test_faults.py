"""A provider that is away, slow, wrong or malicious: each end has a word, a count and an entry; passwords go on."""

import time
from collections.abc import AsyncIterator, Callable
from inspect import isawaitable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt

from labkeeper_hub.accounts.throttle import Throttle
from labkeeper_hub.oidc import http
from labkeeper_hub.oidc.logout_token import EVENT
from labkeeper_sdk.testing import free_port
from labkeeper_sdk.testing.servers import HttpAnswer

from .conftest import ENTER, ROLES, School, begin, open_school, query_of
from .scripted import KEY, STRANGER, Provider, open_scripted, said

DESCRIPTION = "/.well-known/openid-configuration"
NONSENSE = HttpAnswer(b"<html>maintenance</html>", 200, "text/html")
Break = Callable[[Provider], Any]


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with open_scripted() as running:
        yield running


@pytest.fixture
async def school(provider: Provider, tmp_path: Path) -> AsyncIterator[School]:
    async with open_school(tmp_path, provider.issuer, free_port(), roles=ROLES) as opened:
        yield opened


async def visit(school: School, provider: Provider, **more: str) -> str:
    """Sign in by a provider that sends the browser straight back; return how it ended, or "in"."""
    async with school.browser() as browser:
        answer = await browser.get(provider.back(query_of(await begin(browser)), **more))
        end = query_of(answer.headers["location"]).get("school", "in")
        assert ((await browser.get("/api/v1/session")).status_code == 200) == (end == "in")
        return end


async def passwords_work(school: School) -> None:
    async with school.browser() as owner:
        assert (await owner.post("/api/v1/session", json={"secret": school.owner_secret})).status_code == 204


async def test_what_is_right_gets_in_and_what_the_token_lacks_is_asked_for(school: School, provider: Provider) -> None:
    assert await visit(school, provider) == "in"
    assert provider.asked == [DESCRIPTION, "/token", "/keys", "/userinfo"]
    assert await visit(school, provider) == "in"
    assert provider.asked[4:] == ["/token", "/userinfo"]  # the rest is known for an hour


def logout_token(provider: Provider, *, without: str = "", key: Any = None, **claims: Any) -> str:  # noqa: ANN401 - JSON
    now = int(time.time())
    right = {"iss": provider.issuer, "aud": "labkeeper", "iat": now, "exp": now + 120, "jti": str(uuid4()), "sub": "li"}
    told = {**right, "events": {EVENT: {}}, **claims}
    told.pop(without, None)
    return jwt.encode({"alg": "RS256", "kid": "k1", "typ": "logout+jwt"}, told, key or KEY)


async def told_by(school: School, token: str) -> tuple[int, str]:
    async with httpx.AsyncClient(base_url=school.url) as there:
        answer = await there.post(f"{ENTER}/back-channel-logout", data={"logout_token": token})
    return answer.status_code, answer.json()["code"] if answer.content else ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.example"},
        {"without": "iss"},
        {"aud": "another"},
        {"without": "aud"},
        {"iat": int(time.time()) - 3600},
        {"iat": "now"},
        {"without": "iat"},
        {"exp": int(time.time()) - 3600},
        {"without": "jti"},
        {"jti": ""},
        {"jti": "x" * 300},
        {"nonce": "n"},
        {"without": "events"},
        {"events": {EVENT: "yes"}},
        {"events": [EVENT]},
        {"events": {"another": {}}},
        {"without": "sub"},
        {"sub": 7},
        {"sid": ["s"]},
        {"key": STRANGER},
    ],
)
async def test_a_word_of_the_provider_that_is_wrong_in_anything_signs_nobody_out(
    school: School, provider: Provider, wrong: dict[str, Any]
) -> None:
    async with school.browser() as li:
        await li.get(provider.back(query_of(await begin(li))))
        status, code = await told_by(school, logout_token(provider, **wrong))
        assert (status, code) in {(400, "wrong_token"), (400, "wrong_issuer")}
        assert (await li.get("/api/v1/session")).status_code == 200


async def test_a_word_of_the_provider_counts_once_and_ends_what_it_names(school: School, provider: Provider) -> None:
    async def come_in(browser: httpx.AsyncClient, sid: str | None) -> None:
        provider.claims["sid"] = sid
        await browser.get(provider.back(query_of(await begin(browser))))

    async def are_in(*browsers: httpx.AsyncClient) -> list[bool]:
        return [(await one.get("/api/v1/session")).status_code == 200 for one in browsers]

    async with school.browser() as one, school.browser() as other, school.browser() as none, school.browser() as owner:
        await owner.post("/api/v1/session", json={"secret": school.owner_secret})
        for browser, sid in ((one, "s-1"), (other, "s-2"), (none, None)):
            await come_in(browser, sid)
        assert await told_by(school, logout_token(provider, without="sub", sid="s-2")) == (200, "")
        assert await are_in(one, other, none, owner) == [True, False, True, True]
        token = logout_token(provider)
        assert await told_by(school, token) == (200, "")
        assert await are_in(one, other, none, owner) == [False, False, False, True]
        await come_in(one, "s-3")
        assert await told_by(school, token) == (400, "wrong_token"), "a replay"
        assert await told_by(school, logout_token(provider, sub="somebody")) == (200, "")
        assert await are_in(one) == [True]
    assert await school.noted("oidc_sign_out") == [
        ("p-1", "ok"), ("p-1", "ok"), ("stranger", "wrong_token"), ("stranger", "ok"),
    ]  # fmt: skip


@pytest.mark.parametrize("form", [b"", b"logout_token", b"logout_token=%ff\xff", b"a=1&" * 100, b"logout_token=a.b.c"])
async def test_a_form_that_is_none_is_refused_and_slowed_down(school: School, form: bytes) -> None:
    async with httpx.AsyncClient(base_url=school.url) as there:
        path = f"{ENTER}/back-channel-logout"
        answers = [(await there.post(path, content=form)).json()["code"] for _ in range(4)]
    assert answers == ["wrong_token"] * 3 + ["throttled"]


AFTERWARDS: tuple[tuple[Break, str], ...] = (
    (lambda it: it.claims.update(iss="https://elsewhere.example"), "wrong_issuer"),
    (lambda it: it.claims.update(nonce="of another attempt"), "wrong_nonce"),
    (lambda it: it.claims.update(sub="x" * 300), "wrong_token"),
    (lambda it: setattr(it, "key", STRANGER), "wrong_token"),
    (lambda it: it.header.update(alg="none"), "wrong_token"),
    (lambda it: it.answers.update({"/token": said({"id_token": 1, "access_token": "a"})}), "wrong_token"),
    (lambda it: it.answers.update({"/token": said({"error": "invalid_client"}, 401)}), "wrong_client"),
    (lambda it: it.answers.update({"/token": said([])}), "provider_nonsense"),
    (lambda it: it.answers.update({"/token": HttpAnswer(status=503)}), "provider_away"),
    (lambda it: it.answers.update({"/userinfo": said({"sub": "zhao", "groups": ["teacher"]})}), "wrong_token"),
    (lambda it: it.answers.update({"/userinfo": said({"sub": "li", "groups": "pupil"})}), "unknown_person"),
)
AT_THE_BUTTON: tuple[tuple[Break, str], ...] = (
    (lambda it: it.wire.hush(), "provider_away"),
    (lambda it: it.answers.update({DESCRIPTION: NONSENSE}), "provider_nonsense"),
    (lambda it: it.answers.update({DESCRIPTION: HttpAnswer(b" " * (http.MOST_BYTES + 1))}), "provider_nonsense"),
    (lambda it: it.answers.update({DESCRIPTION: HttpAnswer(status=302)}), "provider_nonsense"),
    (lambda it: it.described.update(issuer="https://elsewhere.example"), "wrong_issuer"),
    (lambda it: it.described.update(jwks_uri=None), "provider_nonsense"),
    (lambda it: it.described.update(token_endpoint="http://192.0.2.1/token"), "provider_nonsense"),
    (lambda it: it.described.update(token_endpoint_auth_methods_supported=["tls_client_auth"]), "provider_nonsense"),
    (lambda it: it.wire.cut(), "provider_away"),
)


async def test_whatever_is_wrong_after_the_visit_ends_in_its_word_its_count_and_an_entry(
    school: School, provider: Provider
) -> None:
    for wrong, end in AFTERWARDS:
        wrong(provider)
        assert await visit(school, provider) == end
        provider.heal()
        school.desk._throttle = Throttle()
    ends = [end for _, end in AFTERWARDS]
    assert await school.noted("oidc_sign_in") == [("stranger", end) for end in ends]
    for end in set(ends):
        assert await school.counted(end) == ends.count(end)
    assert school.staff.all() == ()


async def test_a_provider_that_cannot_be_used_is_told_at_the_button_and_passwords_go_on(
    school: School, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ASK_S", 0.5)
    async with school.browser() as browser:
        for wrong, end in AT_THE_BUTTON:
            made = wrong(provider)
            if isawaitable(made):
                await made
            before = len(provider.asked)
            for _ in range(2):  # the second is told at once, from memory
                answer = await browser.post(ENTER, json={"back": "#/"})
                assert (answer.status_code, answer.json()["code"]) == (503, end)
            assert len(provider.asked) - before <= 1
            await passwords_work(school)
            provider.heal()
            school.hands.now_s += 4
            if isawaitable(made) and provider.wire:
                await provider.wire.restore()
        assert (await browser.post(ENTER, json={"back": "#/"})).status_code == 200
    assert await school.noted("oidc_sign_in") == [("stranger", end) for _, end in AT_THE_BUTTON for _ in range(2)]


async def test_keys_that_changed_are_read_anew_and_a_wrong_one_does_not_ask_again_and_again(
    school: School, provider: Provider
) -> None:
    assert await visit(school, provider) == "in"
    provider.header["kid"] = "k9"
    school.hands.now_s += 11
    for _ in range(2):
        assert await visit(school, provider) == "wrong_token"
    assert provider.asked.count("/keys") == 2


async def test_what_comes_back_is_compared_with_what_was_sent(school: School, provider: Provider) -> None:
    assert await visit(school, provider, state="guessed") == "unknown_attempt"
    assert await visit(school, provider, iss="https://elsewhere.example") == "wrong_issuer"
    assert await visit(school, provider, code="used before") == "code_refused"
    school.hands.now_s += 1000
    async with school.browser() as browser:
        sent = query_of(await begin(browser))
        answer = await browser.get(f"{ENTER}/callback", params={"state": sent["state"], "error": "access_denied"})
        assert answer.headers["location"] == "/?school=refused_there#/alarms"
        back = provider.back(query_of(await begin(browser)))
        school.hands.now_s += 601
        assert (await browser.get(back)).headers["location"] == "/?school=unknown_attempt#/"


async def test_who_tries_on_is_throttled_and_passwords_are_not(school: School, provider: Provider) -> None:
    provider.claims["nonce"] = "wrong"
    ends = [await visit(school, provider) for _ in range(4)]
    assert ends == ["wrong_nonce", "wrong_nonce", "wrong_nonce", "throttled"]
    await passwords_work(school)


async def test_the_button_works_where_the_provider_sends_people_back_to_and_takes_no_strange_way_back(
    school: School, provider: Provider
) -> None:
    async with school.browser() as browser:
        there = {"Host": "hub.example", "Origin": "http://hub.example"}
        elsewhere = await browser.post(ENTER, json={"back": "#/"}, headers=there)
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "other_address")
        assert school.url in elsewhere.json()["detail"]
        for back in ("//elsewhere.example", "#/\r\nSet-Cookie: a=b", "https://elsewhere.example"):
            assert (await browser.post(ENTER, json={"back": back})).status_code == 422
        foreign = await browser.post(ENTER, json={}, headers={"Origin": "https://elsewhere.example"})
        assert foreign.status_code == 403
        assert (await browser.get(ENTER)).json()["offered"] is True
    assert provider.asked == []


async def test_what_a_mapping_gave_it_takes_again_and_leaves_what_was_given_by_hand(
    school: School, provider: Provider
) -> None:
    assert await visit(school, provider) == "in"
    by_hand = {"role": "reader", "school": "demo", "lab": "lab-9"}
    mapped = {"role": "teacher", "school": "demo"}
    async with school.owner() as owner:
        await owner.put("/api/v1/people/p-1/grants", json={"grants": [mapped, by_hand]})
    provider.claims["groups"] = []
    assert await visit(school, provider) == "in"
    assert [one.role.value for one in school.staff.account("p-1").grants] == ["reader"]
    async with school.owner() as owner:
        await owner.put("/api/v1/people/p-1/grants", json={"grants": []})
    assert await visit(school, provider) == "unknown_person"
    provider.claims["groups"] = "teacher"
    assert await visit(school, provider) == "in"
    assert [one.role.value for one in school.staff.account("p-1").grants] == ["teacher"]
