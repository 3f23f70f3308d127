"""What an automation would have known: the recorded readings of its inputs, and the lessons by their records."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from labkeeper_hub.alarms.rooms import PRESENCE
from labkeeper_hub.automations.rules import EMPTY, LIT, Automation, Occasion
from labkeeper_hub.automations.seeing import Sight
from labkeeper_hub.automations.trial import Past, Read, Span
from labkeeper_hub.lessons.record import PREFIX
from labkeeper_hub.model import PointKey, ReadingsQuery
from labkeeper_hub.ports import Readings, UnknownPoint
from labkeeper_hub.recordings.recording import Recording
from labkeeper_hub.telling.hours import Hours
from labkeeper_wire.conditions.checking import leaves

MOST_READ, PAGE_ROWS = 200_000, 50_000
BEFORE_MS = 3_600_000  # values from before the span that still stand at its beginning


class TooMuch(Exception):
    """More readings than are tried at once: ask for less time."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Readings, and recordings: every lesson has one."""

    readings: Readings
    recordings: Callable[[], Iterable[Recording]]

    async def past(self, automation: Automation, span: Span, points: Sequence[Sight]) -> Past:
        """Return what was recorded of these points as far as the automation asks for it; raises TooMuch."""
        wanted = tuple(one for one in points if _asked(automation.occasion, one))
        found: list[Read] = []
        for one in wanted:
            found += [read async for read in self._reads(one.key, span, MOST_READ - len(found))]
        return Past(span, wanted, sorted(found, key=lambda read: read.time_ms), tuple(self._lessons(automation, span)))

    async def _reads(self, key: PointKey, span: Span, most: int) -> AsyncIterator[Read]:
        query = ReadingsQuery(key, max(0, span.from_ms - BEFORE_MS), span.to_ms, limit=PAGE_ROWS)
        count = 0
        while True:
            try:
                page = await self.readings.page(query)
            except UnknownPoint:
                return
            count += len(page.rows)
            if count > most:
                raise TooMuch(f"at most {MOST_READ} readings are tried at once: ask for less time")
            for row in page.rows:
                yield Read(row.time_ms, key, row.value)
            if page.after is None:
                return
            query = replace(query, after=page.after)

    def _lessons(self, automation: Automation, span: Span) -> Iterator[Span]:
        for one in self.recordings():
            here = (one.plan.school, one.plan.lab) == automation.room
            if one.id.startswith(PREFIX) and here and one.started_ms < span.to_ms and one.end_ms > span.from_ms:
                yield Span(one.started_ms, one.end_ms)


def _asked(occasion: Occasion, sight: Sight) -> bool:
    """Tell whether a condition speaks of a point."""
    names = set(_names(occasion))
    if (EMPTY in names and sight.key.point in PRESENCE) or (LIT in names and sight.lamp):
        return True
    return any(one.places.match(*sight.key[1:]) for name, one in occasion.inputs.items() if name in names)


def _names(occasion: Occasion) -> Iterator[str]:
    for condition in (occasion.trigger, occasion.needs):
        if condition is not None and not isinstance(condition, Hours):
            yield from (leaf.input for leaf in leaves(condition))
