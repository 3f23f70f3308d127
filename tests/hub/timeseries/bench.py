"""A journal without its threads: writer, compaction, roll-ups and answers, one step at a time and in small chunks."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from labkeeper_hub.model import Aggregate, Page, PointKey, ReadingsQuery, Row
from labkeeper_hub.timeseries.compaction import Compactor
from labkeeper_hub.timeseries.hot import Hot
from labkeeper_hub.timeseries.reader import Reader
from labkeeper_hub.timeseries.retention import Retirer
from labkeeper_hub.timeseries.rollup import Roller
from labkeeper_hub.timeseries.schema import open_for_reading, open_for_writing
from labkeeper_hub.timeseries.upkeep_writer import UpkeepWriter
from labkeeper_hub.timeseries.writer import Writer

from .strategies import Made, group_of

KEY = PointKey("school", "node", "device", "point")


@dataclass(frozen=True)
class Bench:
    """Everything on two connections of one thread."""

    writer: Writer
    reading: sqlite3.Connection

    @property
    def storing(self) -> UpkeepWriter:
        return UpkeepWriter(self.writer.connection)

    @property
    def retirer(self) -> Retirer:
        return Retirer(self.reading)

    def store(self, made: Sequence[Made]) -> None:
        """Commit readings as one group; series that are new are declared."""
        group = group_of(list(made))
        known = {row[0] for row in self.reading.execute("SELECT id FROM series")}
        news = {reading[0] for reading in made} - known
        group.new_series.extend((number, KEY._replace(point=str(number))) for number in sorted(news))
        if group:
            self.writer.commit(group)

    def compact(self, pieces: int | None = None) -> None:
        """Compact everything, or begin to: so many pieces of one series each."""
        if len(self.writer.hot):
            for piece in islice(Compactor(self.reading).compact(self.writer.hot.look()).pieces(1), pieces):
                self.writer.replace(piece)

    def roll(self, most: int = 2) -> int:
        """Roll everything that is sealed, slice by slice; return how many chunks."""
        count = 0
        while (rolled := Roller(self.reading).roll(most)) is not None:
            self.storing.roll(rolled)
            count += len(rolled.chunks)
        return count

    def page(self, query: ReadingsQuery, series: int = 1) -> Page:
        return Reader(self.reading).page(self.writer.hot.look(), series, query)

    def rows(self, window: tuple[int, int], every_ms: int, aggregate: Aggregate, series: int = 1) -> list[Row]:
        return list(self.page(ReadingsQuery(KEY, *window, every_ms, aggregate), series).rows)

    def count(self, table: str) -> int:
        found: int = self.reading.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608 -- ours
        return found


@contextmanager
def open_bench(folder: Path) -> Iterator[Bench]:
    """Open a journal that does not wait for the disk."""
    file = folder / "journal.sqlite"
    connection = open_for_writing(file)
    connection.execute("PRAGMA synchronous = OFF")
    writer = Writer(connection, Hot())
    writer.recall()
    reading = open_for_reading(file)
    try:
        yield Bench(writer, reading)
    finally:
        reading.close()
        connection.close()
