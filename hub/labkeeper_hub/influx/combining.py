"""One bucket out of two parts of it, the older first. Pure."""

from collections.abc import Sequence
from typing import Any

from labkeeper_hub.model import Aggregate, Row


def needed(aggregate: Aggregate) -> tuple[Aggregate, ...]:
    """Return what must be known of each part; a mean is made of sums and counts."""
    return (Aggregate.SUM, Aggregate.COUNT) if aggregate is Aggregate.MEAN else (aggregate,)


def combined(aggregate: Aggregate, older: Sequence[Row], newer: Sequence[Row]) -> list[Row]:
    """Return the bucket, or none if neither part has readings; each part is what `needed` asks, or empty."""
    there = [part for part in (older, newer) if part]
    if not there:
        return []
    at = min(part[0].time_ms for part in there)
    values: list[Any] = [part[0].value for part in there]
    match aggregate:
        case Aggregate.MEAN:
            counts: list[Any] = [part[1].value for part in there]
            return [Row(at, sum(values) / sum(counts))]
        case Aggregate.SUM | Aggregate.COUNT:
            return [Row(at, sum(values))]
        case Aggregate.FIRST:
            return [Row(at, values[0])]
        case Aggregate.LAST:
            return [Row(at, values[-1])]
    values = values if all(isinstance(value, int) for value in values) else list(map(float, values))
    return [Row(at, min(values) if aggregate is Aggregate.MIN else max(values))]
