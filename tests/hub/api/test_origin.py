import httpx
import pytest
from starlette.datastructures import Headers
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from labkeeper_hub.accounts import Grant, Role
from labkeeper_hub.api.origin import is_ours

from .conftest import Served, enter


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("http://lab.school:8080", "lab.school:8080", True),
        ("http://LAB.school", "lab.school:80", True),
        ("https://lab.school", "lab.school:443", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://lab.school:8081", "lab.school:8080", False),
        ("http://evil.example", "lab.school", False),
        ("http://lab.school.evil.example", "lab.school", False),
        ("null", "lab.school", False),
        ("", "lab.school", False),
        ("http://[", "lab.school", False),
        ("http://lab.school:99999", "lab.school", False),
    ],
)
def test_an_origin_is_ours_when_it_is_the_host_that_was_asked(origin: str, host: str, *, ours: bool) -> None:
    assert is_ours(Headers({"origin": origin, "host": host})) is ours


def test_programs_have_no_origin() -> None:
    assert is_ours(Headers({"host": "lab.school"}))


def test_a_browser_that_says_cross_site_is_believed() -> None:
    assert not is_ours(Headers({"host": "lab.school", "sec-fetch-site": "cross-site"}))


def test_two_origins_are_none_of_ours() -> None:
    twice = Headers(raw=[(b"host", b"a"), (b"origin", b"http://a"), (b"origin", b"http://a")])
    assert not is_ours(twice)


async def test_another_sites_page_can_change_nothing(served: Served, owner: httpx.AsyncClient) -> None:
    foreign = {"Origin": "http://evil.example"}
    for method, path in (("POST", "/api/v1/session"), ("POST", "/api/v1/commands"), ("DELETE", "/api/v1/session")):
        answer = await owner.request(method, path, headers=foreign, content="{}")
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert (await owner.get("/api/v1/nodes", headers=foreign)).status_code == 200
    own = {"Origin": served.url}
    assert (await owner.post("/api/v1/session", headers=own, json={"secret": served.secret})).status_code == 204


async def test_another_sites_page_cannot_open_the_websocket(served: Served) -> None:
    uri = f"ws://127.0.0.1:{served.port}/api/v1/live"
    with pytest.raises(InvalidStatus) as refusal:
        async with connect(uri, additional_headers=served.bearer, origin="http://evil.example"):  # type: ignore[arg-type] # a foreign origin; theirs wants another type
            pass
    assert refusal.value.response.status_code == 403


async def test_a_cookie_alone_changes_nothing_and_opens_no_websocket(served: Served) -> None:
    cookie = {"Cookie": enter(served, "p-1", Grant(Role.OWNER))["Cookie"]}
    async with httpx.AsyncClient(base_url=served.url, headers=cookie) as client:
        for method, path in (("POST", "/api/v1/session"), ("POST", "/api/v1/stop"), ("DELETE", "/api/v1/session")):
            answer = await client.request(method, path, json={"link": "x"})
            assert (answer.status_code, answer.json()["code"]) == (403, "no_origin")
        assert (await client.get("/api/v1/nodes")).status_code == 200
        for told in ({"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}, {"Authorization": "Basic eA=="}):
            assert (await client.post("/api/v1/stop", headers=told)).json()["code"] == "no_origin"
        for told in ({"Origin": served.url}, {"Sec-Fetch-Site": "same-origin"}, served.bearer):
            assert (await client.post("/api/v1/stop", headers=told)).status_code == 202
    with pytest.raises(InvalidStatus) as refusal:
        async with connect(f"ws://127.0.0.1:{served.port}/api/v1/live", additional_headers=cookie):
            pass
    assert refusal.value.response.status_code == 403


async def test_a_token_needs_no_origin(served: Served, owner: httpx.AsyncClient) -> None:
    assert "origin" not in owner.headers
    assert (await owner.post("/api/v1/stop")).status_code == 202
    async with connect(f"ws://127.0.0.1:{served.port}/api/v1/live", additional_headers=served.bearer):
        pass
