import asyncio

import httpx
import pytest

from labkeeper_hub.accounts.links import LIFETIME_S
from labkeeper_hub.accounts.throttle import FREE_ATTEMPTS
from labkeeper_hub.api.gate import COOKIE

from .conftest import Served


async def _sign_in(client: httpx.AsyncClient, **proof: str) -> httpx.Response:
    return await client.post("/api/v1/session", json=proof)


async def test_the_secret_signs_in_with_a_cookie_that_scripts_cannot_read(
    served: Served, stranger: httpx.AsyncClient
) -> None:
    answer = await _sign_in(stranger, secret=served.secret)
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"{COOKIE}=")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert (await stranger.get("/api/v1/session")).json()["name"] == "owner"
    assert (await stranger.get("/api/v1/nodes")).status_code == 200


async def test_a_link_signs_in_once(served: Served, stranger: httpx.AsyncClient) -> None:
    link = served.accounts.issue_link()
    assert (await _sign_in(stranger, link=link)).status_code == 204
    again = await _sign_in(stranger, link=link)
    assert (again.status_code, again.json()["code"]) == (401, "not_signed_in")


async def test_a_link_is_worthless_after_ten_minutes(served: Served, stranger: httpx.AsyncClient) -> None:
    link = served.accounts.issue_link()
    served.hands.now_s += LIFETIME_S
    assert (await _sign_in(stranger, link=link)).status_code == 401


async def test_signing_in_again_ends_the_session_before(served: Served, stranger: httpx.AsyncClient) -> None:
    await _sign_in(stranger, secret=served.secret)
    first = stranger.cookies[COOKIE]
    await _sign_in(stranger, secret=served.secret)
    assert stranger.cookies[COOKIE] != first
    async with served.stranger() as thief:
        thief.cookies.set(COOKIE, first)
        assert (await thief.get("/api/v1/session")).status_code == 401


async def test_signing_out_ends_the_session(served: Served, stranger: httpx.AsyncClient) -> None:
    await _sign_in(stranger, secret=served.secret)
    token = stranger.cookies[COOKIE]
    answer = await stranger.delete("/api/v1/session")
    assert answer.status_code == 204
    assert COOKIE not in stranger.cookies
    async with served.stranger() as thief:
        thief.cookies.set(COOKIE, token)
        assert (await thief.get("/api/v1/session")).status_code == 401


async def test_a_program_may_sign_out_though_it_has_no_session(owner: httpx.AsyncClient) -> None:
    assert (await owner.delete("/api/v1/session")).status_code == 204


async def test_wrong_secrets_slow_down_the_next_attempt(served: Served, stranger: httpx.AsyncClient) -> None:
    for _ in range(FREE_ATTEMPTS):
        assert (await _sign_in(stranger, secret="wrong")).status_code == 401
    refused = await _sign_in(stranger, secret=served.secret)
    assert refused.status_code == 429
    assert refused.json()["retry_after_s"] == int(refused.headers["retry-after"]) == 1
    served.hands.now_s += 1
    assert (await _sign_in(stranger, secret=served.secret)).status_code == 204


async def test_a_claimed_address_does_not_help_a_guesser(stranger: httpx.AsyncClient) -> None:
    statuses = []
    for number in range(FREE_ATTEMPTS + 1):
        headers = {"X-Forwarded-For": f"10.0.0.{number}", "Forwarded": f"for=10.0.0.{number}"}
        statuses.append((await stranger.post("/api/v1/session", json={"secret": "x"}, headers=headers)).status_code)
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[]",
        "null",
        '{"secret": "a", "link": "b"}',
        '{"secret": ""}',
        '{"secret": 5}',
        '{"secret": "a", "more": 1}',
        '{"secret": "\\ud800"}',
        '{"secret": "' + "a" * 513 + '"}',
        "{",
    ],
)
async def test_a_sign_in_of_the_wrong_shape_is_refused_and_costs_no_attempt(
    served: Served, stranger: httpx.AsyncClient, body: str
) -> None:
    for _ in range(FREE_ATTEMPTS + 1):
        answer = await stranger.post("/api/v1/session", content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await _sign_in(stranger, secret=served.secret)).status_code == 204


async def test_the_hub_answers_others_while_a_secret_is_verified(served: Served, owner: httpx.AsyncClient) -> None:
    await owner.get("/api/v1/nodes")
    async with served.stranger() as stranger:
        signing_in = [asyncio.create_task(_sign_in(stranger, secret="wrong")) for _ in range(FREE_ATTEMPTS)]
        answers = [(await owner.get("/api/v1/nodes")).status_code for _ in range(10)]
        await asyncio.gather(*signing_in)
    assert answers == [200] * 10


async def test_sign_ins_are_counted_by_outcome(served: Served, owner: httpx.AsyncClient) -> None:
    await _sign_in(owner, secret=served.secret)
    await _sign_in(owner, link="wrong")
    text = (await owner.get("/metrics")).text
    assert 'labkeeper_sign_ins_total{outcome="ok"} 1.0' in text
    assert 'labkeeper_sign_ins_total{outcome="refused"} 1.0' in text
    assert served.secret not in text
