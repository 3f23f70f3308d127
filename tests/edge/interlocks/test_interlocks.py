"""Interlocks through a whole edge: asked before each write, driven on each change, latched over a kill."""

import asyncio
import base64
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from labkeeper_edge.interlocks.loading import load
from labkeeper_edge.uplink.births import REFUSED
from labkeeper_sdk.testing import Broker
from labkeeper_wire.commands import CommandResult, CommandState
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.effects import DataReceived, DeviceBorn
from labkeeper_wire.interlocks import SET, AgreedSet
from labkeeper_wire.payload import Metric
from tests.edge.conftest import Keyboard, RunEdge, StartEdge
from tests.edge.tiny_host import NODE, SCHOOL, TinyHost, open_host

RULES = """
id = "bench"
title = { zh = "试验台", en = "Bench" }

[inputs]
hot = { device = "d1", point = "temperature", type = "number", unit = "Cel", max_age = "while online" }
shut = { device = "d1", point = "door", max_age = "while online" }

[outputs]
relay = { device = "d1", point = "relay" }
level = { device = "d1", point = "level" }

[force.heat]
title = { zh = "过热", en = "Too hot" }
advice = { zh = "请冷却。", en = "Let it cool." }
when = "hot >= 50 Cel"
then = { relay = false }

[permit.level-up]
title = { zh = "需关门", en = "Needs the door shut" }
advice = { zh = "请关门。", en = "Shut the door." }
output = "level"
needs = "shut"
otherwise = 0
"""


@pytest.fixture
def more(tmp_path: Path) -> str:
    file = tmp_path / "interlocks.toml"
    file.write_text(RULES, encoding="utf-8")
    return f'interlocks = "{file}"'


def cause(refused: CommandResult) -> str:
    """Return which rule refuses and why, without since when."""
    return refused.message.partition("; since 20")[0]


async def order(host: TinyHost, point: str, value: object, state: CommandState, device: str = "d1") -> CommandResult:
    command = str(uuid4())
    host.command(command, device, point, value)  # type: ignore[arg-type] # any value
    return await host.result(command, state)


def newest(host: TinyHost, device: str, point: str) -> object:
    """Return what a point said last, in a birth or after it; what is told late is not what is."""
    heard = [it for it in host.heard if isinstance(it, DeviceBorn | DataReceived) and it.device == device]
    live = (metric for it in reversed(heard) for metric in reversed(it.metrics) if not metric.historical)
    return next((metric.value for metric in live if metric.name == point), None)


async def test_a_write_needs_its_permit_and_is_taken_back_when_that_ends(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, more: str
) -> None:
    async with open_host(broker.url) as host, run_edge(more=more):
        await host.born("d1")
        refused = await order(host, "level", 5.0, CommandState.REJECTED)
        assert (refused.code, cause(refused)) == ("interlock", "level-up: needs shut")
        await keyboard.says(temperature=20.0, door=True)
        await host.until(lambda: newest(host, "interlocks", "level-up/state") == "clear")
        await order(host, "level", 5.0, CommandState.DONE)
        await keyboard.says(door=False)
        await host.until(lambda: keyboard.asked[-1] == ("d1", {"level": 0.0}) and newest(host, "d1", "level") == 0)


async def test_a_force_drives_latches_and_is_reset_by_a_person_when_its_cause_is_gone(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, more: str
) -> None:
    async with open_host(broker.url) as host, run_edge(more=more):
        await host.born("interlocks")
        await keyboard.says(temperature=20.0, door=True)
        await host.until(lambda: newest(host, "interlocks", "heat/state") == "clear")
        await order(host, "relay", True, CommandState.DONE)
        await keyboard.says(temperature=60.0)
        await host.until(lambda: newest(host, "d1", "relay") is False)
        await host.until(lambda: newest(host, "interlocks", "heat/tripped") is True)
        still = await order(host, "heat/reset", True, CommandState.REJECTED, "interlocks")
        assert cause(still) == "heat: hot >= 50 Cel"
        await keyboard.says(temperature=20.0)
        assert cause(await order(host, "relay", True, CommandState.REJECTED)) == "heat: hot >= 50 Cel"
        await order(host, "heat/reset", True, CommandState.DONE, "interlocks")
        await host.until(lambda: newest(host, "interlocks", "heat/state") == "clear")
        await order(host, "relay", True, CommandState.DONE)
        assert newest(host, "interlocks", "hash") == load(RULES).hash


async def test_a_latch_survives_a_kill_and_holds_with_nobody_at_the_hub(
    broker: Broker, start_edge: StartEdge, keyboard: Keyboard, more: str
) -> None:
    async with start_edge(more=more) as process:
        await keyboard.until_asked(2)
        async with asyncio.timeout(20):
            while keyboard.asked[2:] == []:  # until the driver has subscribed
                await keyboard.says(temperature=60.0, door=True, relay=True)
                await asyncio.sleep(0.1)
        assert ("d1", {"relay": False}) in keyboard.asked[2:]
        async with open_host(broker.url) as host:
            await host.until(lambda: newest(host, "interlocks", "heat/tripped") is True)
            process.kill()
            await process.wait()
    await keyboard.says(temperature=20.0)
    async with open_host(broker.url) as host, start_edge(more=more):
        await host.until(lambda: newest(host, "interlocks", "heat/tripped") is True)
        assert (await order(host, "relay", True, CommandState.REJECTED)).code == "interlock"


async def test_a_latch_is_obeyed_at_once_and_told_when_it_is_on_disk(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, more: str, disk: asyncio.Event
) -> None:
    async with open_host(broker.url) as host, run_edge(more=more):
        await host.born("interlocks")
        await keyboard.says(temperature=20.0, door=True)
        await host.until(lambda: newest(host, "interlocks", "heat/state") == "clear")
        await order(host, "relay", True, CommandState.DONE)
        disk.clear()
        await keyboard.says(temperature=60.0)
        await host.until(lambda: newest(host, "d1", "relay") is False)
        await keyboard.says(temperature=20.0, count=1)
        await host.until(lambda: newest(host, "d1", "count") == 1)
        assert cause(await order(host, "relay", True, CommandState.REJECTED)) == "heat: hot >= 50 Cel"
        assert newest(host, "interlocks", "heat/state") == "clear", "nothing is said that a power cut would undo"
        disk.set()
        await host.until(lambda: newest(host, "interlocks", "heat/tripped") is True)


async def test_a_rule_whose_input_is_not_what_it_says_holds_and_names_it(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, tmp_path: Path
) -> None:
    file = tmp_path / "interlocks.toml"
    file.write_text(
        RULES.replace('"Cel"', '"K"').replace("50 Cel", "323 K").replace("otherwise = 0", "otherwise = -1"),
        encoding="utf-8",
    )
    async with open_host(broker.url) as host, run_edge(more=f'interlocks = "{file}"'):
        await host.born("d1")
        await keyboard.says(temperature=20.0)
        await host.until(lambda: newest(host, "interlocks", "unfit") == "hot, level")
        await host.until(lambda: newest(host, "interlocks", "heat/state") == "held")
        assert cause(await order(host, "relay", True, CommandState.REJECTED)) == "heat: hot >= 323 K (not known)"


async def test_a_node_that_knows_its_hubs_key_takes_its_first_set_from_there_and_from_nobody_else(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    key = Ed25519PrivateKey.generate()
    more = f'interlock_keys = ["{base64.b64encode(key.public_key().public_bytes_raw()).decode()}"]'
    agreed = AgreedSet(1, RULES, "p-1", "p-2")
    signature = base64.b64encode(key.sign(agreed.signed_bytes(SCHOOL, NODE))).decode()
    async with open_host(broker.url) as host, run_edge(more=more):
        await host.until(lambda: newest(host, "interlocks", "number") == 0)
        await keyboard.says(temperature=60.0)
        await order(host, "relay", True, CommandState.DONE)
        host.write_node(Metric(SET, agreed.to_text(), DataType.STRING))
        await host.until(lambda: host.node_metric(REFUSED + "bad_interlocks") == 1)
        host.write_node(Metric(SET, agreed._replace(signature=signature).to_text(), DataType.STRING))
        await host.until(lambda: newest(host, "interlocks", "hash") == load(RULES).hash)
        assert (await order(host, "relay", True, CommandState.REJECTED)).code == "interlock"


async def test_a_set_that_two_persons_agreed_on_is_taken_over_proved_and_kept_over_a_kill(
    broker: Broker, start_edge: StartEdge, keyboard: Keyboard, more: str
) -> None:
    key = Ed25519PrivateKey.generate()
    more += f'\ninterlock_keys = ["{base64.b64encode(key.public_key().public_bytes_raw()).decode()}"]'

    def signed(agreed: AgreedSet) -> str:
        signature = key.sign(agreed.signed_bytes(SCHOOL, NODE))
        return agreed._replace(signature=base64.b64encode(signature).decode()).to_text()

    agreed = AgreedSet(1, RULES.replace("50 Cel", "70 Cel"), "p-1", "p-2")
    async with open_host(broker.url) as host:
        async with start_edge(more=more) as process:
            await host.until(lambda: newest(host, "interlocks", "hash") == load(RULES).hash)
            for wrong in (
                signed(agreed._replace(approved_by="p-1")),
                signed(agreed._replace(text="id =")),
                agreed.to_text(),
            ):
                host.write_node(Metric(SET, wrong, DataType.STRING))
            await host.until(lambda: host.node_metric(REFUSED + "bad_interlocks") == 3)
            assert newest(host, "interlocks", "hash") == load(RULES).hash
            host.write_node(Metric(SET, signed(agreed), DataType.STRING))
            await host.until(lambda: newest(host, "interlocks", "hash") == agreed.hash)
            process.kill()
            await process.wait()
        since = len(host.heard)
        without = more.partition("\n")[2]  # one person alone deletes a line of the settings: the agreed set stays
        async with start_edge(more=without):
            await host.born("interlocks", since)
            await host.until(lambda: newest(host, "interlocks", "number") == 1)
            await keyboard.says(temperature=60.0, door=True)
            await host.until(lambda: newest(host, "interlocks", "heat/state") == "clear")
            assert newest(host, "interlocks", "hash") == agreed.hash
            host.write_node(Metric(SET, signed(agreed._replace(text=RULES)), DataType.STRING))
            again = agreed._replace(number=2, text=RULES)
            host.write_node(Metric(SET, signed(again), DataType.STRING))
            await host.until(lambda: newest(host, "interlocks", "number") == 2)
            await host.until(lambda: newest(host, "interlocks", "heat/tripped") is True)
