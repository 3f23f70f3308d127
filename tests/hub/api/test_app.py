"""The app is whole before anybody asks it."""

import sys
from pathlib import Path
from types import FrameType

import httpx

from labkeeper_hub.accounts import open_accounts
from labkeeper_hub.api import build_app

from .doubles import SmallHub


async def test_the_first_request_has_little_more_to_do_than_the_second(tmp_path: Path) -> None:
    """On counts of calls, because times say little on a busy machine: without its routes it is 100 times as many."""
    calls = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal calls
        calls += event == "call"

    async def asked() -> int:
        nonlocal calls
        calls, before = 0, sys.getprofile()
        sys.setprofile(count)
        try:
            await http.get("/healthz")
        finally:
            sys.setprofile(before)
        return calls

    async with open_accounts(tmp_path) as accounts, SmallHub(data=tmp_path) as hub:
        app = build_app(hub.parts(data=tmp_path), accounts)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub") as http:
            first, second = await asked(), await asked()
    assert first < 10 * second
