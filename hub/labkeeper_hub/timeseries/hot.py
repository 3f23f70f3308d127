"""The hot window in memory: what the log holds and no chunk does yet, so that a query need not unpack the log.

One thread appends, any thread looks: pages only ever grow at their end, and their fill is raised after the writing.
"""

from dataclasses import dataclass, field
from sys import getsizeof

import numpy as np

from labkeeper_hub.timeseries.columns import I64, KIND, TEXT, U8, U32, U64, Columns, join

PAGE = 1 << 16


@dataclass(slots=True)
class _Page:
    """A fixed number of readings, `fill` of them valid."""

    first: int
    series: U32 = field(default_factory=lambda: np.empty(PAGE, np.uint32))
    times: I64 = field(default_factory=lambda: np.empty(PAGE, np.int64))
    marks: U8 = field(default_factory=lambda: np.empty(PAGE, np.uint8))
    bits: U64 = field(default_factory=lambda: np.empty(PAGE, np.uint64))
    texts: list[str] = field(default_factory=list)
    fill: int = 0

    def append(self, columns: Columns, start: int) -> int:
        """Copy as many readings from `start` on as there is room for; return how many."""
        at = self.fill
        count = min(PAGE - at, len(columns) - start)
        here, there = slice(at, at + count), slice(start, start + count)
        self.series[here] = columns.series[there]
        self.times[here] = columns.times[there]
        self.marks[here] = columns.marks[there]
        self.bits[here] = columns.bits[there]
        self._place_texts(columns, here, there)
        self.fill = at + count
        return count

    def _place_texts(self, columns: Columns, here: slice, there: slice) -> None:
        """Keep the texts of the readings copied, which lie elsewhere from now on."""
        if not columns.texts:
            return
        places = np.flatnonzero(columns.marks[there] & KIND == TEXT)
        moved = self.bits[here]
        for place in places.tolist():
            self.texts.append(columns.texts[int(moved[place])])
            moved[place] = len(self.texts) - 1


@dataclass(slots=True)
class Hot:
    """Readings from position `first` to `end`, a count over the journal's whole life."""

    first: int = 0
    end: int = 0
    text_bytes: int = 0
    _pages: list[_Page] = field(default_factory=list)

    def append(self, columns: Columns) -> None:
        """Take committed readings."""
        start = 0
        while start < len(columns):
            if not self._pages or self._pages[-1].fill == PAGE:
                self._pages.append(_Page(self.end + start))
            start += self._pages[-1].append(columns, start)
        self.text_bytes += sum(map(getsizeof, columns.texts))
        self.end += len(columns)

    def look(self) -> "Glance":
        """Return what is there now, whole commits only; later appends and drops do not change it."""
        end = self.end  # raised last: what an append under way has put into pages lies beyond it
        fills = [(page, min(page.fill, end - page.first)) for page in tuple(self._pages)]
        return Glance(tuple(_frozen(page, fill) for page, fill in fills if fill > 0))

    def drop(self, end: int) -> None:
        """Forget what lies before position `end`: chunks have it."""
        self._pages = [page for page in self._pages if page.first + page.fill > end]
        self.first = max(self.first, end)
        self.text_bytes = sum(getsizeof(text) for page in self._pages for text in page.texts)

    def __len__(self) -> int:
        return self.end - self.first


def _frozen(page: _Page, fill: int) -> tuple[int, Columns]:
    columns = Columns(page.series[:fill], page.times[:fill], page.marks[:fill], page.bits[:fill], page.texts)
    return page.first, columns


@dataclass(frozen=True, slots=True)
class Glance:
    """The hot window at one moment: (position of the first reading, readings) of every page."""

    pages: tuple[tuple[int, Columns], ...]

    @property
    def end(self) -> int:
        """The position after the last reading; 0 if there is none."""
        return self.pages[-1][0] + len(self.pages[-1][1]) if self.pages else 0

    def since(self, position: int) -> Columns:
        """Return all readings from a position on."""
        return join([_from(first, columns, position) for first, columns in self.pages])

    def of_series(self, series: int, position: int) -> Columns:
        """Return one series' readings from a position on, in order of arrival."""
        found = []
        for first, columns in self.pages:
            there = _from(first, columns, position)
            places = np.flatnonzero(there.series == series)
            if len(places):
                ids, times, marks, bits, texts = there
                found.append(Columns(ids[places], times[places], marks[places], bits[places], texts))
        return join(found)


def _from(first: int, columns: Columns, position: int) -> Columns:
    window = slice(max(0, position - first), None)
    series, times, marks, bits, texts = columns
    return Columns(series[window], times[window], marks[window], bits[window], texts)
