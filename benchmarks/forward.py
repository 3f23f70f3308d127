"""`python -m benchmarks.forward`: how fast a backlog goes into InfluxDB while a live rate goes on.

A journal is filled as the hub fills it; InfluxDB (the real influxd) is away for `--away` seconds' worth of readings of
`--series` points once a second, and back while the same readings go on coming. `forwarded_per_s` is what the forwarder
got through while it caught up, `catch_up_ratio` that against the live rate; `cpu_us_per_reading` is the processor time
of this process, InfluxDB's own beside it, which other work on the machine does not change.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from benchmarks.harness import Figures, measure, options, say
from labkeeper_hub.bus import EventBus
from labkeeper_hub.influx.forwarder import Forwarder
from labkeeper_hub.influx.opening import open_forwarder
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.model import PointKey
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.timeseries.columns import FLOAT
from labkeeper_hub.timeseries.forwarding import open_forwarding
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.journal import Journal, open_journal
from labkeeper_sdk.testing import Influx, open_influx

START_MS = 1_767_225_600_000
PER_DEVICE = 10


class Nobody:
    """Accounts without outboxes."""

    def close(self, group: Group) -> None:
        """Nothing to put in."""

    def committed(self, group: Group) -> None:
        """Nobody waits."""


def second(journal: Journal, series: list[int], number: int) -> None:
    """Every point says one value, as it does every second."""
    at_ms = START_MS + number * 1000
    for place, one in enumerate(series):
        journal.group.add(one, at_ms, FLOAT, number * 0.1 + place)
    journal.filled()


async def live(journal: Journal, series: list[int], first: int) -> None:
    """A second's readings every second, for ever."""
    clock = asyncio.get_running_loop().time
    began, number = clock(), 0
    while True:
        second(journal, series, first + number)
        number += 1
        await asyncio.sleep(max(0.0, began + number - clock()))


@asynccontextmanager
async def filled(folder: Path, series_count: int, seconds: int) -> AsyncIterator[tuple[Journal, list[int]]]:
    """A journal that collects, with so many seconds of readings in it."""
    async with open_journal(folder / "journal.sqlite") as journal:
        collecting = asyncio.create_task(journal.collect(Nobody()), name="commits")
        compacting = asyncio.create_task(journal.compact_when_due(), name="compaction")
        keys = [
            PointKey("school", "node", f"device{i // PER_DEVICE}", f"p{i % PER_DEVICE}") for i in range(series_count)
        ]
        series = [journal.series_of(key) for key in keys]
        for number in range(seconds):
            second(journal, series, number)
            await journal.room()
            await asyncio.sleep(0)
        while journal.queued:  # noqa: ASYNC110 -- a look now and then costs the figures nothing
            await asyncio.sleep(0.05)
        try:
            yield journal, series
        finally:
            compacting.cancel()
            journal.end()
            await asyncio.wait([collecting, compacting])


async def caught_up(forwarder: Forwarder) -> None:
    """Wait until less than two seconds' worth waits."""
    soon = len(forwarder.forwarding.newest.times) * 2
    while not forwarder.progress.forwarded or forwarder.forwarding.waiting > soon:  # noqa: ASYNC110 -- as above
        await asyncio.sleep(0.02)


async def bench(folder: Path, series_count: int, away_s: int) -> Figures:
    """One catching up, from a forwarder that was configured before InfluxDB went away."""
    async with open_influx(folder=folder / "influx") as influx:
        settings = InfluxSettings(url=influx.url)
        async with open_journal(folder / "journal.sqlite") as journal, open_forwarding(journal, settings.sink):
            pass  # configured, so that the log is kept from the first reading on
        say(f"filling {series_count * away_s:,} readings while InfluxDB is away")
        async with filled(folder, series_count, away_s) as (journal, series):
            return await catch_up(journal, series, settings, influx, away_s)


async def catch_up(
    journal: Journal, series: list[int], settings: InfluxSettings, influx: Influx, away_s: int
) -> Figures:
    """InfluxDB is back; the readings go on."""
    say("InfluxDB is back")
    registry = HubRegistry(EventBus(), journal.series_of, {})
    going_on = asyncio.create_task(live(journal, series, away_s), name="live")
    server = psutil.Process(influx.process.pid if influx.process else None)
    before, began_s, began_cpu_s = sum(server.cpu_times()[:2]), time.perf_counter(), time.process_time()
    async with open_forwarder(settings, journal, registry) as forwarder:
        assert forwarder is not None  # noqa: S101 -- settings are given
        running = asyncio.create_task(forwarder.run(), name="influx")
        await caught_up(forwarder)
        took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
        count, status = forwarder.progress.forwarded, forwarder.progress.status()
        running.cancel()
        await asyncio.wait([running])
    going_on.cancel()
    await asyncio.wait([going_on])
    return {
        "live_readings_per_s": len(series),
        "backlog_readings": len(series) * away_s,
        "forwarded": count,
        "took_s": round(took_s, 2),
        "forwarded_per_s": round(count / took_s),
        "catch_up_ratio": round(count / took_s / len(series), 1),
        "cpu_us_per_reading": round(cpu_s / count * 1e6, 2),
        "influx_cpu_us_per_reading": round((sum(server.cpu_times()[:2]) - before) / count * 1e6, 2),
        "quarantined": status.quarantined,
    }


def main() -> None:
    """Read the options and measure."""
    asked = options(
        __doc__ or "",
        (
            "--series",
            {"type": int, "default": 250, "metavar": "N", "help": "points, one reading a second (default 250)"},
        ),
        ("--away", {"type": int, "default": 3600, "metavar": "SECONDS", "help": "how much waits (default 3600)"}),
    )
    measure(asked, lambda folder: bench(folder, asked.series, asked.away))


if __name__ == "__main__":
    main()
