"""Journals made for exports: chunks and log as the hub would have them."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np

from labkeeper_hub.export.order import FileFormat, Order, OrderedPoint
from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries import chunk
from labkeeper_hub.timeseries.columns import FLOAT, Columns, kind_of
from labkeeper_hub.timeseries.compaction import Compactor
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.hot import Hot
from labkeeper_hub.timeseries.log import trim
from labkeeper_hub.timeseries.schema import open_for_reading, open_for_writing
from labkeeper_hub.timeseries.writer import Writer
from labkeeper_sdk import Value

START_MS = 1_767_225_600_000
Reading = tuple[int, int, Value | None]  # time, flags beside the kind, value


class Stored:
    """A journal that takes readings and compacts when told."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.writer = Writer(open_for_writing(file), Hot())
        self.numbers = dict(self.writer.recall().series)

    def take(self, key: PointKey, readings: Sequence[Reading]) -> None:
        """Commit readings of a point."""
        group = Group()
        if key not in self.numbers:
            self.numbers[key] = len(self.numbers) + 1
            group.new_series.append((self.numbers[key], key))
        for time_ms, flags, value in readings:
            group.add(self.numbers[key], time_ms, flags | kind_of(value), value)
        self.writer.commit(group)

    def compact(self, pieces: int | None = None) -> None:
        """Make chunks of the log; or begin to, series by series, and stop after so many."""
        with closing(open_for_reading(self.file)) as connection:
            for piece in islice(Compactor(connection).compact(self.writer.hot.look()).pieces(1), pieces):
                self.writer.replace(piece)

    def forwarded(self, position: int) -> None:
        """Have a forwarder that has passed the log up to this position: from there on the log is kept for it."""
        connection = self.writer.connection
        connection.execute("INSERT OR REPLACE INTO forwarded VALUES ('influx', ?, 0, 0)", (position,))
        trim(connection, self.writer.hot.end)

    def close(self) -> None:
        self.writer.connection.close()


def fill(file: Path, key: PointKey, count: int, every_ms: int = 1000) -> None:
    """Store so many readings of one point as full chunks, faster than through the log."""
    with closing(open_for_writing(file)) as connection:
        number = int(connection.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM series").fetchone()[0])
        rows = [_chunk(number, at, min(chunk.MOST, count - at), every_ms) for at in range(0, count, chunk.MOST)]
        connection.execute("BEGIN")
        connection.execute(
            "INSERT INTO series (id, school, node, device, point) VALUES (?, ?, ?, ?, ?)", (number, *key)
        )
        many = "INSERT INTO chunks (series, first_ms, last_ms, readings, body) VALUES (?, ?, ?, ?, ?)"
        connection.executemany(many, rows)
        connection.execute("COMMIT")


def _chunk(number: int, at: int, count: int, every_ms: int) -> tuple[int, int, int, int, bytes]:
    times = START_MS + np.arange(at, at + count, dtype=np.int64) * every_ms
    values = 20 + np.sin(np.arange(at, at + count) / 500).round(2)
    columns = Columns(np.full(count, number, np.uint32), times, np.full(count, FLOAT, np.uint8), values.view(np.uint64))
    return number, int(times[0]), int(times[-1]), count, chunk.pack(columns)


def ordered(key: PointKey, **more: str) -> OrderedPoint:
    return OrderedPoint(
        school=key.school,
        lab="一号",
        node=key.node,
        device=key.device,
        point=key.point,
        unit=more.get("unit", "Cel"),
        kind="measure",
        type="float",
    )


def order(file: Path, form: FileFormat, *keys: PointKey, from_ms: int = 0, to_ms: int = 1 << 60) -> Order:
    return Order(
        journal=str(file), format=form, from_ms=from_ms, to_ms=to_ms, points=tuple(ordered(key) for key in keys)
    )


def opened(file: Path) -> "closing[sqlite3.Connection]":
    return closing(open_for_reading(file))
