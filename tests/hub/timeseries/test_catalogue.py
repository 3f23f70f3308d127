"""The catalogue tells what a look at every reading would tell, without taking it."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from labkeeper_hub.model import NodeKey, PointKey
from labkeeper_hub.timeseries.catalogue import FILE, Catalogue, Inventory, Removed, open_catalogue
from labkeeper_hub.timeseries.columns import BAD, STALE, kind_of
from labkeeper_hub.timeseries.digest import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    MINUTES,
    Picture,
    Slots,
    Span,
    completeness,
    days_of,
    slot_of,
    unpacked,
)
from labkeeper_hub.timeseries.group import GapRecord, Group, OutboxKey
from labkeeper_hub.timeseries.journal import Journal, Pace
from labkeeper_sdk import Value

from .conftest import compact, running

FIRST_DAY = 20_454  # 2026-01-01
START_MS = FIRST_DAY * DAY_MS
KEYS = [PointKey("school", "node", "device", f"p{number}") for number in range(3)]
Reading = tuple[int, int, Value | None]
CLASSES = {0: 0, STALE: 1, BAD: 2}


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with running(tmp_path / "journal.sqlite", Pace(commit_s=0.0)) as journal:
        yield journal


async def store(journal: Journal, key: PointKey, readings: list[Reading]) -> None:
    number = journal.series_of(key)
    for time_ms, flags, value in readings:
        journal.group.add(number, time_ms, flags | kind_of(value), value)
    group, journal.group = journal.group, Group()
    await journal._insist(lambda: journal.writer.commit(group))


def checked(inventory: Inventory, key: PointKey, readings: list[Reading], span: Span) -> None:
    stock = inventory.stock[key]
    times = [time_ms for time_ms, _, _ in readings]
    assert (stock.first_ms, stock.last_ms, stock.readings) == (min(times), max(times), len(times))
    wanted, minutes = Counter[tuple[int, int]](), set[int]()
    for time_ms, flags, value in readings:
        since = time_ms - span.from_ms
        if 0 <= since < span.days * DAY_MS:
            wanted[since // DAY_MS, 3 if value is None else CLASSES[flags]] += 1
            minutes |= {since // MINUTE_MS} if value is not None and flags == 0 else set()
    found = {(day, kind): int(count) for (day, kind), count in np.ndenumerate(stock.picture.counts) if count}
    assert found == dict(wanted)
    assert set(np.flatnonzero(stock.picture.minutes).tolist()) == minutes


async def test_what_retention_took_of_a_point_is_told_beside_what_is_left(journal: Journal, tmp_path: Path) -> None:
    await store(journal, KEYS[0], [(START_MS, 0, 1.5)])
    async with open_catalogue(journal, tmp_path / "journal.sqlite") as catalogue:
        assert (await catalogue.inventory(Span(FIRST_DAY, 1, 0))).removed == {}
        await journal.write(lambda at: at.execute("UPDATE series SET retired = 7, retired_ms = 99"))
        assert (await catalogue.inventory(Span(FIRST_DAY, 1, 0))).removed == {KEYS[0]: Removed(7, 100)}


async def test_counts_and_minutes_are_those_of_the_readings_whatever_is_compacted(
    journal: Journal, tmp_path: Path
) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201 -- to repeat it
    chance, told = random.Random(seed), {key: list[Reading]() for key in KEYS}
    async with open_catalogue(journal, tmp_path / "journal.sqlite") as catalogue:
        for _ in range(10):
            for key in KEYS:
                some: list[Reading] = [
                    (
                        START_MS + chance.randrange(4 * DAY_MS),
                        chance.choice([0, 0, STALE, BAD]),
                        chance.choice([1.5, None]),
                    )
                    for _ in range(chance.randrange(1, 2000))
                ]
                told[key] += some
                await store(journal, key, some)
            if chance.random() < 0.6:
                await compact(journal, chance.choice([None, 1, 2]))
            span = Span(FIRST_DAY + chance.randrange(-1, 4), chance.randrange(1, 4), chance.randrange(-12, 15))
            inventory = await catalogue.inventory(span)
            assert inventory.pending == 0
            for key in KEYS:
                checked(inventory, key, told[key], span)
    async with open_catalogue(journal, tmp_path / "journal.sqlite") as catalogue:
        again = await catalogue.inventory(span)
        for key in KEYS:
            checked(again, key, told[key], span)


async def test_a_chunk_is_unpacked_once(journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await store(journal, KEYS[0], [(START_MS + at * 1000, 0, 1.0) for at in range(20_000)])
    await journal.compact()
    unpackings = Counter[int]()
    original = Catalogue.__module__
    module = __import__(original, fromlist=["chunk"])
    unpack = module.chunk.unpack

    def counted(series: int, body: bytes) -> object:
        unpackings[hash(body)] += 1
        return unpack(series, body)

    monkeypatch.setattr(module.chunk, "unpack", counted)
    async with open_catalogue(journal, tmp_path / "journal.sqlite") as catalogue:
        for _ in range(3):
            await catalogue.inventory(Span(FIRST_DAY, 1, 0))
    async with open_catalogue(journal, tmp_path / "journal.sqlite") as catalogue:
        await catalogue.inventory(Span(FIRST_DAY, 1, 0))
    assert len(unpackings) == 5
    assert set(unpackings.values()) == {1}


async def test_what_is_not_looked_at_yet_is_said(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkeeper_hub.timeseries.catalogue.AT_ONCE", 2)
    await store(journal, KEYS[0], [(START_MS + at * 1000, 0, 1.0) for at in range(20_000)])
    await journal.compact()
    async with open_catalogue(journal, tmp_path / "journal.sqlite") as catalogue:
        pending = [(await catalogue.inventory(Span(FIRST_DAY, 1, 0))).pending for _ in range(4)]
    assert pending == [3, 1, 0, 0]


def take_away(journal: Journal) -> None:
    journal.writer.connection.execute("DELETE FROM chunks WHERE id = 1")
    journal.writer.connection.execute("INSERT INTO retired VALUES (1, 'age', 0, 1, 4096, 1, 0, 0)")


async def test_a_chunk_that_is_gone_is_no_longer_counted(journal: Journal, tmp_path: Path) -> None:
    await store(journal, KEYS[0], [(START_MS + at * 1000, 0, 1.0) for at in range(20_000)])
    await journal.compact()
    async with open_catalogue(journal, tmp_path / "journal.sqlite") as catalogue:
        span = Span(FIRST_DAY, 1, 0)
        assert (await catalogue.inventory(span)).stock[KEYS[0]].readings == 20_000
        await journal._insist(lambda: take_away(journal))
        stock = (await catalogue.inventory(span)).stock[KEYS[0]]
        assert (stock.readings, stock.first_ms) == (20_000 - 4096, START_MS + 4096_000)


async def test_what_a_node_gave_up_is_named(journal: Journal, tmp_path: Path) -> None:
    outbox = OutboxKey(NodeKey("school", "node"), "epoch")
    group = Group(gaps=[GapRecord(outbox, "1", START_MS + 5, START_MS + 9, 77, "1-3")])
    await journal._insist(lambda: journal.writer.commit(group))
    async with open_catalogue(journal, tmp_path / "journal.sqlite") as catalogue:
        (gap,) = (await catalogue.inventory(Span(FIRST_DAY, 1, 0))).given_up
        assert (gap.node.node, gap.from_ms, gap.to_ms, gap.readings) == ("node", START_MS + 5, START_MS + 9, 77)
        assert (await catalogue.inventory(Span(FIRST_DAY + 1, 1, 0))).given_up == ()


async def test_a_damaged_catalogue_is_made_anew(journal: Journal, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"nonsense" * 1000)
    await store(journal, KEYS[0], [(START_MS, 0, 1.0)])
    await journal.compact()
    async with open_catalogue(journal, tmp_path / "journal.sqlite") as catalogue:
        assert (await catalogue.inventory(Span(FIRST_DAY, 1, 0))).stock[KEYS[0]].readings == 1


def picture(*minutes: range, every_ms: int = 15_000, days: int = 1) -> Picture:
    """A picture with good readings in these minutes."""
    found = Picture.empty(Span(FIRST_DAY, days, 0))
    for some in minutes:
        found.minutes[list(some)] = True
    found.intervals.append(every_ms)
    return found


def test_a_slot_holds_four_typical_intervals() -> None:
    minutes = [slot_of(seconds * 1000) // MINUTE_MS for seconds in (0, 1, 15, 16, 75, 76, 225, 900, 901, 5400, 5401)]
    assert minutes == [0, 1, 1, 5, 5, 15, 15, 60, 360, 360, 0]


def test_a_whole_day_of_readings_is_complete() -> None:
    found = completeness(picture(range(MINUTES)), START_MS, START_MS + 2 * DAY_MS)
    assert (found.days, found.gaps) == ((Slots(1440, 1440),), ())


def test_a_silence_is_a_gap_with_a_beginning_and_an_end() -> None:
    found = completeness(picture(range(60), range(90, 1440)), START_MS, START_MS + DAY_MS)
    assert found.days == (Slots(1440, 1410),)
    assert found.gaps == ((START_MS + HOUR_MS, START_MS + HOUR_MS + 30 * MINUTE_MS),)


def test_before_the_first_reading_and_after_now_nothing_is_expected() -> None:
    found = completeness(picture(range(600, 700)), START_MS + 600 * MINUTE_MS, START_MS + 710 * MINUTE_MS + 59_000)
    assert found.days == (Slots(110, 100),)
    assert found.gaps == ((START_MS + 700 * MINUTE_MS, START_MS + 710 * MINUTE_MS),)


def test_a_point_without_an_interval_has_no_slots() -> None:
    assert completeness(Picture.empty(Span(FIRST_DAY, 1, 0)), START_MS, START_MS + DAY_MS).slot_ms == 0


def test_a_digest_comes_back_as_it_was_packed() -> None:
    from labkeeper_hub.timeseries.columns import FLOAT, Columns  # noqa: PLC0415 -- only here

    times = np.array([START_MS, START_MS + 10_000, START_MS + 40_000], np.int64)
    columns = Columns(np.ones(3, np.uint32), times, np.full(3, FLOAT, np.uint8), np.zeros(3, np.uint64))
    ((number, day),) = days_of(columns)
    again = unpacked(day.packed())
    assert (number, again[:3], again.readings) == (FIRST_DAY, (START_MS, START_MS + 40_000, 20_000), 3)
    assert (again.counts == day.counts).all()
    assert (again.minutes == day.minutes).all()
