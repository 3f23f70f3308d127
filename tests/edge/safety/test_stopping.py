"""Stop-all through a whole edge: it stops at once, says who has not, stays stopped, and needs no hub."""

import asyncio
import json
from uuid import uuid4

import pytest

from labkeeper_edge.uplink.births import REFUSED, SAFE_WRITES
from labkeeper_sdk.testing import Broker
from labkeeper_wire import mqtt
from labkeeper_wire.commands import CommandState
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import Metric
from labkeeper_wire.stop import LATCH, MISSING, RELEASE, StopWord, topic
from tests.edge.conftest import DRIVER, Keyboard, RunEdge, StartEdge
from tests.edge.tiny_host import TinyHost, open_host

SAFE = DRIVER + 'devices = ["d1", "d2"]\nsafe = 600\n'
STOP = StopWord("latch-1", active=True, by="anna", at_ms=1)
RELEASED = STOP._replace(active=False)


async def say(host: TinyHost, word: StopWord) -> None:
    await host.link.publish(topic("s"), word.to_payload(), qos=1, retain=True)


def release(host: TinyHost, word: StopWord = RELEASED) -> None:
    """Command it, as only a hub can."""
    host.write_node(Metric(RELEASE, word.to_payload().decode(), DataType.STRING))


async def refusal(host: TinyHost, point: str = "relay") -> str:
    """Command and return the code it is rejected with."""
    command = str(uuid4())
    host.command(command, "d1", point, True)
    return (await host.result(command, CommandState.REJECTED)).code


async def started(host: TinyHost) -> None:
    await host.born("d2")
    await host.until(lambda: host.node_metric(SAFE_WRITES) == 2)


def confirmed(host: TinyHost, latch: str = STOP.latch) -> bool:
    return host.node_metric(LATCH) == latch and host.node_metric(MISSING) == "[]"


async def test_a_stop_drives_every_actuator_to_safe_and_refuses_commands_until_it_is_released(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge(SAFE):
        await started(host)
        await say(host, STOP)
        await host.until(lambda: confirmed(host))
        assert sorted(device for device, wanted in keyboard.asked[2:] if wanted == {"heater": False}) == ["d1", "d2"]
        assert await refusal(host) == "stopped"
        release(host, RELEASED._replace(latch="another"))
        assert await refusal(host) == "stopped"
        release(host)
        await host.until(lambda: host.node_metric(LATCH) == "")
        assert len(keyboard.asked) == 4, "a release starts nothing"
        command = str(uuid4())
        host.command(command, "d1", "heater", True)
        await host.result(command, CommandState.DONE)


async def test_a_stop_waits_for_no_command_that_is_under_way(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge(SAFE + "confirm_s = 60\n"):
        await started(host)
        keyboard.obedient = False
        slow, queued = str(uuid4()), str(uuid4())
        host.command(slow, "d1", "relay", True, ttl_ms=60_000)
        await keyboard.until_asked(3)
        host.command(queued, "d1", "level", 5.0, ttl_ms=60_000)
        await host.result(queued, CommandState.ACCEPTED)
        keyboard.obedient = True
        await say(host, STOP)
        assert (await host.result(slow, CommandState.FAILED)).code == "stopped"
        assert (await host.result(queued, CommandState.REJECTED)).code == "stopped"
        await host.until(lambda: confirmed(host))
        assert {"level": 5.0} not in [wanted for _, wanted in keyboard.asked]


async def test_a_device_that_does_not_confirm_is_named_and_asked_again(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge(SAFE + "confirm_s = 0.2\n"):
        await started(host)
        keyboard.obedient = False
        await say(host, STOP)
        await host.until(lambda: json.loads(str(host.node_metric(MISSING))) == ["d1", "d2"])
        await keyboard.until_asked(4)
        keyboard.obedient = True
        await host.until(lambda: confirmed(host))


@pytest.mark.usefixtures("keyboard")
async def test_a_stop_is_obeyed_at_once_and_said_when_it_is_on_disk(
    broker: Broker, run_edge: RunEdge, disk: asyncio.Event
) -> None:
    async with open_host(broker.url) as host, run_edge(SAFE):
        await started(host)
        disk.clear()
        await say(host, STOP)
        await host.until(lambda: host.node_metric(SAFE_WRITES) == 4)
        assert await refusal(host) == "stopped"
        assert host.node_metric(LATCH) == "", "nothing is said that a power cut would undo"
        disk.set()
        await host.until(lambda: confirmed(host))


@pytest.mark.usefixtures("keyboard")
async def test_a_stop_survives_a_kill_and_a_broker_that_has_forgotten_it(broker: Broker, start_edge: StartEdge) -> None:
    """Killed the moment it says so."""
    async with open_host(broker.url) as host:
        async with start_edge(SAFE) as process:
            await started(host)
            await say(host, STOP)
            await host.until(lambda: confirmed(host))
            process.kill()
            await process.wait()
        await host.link.publish(topic("s"), b"", qos=1, retain=True)
        since = len(host.heard)
        async with start_edge(SAFE):
            await host.born("d1", since)
            assert await refusal(host) == "stopped"
            release(host)
            await host.until(lambda: host.node_metric(LATCH) == "")


async def test_a_button_at_one_node_stops_it_and_tells_the_school_without_any_hub(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with mqtt.connect(mqtt.Address.parse(broker.url), "another-node") as other:
        await other.subscribe((topic("s"), 1))
        async with run_edge(SAFE):
            await keyboard.until_asked(2)
            await keyboard.says("d1", button=False)
            await keyboard.says("d1", button=True)
            await keyboard.until_asked(4)
            heard = StopWord.from_payload((await anext(other.messages())).payload)
            assert (heard.active, heard.by) == (True, "node n")
    assert [wanted for _, wanted in keyboard.asked] == [{"heater": False}] * 4


async def test_what_is_no_word_is_counted_and_stops_nobody(broker: Broker, run_edge: RunEdge) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        await host.link.publish(topic("s"), b"stop!", qos=1)
        await host.until(lambda: host.node_metric(REFUSED + "bad_stop") == 1)
        assert host.node_metric(LATCH) == ""
