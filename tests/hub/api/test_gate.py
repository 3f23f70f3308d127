import httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from labkeeper_hub.accounts.sessions import IDLE_MS
from labkeeper_hub.api.gate import COOKIE, session_token

from .conftest import Served

OPEN = {
    ("GET", "/"),
    ("HEAD", "/"),
    ("GET", "/static/{name:path}"),
    ("HEAD", "/static/{name:path}"),
    ("GET", "/s/{token:path}"),
    ("HEAD", "/s/{token:path}"),
    ("GET", "/wall"),
    ("HEAD", "/wall"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("POST", "/api/v1/session"),
}
SCHOOL = "/api/v1/session/oidc"
SCHOOL_SIGN_IN = {("GET", SCHOOL), ("POST", SCHOOL), ("POST", f"{SCHOOL}/back-channel-logout")} | {
    ("GET", f"{SCHOOL}/{way}") for way in ("callback", "leave", "left")
}
PLACES = {"{school}": "s", "{node}": "n", "{device}": "d"}
FILLED = PLACES | {"{command_id}": "c", "{name:path}": "main.js", "{token:path}": "a-token"}


def _routes(served: Served) -> set[tuple[str, str]]:
    found = set()
    for context in iter_route_contexts(served.app.routes):
        for method in getattr(context, "methods", None) or ("WEBSOCKET",):
            found.add((method, str(context.path)))
    return found


def _address(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return path


async def test_no_route_but_the_listed_ones_answers_without_credentials(
    served: Served, stranger: httpx.AsyncClient
) -> None:
    routes = _routes(served)
    assert routes >= OPEN | SCHOOL_SIGN_IN
    assert len(routes) > 20
    for method, path in routes - OPEN - SCHOOL_SIGN_IN:
        if method != "WEBSOCKET" and not path.startswith("/calendar/"):  # its address is its secret
            answer = await stranger.request(method, _address(path))
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_the_listed_routes_answer_without_credentials(stranger: httpx.AsyncClient) -> None:
    for method, path in OPEN:
        answer = await stranger.request(method, _address(path), content="{}")
        assert answer.status_code not in (401, 403, 404, 500), (method, path)


async def test_the_schools_sign_in_is_open_and_is_not_there_where_none_is_configured(
    stranger: httpx.AsyncClient,
) -> None:
    for method, path in SCHOOL_SIGN_IN:
        answer = await stranger.request(method, path, json={} if method == "POST" else None)
        told = answer.json()
        assert told.get("offered") is False or told["code"] == "no_school_accounts", (method, path)


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", "/docs", "/redoc", "/openapi.json", "/static"])
async def test_what_is_not_there_is_not_told_to_strangers(stranger: httpx.AsyncClient, path: str) -> None:
    assert (await stranger.get(path)).status_code == 401


async def test_no_path_trick_reaches_a_closed_route(stranger: httpx.AsyncClient) -> None:
    for path in ("/static/../api/v1/nodes", "/static/%2e%2e/api/v1/nodes", "/static//api/v1/nodes", "/healthz/"):
        answer = await stranger.get(path)
        assert answer.status_code in (401, 404), path


async def test_the_websocket_is_refused_without_credentials(served: Served) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with connect(f"ws://127.0.0.1:{served.port}/api/v1/live"):
            pass
    assert refusal.value.response.status_code == 401
    assert refusal.value.response.headers["Content-Type"] == "application/problem+json"


async def test_wrong_credentials_are_none(served: Served, stranger: httpx.AsyncClient) -> None:
    for headers in (
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {served.secret}"},
        {"Authorization": "Bearer"},
        {"Cookie": f"{COOKIE}=wrong"},
        {"Cookie": "=;;=\\x"},
    ):
        assert (await stranger.get("/api/v1/nodes", headers=headers)).status_code == 401, headers


async def test_a_guesser_is_slowed_down_and_a_known_program_is_not(served: Served, owner: httpx.AsyncClient) -> None:
    assert (await owner.get("/api/v1/nodes")).status_code == 200
    async with served.stranger() as guesser:
        guesser.headers["Authorization"] = "Bearer wrong"
        statuses = [(await guesser.get("/api/v1/nodes")).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
        assert (await guesser.get("/api/v1/nodes")).headers["retry-after"] == "1"
    assert (await owner.get("/api/v1/nodes")).status_code == 200


async def test_a_session_ends_when_it_is_not_used(served: Served, stranger: httpx.AsyncClient) -> None:
    await stranger.post("/api/v1/session", json={"link": served.accounts.issue_link()})
    served.hands.now_s += IDLE_MS / 1000 - 1
    assert (await stranger.get("/api/v1/session")).status_code == 200
    served.hands.now_s += IDLE_MS / 1000
    assert (await stranger.get("/api/v1/session")).status_code == 401


def test_a_broken_cookie_header_is_no_cookie() -> None:
    assert session_token(Headers({"cookie": "a=b; ;=;\x01"})) is None
    assert session_token(Headers({"cookie": f"x=1; {COOKIE}=abc"})) == "abc"
