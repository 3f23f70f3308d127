"""Commands nobody can carry out, over HTTP and over the page's WebSocket, and rubbish by the thousand."""

import asyncio
import json
import random
import uuid

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from labkeeper_cli.client import Json, Target, vars_of

from .bench import VICTIM
from .lab import NODE, PLUG, SCHOOL, Lab

pytestmark = pytest.mark.asyncio(loop_scope="session")
FINAL = {"done", "rejected", "failed", "expired", "unknown"}
POWER = Target(SCHOOL, NODE, PLUG.device, "power")
NOWHERE = Target(SCHOOL, NODE, "no-such-device", "state")
WRONG: dict[str, tuple[Target, object, Json, int, str]] = {
    "read-only": (POWER, 5.0, {}, 422, "read_only"),
    "a number for a switch": (PLUG, 1, {}, 422, "wrong_type"),
    "a text for a switch": (PLUG, "ON", {}, 422, "wrong_type"),
    "an unknown device": (NOWHERE, True, {}, 404, "unknown_point"),
    "an unknown point": (Target(SCHOOL, NODE, PLUG.device, "warp"), True, {}, 404, "unknown_point"),
    "a device of the bench, read-only": (Target(SCHOOL, NODE, VICTIM, "number"), 5.0, {}, 422, "read_only"),
    "an id that is none": (PLUG, True, {"id": "mine"}, 422, "bad_id"),
    "a time to live of weeks": (PLUG, True, {"ttl_ms": 2**31 - 1}, 422, "bad_ttl"),
}
MALFORMED: list[object] = [
    {},
    [],
    "true",
    None,
    {**vars_of(PLUG), "value": None},
    {**vars_of(PLUG), "value": {"a": 1}},
    {**vars_of(PLUG), "value": True, "ttl_ms": 0},
    {**vars_of(PLUG), "value": True, "ttl_ms": -1},
    {**vars_of(PLUG), "value": True, "ttl_ms": "soon"},
    {**vars_of(PLUG), "value": True, "surprise": 1},
    {**vars_of(PLUG), "value": 10**400},
    {**vars_of(PLUG), "value": "x" * 5000},
    {**vars_of(PLUG), "school": "", "value": True},
]


async def post(lab: Lab, body: Json) -> httpx.Response:
    return await lab.http.post("/api/v1/commands", json=body)


async def ended(lab: Lab, command: str) -> Json:
    """Return a command's last state."""
    found: Json = {}

    async def final() -> bool:
        found.update((await lab.stack.client.get(f"commands/{command}"))["command"])
        return found["state"] in FINAL

    await lab.until(final, f"the end of {command}")
    return found


async def greeted(lab: Lab) -> ClientConnection:
    """Open the page's WebSocket, say resume, and hear the snapshot."""
    url = lab.stack.url.replace("http", "ws", 1) + "/api/v1/live"
    headers = {"Authorization": f"Bearer {lab.stack.secret}"}
    socket = await connect(url, additional_headers=headers, max_size=None, proxy=None)
    await socket.send('{"type":"resume"}')
    while json.loads(await socket.recv())["type"] != "snapshot":
        pass
    return socket


async def heard(socket: ClientConnection, kind: str) -> Json:
    """Return the next message of a kind."""
    async with asyncio.timeout(20):
        while True:
            said: Json = json.loads(await socket.recv())
            if said["type"] == kind:
                return said


@pytest.mark.parametrize("which", WRONG)
async def test_a_command_that_makes_no_sense_reaches_no_device(lab: Lab, which: str) -> None:
    target, value, more, status, code = WRONG[which]
    before, executed = await lab.refused(f"command_{code}"), lab.commanded(target.device)
    answer = await post(lab, {**vars_of(target), "value": value, **more})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    socket = await greeted(lab)
    number = more.get("id", str(uuid.uuid4()))
    await socket.send(json.dumps({"type": "command", **vars_of(target), "value": value, **more, "id": number}))
    refused = await heard(socket, "refused")
    assert (refused["id"], refused["problem"]["code"]) == (number, code)
    await socket.close()
    assert await lab.refused(f"command_{code}") == before + 2
    assert lab.commanded(target.device) == executed


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: str(body)[:60])
async def test_a_body_that_is_no_command(lab: Lab, body: object) -> None:
    executed = lab.commanded(PLUG.device)
    answer = await lab.http.post("/api/v1/commands", content=json.dumps(body))
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert lab.commanded(PLUG.device) == executed


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b"[" * 100_000, b'{"value": NaN}', b"x" * 5_000_000])
async def test_a_body_that_is_not_even_json(lab: Lab, body: bytes) -> None:
    answer = await lab.http.post("/api/v1/commands", content=body)
    assert answer.status_code in (413, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_command_that_is_too_late_is_not_executed(lab: Lab) -> None:
    before, executed = await lab.refused("command_expired"), lab.commanded(PLUG.device)
    made_ms = int((await lab.http.get("/api/v1/status")).json()["started_ms"])
    answer = await post(lab, {**vars_of(PLUG), "value": True, "ttl_ms": 1, "made_ms": made_ms})
    assert answer.status_code == 202, answer.text
    command = await ended(lab, answer.json()["command"]["id"])
    assert (command["state"], command["code"]) in {("expired", "not_sent"), ("expired", "expired")}
    assert await lab.refused("command_expired") == before + 1
    await lab.neighbour_obeys()
    assert len(lab.commanded(PLUG.device)) == len(executed) + 1


async def test_a_command_repeated_a_hundred_times_is_executed_once(lab: Lab) -> None:
    executed, repeated = len(lab.commanded(PLUG.device)), await lab.refused("command_repeated")
    body: Json = {**vars_of(PLUG), "value": True, "id": str(uuid.uuid4())}
    socket = await greeted(lab)
    answers = await asyncio.gather(*(post(lab, body) for _ in range(50)))
    for _ in range(50):
        await socket.send(json.dumps({"type": "command", **body}))
    assert {answer.status_code for answer in answers} == {202}
    assert (await ended(lab, body["id"]))["state"] == "done"
    await socket.send('{"type":"ping"}')
    await heard(socket, "pong")
    other = await post(lab, {**body, "value": False})
    assert (other.status_code, other.json()["code"]) == (409, "id_taken")
    await socket.close()
    await lab.neighbour_obeys()
    assert len(lab.commanded(PLUG.device)) == executed + 2
    assert await lab.refused("command_repeated") - repeated == 99


async def test_who_talks_rubbish_over_the_websocket_is_refused_and_slowed_down(lab: Lab) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201 -- to repeat it
    chance = random.Random(seed)
    executed = len(lab.commanded(PLUG.device))
    socket = await greeted(lab)

    async def told() -> bool:
        text = (await lab.http.get("/metrics")).text
        lines = [line for line in text.splitlines() if line.startswith("labkeeper_websocket_refused_total")]
        return sum(float(line.rpartition(" ")[2]) for line in lines) >= wanted

    async def rubbish() -> None:
        for _ in range(10_000):
            await socket.send(_rubbish(chance))

    async def listen() -> None:
        async for _ in socket:
            pass

    wanted = 1000  # what a client may say at once; the rest of the ten thousand comes as fast as the hub listens
    listening = asyncio.create_task(listen())
    sending = asyncio.create_task(rubbish())
    async with lab.undisturbed(lines=20):
        await lab.until(told, "refusals of the WebSocket in the metrics")
    sending.cancel()
    await socket.close()
    await asyncio.gather(sending, listening, return_exceptions=True)
    assert len(lab.commanded(PLUG.device)) == executed + 1  # the neighbour's own


def _rubbish(chance: random.Random) -> str | bytes:
    kinds: list[str | bytes] = [
        chance.randbytes(chance.randrange(1, 200)),
        "[" * chance.randrange(1, 2000),
        '{"type":"command"}',
        '{"type":"command","id":7,"school":null,"value":{}}',
        '{"type":"what"}',
        "null",
        "",
        '"\\ud800"',
        "x" * 20_000,
    ]
    return chance.choice(kinds)
