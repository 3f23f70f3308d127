"""What an export reads is what the journal answers, whatever is compacted, late or still in the log."""

import random
from pathlib import Path

import pytest

from labkeeper_hub.export.source import MOST, ChangedMeanwhile, Window, find, pieces
from labkeeper_hub.model import PointKey, ReadingsQuery, Row
from labkeeper_hub.timeseries import chunk
from labkeeper_hub.timeseries.columns import values_of
from labkeeper_hub.timeseries.reader import Reader

from .stored import START_MS, Reading, Stored, fill, opened

KEYS = [PointKey("school", "node", "device", f"p{number}") for number in range(3)]
NOBODYS = PointKey("school", "node", "device", "nobody")


def exported(file: Path, key: PointKey, window: Window) -> list[Row]:
    with opened(file) as connection:
        (series,) = find(connection, [key], window)
        found = list(pieces(connection, series, window))
        assert sum(looked for _, looked in found) == series.readings
        assert all(len(columns) <= MOST for columns, _ in found)
        return [
            Row(*row) for columns, _ in found for row in zip(columns.times.tolist(), values_of(columns), strict=True)
        ]


def answered(stored: Stored, key: PointKey, window: Window) -> list[Row]:
    query = ReadingsQuery(key, window.from_ms, window.to_ms, limit=10**9)
    with opened(stored.file) as connection:
        return list(Reader(connection).page(stored.writer.hot.look(), stored.numbers[key], query).rows)


def made(chance: random.Random, count: int) -> list[Reading]:
    values = [None, 1.5, -0.0, 7, 1 << 63, True, "气", ""]
    return [(START_MS + chance.randrange(20_000), 0, chance.choice(values)) for _ in range(count)]


@pytest.mark.parametrize("forwarding", [False, True])
def test_an_export_has_what_the_journal_has_in_the_same_order(
    forwarding: bool,  # noqa: FBT001 -- a column of the table
    tmp_path: Path,
) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201 -- to repeat it
    chance, stored = random.Random(seed), Stored(tmp_path / "journal.sqlite")
    for _ in range(12):
        for key in KEYS:
            stored.take(key, made(chance, chance.randrange(1, 2500)))
        if forwarding and chance.random() < 0.6:
            stored.forwarded(chance.randrange(stored.writer.hot.end + 1))
        if chance.random() < 0.6 and stored.writer.hot.end > stored.writer.hot.first:
            stored.compact(chance.choice([None, 1, 2]))
    for key in KEYS:
        for _ in range(8):
            first = START_MS + chance.randrange(-100, 20_000)
            window = Window(first, first + chance.randrange(20_000))
            assert exported(stored.file, key, window) == answered(stored, key, window)
        everything = Window(0, 1 << 60)
        assert exported(stored.file, key, everything) == answered(stored, key, everything)
    stored.close()


def test_a_point_without_readings_has_none(tmp_path: Path) -> None:
    stored = Stored(tmp_path / "journal.sqlite")
    stored.take(KEYS[0], [(START_MS, 0, 1.0)])
    assert exported(stored.file, NOBODYS, Window(0, 1 << 60)) == []
    assert exported(stored.file, KEYS[0], Window(START_MS + 1, 1 << 60)) == []
    stored.close()


def test_readings_that_are_compacted_while_others_are_read_come_once(tmp_path: Path) -> None:
    stored = Stored(tmp_path / "journal.sqlite")
    stored.take(KEYS[0], [(START_MS + at, 0, float(at)) for at in range(10_000)])
    stored.compact()
    stored.take(KEYS[0], [(START_MS + at, 0, float(at)) for at in range(10_000, 11_000)])
    window = Window(0, 1 << 60)
    with opened(stored.file) as connection:
        (series,) = find(connection, KEYS[:1], window)
        reading = pieces(connection, series, window)
        times = next(reading)[0].times.tolist()
        stored.compact()
        stored.take(KEYS[0], [(START_MS + 99_999, 0, 0.0)])
        stored.compact()
        for columns, _ in reading:
            times += columns.times.tolist()
    assert times == [START_MS + at for at in range(11_000)]
    stored.close()


def test_what_is_kept_for_a_forwarder_that_is_behind_comes_once_and_is_not_read(tmp_path: Path) -> None:
    stored, window = Stored(tmp_path / "journal.sqlite"), Window(0, 1 << 60)
    stored.forwarded(0)
    stored.take(KEYS[0], [(START_MS + at, 0, float(at)) for at in range(10)])
    stored.compact()
    assert [row.value for row in exported(stored.file, KEYS[0], window)] == [float(at) for at in range(10)]
    with opened(stored.file) as connection:
        assert connection.execute("SELECT COUNT(*) FROM segments").fetchone() == (1,)
        (series,) = find(connection, KEYS[:1], window)
        assert len(series.hot) == 0
    stored.close()


def test_it_is_known_before_when_retention_took_some_unless_it_was_pinned(tmp_path: Path) -> None:
    stored, window = Stored(tmp_path / "journal.sqlite"), Window(START_MS, START_MS + 100)
    stored.take(KEYS[0], [(START_MS + 50, 0, 1.0)])

    def until() -> int | None:
        with opened(stored.file) as connection:
            return find(connection, KEYS[:1], window)[0].retired_until_ms

    assert until() is None
    stored.writer.connection.execute("UPDATE series SET retired_ms = ?", (START_MS + 9,))
    assert until() == START_MS + 10
    stored.writer.connection.execute("INSERT INTO pins VALUES (1, 'a recording', ?, ?)", (START_MS, START_MS + 100))
    assert until() is None
    stored.close()


def test_a_chunk_that_is_taken_away_ends_the_export_instead_of_leaving_a_hole(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    fill(file, KEYS[0], 3 * chunk.MOST)
    stored, window = Stored(file), Window(0, 1 << 60)
    with opened(file) as connection:
        (series,) = find(connection, KEYS[:1], window)
        reading = pieces(connection, series, window)
        next(reading)
        stored.writer.connection.execute("DELETE FROM chunks WHERE id = 3")
        with pytest.raises(ChangedMeanwhile):
            list(reading)
    stored.close()
