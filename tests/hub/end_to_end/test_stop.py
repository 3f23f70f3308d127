"""Stop-all from the desk over a real broker: said at once, counted from the nodes, kept by the broker."""

import asyncio
import signal
from pathlib import Path

import pytest

from labkeeper_hub.alarms.states import AlarmRefused, Core, Shelf
from labkeeper_hub.model import AlarmKey, DeviceKey, PointKey
from labkeeper_hub.ports import StopRefused
from labkeeper_hub.settings import HubSettings
from labkeeper_hub.stop.desk import AGREE_S
from labkeeper_sdk.testing import Broker
from labkeeper_wire import mqtt
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.payload import Metric
from labkeeper_wire.stop import LATCH, MISSING, StopWord, topic

from .conftest import School, Start, running
from .scripted_node import joined, now_ms, until

SAFE = PointDescription("on", "switch", DataType.BOOLEAN, writable=True, safe_value=False)
WIRES = (Metric(LATCH, "", DataType.STRING), Metric(MISSING, "[]", DataType.STRING))


def plugs(*names: str) -> dict[str, list[Metric]]:
    return {name: [Metric("on", True, SAFE.datatype, now_ms(), properties=SAFE.to_properties())] for name in names}


async def test_a_stop_is_on_the_bus_and_counted_from_what_the_nodes_confirm(school: School) -> None:
    desk = school.hub.stop
    async with joined(school.port, devices=plugs("a", "b"), more=WIRES) as node:
        await until(lambda: school.online("b"), "the plugs")
        async with mqtt.connect(mqtt.Address("127.0.0.1", school.port), "listener") as link:
            await link.subscribe((topic("school"), 1))
            latch = desk.stop("anna").stops[0].latch
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
        latch = desk.stop("anna").stops[0].latch
        assert desk.stop("ben").stops[0].latch == latch
        with pytest.raises(StopRefused):
            desk.ask_release("another")
        with pytest.raises(StopRefused):
            desk.release(latch, "guessed", "anna")
        assert desk.release(latch, desk.ask_release(latch), "anna").stops == ()
        word = desk.ask_release(desk.stop("anna").stops[0].latch)
        assert desk.stops().stops[0].latch != latch
        with pytest.raises(StopRefused):
            desk.release(latch, word, "anna")


async def test_a_stop_is_an_alarm_from_the_press_to_the_release_and_over_a_restart(start: Start) -> None:
    key = AlarmKey("stopped", PointKey("school", "", "", ""))

    def core(school: School) -> Core | None:
        now = school.hub.alarms.desk.known(key)
        return None if now is None else now.state.core

    async with start() as school, joined(school.port, devices=plugs("a"), more=WIRES):
        await until(lambda: school.online("a"), "the plug")
        latch = school.hub.stop.stop("anna").stops[0].latch
        await until(lambda: core(school) is Core.UNACK, "the alarm")
        await until(lambda: school.hub.stop.stops().stops[0].sent, "the broker's word")
        with pytest.raises(AlarmRefused, match="cannot be shelved"):
            await school.hub.alarms.desk.shelve([key], Shelf("anna", "noise", now_ms() + 60_000))
        await school.hub.alarms.desk.acknowledge([key], "anna")
    async with start() as school:
        school.hub.alarms.tick()
        assert core(school) is Core.ACK  # nobody has said anything yet: not known is not over
        await until(lambda: bool(school.hub.stop.stops().stops), "the retained word")
        school.hub.stop.release(latch, school.hub.stop.ask_release(latch), "ben")
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
        assert not school.hub.stop.stop("anna").stops[0].sent
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
        stop = school.hub.stop.stop("anna").stops[0]
        await until(lambda: school.hub.stop.stops().stops[0].sent, "the broker's word")
    await forget(school.broker)
    assert (await kept(school.broker)).latch == stop.latch


async def test_a_stop_that_broker_and_nodes_know_nothing_of_is_over_and_without_a_node_it_is_not_known(
    start: Start, broker: Broker
) -> None:
    def core(school: School) -> Core | None:
        now = school.hub.alarms.desk.known(AlarmKey("stopped", PointKey("school", "", "", "")))
        return None if now is None else now.state.core

    async with start() as school, joined(school.port, devices=plugs("a"), more=WIRES):
        await until(lambda: school.online("a"), "the plug")
        school.hub.stop.stop("anna")
        await until(lambda: core(school) is Core.UNACK, "the alarm")
        await school.hub.alarms.desk.save()
    await forget(broker)
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
        assert school.hub.stop.release("pressed", school.hub.stop.ask_release("pressed"), "anna").stops == ()


async def test_a_node_that_missed_a_release_is_told_it_again(school: School) -> None:
    desk = school.hub.stop
    async with joined(school.port, devices=plugs("a"), more=WIRES) as node:
        await until(lambda: school.online("a"), "the plug")
        latches = [desk.stop("anna").stops[0].latch]
        desk.release(latches[0], desk.ask_release(latches[0]), "anna")
        latches.append(desk.stop("anna").stops[0].latch)
        desk.release(latches[1], desk.ask_release(latches[1]), "anna")
        node.send(None, [Metric(LATCH, latches[0], DataType.STRING, now_ms())])
        async with asyncio.timeout(30):
            while (word := await kept(school.broker)).latch != latches[0] or word.active:
                await asyncio.sleep(0.1)
        assert desk.stops().stops == ()
