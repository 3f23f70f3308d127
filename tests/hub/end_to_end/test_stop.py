"""Stop-all from the desk over a real broker: said at once, counted from the nodes, kept by the broker."""

import asyncio
import errno
import signal
import threading
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from labkeeper_hub.alarms.states import AlarmRefused, Core, Shelf
from labkeeper_hub.model import AlarmKey, DeviceKey, PointKey
from labkeeper_hub.ports import StopRefused
from labkeeper_hub.settings import HubSettings
from labkeeper_hub.stop import keeping
from labkeeper_hub.stop.desk import AGREE_S
from labkeeper_hub.stop.file import FILE, Kept, read_stops, write_stops
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.testing import Broker
from labkeeper_wire import mqtt
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.payload import Metric
from labkeeper_wire.stop import LATCH, MISSING, RELEASE, StopWord, topic

from .conftest import School, Start, running
from .scripted_node import DEADLINE_S, joined, now_ms, until
from .test_killed import hub_process

SAFE = PointDescription("on", "switch", DataType.BOOLEAN, writable=True, safe_value=False)
WIRES = (
    Metric(LATCH, "", DataType.STRING), Metric(MISSING, "[]", DataType.STRING), Metric(RELEASE, "", DataType.STRING)
)  # fmt: skip


def plugs(*names: str) -> dict[str, list[Metric]]:
    return {name: [Metric("on", True, SAFE.datatype, now_ms(), properties=SAFE.to_properties())] for name in names}


async def test_a_stop_is_on_the_bus_and_counted_from_what_the_nodes_confirm(school: School) -> None:
    desk = school.hub.stop
    async with joined(school.port, devices=plugs("a", "b"), more=WIRES) as node:
        await until(lambda: school.online("b"), "the plugs")
        async with mqtt.connect(mqtt.Address("127.0.0.1", school.port), "listener") as link:
            await link.subscribe((topic("school"), 1))
            latch = (await desk.stop("anna")).stops[0].latch
            async with asyncio.timeout(30):
                heard = StopWord.from_payload((await anext(link.messages())).payload)
        assert heard == StopWord(latch, active=True, by="anna", at_ms=heard.at_ms)
        await until(lambda: desk.stops().stops[0].sent, "the broker's word")
        assert desk.stops().stops[0].confirmed == 0
        node.send(None, [Metric(LATCH, latch, DataType.STRING), Metric(MISSING, '["b"]', DataType.STRING)])
        await until(lambda: desk.stops().stops[0].confirmed == 1, "one confirmation")
        assert desk.stops().stops[0].missing == (DeviceKey("school", "lab", "b"),)
        node.lost("a")
        await until(lambda: desk.stops().stops[0].confirmed == 0, "what is away has confirmed nothing")


async def test_a_second_press_keeps_the_latch_and_a_release_needs_both_steps(school: School) -> None:
    desk = school.hub.stop
    async with joined(school.port, devices=plugs("a"), more=WIRES):
        await until(lambda: school.online("a"), "the plug")
        latch = (await desk.stop("anna")).stops[0].latch
        assert (await desk.stop("ben")).stops[0].latch == latch
        with pytest.raises(StopRefused):
            desk.ask_release("another")
        with pytest.raises(StopRefused):
            await desk.release(latch, "guessed", "anna")
        assert (await desk.release(latch, desk.ask_release(latch), "anna")).stops == ()
        word = desk.ask_release((await desk.stop("anna")).stops[0].latch)
        assert desk.stops().stops[0].latch != latch
        with pytest.raises(StopRefused):
            await desk.release(latch, word, "anna")


async def test_a_stop_is_an_alarm_from_the_press_to_the_release_and_over_a_restart(start: Start) -> None:
    key = AlarmKey("stopped", PointKey("school", "", "", ""))

    def core(school: School) -> Core | None:
        now = school.hub.alarms.desk.known(key)
        return None if now is None else now.state.core

    async with start() as school, joined(school.port, devices=plugs("a"), more=WIRES):
        await until(lambda: school.online("a"), "the plug")
        latch = (await school.hub.stop.stop("anna")).stops[0].latch
        await until(lambda: core(school) is Core.UNACK, "the alarm")
        await until(lambda: school.hub.stop.stops().stops[0].sent, "the broker's word")
        with pytest.raises(AlarmRefused, match="cannot be shelved"):
            await school.hub.alarms.desk.shelve([key], Shelf("anna", "noise", now_ms() + 60_000))
        await school.hub.alarms.desk.acknowledge([key], "anna")
    async with start() as school:
        school.hub.alarms.tick()
        assert core(school) is Core.ACK  # nobody has said anything yet: not known is not over
        await until(lambda: bool(school.hub.stop.stops().stops), "the retained word")
        await school.hub.stop.release(latch, school.hub.stop.ask_release(latch), "ben")
        await until(lambda: core(school) is Core.NORM, "the release")
        lines = await school.hub.alarms.desk.history(limit=9, rule="stopped")
        assert [line.kind for line in lines] == ["cleared", "acknowledged", "raised"]


async def test_a_stop_pressed_without_a_hub_is_known_to_the_next_one(broker: Broker, tmp_path: Path) -> None:
    word = StopWord("pressed", active=True, by="node pi", at_ms=1)
    async with mqtt.connect(mqtt.Address("127.0.0.1", broker.port), "node") as link:
        await link.publish(topic("school"), b"nonsense", qos=1)
        await link.publish(topic("school"), word.to_payload(), qos=1, retain=True)
    (tmp_path / "hub").mkdir()
    async with running(HubSettings(data=tmp_path / "hub", broker=broker.url), broker) as school:
        await until(lambda: bool(school.hub.stop.stops().stops), "the retained word")
        assert school.hub.stop.stops().stops[0].by == "node pi"


async def test_without_a_broker_a_stop_waits_for_it_and_says_so(tmp_path: Path, broker: Broker) -> None:
    (tmp_path / "hub").mkdir()
    async with running(HubSettings(data=tmp_path / "hub", broker=broker.url), broker) as school:
        async with joined(school.port, devices=plugs("a"), more=WIRES):
            await until(lambda: school.online("a"), "the plug")
        await broker.stop()
        await until(lambda: not school.hub.host.connected, "the lost broker")
        assert not (await school.hub.stop.stop("anna")).stops[0].sent
        await broker.start()
        await until(lambda: school.hub.stop.stops().stops[0].sent, "the broker's word")


async def kept(broker: Broker) -> StopWord:
    """Return the word the broker keeps for the school, waiting until it has one."""
    async with mqtt.connect(mqtt.Address("127.0.0.1", broker.port), "looking") as link:
        await link.subscribe((topic("school"), 1))
        async with asyncio.timeout(30):
            return StopWord.from_payload((await anext(link.messages())).payload)


async def forget(broker: Broker) -> None:
    """Kill the broker before it saved anything, and begin it anew without its memory."""
    await broker.stop(signal.SIGKILL)
    (broker.folder / "mosquitto.db").unlink(missing_ok=True)
    await broker.start()


async def test_a_broker_that_was_killed_is_told_the_stop_again(school: School) -> None:
    async with joined(school.port, devices=plugs("a"), more=WIRES):
        await until(lambda: school.online("a"), "the plug")
        stop = (await school.hub.stop.stop("anna")).stops[0]
        await until(lambda: school.hub.stop.stops().stops[0].sent, "the broker's word")
    await forget(school.broker)
    assert (await kept(school.broker)).latch == stop.latch


async def test_a_stop_that_hub_broker_and_nodes_know_nothing_of_is_over_and_without_a_node_it_is_not_known(
    start: Start, broker: Broker, tmp_path: Path
) -> None:
    def core(school: School) -> Core | None:
        now = school.hub.alarms.desk.known(AlarmKey("stopped", PointKey("school", "", "", "")))
        return None if now is None else now.state.core

    async with start() as school, joined(school.port, devices=plugs("a"), more=WIRES):
        await until(lambda: school.online("a"), "the plug")
        await school.hub.stop.stop("anna")
        await until(lambda: core(school) is Core.UNACK, "the alarm")
        await school.hub.alarms.desk.save()
    await forget(broker)
    (tmp_path / FILE).unlink()  # else the hub says it again
    async with start() as school:
        loop = asyncio.get_running_loop()
        await until(lambda: loop.time() > school.hub.stop._linked_s + AGREE_S + 1, "the end of the waiting")
        school.hub.alarms.tick()
        assert core(school) is Core.UNACK
        async with joined(school.port, devices=plugs("a"), more=WIRES, bd_seq=1):
            await until(lambda: core(school) is Core.RTN_UNACK, "the end of the alarm")
            assert school.hub.stop.stops().stops == ()


async def test_a_hub_that_begins_anew_learns_from_a_node_what_a_killed_broker_forgot(
    start: Start, broker: Broker
) -> None:
    held = Metric(LATCH, "pressed", DataType.STRING, now_ms())
    async with start() as school, joined(school.port, devices=plugs("a"), more=(held, WIRES[1])):
        await until(lambda: bool(school.hub.stop.stops().stops), "the node's latch")
        (stop,) = school.hub.stop.stops().stops
        assert (stop.latch, stop.by, stop.confirmed) == ("pressed", "node lab", 1)
        assert (await kept(broker)).active, "the others are told as well"
        assert (await school.hub.stop.release("pressed", school.hub.stop.ask_release("pressed"), "anna")).stops == ()


async def test_a_node_that_missed_a_release_is_told_it_again(school: School) -> None:
    desk = school.hub.stop
    async with joined(school.port, devices=plugs("a"), more=WIRES) as node:
        await until(lambda: school.online("a"), "the plug")
        latches = [(await desk.stop("anna")).stops[0].latch]
        await desk.release(latches[0], desk.ask_release(latches[0]), "anna")
        latches.append((await desk.stop("anna")).stops[0].latch)
        await desk.release(latches[1], desk.ask_release(latches[1]), "anna")
        node.send(None, [Metric(LATCH, latches[0], DataType.STRING, now_ms())])
        await until(lambda: [word.latch for word in node.releases] == [*latches, latches[0]], "the release, again")
        word = await kept(school.broker)
        assert (word.latch, word.active) == (latches[0], False), "nodes of an older version hear it there"
        assert desk.stops().stops == ()


async def test_a_node_that_knows_no_release_is_not_sent_one_and_hears_the_word(school: School) -> None:
    desk = school.hub.stop
    async with (
        joined(school.port, devices=plugs("a"), more=WIRES[:2]) as older,
        joined(school.port, "other", more=WIRES) as node,
    ):
        await until(lambda: school.online("a") and len(school.hub.parts.registry.nodes()) == 2, "both nodes")
        latch = (await desk.stop("anna")).stops[0].latch
        await desk.release(latch, desk.ask_release(latch), "anna")
        await until(lambda: [word.latch for word in node.releases] == [latch], "the release")
        assert not (await kept(school.broker)).active
        assert not older.releases


async def test_a_hub_believes_in_the_release_of_another_with_its_account_and_says_nothing_against_it(
    broker: Broker, tmp_path: Path
) -> None:
    url = broker.url.replace("//", "//hub:secret@")
    marked = mqtt.Address.parse(url)
    async with running(HubSettings(data=tmp_path, broker=url), broker) as school:
        desk = school.hub.stop
        async with mqtt.connect(marked, "another-hub") as link:
            held = StopWord("pressed", active=True, by="node pi", at_ms=1)
            await link.publish(topic("school"), held.to_payload(), qos=1, retain=True)
            await until(lambda: bool(desk.stops().stops), "the stop")
            mark = marked.own("release/school/pressed").rpartition("/")[2]
            elsewhere = marked.own("release/elsewhere/pressed").rpartition("/")[2]
            for wrong in ("", elsewhere):
                word = held._replace(active=False, mark=wrong)
                await link.publish(topic("school"), word.to_payload(), qos=1, retain=True)
            await link.publish(topic("school"), held._replace(active=False, mark=mark).to_payload(), qos=1, retain=True)
            await until(lambda: desk.stops().stops == (), "the release")
            assert desk.latches["school"].released == ("pressed",)


async def test_a_node_takes_no_stop_off_the_broker_nor_lets_the_hub_believe_in_a_release(
    school: School, caplog: pytest.LogCaptureFixture
) -> None:
    desk = school.hub.stop
    async with (
        joined(school.port, devices=plugs("a"), more=WIRES) as node,
        mqtt.connect(mqtt.Address("127.0.0.1", school.port), "another-node") as another,
    ):
        await until(lambda: school.online("a"), "the plug")
        latch = (await desk.stop("anna")).stops[0].latch
        await until(lambda: desk.stops().stops[0].sent, "the broker's word")
        await another.subscribe((topic("school"), 1))
        words = another.messages()
        forged = StopWord(latch, active=False, by="hub", at_ms=now_ms())
        for payload in (forged.to_payload(), b"", forged._replace(latch="another").to_payload()):
            await another.publish(topic("school"), payload, qos=1, retain=True)
            async with asyncio.timeout(DEADLINE_S):
                while (await anext(words)).payload != payload:
                    pass
                assert StopWord.from_payload((await anext(words)).payload).latch == latch, "said again, and at once"
        assert (await kept(school.broker)).active
        assert desk.stops().stops[0].latch == latch
        assert node.releases == []
        assert caplog.text.count(f"somebody took the stop {latch} off the broker") == 1


def has_plug(told: Mapping[str, Any]) -> bool:
    """Say whether the plug is there, whatever the hub itself has by then."""
    return any(one["device"] == "a" for one in told["devices"])


async def ready(folder: Path, broker: Broker) -> dict[str, str]:
    """Let a hub of its own process know the school; return what it said when it was ready."""
    async with hub_process(folder, broker) as (process, said), joined(broker.port, devices=plugs("a"), more=WIRES):
        async with asking(said) as client:
            await until_told(client, "/api/v1/devices", has_plug)
        process.terminate()
        await process.wait()
    return said


def asking(said: dict[str, str], secret: str = "") -> httpx.AsyncClient:
    """Return a client of that hub's owner."""
    bearer = {"Authorization": f"Bearer {said.get('owner_secret', secret)}"}
    return httpx.AsyncClient(base_url=said["url"], headers=bearer, timeout=DEADLINE_S)


async def until_told(client: httpx.AsyncClient, path: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask until the answer is what is wanted."""
    async with asyncio.timeout(DEADLINE_S):
        while not wanted(told := (await client.get(path)).raise_for_status().json()):
            await asyncio.sleep(0.05)
    return dict(told)


async def killed(process: Process) -> None:
    process.kill()
    await process.wait()


async def test_a_stop_that_no_broker_has_survives_a_killed_hub_and_so_does_its_release(
    broker: Broker, tmp_path: Path
) -> None:
    secret = (await ready(tmp_path, broker))["owner_secret"]
    await broker.stop(signal.SIGKILL)
    async with hub_process(tmp_path, broker) as (process, said), asking(said, secret) as client:
        (stop,) = (await client.post("/api/v1/stop")).json()["stops"]
        assert not stop["sent"]
        await killed(process)
    await broker.start()
    async with hub_process(tmp_path, broker) as (process, said), asking(said, secret) as client:
        word = await kept(broker)
        assert (word.latch, word.active, word.by) == (stop["latch"], True, "owner")
        told = await until_told(client, "/api/v1/stop", lambda told: told["stops"][0]["sent"])
        assert told["stops"][0]["at_ms"] == stop["at_ms"]
        await broker.stop()
        latch = {"latch": stop["latch"]}
        step = (await client.post("/api/v1/stop/release", json=latch)).json()["release"]
        released = await client.post("/api/v1/stop/release", json=latch | {"release": step})
        assert released.json()["stops"] == []
        await killed(process)
    await broker.start()
    assert (await kept(broker)).active, "the broker knows nothing of the release yet"
    async with hub_process(tmp_path, broker) as (_, said), asking(said, secret) as client:
        async with asyncio.timeout(DEADLINE_S):
            while (word := await kept(broker)).active:
                await asyncio.sleep(0.05)
        assert word.latch == stop["latch"]
        assert (await client.get("/api/v1/stop")).json()["stops"] == []


async def test_a_stop_is_told_as_pressed_when_it_is_written_down(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, may_write = school.hub.stop, threading.Event()
    writes = write_stops

    def slowly(data: Path, schools: Mapping[str, Kept]) -> None:
        assert may_write.wait(DEADLINE_S)
        writes(data, schools)

    async with joined(school.port, devices=plugs("a"), more=WIRES):
        await until(lambda: school.online("a"), "the plug")
        monkeypatch.setattr(keeping, "write_stops", slowly)
        monkeypatch.setattr(keeping, "WAIT_S", DEADLINE_S)
        pressing = asyncio.create_task(desk.stop("anna"))
        word = await kept(school.broker)
        assert word.active, "the broker has it before the disk"
        assert not pressing.done()
        assert desk.stops().stops == ()
        may_write.set()
        assert (await pressing).stops[0].latch == word.latch
        assert read_stops(school.hub.parts.settings.data)["school"].latch.name == word.latch


async def test_a_disk_that_takes_nothing_or_hangs_stops_nobody_from_stopping(
    school: School, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk, may_write = school.hub.stop, threading.Event()
    refuses = True

    def write(_: Path, __: Mapping[str, Kept]) -> None:
        if refuses:
            raise OSError(errno.ENOSPC, "No space left on device")
        may_write.wait(DEADLINE_S)

    async with joined(school.port, devices=plugs("a"), more=WIRES):
        await until(lambda: school.online("a"), "the plug")
        monkeypatch.setattr(keeping, "write_stops", write)
        latch = (await desk.stop("anna")).stops[0].latch
        assert "No space left on device" in caplog.text
        refuses = False
        monkeypatch.setattr(keeping, "WAIT_S", 0.1)
        assert (await desk.release(latch, desk.ask_release(latch), "anna")).stops == ()
        may_write.set()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"schools": {"a": {"latch": "{", "unsaid": null}}}',
        '{"schools": {"a": {"latch": "[]", "unsaid": null}}}',
    ],
)
def test_a_damaged_file_of_stops_stops_the_start_and_says_which(tmp_path: Path, text: str) -> None:
    assert read_stops(tmp_path) == {}
    (tmp_path / "stops.json").write_text(text)
    with pytest.raises(BadConfiguration, match=r"stops\.json"):
        read_stops(tmp_path)
