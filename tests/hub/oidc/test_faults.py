"""A provider that is away, slow, wrong or malicious: each end has a word, a count and an entry; passwords go on."""

from collections.abc import AsyncIterator, Callable
from inspect import isawaitable
from pathlib import Path
from typing import Any

import pytest

from labkeeper_hub.accounts.throttle import Throttle
from labkeeper_hub.oidc import http
from labkeeper_sdk.testing import free_port
from labkeeper_sdk.testing.servers import HttpAnswer

from .conftest import ENTER, ROLES, School, begin, open_school, query_of
from .scripted import STRANGER, Provider, open_scripted, said

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
