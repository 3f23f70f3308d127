"""Readings that only InfluxDB still has, for the exporting process: page by page, each reading once."""

import asyncio
import time
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from labkeeper_hub.export.order import OrderedPoint
from labkeeper_hub.export.plan import InfluxAway
from labkeeper_hub.export.source import Window
from labkeeper_hub.influx.backoff import Backoff
from labkeeper_hub.influx.history import TOO_MUCH, HistoryUnavailable, InfluxHistory, Told, ns
from labkeeper_hub.influx.line import NS_IN_MS
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.columns import QUALITY_MARKS, Columns, kind_of
from labkeeper_hub.timeseries.group import Group
from labkeeper_sdk import Quality

T = TypeVar("T")
PAGE = 20_000  # readings in one answer
PAGE_BYTES = 8 << 20  # more, and fewer readings are asked for at once: a text may be long
TRIES = 3


@dataclass(slots=True)
class Older:
    """Asks in the thread that exports, which has nothing else to do meanwhile; each raises InfluxAway."""

    history: InfluxHistory
    runner: asyncio.Runner
    page: int = PAGE

    def there(self, point: OrderedPoint, window: Window) -> None:
        """Ask for one reading, once, so that an InfluxDB that is away is soon known."""
        self._told(_key(point), _ns(window), 1)

    def count(self, point: OrderedPoint, window: Window) -> int:
        """Return how many readings there are at most."""
        return self._ask(self.history.count(_key(point), _ns(window)))

    def pieces(self, point: OrderedPoint, window: Window) -> Iterator[Columns]:
        """Yield the readings in order of time, those of a millisecond in their order of arrival.

        The next page begins a nanosecond after the last: what lies there under two sets of tags comes once. Only an
        empty page is the end, for a server may give fewer than it is asked for.
        """
        start_ns, end_ns = _ns(window)
        while found := self._page(_key(point), (start_ns, end_ns)):
            yield _columns(found)
            start_ns = found[-1].time_ns + 1

    def _page(self, key: PointKey, times_ns: tuple[int, int]) -> list[Told]:
        """Return the next readings; asked for again where none come, and for fewer where they are too long."""
        backoff = Backoff()
        while True:
            try:
                return self._told(key, times_ns, self.page)
            except InfluxAway as away:
                if away.reason == TOO_MUCH and self.page > 1:
                    self.page //= 2
                    continue
                wait_s = backoff.failed(1.0)
                if backoff.failures == TRIES:
                    raise
                time.sleep(wait_s)

    def _told(self, key: PointKey, times_ns: tuple[int, int], most: int) -> list[Told]:
        return self._ask(self.history.told(key, times_ns, most))

    def _ask(self, question: Coroutine[None, None, T]) -> T:
        try:
            return self.runner.run(question)
        except HistoryUnavailable as unavailable:
            raise InfluxAway(unavailable.reason) from unavailable


@contextmanager
def open_older(influx: InfluxSettings, points: Iterable[OrderedPoint]) -> Iterator[Older]:
    """Give what asks this InfluxDB for these points."""
    whole = {_key(point) for point in points if point.type == "int"}
    with asyncio.Runner() as runner:
        yield Older(InfluxHistory(influx, whole.__contains__, PAGE_BYTES), runner)


def _columns(found: list[Told]) -> Columns:
    group, last_ns = Group(), None
    for told in found:
        if told.time_ns != last_ns:
            mark = QUALITY_MARKS[Quality(told.quality)] | kind_of(told.value)
            group.add(0, told.time_ns // NS_IN_MS, mark, told.value)
        last_ns = told.time_ns
    return group.columns()


def _key(point: OrderedPoint) -> PointKey:
    return PointKey(point.school, point.node, point.device, point.point)


def _ns(window: Window) -> tuple[int, int]:
    return ns((window.from_ms, window.to_ms))
