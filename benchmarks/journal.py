"""`python -m benchmarks.journal`: a large journal, built by the real writer, and what questions and commits cost on it.

The readings are a month of sensors with two decimals (or as many as `--decimals` says: 15 are noise to the last bit, as
of what is computed), and one more that spoke every second of the last day. Seconds are
of the clock; `cpu` and ratios are of the processor, so that other work on the machine does not count.
"""

import asyncio
import json
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import psutil

from benchmarks.harness import Figures, measure, options, say
from labkeeper_hub.model import Aggregate, Page, PointKey, ReadingsQuery
from labkeeper_hub.timeseries.buckets import F64
from labkeeper_hub.timeseries.columns import FLOAT, I64, U32, Columns
from labkeeper_hub.timeseries.compaction import Compactor
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.hot import Hot
from labkeeper_hub.timeseries.journal import open_journal
from labkeeper_hub.timeseries.pace import UpkeepPace
from labkeeper_hub.timeseries.rollup import Roller
from labkeeper_hub.timeseries.schema import open_for_reading, open_for_writing
from labkeeper_hub.timeseries.upkeep_writer import UpkeepWriter
from labkeeper_hub.timeseries.writer import Writer

DAY_MS = 86_400_000
SPAN_MS = 31 * DAY_MS
END_MS = 1_780_000_200_000 // 3_600_000 * 3_600_000
PER_COMMIT = 1 << 16
PER_COMPACTION = 1 << 18
COMMITS = 60  # of each journal, compared
ASKED = 7  # times, of which the median counts
POINTS = 2000


@dataclass(slots=True)
class Bulk(Group):
    """A group whose readings are columns already."""

    ready: Columns | None = None

    def columns(self) -> Columns:
        """Return them."""
        return self.ready if self.ready is not None else Group.columns(self)


@dataclass(frozen=True, slots=True)
class Store:
    """A journal's writer, and the connection its upkeep reads with."""

    writer: Writer
    reading: sqlite3.Connection
    pieces: list[float] = field(default_factory=list)
    """Seconds of the processor that each transaction of a compaction took: what a commit waits for at most."""

    def keep(self, part: Columns) -> None:
        """Commit, compact and roll as the hub does."""
        self.writer.commit(Bulk(ready=part))
        if len(self.writer.hot) >= PER_COMPACTION:
            self.compact()
            self.roll()

    def compact(self) -> None:
        """Turn the log into chunks."""
        for piece in Compactor(self.reading).compact(self.writer.hot.look()).pieces(UpkeepPace().compact_chunks):
            began = time.process_time()
            self.writer.replace(piece)
            self.pieces.append(time.process_time() - began)

    def roll(self) -> None:
        """Roll whatever is sealed."""
        while (rolled := Roller(self.reading).roll(256)) is not None:
            UpkeepWriter(self.writer.connection).roll(rolled)


@contextmanager
def open_store(file: Path, series: int = 0) -> Iterator[Store]:
    """Open without threads; declare `series` if the file is new."""
    with closing(open_for_writing(file)) as connection, closing(open_for_reading(file)) as reading:
        writer = Writer(connection, Hot())
        writer.recall()
        if series:
            writer.commit(Bulk(new_series=[(number, key(number)) for number in range(1, series + 1)]))
        yield Store(writer, reading)


def key(number: int) -> PointKey:
    """Return the point of a series."""
    return PointKey("bench-school", "node", "device", f"p{number}")


def columns(series: U32, times: I64, values: F64) -> Columns:
    """Return good floats as columns."""
    return Columns(series, times, np.full(len(times), FLOAT, np.uint8), values.view(np.uint64))


def month(readings: int, sensors: int, decimals: int) -> Iterator[Columns]:
    """Yield a month of all sensors in turn, in commits."""
    chance = np.random.default_rng(7)
    total, rounds = readings // sensors, max(1, PER_COMMIT // sensors)
    level: F64 = np.full(sensors, 20.0)
    for first in range(0, total, rounds):
        count = min(rounds, total - first)
        walk = level + np.cumsum(chance.normal(0, 0.02, (count, sensors)), axis=0)
        level = walk[-1]
        times = (END_MS - SPAN_MS + (first + np.arange(count)) * (SPAN_MS / total)).astype(np.int64)
        series = np.tile(np.arange(1, sensors + 1, dtype=np.uint32), count)
        yield columns(series, np.repeat(times, sensors), np.round(walk, decimals).reshape(-1))


def fast_day(series: int) -> Columns:
    """Return a day of one reading a second."""
    seconds = np.arange(86_400, dtype=np.int64)
    noise = np.random.default_rng(8).normal(0, 2, len(seconds))
    values = np.round(400 + 50 * np.sin(seconds / 7000) + noise, 1)
    return columns(np.full(len(seconds), series, np.uint32), END_MS - DAY_MS + 1000 * seconds, values)


def build(file: Path, readings: int, sensors: int, decimals: int) -> int:
    """Write, compact and roll so many readings and a fast day; return how many there are."""
    count = 0
    with open_store(file, sensors + 1) as store:
        for part in chain((fast_day(sensors + 1),), month(readings, sensors, decimals)):
            store.keep(part)
            count += len(part)
        store.compact()
        store.roll()
    return count


def ratios(full_file: Path, empty_file: Path, sensors: int) -> Figures:
    """Commit and compact in turn on the full journal and on an empty one; return what the full one costs more."""
    spent: dict[str, float] = {}
    with open_store(full_file) as full, open_store(empty_file, sensors + 1) as empty:
        for turn in range(COMMITS):
            for name, store in (("full", full), ("empty", empty)):
                seconds = turn * 50 + np.repeat(np.arange(50, dtype=np.int64), sensors)
                series = np.tile(np.arange(1, sensors + 1, dtype=np.uint32), 50)
                group = Bulk(ready=columns(series, END_MS + 1000 * seconds, np.round(np.sin(seconds / 7e3) * 9, 2)))
                began = time.process_time()
                store.writer.commit(group)
                between = time.process_time()
                if turn % 6 == 5:
                    store.compact()
                spent[f"commit {name}"] = spent.get(f"commit {name}", 0) + between - began
                spent[f"compact {name}"] = spent.get(f"compact {name}", 0) + time.process_time() - between
    return {
        "compaction_pieces": len(full.pieces),
        "compaction_piece_longest_cpu_ms": round(max(full.pieces) * 1000, 1),
        "commit_ratio_full_vs_empty": round(spent["commit full"] / spent["commit empty"], 3),
        "compaction_ratio_full_vs_empty": round(spent["compact full"] / spent["compact empty"], 3),
    }


async def questions(file: Path, sensors: int) -> Figures:
    """Open the journal as the hub does and ask; the memory is of this process, which has done nothing else."""
    began = time.perf_counter()
    async with open_journal(file) as journal:
        start_s = time.perf_counter() - began
        day = ReadingsQuery(key(sensors + 1), END_MS - DAY_MS, END_MS, 300_000, Aggregate.MEAN)
        since_ms = END_MS - 30 * DAY_MS
        series = range(1, min(20, sensors) + 1)
        all_month = [ReadingsQuery(key(n), since_ms, END_MS, 1_800_000, Aggregate.MEAN, POINTS) for n in series]
        figures = await asked("query_24h", journal.page, [day])
        figures |= await asked("query_30d_20_series", journal.page, all_month)
        weight = psutil.Process().memory_info().rss / 1e6
    return figures | {"start_s": round(start_s, 3), "rss_mb": round(weight, 1)}


async def asked(
    name: str, page: Callable[[ReadingsQuery], Awaitable[Page]], queries: Sequence[ReadingsQuery]
) -> Figures:
    """Ask everything some times; return the medians by the clock and by the processor, and the points."""
    clock, processor, points = [], [], 0
    for _ in range(ASKED):
        began, spent = time.perf_counter(), time.process_time()
        points = sum([len((await page(query)).rows) for query in queries])
        clock.append((time.perf_counter() - began) * 1000)
        processor.append((time.process_time() - spent) * 1000)
    return {
        f"{name}_ms": round(statistics.median(clock), 2),
        f"{name}_cpu_ms": round(statistics.median(processor), 2),
        f"{name}_points": points,
    }


def sizes(file: Path, count: int) -> Figures:
    """Return what a reading takes: in the file, in its chunk, and in roll-ups."""
    with closing(open_for_reading(file)) as reading:
        chunks = reading.execute("SELECT SUM(length(body)) FROM chunks").fetchone()[0]
        leaves = reading.execute("SELECT SUM(length(body)) FROM rollups").fetchone()[0] or 0
        free = reading.execute("PRAGMA freelist_count").fetchone()[0] * 4096
    return {
        "file_mb": round(file.stat().st_size / 1e6, 1),
        "free_mb": round(free / 1e6, 1),
        "bytes_per_reading": round(file.stat().st_size / count, 2),
        "chunk_bytes_per_reading": round(chunks / count, 2),
        "rollup_bytes_per_reading": round(leaves / count, 2),
    }


async def bench(folder: Path, readings: int, sensors: int, decimals: int) -> Figures:
    """Build, weigh, ask in a process of its own, and commit."""
    file = folder / "journal.sqlite"
    began, spent = time.perf_counter(), time.process_time()
    say(f"building a journal of {readings:,} readings")
    count = build(file, readings, sensors, decimals)
    figures: Figures = {
        "readings": count,
        "sensors": sensors,
        "decimals": decimals,
        "build_s": round(time.perf_counter() - began, 1),
        "build_cpu_us_per_reading": round((time.process_time() - spent) / count * 1e6, 3),
    } | sizes(file, count)
    command = [sys.executable, "-m", "benchmarks.journal", "--ask", str(file), "--sensors", str(sensors)]
    say("asking it")
    asking = await asyncio.to_thread(subprocess.run, command, stdout=subprocess.PIPE, check=True)
    figures |= json.loads(asking.stdout)
    say("committing on it, and on an empty one")
    return figures | ratios(file, folder / "empty.sqlite", sensors)


def main() -> None:
    """Read the options and measure."""
    told = options(
        __doc__ or "",
        ("--readings", {"type": int, "default": 3_000_000, "help": "readings in the journal (default 3,000,000)"}),
        ("--sensors", {"type": int, "default": 40, "help": "series they are spread over (default 40)"}),
        ("--decimals", {"type": int, "default": 2, "help": "of what they say (default 2; 15: noise to the last bit)"}),
        ("--folder", {"type": Path, "help": "build it here and leave it; default: a folder that goes away"}),
        ("--ask", {"type": Path, "metavar": "FILE", "help": "only open and ask a journal built before"}),
    )
    if told.ask:
        print(json.dumps(asyncio.run(questions(told.ask, told.sensors))))
    elif told.folder and (told.folder / "journal.sqlite").exists():
        sys.exit(f"{told.folder} holds a journal already")
    else:
        measure(told, lambda folder: bench(_made(told.folder or folder), told.readings, told.sensors, told.decimals))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
