"""The way of a command through a whole edge, and what the node does by itself for safety."""

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from labkeeper_edge.uplink.births import REFUSED, SAFE_WRITES
from labkeeper_sdk.testing import Broker
from labkeeper_wire.commands import CommandState
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import Metric
from tests.edge.conftest import DRIVER, Keyboard, RunEdge, StartEdge
from tests.edge.tiny_host import open_host

ACCEPTED, DONE, REJECTED = CommandState.ACCEPTED, CommandState.DONE, CommandState.REJECTED


async def test_a_command_is_accepted_executed_and_done(broker: Broker, run_edge: RunEdge, keyboard: Keyboard) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        command = str(uuid4())
        host.command(command, "d1", "relay", True)
        await host.result(command, DONE)
        assert [result.state for result in host.results(command)] == [ACCEPTED, DONE]
        assert keyboard.asked == [("d1", {"relay": True})]
        await host.until(lambda: host.values("relay") == [True])


async def test_a_known_id_repeats_its_result_and_executes_nothing(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    command = str(uuid4())
    async with open_host(broker.url) as host:
        async with run_edge():
            await host.born("d1")
            host.command(command, "d1", "relay", True)
            await host.result(command, DONE)
            host.command(command, "d1", "relay", True)
            await host.until(lambda: len(host.results(command)) == 3)
            await host.until(lambda: host.node_metric(REFUSED + "command_repeated") == 1)
        since = len(host.heard)
        async with run_edge():
            await host.born("d1", since)
            host.command(command, "d1", "relay", True)
            await host.until(lambda: len(host.results(command)) == 4)
        assert [result.state for result in host.results(command)] == [ACCEPTED, DONE, DONE, DONE]
        assert len(keyboard.asked) == 1


async def test_what_must_not_be_executed_is_refused_with_its_code_and_counted(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        wrong: list[tuple[str, bool | float | str, str]] = [
            ("temperature", 1.0, "read_only"),
            ("level", 200.0, "out_of_range"),
            ("level", "high", "wrong_type"),
            ("elsewhere", 1.0, "unknown_point"),
        ]
        for point, value, code in wrong:
            command = str(uuid4())
            host.command(command, "d1", point, value)
            assert (await host.result(command, REJECTED)).code == code
        await host.until(lambda: host.node_metric(REFUSED + "command_rejected") == len(wrong))
        assert keyboard.asked == []
    assert caplog.text.count("d1 commands: command_rejected") == 1, "one line for the first, a number for the others"


async def test_a_command_that_was_too_long_on_its_way_is_expired(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        command = str(uuid4())
        host.command(command, "d1", "relay", True, ttl_ms=1000, age_ms=5000)
        await host.result(command, CommandState.EXPIRED)
        await host.until(lambda: host.node_metric(REFUSED + "command_expired") == 1)
        assert keyboard.asked == []


async def test_a_command_whose_time_ends_behind_another_is_expired_and_counted(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    keyboard.obedient = False
    async with open_host(broker.url) as host, run_edge(DRIVER + "confirm_s = 60\n"):
        await host.born("d1")
        first, second = str(uuid4()), str(uuid4())
        host.command(first, "d1", "relay", True, ttl_ms=500)
        host.command(second, "d1", "relay", False, ttl_ms=300)
        assert (await host.result(first, CommandState.FAILED)).code == "not_confirmed"
        await host.result(second, CommandState.EXPIRED)
        await host.until(lambda: host.node_metric(REFUSED + "command_expired") == 1)
        assert keyboard.asked == [("d1", {"relay": True})]


async def test_what_a_driver_itself_refuses_is_counted_too(broker: Broker, run_edge: RunEdge) -> None:
    async with open_host(broker.url) as host, run_edge(DRIVER + 'trouble = "write refuses"\n'):
        await host.born("d1")
        command = str(uuid4())
        host.command(command, "d1", "relay", True)
        await host.result(command, REJECTED)
        await host.until(lambda: host.node_metric(REFUSED + "command_rejected") == 1)


async def test_a_device_that_does_not_confirm_fails_and_holds_up_no_other(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    two = DRIVER + 'devices = ["d1", "d2"]\nconfirm_s = 0.5\n'
    keyboard.obedient = False
    async with open_host(broker.url) as host, run_edge(two):
        await host.born("d2")
        slow, quick = str(uuid4()), str(uuid4())
        host.command(slow, "d1", "relay", True)
        await keyboard.until_asked(1)
        host.command(quick, "d2", "relay", True)
        await keyboard.until_asked(2)
        await keyboard.says("d2", relay=True)
        await host.result(quick, DONE)
        assert [result.state for result in host.results(slow)] == [ACCEPTED]
        assert (await host.result(slow, CommandState.FAILED)).code == "not_confirmed"


async def test_more_commands_than_a_device_can_take_are_refused(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    keyboard.obedient = False
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        commands = [str(uuid4()) for _ in range(20)]
        for command in commands:
            host.command(command, "d1", "relay", True, ttl_ms=60_000)
        await host.until(lambda: [r.code for r in host.results() if r.state is REJECTED] == ["busy"] * 4)
        await host.until(lambda: len([r for r in host.results() if r.state is ACCEPTED]) == 16)


async def test_a_driver_that_breaks_in_a_write_fails_the_command_only(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge(DRIVER + 'trouble = "write raises"\n'):
        await host.born("d1")
        command = str(uuid4())
        host.command(command, "d1", "relay", True)
        assert (await host.result(command, CommandState.FAILED)).code == "driver_error"
        await keyboard.says(temperature=1.0)
        await host.until(lambda: host.values("temperature") == [1.0])


async def test_a_node_that_died_over_a_command_says_unknown_and_does_not_repeat_it(
    broker: Broker, start_edge: StartEdge, keyboard: Keyboard
) -> None:
    keyboard.obedient = False
    command = str(uuid4())
    async with open_host(broker.url) as host:
        async with start_edge() as process:
            await host.born("d1")
            host.command(command, "d1", "relay", True, ttl_ms=60_000)
            await keyboard.until_asked(1)
            process.kill()
            await process.wait()
        async with start_edge():
            assert (await host.result(command, CommandState.UNKNOWN)).code == "node_restarted"
            host.command(command, "d1", "relay", True, ttl_ms=60_000)
            await host.until(lambda: len(host.results(command)) == 3)
            await host.until(lambda: host.node_metric(REFUSED + "command_repeated") == 1)
    assert len(keyboard.asked) == 1


async def test_a_command_for_this_run_waits_for_no_disk_and_any_other_does(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, tmp_path: Path
) -> None:
    ours, others = str(uuid4()), str(uuid4())
    async with open_host(broker.url) as host, run_edge():
        run = await host.run_of("d1")
        with closing(sqlite3.connect(tmp_path / "edge" / "node.sqlite3", isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")  # nobody else writes now
            host.command(others, "d1", "relay", False)
            host.node_run = run
            host.command(ours, "d1", "level", 3.0)  # does not overtake
            database.execute("ROLLBACK")
            await host.result(ours, DONE)
            database.execute("BEGIN IMMEDIATE")
            ours = str(uuid4())
            host.command(ours, "d1", "relay", True)
            await host.result(ours, DONE)
            database.execute("ROLLBACK")
    assert [asked for _, asked in keyboard.asked] == [{"relay": False}, {"level": 3.0}, {"relay": True}]


async def test_a_command_for_an_earlier_run_is_unknown_and_not_executed(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    command = str(uuid4())
    async with open_host(broker.url) as host:
        async with run_edge():
            host.node_run = await host.run_of("d1")
        since = len(host.heard)
        async with run_edge():
            assert await host.run_of("d1", since) != host.node_run
            host.command(command, "d1", "relay", True)
            assert (await host.result(command, CommandState.UNKNOWN)).code == "node_restarted"
    assert keyboard.asked == []


async def test_a_bare_command_of_a_foreign_host_is_refused_unless_policy_allows_it(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    bare = (Metric("relay", True, DataType.BOOLEAN),)
    async with open_host(broker.url) as host:
        async with run_edge():
            await host.born("d1")
            host.write_device("d1", bare)
            await host.until(lambda: host.node_metric(REFUSED + "foreign_command") == 1)
            assert keyboard.asked == []
        since = len(host.heard)
        async with run_edge(more="allow_foreign_commands = true"):
            await host.born("d1", since)
            host.write_device("d1", bare)
            await host.until(lambda: host.values("relay") == [True])
        assert host.results() == []


async def test_what_is_no_command_or_acknowledgement_is_counted(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        host.write_device("d1", (Metric("Device Control/Command Id", "not a uuid", DataType.STRING),))
        host.write_node(Metric("Node Control/Delivery Ack", "nonsense", DataType.STRING))
        host.write_node(Metric("Node Control/Delivery Ack", f"{uuid4()};7", DataType.STRING))
        host.write_node(Metric("Node Control/Reboot", True, DataType.BOOLEAN))
        host.link.send("spBv1.0/s/DCMD/n/d1", b"\xff\xff\xff")
        wanted = {"bad_command": 2, "bad_ack": 2, "message_refused": 1}
        await host.until(lambda: {reason: host.node_metric(REFUSED + reason) for reason in wanted} == wanted)
        assert keyboard.asked == []


async def test_actuators_are_driven_to_safe_once_when_they_are_first_online(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge(DRIVER + "safe = 600\n"):
        await keyboard.until_asked(1)
        await host.until(lambda: host.node_metric(SAFE_WRITES) == 1)
        since = len(host.heard)
        await keyboard.is_("offline")
        await host.died("d1", since)
        await keyboard.is_("online")
        await host.born("d1", since)
        command = str(uuid4())
        host.command(command, "d1", "heater", True)
        await host.result(command, DONE)
        assert keyboard.asked == [("d1", {"heater": False}), ("d1", {"heater": True})]


async def test_a_link_lost_too_long_drives_to_safe_without_the_hub(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with run_edge(DRIVER + "safe = 0.3\n"):
        async with open_host(broker.url) as host:
            await host.born("d1")
            await host.until(lambda: host.node_metric(SAFE_WRITES))
            before = len(keyboard.asked)
            command = str(uuid4())
            host.command(command, "d1", "heater", True)
            await host.result(command, DONE)
        asked = await keyboard.until_asked(before + 2)
        assert asked[before:] == [("d1", {"heater": True}), ("d1", {"heater": False})]
