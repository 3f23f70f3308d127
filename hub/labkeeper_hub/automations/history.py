"""What an automation would have known: the recorded readings of its inputs, the lessons by their records, stops and who
held the lab by the hub's figures.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from labkeeper_hub.alarms.rooms import PRESENCE
from labkeeper_hub.automations.rules import EMPTY, LIT, Automation, Occasion
from labkeeper_hub.automations.seeing import Sight
from labkeeper_hub.automations.trial import Past, Read, Span
from labkeeper_hub.figures.catalogue import LAB, STOP, node_about
from labkeeper_hub.model import HUB_NODE, Aggregate, PointKey, ReadingsQuery, Row
from labkeeper_hub.ports import Readings, UnknownPoint
from labkeeper_hub.recordings.recording import OF_LESSON, Recording
from labkeeper_hub.telling.hours import Hours
from labkeeper_wire.conditions.checking import leaves

MOST_READ, PAGE_ROWS = 200_000, 50_000
MINUTE_MS = 60_000
BEFORE_MS = 3_600_000  # values from before the span that still stand at its beginning


class TooMuch(Exception):
    """More readings than are tried at once: ask for less time."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Readings, and recordings: every lesson has one; `node_of` names a node of a lab, "" where there is none."""

    readings: Readings
    recordings: Callable[[], Iterable[Recording]]
    node_of: Callable[[str, str], str]

    async def past(self, automation: Automation, span: Span, points: Sequence[Sight]) -> Past:
        """Return what was recorded of these points as far as the automation asks for it; raises TooMuch."""
        wanted = tuple(one for one in points if _asked(automation.occasion, one))
        found: list[Read] = []
        for one in wanted:
            found += [read async for read in self._reads(one.key, span, MOST_READ - len(found))]
        school, lab = automation.room
        stops = await self._times(PointKey(school, HUB_NODE, STOP, "stopped"), span)
        held = await self._times(PointKey(school, node_about(self.node_of(school, lab)), LAB, "held"), span)
        return Past(
            span,
            wanted,
            sorted(found, key=lambda read: read.time_ms),
            tuple(self._lessons(automation, span)),
            spans_of(stops),
            spans_of(held),
            max((times[0].time_ms for times in (stops, held)), default=None) if stops and held else None,
        )

    async def _times(self, key: PointKey, span: Span) -> Sequence[Row]:
        """Return a figure minute by minute, its highest."""
        try:
            page = await self.readings.page(ReadingsQuery(key, *span, MINUTE_MS, Aggregate.MAX, limit=MOST_READ))
        except UnknownPoint:
            return ()
        return page.rows

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
            if one.id.startswith(OF_LESSON) and here and one.started_ms < span.to_ms and one.end_ms > span.from_ms:
                yield Span(one.started_ms, one.end_ms)


def spans_of(rows: Iterable[Row]) -> tuple[Span, ...]:
    """Return the minutes in which a figure was more than 0, those in a row as one."""
    found: list[Span] = []
    for time_ms, value in rows:
        if not value:
            continue
        if found and found[-1].to_ms == time_ms:
            found[-1] = Span(found[-1].from_ms, time_ms + MINUTE_MS)
        else:
            found.append(Span(time_ms, time_ms + MINUTE_MS))
    return tuple(found)


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
