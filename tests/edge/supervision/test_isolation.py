"""A driver in a process of its own: as good as one in the node, and what it does to itself it does to nobody else."""

import asyncio
import os
import platform
import re
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from labkeeper_edge.refusals import Refusals
from labkeeper_edge.settings import parse_settings
from labkeeper_edge.supervision.deadlines import DriverFault
from labkeeper_edge.supervision.isolation.connection import Connection
from labkeeper_edge.supervision.isolation.fork_server import Forked, ForkServer
from labkeeper_edge.supervision.isolation.limits import LONG_TURN_NS
from labkeeper_edge.supervision.isolation.lodging import Host
from labkeeper_edge.supervision.isolation.noted import open_noted
from labkeeper_edge.supervision.isolation.process import Bounds
from labkeeper_edge.supervision.placing import lodging
from labkeeper_edge.supervision.services import NodeServices
from labkeeper_edge.uplink.births import DRIVER as DRIVER_STATE
from labkeeper_edge.uplink.births import REFUSED
from labkeeper_sdk import Driver, Resource
from labkeeper_sdk.plugins import Loaded, Source
from labkeeper_sdk.testing import Broker
from labkeeper_wire.commands import CommandState
from labkeeper_wire.mqtt import Address
from tests.edge.bench_driver import LOADED, Configuration, connect
from tests.edge.conftest import SETTINGS, Keyboard, RunEdge, StartEdge
from tests.edge.tiny_host import TinyHost, open_host

COMMAND = "0a3f2c56-2f0e-4b4c-9a54-0d6c1f6f0a01"
APART = '[drivers.apart]\ndriver = "bench"\nprefix = "bench"\nisolation = "process"\n'
BESIDE = '[drivers.beside]\ndriver = "bench"\nprefix = "beside"\ndevices = ["b1"]\n'
STRICT = "silence_s = 2.0\nmemory_mb = 128\n"  # goes on with the table that ends SETTINGS


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def turn_ns(pid: int) -> int | None:
    """Return the slice Linux gives a process; None where it says none, or gives all the same (before 6.12)."""
    if tuple(map(int, re.findall(r"\d+", platform.release())[:2])) < (6, 12):
        return None
    said = Path(f"/proc/{pid}/sched")
    found = re.search(r"^se\.slice\s*:\s*(\d+)", said.read_text(), re.MULTILINE) if said.exists() else None
    return int(found[1]) if found else None


async def gone(pid: int) -> None:
    """Wait until an orphan is gone, which whoever adopted it says."""
    async with asyncio.timeout(20):
        while alive(pid):
            await asyncio.sleep(0.01)


def born_of(pid: int) -> list[int]:
    said = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in said.read_text().split()] if said.exists() else []


def fork_servers(node: int = os.getpid()) -> list[int]:
    """Return a node's fork server; the node of most tests is this process."""
    asked = b"labkeeper_edge.supervision.isolation.forking"
    said = {pid: Path(f"/proc/{pid}/cmdline") for pid in born_of(node)}
    return [pid for pid, line in said.items() if line.exists() and asked in line.read_bytes()]


def children(node: int = os.getpid()) -> list[int]:
    """Return the processes that hold a driver."""
    return [pid for server in fork_servers(node) for pid in born_of(server)]


def sockets(pid: int) -> set[str]:
    """Return the sockets and the handles of processes that a process holds."""
    held = {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()}
    return {one for one in held if one.startswith("socket:") or "pidfd" in one}


async def test_a_driver_in_a_process_is_heard_commanded_and_ended(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host:
        async with run_edge(APART):
            await host.born("d1")
            (pid,) = children()
            await keyboard.shouts(b"print")
            await keyboard.says(temperature=21.5, t=1_700_000_000_000)
            await host.until(lambda: host.values("temperature") == [21.5])
            host.command(COMMAND, "d1", "level", 40.0)
            await host.result(COMMAND, CommandState.DONE)
            assert keyboard.asked == [("d1", {"level": 40.0})]
            await host.until(lambda: host.node_metric(DRIVER_STATE + "apart") == "connected")
        assert children() == []
        assert not alive(pid)


async def test_what_makes_no_sense_is_refused_for_the_same_reasons(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge(APART):
        await host.born("d1")
        await keyboard.says(count="many", temperature=1.5, colour="red")
        await keyboard.shouts(b'{"temperature": NaN, "count": 99999999999999999999999999}')
        await keyboard.says(temperature=2.5, t=12)
        await host.until(lambda: host.values("temperature") == [1.5, 2.5])
        wanted = {"wrong_type": 1, "unknown_point": 1, "not_finite": 1, "clock_unset": 1, "beyond_int64": 1}
        await host.until(lambda: {reason: host.node_metric(REFUSED + reason) for reason in wanted} == wanted)


async def test_a_write_that_is_not_confirmed_is_given_up_in_the_process_too(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    keyboard.obedient = False
    async with open_host(broker.url) as host, run_edge(APART + "confirm_s = 30\n"):
        await host.born("d1")
        host.command(COMMAND, "d1", "level", 40.0, ttl_ms=1000)
        failed = await host.result(COMMAND, CommandState.FAILED)
        assert failed.code == "not_confirmed"


async def test_a_message_is_acknowledged_to_the_broker_only_when_its_readings_are_on_disk(
    broker: Broker, start_edge: StartEdge, keyboard: Keyboard
) -> None:
    """A node that is killed before its commit has acknowledged nothing: the broker delivers again."""
    slow = "[outbox]\ncommit_every_ms = 10000\n"
    async with open_host(broker.url) as host:
        async with start_edge(APART) as process:
            await host.born("d1")
            process.kill()
        async with start_edge(APART + slow) as process:
            await host.until(lambda: host.node_metric(DRIVER_STATE + "apart") == "connected")
            await keyboard.says(temperature=1.0)  # commits at once, the next ten seconds later
            await host.until(lambda: host.values("temperature") == [1.0])
            await keyboard.says(temperature=2.0)
            await keyboard.says(temperature=3.0)
            process.kill()
        async with start_edge(APART):
            await host.until(lambda: host.values("temperature") == [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        (b"exit", "ended with status 3"),
        (b"hoard", "wanted more than its 128 MB of memory"),
        (b"hang", "hung: no answer for 2 s, killed"),
    ],
)
async def test_a_process_that_dies_hangs_or_takes_too_much_is_replaced_and_its_neighbours_notice_nothing(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, caplog: pytest.LogCaptureFixture, deed: bytes, why: str
) -> None:
    async with open_host(broker.url) as host, run_edge(STRICT + APART + BESIDE):
        await host.born("d1")
        await host.born("b1")
        (before,) = children()
        since = len(host.heard)
        await keyboard.shouts(deed)
        await host.died("d1", since)
        await keyboard.link.publish("beside/b1/state", b'{"temperature": 5.0}')
        await host.until(lambda: host.values("temperature", "b1"))
        await keyboard.says(temperature=4.0)
        await host.until(lambda: host.values("temperature"))  # once the message that did it was taken away
        await host.until(lambda: host.node_metric(REFUSED + "driver_breaks_over") == 1)
        assert re.search(f"driver apart: its process {why}", caplog.text)
        assert children() != [before]


async def test_a_process_that_stands_still_is_killed_and_replaced(
    broker: Broker, run_edge: RunEdge, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_host(broker.url) as host, run_edge(STRICT + APART):
        await host.born("d1")
        (pid,) = children()
        since = len(host.heard)
        os.kill(pid, signal.SIGSTOP)
        await host.died("d1", since)
        assert "its process hung" in caplog.text
        await host.born("d1", since)


@asynccontextmanager
async def alone(broker: Broker, **own: object) -> AsyncIterator[Host]:
    """One driver in a process, without a node around it."""
    settings = parse_settings(SETTINGS.format(broker=broker.url, more="") + APART)
    place = lodging(
        settings, "apart", LOADED.sources["bench"], {**settings.drivers["apart"].own(), **own}, sys.path, ""
    )
    forks = ForkServer()
    host = Host(place, forks, Refusals(), lambda _: None)
    try:
        yield host
    finally:
        await host.end()
        await forks.close()


def connecting(host: Host) -> AbstractAsyncContextManager[Connection]:
    return host.connect(Configuration(), NodeServices(Address("x"), "s", "n", "apart", Refusals()))


async def test_a_process_that_keeps_a_processor_busy_is_killed(broker: Broker) -> None:
    async def hear(host: Host) -> None:
        async with connecting(host) as gateway:
            async for _ in gateway.observations():
                pass

    async with alone(broker, trouble="spins") as host:
        host.lodging = replace(host.lodging, bounds=Bounds(256_000_000, 60.0, 0.01, 10, watched_s=2.0))
        with pytest.raises(DriverFault, match=r"its process used \d+% of a processor for 2 s, killed"):
            await hear(host)


async def test_a_process_stands_back_behind_its_node_and_hears_nothing_of_ctrl_c(broker: Broker) -> None:
    async with alone(broker) as host:
        host.lodging = replace(host.lodging, bounds=replace(host.lodging.bounds, niceness=3))
        async with connecting(host):
            (pid,) = children()
            assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0) + 3
            assert os.getsid(pid) == os.getsid(0)  # in one of its own it would weigh as much as the node
            assert os.getpgid(pid) not in (os.getpgid(0), os.getpgid(*fork_servers()))
            if (turn := turn_ns(pid)) is not None:
                assert turn == LONG_TURN_NS


async def test_a_process_has_none_of_the_descriptors_of_the_one_it_comes_from(broker: Broker) -> None:
    async with alone(broker) as host, connecting(host):
        (server,) = fork_servers()
        (pid,) = children()
        assert sockets(server)
        assert sockets(pid).isdisjoint(sockets(server))


async def test_a_fork_server_that_is_killed_takes_its_processes_along_and_is_replaced(
    broker: Broker, run_edge: RunEdge, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_host(broker.url) as host, run_edge(APART):
        await host.born("d1")
        (server,), (pid,) = fork_servers(), children()
        since = len(host.heard)
        os.kill(server, signal.SIGKILL)
        await host.died("d1", since)
        assert "driver apart: its process was ended by SIGKILL" in caplog.text
        await host.born("d1", since)
        assert fork_servers() != [server]
        await gone(pid)


async def test_a_process_nobody_waits_for_any_more_is_ended() -> None:
    forks = ForkServer()
    ours, theirs = socket.socketpair()

    def fork() -> "asyncio.Task[Forked]":
        return asyncio.create_task(forks.fork(0, theirs.fileno(), noted.descriptor))

    with ours, theirs, open_noted() as noted:
        first = await fork()
        given_up = fork()
        await asyncio.sleep(0)  # it has asked
        given_up.cancel()
        second = await fork()
        while set(children()) != {first.pid, second.pid}:
            await asyncio.sleep(0.01)
        for one in (first, second):
            one.kill()
            assert await one.wait() == -signal.SIGKILL
            one.close()
    await forks.close()


async def test_a_node_that_ends_while_its_fork_server_starts_leaves_nothing_behind() -> None:
    forks = ForkServer()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wanted = asyncio.create_task(forks.fork(0, theirs.fileno(), theirs.fileno()))
        while not fork_servers():
            await asyncio.sleep(0)
        wanted.cancel()
        await asyncio.wait([wanted])
    await forks.close()
    assert fork_servers() == []


async def test_where_no_process_can_be_made_the_driver_says_so_and_is_tried_again(
    broker: Broker, run_edge: RunEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = shutil.which("false")
    assert nowhere is not None
    async with open_host(broker.url) as host:
        with monkeypatch.context() as changed:
            changed.setattr(sys, "executable", nowhere)
            async with run_edge(APART):
                said = "the fork server ended"
                await host.until(lambda: said in str(host.node_metric(DRIVER_STATE + "apart")))


async def test_the_processes_die_with_their_node(broker: Broker, start_edge: StartEdge) -> None:
    async with open_host(broker.url) as host, start_edge(APART) as node:
        await host.born("d1")
        (pid,) = children(node.pid)
        os.kill(pid, signal.SIGSTOP)
        node.kill()
        await node.wait()
        await gone(pid)


async def test_a_driver_nobody_read_is_checked_in_its_process_and_a_wrong_key_is_its_state(
    broker: Broker, run_edge: RunEdge
) -> None:
    unread = Loaded({}, sources=LOADED.sources)
    tables = APART.replace('isolation = "process"\n', "") + '[drivers.wrong]\ndriver = "bench"\ncolour = "red"\n'
    async with open_host(broker.url) as host, run_edge(tables, drivers=unread):
        await host.born("d1")
        await host.until(lambda: str(host.node_metric(DRIVER_STATE + "wrong")).startswith("broken: "))
        assert host.node_metric(DRIVER_STATE + "wrong") == "broken: drivers.wrong.colour: driver bench has no such key"


async def test_what_drivers_in_processes_claim_is_compared_too(broker: Broker, run_edge: RunEdge) -> None:
    def claiming(configuration: Configuration) -> list[Resource]:
        return [Resource("serial port", configuration.prefix, "prefix")]

    driver = Driver("claiming", Configuration, connect, resources=claiming)
    here = Loaded({"claiming": driver}, sources={"elsewhere": Source("elsewhere", "tests.edge.claiming_driver")})
    tables = '[drivers.one]\ndriver = "claiming"\n[drivers.two]\ndriver = "elsewhere"\n'
    async with open_host(broker.url) as host, run_edge(tables, drivers=here):
        await host.until(lambda: str(host.node_metric(DRIVER_STATE + "two")).startswith("broken: "))
        said = "drivers.two.prefix: serial port bench is used by drivers.one.prefix already"
        assert host.node_metric(DRIVER_STATE + "two") == f"broken: {said}"


async def blocked(host: TinyHost, keyboard: Keyboard, deed: bytes) -> None:
    """Have the driver hold up the node, until the watchdog has counted it."""

    def count() -> int:
        return int(str(host.node_metric(REFUSED + "loop_blocked")))

    before = count()
    await keyboard.shouts(deed)
    await keyboard.says(text="after a block")
    await host.until(lambda: count() > before)


@pytest.mark.parametrize("deed", [b"block", b"block in a task", b"block in a callback"])
async def test_a_driver_that_blocks_again_and_again_is_moved_out_and_goes_on_there(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, caplog: pytest.LogCaptureFixture, deed: bytes
) -> None:
    async with open_host(broker.url) as host, run_edge('[drivers.bench]\ndriver = "bench"\n' + BESIDE):
        await host.born("d1")
        await host.born("b1")
        assert children() == []
        for _ in range(3):
            await blocked(host, keyboard, deed)
        await host.until(children)
        await host.until(lambda: str(host.node_metric(DRIVER_STATE + "bench")).startswith("moved: "))
        await keyboard.says(temperature=4.0)
        await host.until(lambda: host.values("temperature"))
        assert "driver bench: goes on in a process of its own, it held up the node 3 times" in caplog.text


async def test_a_driver_that_blocks_and_cannot_be_moved_is_suspended(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    stuck = Loaded(LOADED.drivers)
    async with open_host(broker.url) as host, run_edge(drivers=stuck):
        await host.born("d1")
        for _ in range(3):
            await blocked(host, keyboard, b"block")
        await host.until(lambda: host.node_metric(DRIVER_STATE + "bench") == "suspended: held up the node 3 times")
