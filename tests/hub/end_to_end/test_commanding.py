"""Commands from the desk to a node and back, with everything that can go wrong between them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import orjson
import pytest

from labkeeper_hub.commands.lifecycle import begin
from labkeeper_hub.commands.pace import Rate, TooFast
from labkeeper_hub.commands.records import row_of
from labkeeper_hub.model import Command, DeviceKey, Order, PointKey, State
from labkeeper_hub.ports import UnknownCommand, UnknownPoint
from labkeeper_sdk import CommandRejected
from labkeeper_wire.commands import EARLIER_RUN, RUN, CommandResult, CommandState
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.payload import Metric

from .conftest import School, Start
from .scripted_node import ScriptedNode, joined, now_ms, until

SWITCH = PointDescription("on", "switch", DataType.BOOLEAN, writable=True, confirm_s=0.1, safe_value=False)
LEVEL = PointDescription("level", "setpoint", DataType.INT8, writable=True, minimum=0, maximum=100)
STATE = PointDescription("power", "measure", DataType.DOUBLE)
ON = PointKey("school", "lab", "plug", "on")
ONE_A_MINUTE = Rate(1, 1 / 60)


def plug() -> dict[str, list[Metric]]:
    values = ((SWITCH, False), (LEVEL, 0), (STATE, 1.5))
    return {
        "plug": [
            Metric(point.name, value, point.datatype, now_ms(), properties=point.to_properties())
            for point, value in values
        ]
    }


@pytest.fixture
async def node(school: School) -> AsyncIterator[ScriptedNode]:
    async with joined(school.port, devices=plug()) as scripted:
        await until(lambda: school.online("plug"), "the plug")
        yield scripted


async def heard(node: ScriptedNode, count: int = 1) -> str:
    """Wait for so many DCMDs; return the last one's id."""
    await until(lambda: len(node.commands) >= count, "the command")
    return node.commands[count - 1][1].id


async def state_of(school: School, command: Command, want: Callable[[State], bool]) -> Command:
    """Wait until the command's state is as wanted."""
    async with asyncio.timeout(30):
        at = 0
        while not want((await school.hub.desk.get(command.id)).state):
            at = (await school.hub.parts.bus.after(at)).at
    return await school.hub.desk.get(command.id)


async def test_a_command_reaches_its_node_and_the_nodes_word_ends_it(school: School, node: ScriptedNode) -> None:
    command = await school.hub.desk.submit(ON, True, fence=7)
    assert command.state is State.SENT
    number = await heard(node)
    device, request = node.commands[0]
    assert (device, number, request.fence) == ("plug", command.id, 7)
    assert 0 < request.ttl_ms <= 3000
    assert [(target.name, target.value, target.datatype) for target in request.targets] == [("on", True, 11)]
    node.answer("plug", CommandResult(number, CommandState.ACCEPTED))
    await state_of(school, command, lambda state: state is State.ACCEPTED)
    node.answer("plug", CommandResult(number, CommandState.DONE), Metric("on", True, DataType.BOOLEAN, now_ms()))
    await state_of(school, command, lambda state: state is State.DONE)
    latest = school.latest("plug", "on")
    assert latest is not None
    assert latest.value is True


async def test_every_step_of_a_command_is_on_the_bus_in_order(school: School, node: ScriptedNode) -> None:
    at = school.hub.parts.bus.at
    command = await school.hub.desk.submit(ON, True)
    node.answer("plug", CommandResult(await heard(node), CommandState.FAILED, "jammed", "the relay is stuck"))
    await state_of(school, command, lambda state: state.final)
    changes = (await school.hub.parts.bus.after(at)).changes
    states = [change.state for change in changes if isinstance(change, Command)]
    assert states == [State.QUEUED, State.SENT, State.FAILED]


async def test_a_command_without_an_answer_is_sent_again_with_the_same_id(school: School, node: ScriptedNode) -> None:
    command = await school.hub.desk.submit(ON, True, ttl_ms=5000)
    assert await heard(node, 2) == await heard(node, 1) == command.id
    assert node.commands[1][1].ttl_ms < node.commands[0][1].ttl_ms


async def test_a_command_that_nobody_answers_ends_unknown(school: School, node: ScriptedNode) -> None:
    command = await school.hub.desk.submit(ON, True, ttl_ms=100)
    ended = await state_of(school, command, lambda state: state.final)
    assert (ended.state, ended.code) == (State.UNKNOWN, "no_answer")
    node.answer("plug", CommandResult(command.id, CommandState.DONE))
    await state_of(school, command, lambda state: state is State.DONE)


async def test_a_press_that_waited_too_long_on_its_way_is_not_done_late(school: School, node: ScriptedNode) -> None:
    late = await school.hub.desk.submit(ON, True, made_ms=now_ms() - 4000)
    assert (late.state, late.code) == (State.EXPIRED, "not_sent")
    fresh = await school.hub.desk.submit(ON, True, made_ms=now_ms() + 60_000, ttl_ms=5000)
    assert await heard(node) == fresh.id
    assert node.commands[0][1].ttl_ms <= 5000


async def test_a_command_without_a_time_to_live_gets_what_its_point_needs(school: School, node: ScriptedNode) -> None:
    command = await school.hub.desk.submit(ON, True)
    await heard(node)
    assert command.order.deadline_ms - command.order.created_ms == 3000


async def test_the_same_id_gives_the_same_command_and_is_not_sent_twice(school: School, node: ScriptedNode) -> None:
    number = str(uuid4()).upper()
    first = await school.hub.desk.submit(ON, True, command_id=number)
    await heard(node)
    second = await school.hub.desk.submit(ON, True, command_id=number.lower())
    assert second == first
    with pytest.raises(CommandRejected, match="another command") as rejected:
        await school.hub.desk.submit(ON, False, command_id=number)
    assert rejected.value.code == "id_taken"
    node.answer("plug", CommandResult(first.id, CommandState.DONE))
    await state_of(school, first, lambda state: state is State.DONE)
    assert len(node.commands) == 1


async def test_an_offline_devices_command_is_rejected_at_once_and_kept_on_record(
    school: School, node: ScriptedNode
) -> None:
    node.lost("plug")
    await until(lambda: not school.online("plug"), "the death of the plug")
    command = await school.hub.desk.submit(ON, True)
    assert (command.state, command.code) == (State.REJECTED, "offline")
    node.born("plug", plug()["plug"])
    await until(lambda: school.online("plug"), "the plug")
    assert [known.id for known in await school.hub.desk.recent()] == [command.id]
    assert node.commands == []


async def test_a_node_that_dies_leaves_its_command_unknown(school: School, node: ScriptedNode) -> None:
    command = await school.hub.desk.submit(ON, True)
    await heard(node)
    node._send(node.session.leave(now_ms()))
    ended = await state_of(school, command, lambda state: state.final)
    assert (ended.state, ended.code) == (State.UNKNOWN, "node_lost")


@pytest.mark.parametrize(
    ("point", "value", "code"),
    [
        ("power", 1.0, "read_only"),
        ("level", 101, "out_of_range"),
        ("level", 1.5, "wrong_type"),
        ("on", 1, "wrong_type"),
    ],
)
async def test_what_the_point_does_not_take_is_refused_and_not_sent(
    school: School, node: ScriptedNode, point: str, value: float, code: str
) -> None:
    with pytest.raises(CommandRejected) as rejected:
        await school.hub.desk.submit(ON._replace(point=point), value)
    assert rejected.value.code == code
    assert school.refused(f"command_{code}") == 1
    assert node.commands == []


async def test_what_is_not_there_is_said_so(school: School, node: ScriptedNode) -> None:
    with pytest.raises(UnknownPoint):
        await school.hub.desk.submit(ON._replace(point="none"), True)
    with pytest.raises(UnknownCommand):
        await school.hub.desk.get(str(uuid4()))
    for ttl_ms in (0, 10**9):
        with pytest.raises(CommandRejected, match="time to live"):
            await school.hub.desk.submit(ON, True, ttl_ms=ttl_ms)
    with pytest.raises(CommandRejected, match="uuid"):
        await school.hub.desk.submit(ON, True, command_id="first")
    assert node.commands == []


async def test_answers_nobody_waits_for_are_counted(school: School, node: ScriptedNode) -> None:
    node.answer("plug", CommandResult(str(uuid4()), CommandState.DONE))
    await until(lambda: school.refused("unknown_command") == 1, "the count")
    node.send("plug", [Metric("Command/Result", "{}", DataType.STRING, now_ms())])
    await until(lambda: school.refused("result_malformed") == 1, "the count")


async def test_another_device_cannot_answer_for_the_one_that_was_asked(school: School, node: ScriptedNode) -> None:
    node.born("other", plug()["plug"])
    command = await school.hub.desk.submit(ON, True)
    await heard(node)
    node.answer("other", CommandResult(command.id, CommandState.DONE))
    await until(lambda: school.refused("not_its_command") == 1, "the count")
    assert (await school.hub.desk.get(command.id)).state is State.SENT


async def test_an_open_command_is_taken_up_after_a_restart(start: Start) -> None:
    async with start() as school, joined(school.port, devices=plug()) as node:
        await until(lambda: school.online("plug"), "the plug")
        command = await school.hub.desk.submit(ON, True, ttl_ms=30_000)
        await heard(node)
        await school.hub.desk.save()
    async with start() as school, joined(school.port, devices=plug(), bd_seq=1) as node:
        assert await heard(node) == command.id
        node.answer("plug", CommandResult(command.id, CommandState.DONE))
        await state_of(school, command, lambda state: state is State.DONE)
        device = DeviceKey("school", "lab", "plug")
        assert [known.state for known in await school.hub.desk.recent(device=device)] == [State.DONE]


async def test_a_command_names_the_run_of_its_node_and_after_a_restart_of_the_hub_none_that_could_be(
    start: Start,
) -> None:
    devices = {"plug": [*plug()["plug"], Metric(RUN, "run-1", DataType.STRING, now_ms())]}
    async with start() as school, joined(school.port, devices=devices) as node:
        await until(lambda: school.online("plug"), "the plug")
        command = await school.hub.desk.submit(ON, True, ttl_ms=30_000)
        await heard(node)
        assert node.commands[0][1].run == "run-1"
        await school.hub.desk.save()
    async with start() as school, joined(school.port, devices=devices, bd_seq=1) as node:
        assert await heard(node) == command.id
        assert node.commands[0][1].run == EARLIER_RUN


async def test_a_command_known_to_the_intent_log_only_is_not_forgotten(start: Start, tmp_path: Path) -> None:
    """As kill -9 leaves it, between the writing down and the registry's row; the next line was cut short."""
    order = Order(str(uuid4()), ON, True, "owner", now_ms() - 10_000, now_ms() - 7_000)
    log = tmp_path / "commands.log"
    log.write_bytes(orjson.dumps(row_of(begin(order, fence=3))) + b'\n{"id": "cut sho')
    async with start() as school:
        kept = await school.hub.desk.get(order.id)
        assert (kept.order, kept.state) == (order, State.UNKNOWN)
        await school.hub.desk.save()
        assert log.read_bytes() == b""
    async with start() as school:
        assert (await school.hub.desk.get(order.id)).state is State.UNKNOWN


async def test_a_command_that_cannot_be_written_down_is_not_sent(
    school: School, node: ScriptedNode, tmp_path: Path
) -> None:
    with (tmp_path / "read-only").open("w+b"), (tmp_path / "read-only").open("rb") as unwritable:
        school.hub.desk.intents._file, kept = unwritable.fileno(), school.hub.desk.intents._file
        command = await school.hub.desk.submit(ON, True)
        school.hub.desk.intents._file = kept
    assert (command.state, command.code) == (State.REJECTED, "hub_disk")
    assert node.commands == []


async def test_the_nodes_word_on_a_command_long_forgotten_still_counts(start: Start, tmp_path: Path) -> None:
    order = Order(str(uuid4()), ON, True, "owner", now_ms() - 10_000, now_ms() - 7_000)
    (tmp_path / "commands.log").write_bytes(orjson.dumps(row_of(begin(order))) + b"\n")
    async with start() as school, joined(school.port, devices=plug()) as node:
        await until(lambda: school.online("plug"), "the plug")
        await school.hub.desk.save()
        school.hub.desk._courses.clear()
        school.hub.desk._ended.clear()
        node.answer("plug", CommandResult(order.id, CommandState.DONE))
        await until(lambda: order.id in school.hub.desk._courses, "its return")
        assert (await school.hub.desk.get(order.id)).state is State.DONE


async def test_what_became_of_a_command_is_on_record_with_its_value_and_code(
    school: School, node: ScriptedNode
) -> None:
    done = await school.hub.desk.submit(ON, True, holder="anna")
    node.answer("plug", CommandResult(await heard(node), CommandState.DONE))
    refused = await school.hub.desk.submit(ON, False, holder="anna")
    node.answer("plug", CommandResult(await heard(node, 2), CommandState.REJECTED, "interlocked"))
    await state_of(school, refused, lambda state: state.final)
    assert school.heard.of("command_ended") == [
        ("anna", "school/lab/plug/on = True", f"{done.id} done"),
        ("anna", "school/lab/plug/on = False", f"{refused.id} rejected interlocked"),
    ]


async def test_whoever_commands_too_fast_waits_and_what_is_safe_never_does(school: School, node: ScriptedNode) -> None:
    desk = school.hub.desk
    first = await desk.submit(ON, True, holder="g-1", rate=ONE_A_MINUTE)
    with pytest.raises(TooFast):
        await desk.submit(ON, True, holder="g-1", rate=ONE_A_MINUTE)
    assert school.refused("command_too_fast") == 1
    assert (await desk.submit(ON, True, holder="g-1", rate=ONE_A_MINUTE, command_id=first.id)).id == first.id
    assert (await desk.submit(ON, True, holder="p-1", rate=ONE_A_MINUTE)).order.holder == "p-1"
    assert (await desk.submit(ON, False, holder="g-1", rate=ONE_A_MINUTE)).order.value is False
    await heard(node, 3)
    with pytest.raises(TooFast):
        desk.pace("g-1", ONE_A_MINUTE, [(ON, True), (ON, False)])
    desk.pace("g-1", ONE_A_MINUTE, [(ON, False)])
