"""Retention leaves alone what is pinned; counting agrees with reading."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labkeeper_hub.model import PointKey, ReadingsQuery
from labkeeper_hub.timeseries.journal import Journal, open_journal
from labkeeper_hub.timeseries.pins import Pinned, Pins
from labkeeper_hub.timeseries.retention import READINGS
from labkeeper_hub.timeseries.rollup import MINUTE_MS

from .bench import KEY, Bench, open_bench

MINE = KEY._replace(point="1")
pytestmark = pytest.mark.usefixtures("small_chunks")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        opened.store([(1, MINUTE_MS * n, 0, float(n)) for n in range(60)])
        opened.compact()
        opened.roll()
        yield opened


def pin(bench: Bench, from_minute: int, to_minute: int, series: int = 1) -> None:
    window = (from_minute * MINUTE_MS, to_minute * MINUTE_MS)
    bench.writer.connection.execute("INSERT INTO pins VALUES (?, 'r-1', ?, ?)", (series, *window))


def left(bench: Bench) -> list[float]:
    """Retire everything that may go; return what is left."""
    for found in iter(lambda: bench.retirer.aged([(1, {READINGS: 0})], 2, 1 << 50), None):
        bench.storing.retire(found)
    by_age = [row.value for row in bench.page(ReadingsQuery(MINE, 0, 1 << 50)).rows]
    while (oldest := bench.retirer.oldest(2, 0)) is not None and oldest.level == READINGS:
        bench.storing.retire(oldest)
    assert [row.value for row in bench.page(ReadingsQuery(MINE, 0, 1 << 50)).rows] == by_age
    return [float(value) for value in by_age if value is not None]


def test_neither_age_nor_bytes_take_what_is_pinned(bench: Bench) -> None:
    pin(bench, 20, 31)
    kept = left(bench)
    assert set(map(float, range(20, 31))) <= set(kept)
    assert len(kept) < 30  # whole chunks, and no more of them than the pin touches


def test_a_pin_of_another_series_keeps_nothing(bench: Bench) -> None:
    pin(bench, 0, 60, series=2)
    assert left(bench) == []


async def test_pins_are_put_replaced_and_taken_away(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "journal.sqlite") as journal:
        pins, other = Pins(journal), MINE._replace(point="2")
        await pins.put("r-1", Pinned((MINE, other), 5, 1 << 62))
        await pins.put("r-1", Pinned((MINE,), 5, 10))
        await pins.put("r-2", Pinned((other,), 0, 1))
        assert await _pins(journal) == [(1, "r-1", 5, 10), (2, "r-2", 0, 1)]
        await pins.take_away("r-1")
        await pins.put_all({"r-3": Pinned((other,), 7, 8)})
        assert await _pins(journal) == [(2, "r-3", 7, 8)]


async def _pins(journal: Journal) -> list[tuple[object, ...]]:
    return await journal.write(lambda link: link.execute("SELECT * FROM pins ORDER BY series").fetchall())


async def test_a_point_nobody_knows_has_no_readings_to_count(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "journal.sqlite") as journal:
        assert await journal.count([PointKey("a", "b", "c", "d")], 0, 1 << 60) == 0
