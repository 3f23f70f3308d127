"""The way of a reading through a whole edge: device, outbox, hub, acknowledgement."""

import signal
from pathlib import Path

import pytest

from labkeeper_edge.outbox.batches import Batch, Draft
from labkeeper_edge.outbox.books import Quota
from labkeeper_edge.outbox.outbox import Outbox, OutboxUnwritable, open_outbox
from labkeeper_edge.uplink.births import REFUSED
from labkeeper_sdk.testing import Broker
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import BACKLOG, GAPS, TAKEN
from labkeeper_wire.effects import DataReceived, DeviceBorn, DeviceDied, NodeBorn
from labkeeper_wire.payload import Metric, quality_of

from .conftest import DRIVER, Keyboard, RunEdge, StartEdge, open_keyboard
from .tiny_host import open_host

PLENTY = Quota(10**9, 10**9)


async def waiting_batches(data: Path) -> int:
    async with open_outbox(data, PLENTY) as outbox:
        return (await outbox.waiting()).batches


async def test_a_reading_arrives_live_with_the_devices_own_time(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        await keyboard.says(temperature=21.5, door=True, text="气", count=3, t=1_700_000_000_123)
        await host.until(lambda: host.values("count"))
        data = next(it for it in host.heard if isinstance(it, DataReceived) and it.batch is not None)
        said = {m.name: (m.value, m.time_ms, m.historical) for m in data.metrics}
        assert said == {
            "temperature": (21.5, 1_700_000_000_123, False),
            "door": (True, 1_700_000_000_123, False),
            "text": ("气", 1_700_000_000_123, False),
            "count": (3, 1_700_000_000_123, False),
        }
        await host.until(lambda: host.node_metric(TAKEN) == 4 and host.node_metric(BACKLOG) == 0)
        assert host.node_metric(GAPS) == 0


async def test_a_batch_leaves_the_disk_only_when_it_is_acknowledged(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, tmp_path: Path
) -> None:
    async with open_host(broker.url, acking=False) as host:
        async with run_edge():
            await host.born("d1")
            await keyboard.says(temperature=1.0)
            await host.until(lambda: host.values("temperature"))
        assert await waiting_batches(tmp_path / "edge") == 1
    async with open_host(broker.url) as host:
        async with run_edge():
            await host.until(lambda: host.values("temperature"))
            await host.until(lambda: host.node_metric(BACKLOG) == 0)
        assert await waiting_batches(tmp_path / "edge") == 0


async def test_what_is_not_acknowledged_is_sent_again_as_history_with_the_same_id(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url, deaf_for=1) as host, run_edge():
        await host.born("d1")
        await keyboard.says(temperature=1.0, t=1_700_000_000_000)
        await host.until(lambda: host.deliveries)
        assert host.deliveries == [(1, True)]
        first, again = (it for it in host.heard if isinstance(it, DataReceived) and it.batch == 1)
        assert [(m.name, m.value, m.time_ms) for m in first.metrics] == [
            (m.name, m.value, m.time_ms) for m in again.metrics
        ]


async def test_live_readings_go_before_a_backlog_which_comes_in_order(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, tmp_path: Path
) -> None:
    old = 1500
    async with open_outbox(tmp_path / "edge", PLENTY) as outbox:
        for number in range(old):
            metric = Metric("temperature", float(number), DataType.DOUBLE, 1_700_000_000_000 + number)
            await outbox.commit([Draft("d1", (metric,))])
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        await keyboard.says(level=50.0)
        await host.until(lambda: len(host.deliveries) > old)
        assert host.values("temperature") == [float(number) for number in range(old)]
        assert host.deliveries.index((old + 1, False)) < old
        history = [batch for batch, historical in host.deliveries if historical]
        assert history == list(range(1, old + 1))
        await host.until(lambda: host.node_metric(BACKLOG) == 0)


async def test_a_backlog_that_the_disk_does_not_give_waits_and_ends_nothing(
    broker: Broker, run_edge: RunEdge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_outbox(tmp_path / "edge", PLENTY) as outbox:
        await outbox.commit([Draft("d1", (Metric("temperature", 1.0, DataType.DOUBLE, 1_700_000_000_000),))])
    read, troubles = Outbox.read, [OutboxUnwritable("disk I/O error")]

    async def seldom(outbox: Outbox, first: int, last: int, limit: int) -> list[Batch]:
        if troubles:
            raise troubles.pop()
        return await read(outbox, first, last, limit)

    monkeypatch.setattr(Outbox, "read", seldom)
    async with open_host(broker.url) as host, run_edge():
        await host.until(lambda: host.values("temperature") == [1.0])
        await host.until(lambda: host.node_metric(REFUSED + "outbox_unwritable") == 1)
        assert sum(isinstance(it, NodeBorn) for it in host.heard) <= 2, "the session went on: a new name, and no more"


async def test_killed_between_arrival_and_commit_nothing_is_lost_and_nothing_twice(
    broker: Broker, start_edge: StartEdge, keyboard: Keyboard
) -> None:
    slow = DRIVER + "[outbox]\ncommit_every_ms = 400\n"
    async with open_host(broker.url) as host:
        sent = 0
        for _ in range(3):
            before = len(host.heard)
            async with start_edge(slow) as process:
                await host.born("d1", since=before)
                for _ in range(50):
                    await keyboard.says(count=sent)
                    sent += 1
                process.kill()
                await process.wait()
        async with start_edge(slow):
            await host.until(lambda: len(host.values("count")) >= sent)
            await keyboard.says(count=sent)
            await host.until(lambda: sent in host.values("count"))
        assert sorted(host.values("count"), key=str) == sorted(range(sent + 1), key=str)


async def test_a_node_that_is_stopped_says_goodbye_and_keeps_what_it_heard(
    broker: Broker, start_edge: StartEdge, keyboard: Keyboard, tmp_path: Path
) -> None:
    async with open_host(broker.url, acking=False) as host:
        async with start_edge() as process:
            await host.born("d1")
            await keyboard.says(temperature=1.0)
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
        await host.node_died()
    assert await waiting_batches(tmp_path / "edge") <= 1


async def test_each_connect_has_the_next_bd_seq_over_restarts(broker: Broker, run_edge: RunEdge) -> None:
    async with open_host(broker.url) as host:
        for _ in range(2):
            before = len(host.heard)
            async with run_edge():
                await host.born("d1", since=before)
    assert [it.bd_seq for it in host.heard if isinstance(it, NodeBorn)] == [0, 1]


async def test_the_broker_may_go_and_come_back(broker: Broker, run_edge: RunEdge) -> None:
    async with run_edge():
        async with open_host(broker.url) as host:
            await host.born("d1")
        await broker.stop()
        await broker.start()
        async with open_host(broker.url) as host, open_keyboard(broker) as again:
            await host.born("d1")
            await again.says(temperature=2.0)
            await host.until(lambda: 2.0 in host.values("temperature"))


@pytest.mark.parametrize("more", ["", 'isolation = "process"\n'], ids=["in the node", "in a process"])
async def test_a_broker_that_forgot_a_drivers_session_is_counted_and_said_once(
    more: str, broker: Broker, run_edge: RunEdge, caplog: pytest.LogCaptureFixture
) -> None:
    async with run_edge(DRIVER + more):
        for times in (0, 1, 2):
            async with open_host(broker.url) as host:
                await host.born("d1")
                await host.until(lambda: host.node_metric(REFUSED + "session_forgotten") == times)  # noqa: B023 -- asked at once
            await broker.stop(signal.SIGKILL)
            (broker.folder / "mosquitto.db").unlink(missing_ok=True)
            await broker.start()
    assert caplog.text.count("the broker forgot our session") == 1


async def test_what_a_lost_device_said_is_delivered_by_a_stale_birth_and_a_death(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with run_edge():
        async with open_host(broker.url) as host:
            await host.born("d1")
        await keyboard.says(temperature=3.0)
        await keyboard.is_("gone")
        async with open_host(broker.url) as host:
            birth = await host.born("d1")
            assert {quality_of(m) for m in birth.metrics if m.name == "temperature"} == {500}
            await host.until(lambda: host.values("temperature") == [3.0])
            await host.died("d1")
            assert host.deliveries == [(1, True)]


async def test_a_device_that_falls_silent_dies_and_is_born_again(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        await keyboard.is_("offline")
        await host.died("d1")
        since = len(host.heard)
        await keyboard.is_("online")
        await host.born("d1", since)
        assert not any(isinstance(it, DeviceDied) for it in host.heard[since:])


async def test_a_full_outbox_gives_up_the_oldest_and_says_so(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    quota = DRIVER + "[outbox]\nmax_bytes = 1000000\ncommit_every_ms = 1\n"
    async with run_edge(quota):
        async with open_host(broker.url, acking=False) as host:
            await host.born("d1")
            for number in range(60):
                await keyboard.says(text=f"{number:03}" + "x" * 40000)
            await host.until(lambda: host.node_metric(TAKEN) == 60)  # before anybody acknowledges, and so makes room
        async with open_host(broker.url) as host:
            await host.until(lambda: any(text and str(text).startswith("059") for text in host.values("text")))
            await host.until(lambda: host.node_metric(BACKLOG) == 0 and host.node_metric(GAPS))
            kept = [int(str(text)[:3]) for text in host.values("text")]
            given_up = host.node_metric(GAPS)
            assert isinstance(given_up, int)
            assert kept == list(range(given_up, 60))
            assert sum(gap.readings for gap in host.gaps()) == given_up
            assert host.node_metric(TAKEN) == 60


async def test_nonsense_is_counted_and_the_next_reading_is_taken(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        await keyboard.says(count="many", temperature=1.5, colour="red")
        await keyboard.shouts(b'{"temperature": NaN}')
        await keyboard.says(temperature=2.5, t=12)
        await host.until(lambda: host.values("temperature") == [1.5, 2.5])
        wanted = {"wrong_type": 1, "unknown_point": 1, "not_finite": 1, "clock_unset": 1}
        await host.until(lambda: {reason: host.node_metric(REFUSED + reason) for reason in wanted} == wanted)


async def test_a_driver_that_raises_blocks_or_hangs_disturbs_nobody(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, caplog: pytest.LogCaptureFixture
) -> None:
    troubled = """
    [drivers.bad]
    driver = "bench"
    prefix = "bad"
    devices = ["b1"]
    trouble = "connect raises"
    [drivers.stuck]
    driver = "bench"
    trouble = "connect hangs"
    [drivers.thief]
    driver = "bench"
    prefix = "thief"
    devices = ["d1", "t1"]
    """
    async with open_host(broker.url) as host, run_edge(DRIVER + troubled):
        await host.born("d1")
        await host.born("t1")
        await keyboard.shouts(b"boom")
        await keyboard.shouts(b"block")
        await keyboard.says(temperature=4.0)
        await host.until(lambda: host.values("temperature") == [4.0])
        await host.until(lambda: str(host.node_metric("Driver/bad")).startswith("waiting: RuntimeError"))
        await host.until(lambda: host.node_metric(REFUSED + "device_taken"))
        assert host.node_metric("Driver/stuck") == "starting"
        await host.until(lambda: host.node_metric(REFUSED + "loop_blocked"))
        assert "driver bench: loop_blocked" in caplog.text
        assert host.node_metric(REFUSED + "driver_breaks_over") == 1


async def test_a_rebirth_says_what_is_true_now_and_data_goes_on(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        await keyboard.says(temperature=7.5, t=1_700_000_000_000)
        await host.until(lambda: host.values("temperature"))
        since = len(host.heard)
        host.write_node(Metric("Node Control/Rebirth", True, DataType.BOOLEAN))
        birth = await host.born("d1", since)
        said = {metric.name: (metric.value, metric.time_ms) for metric in birth.metrics}
        assert said["temperature"] == (7.5, 1_700_000_000_000)
        await keyboard.says(temperature=8.5)
        await host.until(lambda: host.values("temperature") == [7.5, 8.5])


async def test_a_point_that_is_no_more_is_delivered_and_then_born_no_more(
    broker: Broker, run_edge: RunEdge, tmp_path: Path
) -> None:
    lost = Metric("lost", 5, DataType.INT64, 1_700_000_000_000)
    retyped = Metric("temperature", "warm", DataType.STRING, 1_700_000_000_000)
    async with open_outbox(tmp_path / "edge", PLENTY) as outbox:
        await outbox.commit([Draft("d1", (lost, retyped))])
    async with open_host(broker.url) as host, run_edge():
        await host.until(lambda: host.stored)
        assert [(m.name, m.value) for m in host.stored[1][1]] == [("lost", 5), ("temperature", "warm")]
        await host.until(lambda: len([it for it in host.heard if isinstance(it, DeviceBorn)]) == 3)
        plain, stale, again = ([m.name for m in it.metrics] for it in host.heard if isinstance(it, DeviceBorn))
        assert ("lost" in plain, "lost" in stale, "lost" in again) == (False, True, False)


async def test_aliases_are_understood_by_a_host(broker: Broker, run_edge: RunEdge, keyboard: Keyboard) -> None:
    async with open_host(broker.url) as host, run_edge(more="aliases = true"):
        await host.born("d1")
        await keyboard.says(temperature=7.5, count=2)
        await host.until(lambda: host.values("temperature") == [7.5] and host.values("count") == [2])


async def test_what_no_birth_can_be_made_for_stays_on_disk_and_disturbs_nobody(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, tmp_path: Path
) -> None:
    async with open_outbox(tmp_path / "edge", PLENTY) as outbox:
        await outbox.commit([Draft("D1", (Metric("temperature", 1.0, DataType.DOUBLE, 1_700_000_000_000),))])
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        await keyboard.says(temperature=2.0)
        await host.until(lambda: host.values("temperature") == [2.0])
        await host.until(lambda: host.node_metric(REFUSED + "undeliverable") and host.node_metric(BACKLOG) == 1)
