"""What an export reads where: InfluxDB before the journal's horizon, the journal from there on, each reading once."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from labkeeper_hub.export.order import Order, OrderedPoint
from labkeeper_hub.export.source import Series, Window, pieces
from labkeeper_hub.timeseries.columns import EMPTY, Columns
from labkeeper_hub.timeseries.retired import REASON

COUNT_S = 20.0  # for counting what InfluxDB has, which only the progress needs


class InfluxAway(Exception):
    """InfluxDB may have readings of the window and cannot tell; `reason` is short and stable, as of `/readings`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Behind(Protocol):
    """What has readings from before the journal's; each raises InfluxAway."""

    def there(self, point: OrderedPoint, window: Window) -> None:
        """Return if it answers."""

    def count(self, point: OrderedPoint, window: Window) -> int:
        """Return how many readings there are at most."""

    def pieces(self, point: OrderedPoint, window: Window) -> Iterator[Columns]:
        """Yield the readings in order of time, those of a millisecond in their order of arrival."""


@dataclass(slots=True)
class Part:
    """One point: the journal's window, and the one before it that InfluxDB has (None: none)."""

    point: OrderedPoint
    series: Series
    window: Window
    older: Window | None = None
    counted: int | None = None
    """Readings of `older`; None where they could not be counted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All parts; before when the file cannot be complete, and why."""

    connection: sqlite3.Connection
    behind: Behind | None
    parts: Sequence[Part]
    incomplete_before_ms: int | None = None
    reason: str | None = None

    @property
    def total(self) -> int:
        """How many readings are to be looked at; more, where InfluxDB could not be counted and gives some."""
        return sum(part.series.readings + (part.counted or 0) for part in self.parts)

    def pieces(self, part: Part) -> Iterator[tuple[Columns, int]]:
        """Yield one part's readings by time, and how many were looked at for each piece."""
        if part.older is not None and self.behind is not None:
            yield from _of_influx(self.behind, part, part.older)
        yield from pieces(self.connection, part.series, part.window)


def planned(connection: sqlite3.Connection, order: Order, found: Sequence[Series], behind: Behind | None) -> Plan:
    """Return the plan. Where InfluxDB is there and cannot be asked, the journal alone gives what it has."""
    whole = Window(order.from_ms, order.to_ms)
    parts = [Part(point, series, whole) for point, series in zip(order.points, found, strict=True)]
    if behind is None:
        gone = [series.retired_until_ms for series in found if series.retired_until_ms is not None]
        return Plan(connection, None, parts, *((max(gone), REASON) if gone else (None, None)))
    older = [part for part in parts if before_horizon(part.series, order)]
    try:
        for part in older[:1]:
            behind.there(part.point, Window(whole.from_ms, part.series.horizon_ms))
    except InfluxAway as away:
        return Plan(connection, None, parts, max(part.series.horizon_ms for part in older), away.reason)
    for part in older:
        part.older = Window(whole.from_ms, part.series.horizon_ms)
        part.window = Window(part.series.horizon_ms, whole.to_ms)
    _count(older, behind)
    return Plan(connection, behind, parts)


def before_horizon(series: Series, order: Order) -> bool:
    """Tell whether the order asks for times of which the journal no longer has everything, or never had anything."""
    return series.horizon_ms > order.from_ms


def _count(parts: Sequence[Part], behind: Behind) -> None:
    """Count while there is time: a count that does not come is no reason to leave readings out."""
    until_s = time.monotonic() + COUNT_S
    try:
        for part in parts:
            if part.older is not None and time.monotonic() < until_s:
                part.counted = behind.count(part.point, part.older)
    except InfluxAway:
        return


def _of_influx(behind: Behind, part: Part, window: Window) -> Iterator[tuple[Columns, int]]:
    left = part.counted or 0
    for columns in behind.pieces(part.point, window) if part.counted != 0 else ():
        part.counted = (part.counted or 0) + max(0, len(columns) - left)
        left = max(0, left - len(columns))
        yield columns, len(columns)
    if left:
        yield EMPTY, left
