"""The intake: what is settled when, what is stored once, and what happens while the disk takes nothing."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from labkeeper_edge.devices import Devices
from labkeeper_edge.intake import intake as intake_module
from labkeeper_edge.intake.intake import MOST_UNSETTLED, Intake
from labkeeper_edge.outbox.batches import Batch
from labkeeper_edge.outbox.books import Quota
from labkeeper_edge.outbox.heard import Heard
from labkeeper_edge.outbox.outbox import FILE, Waiting, open_outbox
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.supervision.services import now_ms
from labkeeper_sdk import DeviceInfo, Found, Measure, Nonsense, Observation, Reading, Report
from labkeeper_wire.delivery import Ack

POINTS = (Measure("t"), Measure("slow", min_interval_s=0.1))


class Bench:
    """An intake on an outbox, with lists of what was settled and what was committed."""

    def __init__(self, intake: Intake, batches: list[Batch]) -> None:
        self.intake = intake
        self.batches = batches
        self.settled: list[str] = []

    async def report(self, identity: str, *readings: Reading, again: bool = False, device: str = "d") -> None:
        report = Report(device, readings)
        await self.intake.take(
            "a", Observation((report,), lambda: self.settled.append(identity), identity.encode(), again)
        )

    def values(self, point: str = "t") -> list[object]:
        return [metric.value for batch in self.batches for metric in batch.metrics if metric.name == point]


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    async with open_outbox(folder, Quota(10**9, 10**9)) as outbox:
        refusals = Refusals()
        batches: list[Batch] = []

        def committed(new: list[Batch], _waiting: Waiting) -> None:
            batches.extend(new)

        heard = Heard.recalled(outbox.recalled.heard)
        intake = Intake(Devices(refusals, {}), refusals, outbox, heard, committed, 0.01, now_ms)
        await intake.take("a", Observation((Found(DeviceInfo(id="d", points=POINTS)),)))
        yield Bench(intake, batches)


async def test_a_message_is_settled_after_its_commit_and_not_before(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        await it.report("m1", Reading("t", 1.0))
        assert it.settled == []
        await it.intake.flush()
        assert (it.settled, it.values()) == (["m1"], [1.0])


async def test_a_redelivered_message_is_stored_once_before_its_commit_after_it_and_after_a_restart(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as it:
        await it.report("m1", Reading("t", 1.0))
        await it.report("m1", Reading("t", 1.0), again=True)
        await it.intake.flush()
        await it.report("m1", Reading("t", 1.0), again=True)
        await it.intake.flush()
        assert (it.settled, it.values()) == (["m1"] * 3, [1.0])
    async with bench(tmp_path) as it:
        await it.report("m1", Reading("t", 1.0), again=True)
        await it.report("m2", Reading("t", 2.0), again=True)
        await it.intake.flush()
        assert (it.settled, it.values()) == (["m1", "m2"], [2.0])


async def test_a_message_that_only_looks_the_same_is_stored(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        await it.report("m1", Reading("t", 1.0))
        await it.report("m1", Reading("t", 1.0))
        await it.intake.flush()
        assert it.values() == [1.0, 1.0]


async def test_what_is_refused_is_settled_counted_and_not_stored(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        await it.report("m1", Reading("t", "warm"))
        await it.report("m2", Reading("t", 1.0), device="nobody")
        await it.intake.take("a", Observation((Nonsense("d", "bad_json", "{"),)))
        await it.intake.flush()
        assert (it.settled, it.batches) == (["m1", "m2"], [])
        assert it.intake.refusals.counts == {"wrong_type": 1, "unknown_device": 1, "device_nonsense": 1}


async def test_what_a_device_tells_of_the_past_is_stored_and_is_nobodys_value_now(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        overheard: list[tuple[str, object]] = []
        it.intake.overhear = lambda device, stamped: overheard.append((device, stamped.value))
        past = [Reading("slow", float(at), 1_400_000_000_000 + at, historical=True) for at in range(2)]
        await it.report("m1", Reading("t", 7.0), *past, Reading("t", "warm", 1, historical=True))
        await it.intake.flush()
        (batch,) = it.batches
        told = [(metric.name, metric.value, metric.historical) for metric in batch.to_send(live=True)[:-1]]
        assert told == [("t", 7.0, False), ("slow", 0.0, True), ("slow", 1.0, True)]
        known = it.intake.devices.get("d")
        assert known is not None
        assert list(known.last) == ["t"]
        assert overheard == [("d", 7.0)]


async def test_a_heart_rate_is_gone_from_the_node_as_soon_as_the_hub_has_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        band = DeviceInfo(id="bands", points=(Measure("band-07/heart_rate"), Measure("battery")))
        await it.intake.take("a", Observation((Found(band),)))
        await it.report("m1", Reading("band-07/heart_rate", 91.5), Reading("battery", 60.0), device="bands")
        await it.intake.flush()
        outbox = it.intake.outbox
        await outbox.meet("a journal")
        await outbox.acknowledge([Ack(outbox.epoch, 1)])
        await outbox.meet("another journal")
        (batch,) = await outbox.read(1, 1, 1)
        assert [(metric.name, metric.value) for metric in batch.metrics] == [
            ("band-07/heart_rate", None),
            ("battery", 60.0),
        ]


async def test_a_held_reading_is_committed_when_its_interval_is_over(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        running = asyncio.create_task(it.intake.run())
        for value in (1.0, 2.0, 3.0):
            await it.report(str(value), Reading("slow", value))
        async with asyncio.timeout(20):
            while len(it.values("slow")) < 2:
                await asyncio.sleep(0.005)
        running.cancel()
        assert it.values("slow") == [1.0, 3.0]


async def test_a_full_window_is_committed_at_once_and_a_message_less_waits(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.intake.commit_every_s = 3600  # nobody waits for that long
        running = asyncio.create_task(it.intake.run())
        await it.report("first", Reading("t", 0.0))
        async with asyncio.timeout(20):
            while not it.settled:  # the first finds the hour before it gone
                await asyncio.sleep(0)
        for number in range(1, MOST_UNSETTLED):
            await it.report(f"m{number}", Reading("t", float(number)))
        for _ in range(100):  # whoever could run has run
            await asyncio.sleep(0)
        assert (it.settled, len(it.intake._pending.settles)) == (["first"], MOST_UNSETTLED - 1)
        await it.report(f"m{MOST_UNSETTLED}", Reading("t", float(MOST_UNSETTLED)))
        async with asyncio.timeout(20):
            while len(it.settled) <= MOST_UNSETTLED:
                await asyncio.sleep(0.005)
        running.cancel()
        assert it.values() == [float(number) for number in range(MOST_UNSETTLED + 1)]


async def test_while_the_disk_takes_nothing_readings_wait_and_drivers_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "RETRY_S", 0.01)
    monkeypatch.setattr(intake_module, "MOST_PENDING", 3)
    async with bench(tmp_path) as it:
        outbox = it.intake.outbox
        await outbox._run(lambda: outbox.store.connection.execute("PRAGMA busy_timeout = 1"))
        other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        running = asyncio.create_task(it.intake.run())
        await it.report("m0", Reading("t", 0.0))
        async with asyncio.timeout(20):
            while not it.intake.refusals.counts["outbox_unwritable"]:
                await asyncio.sleep(0.005)
        for number in range(1, 4):
            await it.report(f"m{number}", Reading("t", float(number)))
        waiting = asyncio.create_task(it.report("m4", Reading("t", 4.0)))
        await asyncio.sleep(0)
        assert not waiting.done()
        assert it.settled == []
        other.close()
        async with asyncio.timeout(20):
            while len(it.settled) < 5:
                await asyncio.sleep(0.005)
        running.cancel()
        await waiting
        assert it.values() == [0.0, 1.0, 2.0, 3.0, 4.0]
