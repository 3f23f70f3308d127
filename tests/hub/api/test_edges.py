"""The corners that no ordinary request reaches."""

import socket

import httpx
import pytest
from pydantic import ValidationError
from starlette.requests import HTTPConnection

from labkeeper_hub.api.answers import encode
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.server import listen
from labkeeper_hub.api.state import signed_in
from labkeeper_hub.api.validation import Body, Text

from .conftest import Served


def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", first.getsockname()[1])


def test_a_client_that_takes_nothing_is_given_up_by_the_kernel() -> None:
    with listen("127.0.0.1", 0) as listening:
        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) > 0


async def test_a_request_that_came_around_the_gate_is_refused() -> None:
    with pytest.raises(Refusal):
        await signed_in(HTTPConnection({"type": "http", "headers": []}))


def test_half_a_character_is_no_text() -> None:
    class Said(Body):
        text: Text

    with pytest.raises(ValidationError, match="string_unicode"):
        Said(text="\ud800")


def test_what_has_no_json_is_null() -> None:
    assert encode([float("nan"), float("inf")]) == b"[null,null]"


async def test_a_slow_page_the_bus_has_left_behind_begins_again(served: Served, owner: httpx.AsyncClient) -> None:
    served.hub.bus.limit = 1
    async with served.live(max_queue=1) as slow, served.live() as awake:
        await slow.greet()
        await awake.greet()
        for number in range(100):
            served.hub.hear("x" * 100_000 + str(number))
            served.hub.bus.flush()
            await awake.hear()
        snapshot = await slow.hear_type("snapshot")
    assert snapshot["latest"][0]["value"].startswith("xxx")
    assert (await owner.get("/healthz")).status_code == 200
