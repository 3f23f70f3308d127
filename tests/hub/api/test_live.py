import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from labkeeper_hub.accounts.sessions import IDLE_MS
from labkeeper_hub.api.gate import COOKIE
from labkeeper_hub.api.live import client as live_client
from labkeeper_hub.api.live import route as live_route
from labkeeper_hub.api.live.messages import MOST_BYTES
from labkeeper_hub.api.models import CommandShape, DeviceShape, LabShape, LatestShape, NodeShape
from labkeeper_hub.model import State

from .conftest import Live, Served
from .doubles import TARGET, Told, device, node

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
COMMAND: dict[str, Any] = {"type": "command", "id": ID, **TARGET._asdict(), "value": 25.0, "ttl_ms": 3000}


async def test_a_page_is_greeted_and_gets_everything_it_needs_to_begin(served: Served) -> None:
    await served.hub.desk.submit(TARGET, 1.0)
    async with served.live() as live:
        hello, snapshot = await live.greet()
    assert hello.keys() == {"type", "stream", "at", "server_ms"}
    assert (hello["type"], hello["stream"], hello["at"]) == ("hello", served.hub.bus.stream, 1)
    assert (snapshot["type"], snapshot["at"]) == ("snapshot", 1)
    for key, model in (
        ("labs", LabShape),
        ("nodes", NodeShape),
        ("devices", DeviceShape),
        ("latest", LatestShape),
        ("commands", CommandShape),
    ):
        assert snapshot[key]
        for row in snapshot[key]:
            assert model.model_validate(row).model_dump() == row


async def test_changes_arrive_with_their_place(served: Served) -> None:
    async with served.live() as live:
        await live.greet()
        served.hub.hear(22.0)
        served.hub.hear(23.0)
        changes = await live.hear()
        assert (changes["type"], changes["at"]) == ("changes", 1)
        (change,) = changes["changes"]
        assert (change["kind"], change["point"], change["value"]) == ("reading", "temperature", 23.0)


async def test_devices_and_nodes_that_change_are_told_whole(served: Served) -> None:
    async with served.live() as live:
        await live.greet()
        served.hub.bus.note(Told("node", lambda: node(online=False)))
        served.hub.bus.note(Told("device", lambda: device(online=False)))
        changes = (await live.hear())["changes"]
    assert [(change["kind"], change["online"]) for change in changes] == [("node", False), ("device", False)]


async def test_a_page_that_comes_back_gets_what_it_missed(served: Served) -> None:
    async with served.live() as live:
        hello, snapshot = await live.greet()
    served.hub.hear(24.0)
    served.hub.bus.flush()
    served.hub.hear(25.0)
    served.hub.bus.flush()
    async with served.live() as live:
        again, nothing = await live.greet(hello["stream"], snapshot["at"])
        assert (again["stream"], again["at"]) == (hello["stream"], 2)
        assert nothing == {"type": "changes", "at": 0, "changes": []}
        missed = await live.hear()
        assert (missed["at"], [change["value"] for change in missed["changes"]]) == (2, [25.0])


async def test_a_page_that_missed_nothing_is_told_so_at_once(served: Served) -> None:
    async with served.live() as live:
        hello, snapshot = await live.greet()
    async with served.live() as live:
        _, nothing = await live.greet(hello["stream"], snapshot["at"])
    assert nothing == {"type": "changes", "at": 0, "changes": []}


@pytest.mark.parametrize(("stream", "since"), [("another run", 0), (None, 0), ("", 99), ("", None)])
async def test_a_place_of_another_stream_or_the_future_gets_a_snapshot(
    served: Served, stream: str | None, since: int | None
) -> None:
    async with served.live() as live:
        _, answer = await live.greet(served.hub.bus.stream if stream == "" else stream, since)
        assert answer["type"] == "snapshot"


async def test_a_place_the_bus_has_forgotten_gets_a_snapshot(served: Served) -> None:
    served.hub.bus.limit = 1
    for value in (1.0, 2.0, 3.0):
        served.hub.hear(value)
        served.hub.bus.flush()
    async with served.live() as live:
        _, answer = await live.greet(served.hub.bus.stream, 0)
        assert (answer["type"], answer["at"]) == ("snapshot", 3)


async def test_a_command_goes_through_the_socket(served: Served) -> None:
    async with served.live() as live:
        await live.greet()
        await live.say(**COMMAND)
        (change,) = (await live.hear())["changes"]
    assert (change["kind"], change["id"], change["state"], change["holder"]) == ("command", ID, "sent", "owner")


async def test_a_repeated_command_is_told_how_it_ended(served: Served) -> None:
    served.hub.desk.outcome = State.DONE
    await served.hub.desk.submit(TARGET, 25.0, command_id=ID)
    async with served.live() as live:
        await live.greet()
        await live.say(**COMMAND)
        answer = await live.hear()
    assert [change["state"] for change in answer["changes"]] == ["done"]
    assert len(served.hub.desk.known) == 1


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"point": "temperature"}, "read_only"),
        ({"point": "nothing"}, "unknown_point"),
        ({"value": None}, "invalid"),
        ({"holder": "me"}, "invalid"),
    ],
)
async def test_a_command_that_cannot_be_is_refused_by_its_id(
    served: Served, changed: dict[str, Any], code: str
) -> None:
    async with served.live() as live:
        await live.greet()
        await live.say(**COMMAND | changed)
        refused = await live.hear()
    assert (refused["type"], refused["id"], refused["problem"]["code"]) == ("refused", ID, code)


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "5", '"ping"', "{}", '{"type":"dance"}', '{"type":5}', '{"type":"ping","more":1}', "NaN"],
)
async def test_nonsense_is_refused_and_the_talk_goes_on(served: Served, text: str) -> None:
    async with served.live() as live:
        await live.greet()
        await live.socket.send(text)
        refused = await live.hear()
        assert (refused["type"], refused["id"], refused["problem"]["status"]) == ("refused", None, 422)
        await live.say(type="ping")
        assert (await live.hear())["type"] == "pong"


async def test_bytes_and_long_messages_are_refused(served: Served) -> None:
    async with served.live() as live:
        await live.greet()
        await live.socket.send(b'{"type":"ping"}')
        assert (await live.hear())["problem"]["code"] == "invalid"
        await live.socket.send('{"type":"ping"}' + " " * MOST_BYTES)
        assert (await live.hear())["problem"]["code"] == "message_too_large"


async def test_a_message_beyond_all_measure_ends_the_talk(served: Served) -> None:
    async with served.live() as live:
        await live.greet()
        await live.socket.send("x" * 100_000)
        await live.closed()
        assert live.socket.close_code == 1009


async def test_a_ping_is_answered_with_the_hubs_time(served: Served) -> None:
    async with served.live() as live:
        await live.greet()
        await live.say(type="ping")
        pong = await live.hear()
    assert pong.keys() == {"type", "server_ms"}


async def test_the_first_word_must_be_resume(served: Served) -> None:
    async with served.live() as live:
        await live.say(type="ping")
        assert await live.closed() == "resume_first"


async def test_who_says_nothing_is_sent_away(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_client, "FIRST_WORD_S", 0.05)
    async with served.live() as live:
        assert await live.closed() == "said_nothing"


async def test_saying_resume_again_changes_nothing(served: Served) -> None:
    async with served.live() as live:
        await live.greet()
        await live.say(type="resume", stream=None, since=None)
        await live.say(type="ping")
        assert (await live.hear())["type"] == "pong"


@asynccontextmanager
async def _signed_in(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with served.stranger() as client:
        await client.post("/api/v1/session", json={"link": served.accounts.issue_link()})
        yield client


async def test_signing_out_closes_the_socket(served: Served) -> None:
    async with _signed_in(served) as client:
        cookie = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
        async with served.live(additional_headers=cookie) as live:
            await live.greet()
            await client.delete("/api/v1/session")
            assert await live.closed() == "session_ended"


async def test_an_ended_session_commands_nothing_even_before_its_socket_closes(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_client, "CHECK_S", 60.0)
    async with _signed_in(served) as client:
        cookie = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
        async with served.live(additional_headers=cookie) as live:
            await live.greet()
            await client.delete("/api/v1/session")
            await live.say(**COMMAND)
            assert await live.closed() == "session_ended"
    assert served.hub.desk.known == {}


async def test_a_page_that_is_looked_at_keeps_its_session_and_a_hidden_one_does_not(served: Served) -> None:
    async with _signed_in(served) as client:
        cookie = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
        async with served.live(additional_headers=cookie) as live:
            await live.greet()
            for _ in range(3):
                served.hands.now_s += IDLE_MS / 1000 - 1
                await live.say(type="ping")
                assert (await live.hear())["type"] == "pong"
            served.hands.now_s += IDLE_MS / 1000
            assert await live.closed() == "session_ended"


async def test_one_page_too_many_is_turned_away(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_route, "MOST_CLIENTS", 1)
    async with served.live() as first:
        await first.greet()
        with pytest.raises(InvalidStatus) as refusal:
            async with served.live():
                pass
        assert refusal.value.response.status_code == 503


async def test_a_hundred_tablets_cost_one_encoding(served: Served, owner: httpx.AsyncClient) -> None:
    async with asyncio.TaskGroup() as group:
        opened, told = asyncio.Barrier(101), asyncio.Barrier(101)
        tablets = [group.create_task(_tablet(served, opened, told)) for _ in range(100)]
        await opened.wait()
        text = (await owner.get("/metrics")).text
        assert "labkeeper_websocket_clients 100.0" in text
        served.hub.hear(30.0)
        await told.wait()
    assert {tablet.result() for tablet in tablets} == {30.0}
    assert "labkeeper_websocket_encodings_total 1.0" in (await owner.get("/metrics")).text
    assert served.hub.inventory.asked == 1  # the snapshot was made once, too


async def _tablet(served: Served, opened: asyncio.Barrier, told: asyncio.Barrier) -> float:
    async with served.live() as live:
        await live.greet()
        await opened.wait()
        value: float = (await live.hear())["changes"][0]["value"]
        await told.wait()
        return value


async def test_a_tablet_that_takes_nothing_is_dropped_and_slows_nobody(
    served: Served, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_client, "SLOW_S", 0.3)
    async with served.live(max_queue=1) as asleep, served.live() as awake:
        await asleep.greet()
        await awake.greet()
        at, metrics = 0, ""
        async with asyncio.timeout(30):
            while "labkeeper_websocket_clients 1.0" not in metrics:
                at += 1
                served.hub.hear("x" * 100_000 + str(at))
                served.hub.bus.flush()
                assert (await awake.hear())["at"] == at
                metrics = (await owner.get("/metrics")).text
        assert 'labkeeper_websocket_dropped_total{reason="too_slow"} 1.0' in metrics
        asleep.socket.transport.abort()


async def test_a_tablet_that_falls_asleep_for_a_while_gets_the_newest_merged(served: Served) -> None:
    async with served.live(max_queue=1) as slow, served.live() as awake:
        await slow.greet()
        await awake.greet()
        last = 100
        for number in range(last):
            served.hub.hear("x" * 100_000 + str(number))
            served.hub.bus.flush()
            await awake.hear()
        heard = [await slow.hear()]
        while heard[-1]["at"] < last:
            heard.append(await slow.hear())
    assert len(heard) < last
    assert heard[-1]["changes"][0]["value"].endswith("x99")


async def test_a_chatterbox_is_slowed_down_and_disturbs_nobody(served: Served) -> None:
    async with served.live() as chatterbox, served.live() as quiet:
        await chatterbox.greet()
        await quiet.greet()
        count = 1_100
        for _ in range(count):
            await chatterbox.say(type="ping")
        await quiet.say(type="ping")
        assert (await quiet.hear())["type"] == "pong"
        await _pongs(chatterbox, count)


async def _pongs(live: Live, count: int) -> None:
    for _ in range(count):
        assert (await live.hear())["type"] == "pong"
