"""Bytes by rule: how many the points of a retention rule may take, and what goes when they take more. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.retention import Gone, Retention


@dataclass(slots=True)
class Budget:
    """What the points that one rule decides for may take; `used_bytes` is None until it is weighed."""

    match: str
    max_bytes: int
    series: tuple[int, ...]
    used_bytes: int | None = None
    stuck: bool = False
    """Nothing more may go now: what is left is pinned, or waits for its roll-up."""

    @property
    def excess(self) -> int:
        """Bytes that are too many and may go; 0 while that is not known."""
        return 0 if self.used_bytes is None or self.stuck else max(0, self.used_bytes - self.max_bytes)

    def took(self, gone: Sequence[Gone]) -> None:
        """Note what went; nothing: nothing may."""
        self.stuck = not gone
        self.used_bytes = (self.used_bytes or 0) - sum(one.bytes for one in gone)


def budgets(retention: Retention, series: Mapping[PointKey, int]) -> Iterator[Budget]:
    """Yield a budget for each rule with a limit, in the order of the rules; a point is its first rule's alone."""
    for rule in retention.rules:
        if rule.max_bytes is not None:
            numbers = tuple(number for key, number in series.items() if retention.rule_of(key) is rule)
            yield Budget(rule.match, rule.max_bytes, numbers)


def enough(oldest: Sequence[Gone], excess: int) -> tuple[Gone, ...]:
    """Return the shortest beginning that has so many bytes; all, if they have not."""
    size = 0
    for count, one in enumerate(oldest):
        if size >= excess:
            return tuple(oldest[:count])
        size += one.bytes
    return tuple(oldest)
