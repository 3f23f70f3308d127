"""What is on record of a lab beside the point that a rule is tried on: enough to know how the rule's gates were."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from labkeeper_hub.alarms.past_gates import PastGates, PastRoom, Read, asked_of, gates_over
from labkeeper_hub.alarms.rules import Gate
from labkeeper_hub.model import Aggregate, Device, PointKey, ReadingsQuery
from labkeeper_hub.ports import Parts, UnknownPoint
from labkeeper_hub.recordings.recording import OF_LESSON

MOST_READ, PAGE_ROWS = 200_000, 50_000
MINUTE_MS = 60_000
BEFORE_MS = 86_400_000  # values from before the span that still stand at its beginning


async def past_gates(parts: Parts, gates: frozenset[Gate], source: PointKey, from_ms: int, to_ms: int) -> PastGates:
    """Return how these gates were where a point is, from <= time < to."""
    device = parts.registry.device(source.of_device)
    if not gates or device is None:
        return PastGates(assumed=set(gates))
    past = await _past(parts, gates, device, from_ms, to_ms)
    return await asyncio.to_thread(gates_over, gates, past, from_ms, to_ms)


async def _past(parts: Parts, gates: frozenset[Gate], device: Device, from_ms: int, to_ms: int) -> PastRoom:
    school, lab = device.key.school, device.lab
    here = [one for one in parts.registry.devices(school) if one.lab == lab and not one.key.of_node.of_hub]
    reads: list[Read] = []
    for key in asked_of(gates, here):
        reads += await _reads(parts, key, from_ms, to_ms)
    recordings = parts.recordings.all()
    plans = [
        one for one in recordings if one.id.startswith(OF_LESSON) and (one.plan.school, one.plan.lab) == (school, lab)
    ]
    since_ms = min((one.started_ms for one in plans), default=None)
    lessons = [(one.started_ms, one.end_ms) for one in plans]
    return PastRoom(here, sorted(reads, key=attrgetter("time_ms")), lessons, since_ms)


async def _reads(parts: Parts, key: PointKey, from_ms: int, to_ms: int) -> Sequence[Read]:
    """Return what was recorded of a point; of a time with too many readings the last of each minute."""
    query = ReadingsQuery(key, max(0, from_ms - BEFORE_MS), to_ms, limit=PAGE_ROWS)
    found: list[Read] = []
    try:
        while True:
            page = await parts.readings.page(query)
            found += [Read(row.time_ms, key, row.value) for row in page.rows]
            if page.after is None:
                return found
            if len(found) > MOST_READ:
                return await _by_minute(parts, query)
            query = replace(query, after=page.after)
    except UnknownPoint:
        return ()


async def _by_minute(parts: Parts, query: ReadingsQuery) -> Sequence[Read]:
    minutes = replace(query, every_ms=MINUTE_MS, aggregate=Aggregate.LAST, after=None, limit=MOST_READ)
    page = await parts.readings.page(minutes)
    return [Read(row.time_ms, query.key, row.value) for row in page.rows]
