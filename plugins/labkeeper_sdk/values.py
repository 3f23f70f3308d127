"""Values and readings: what a point says, when, and how far to trust it."""

from dataclasses import dataclass
from enum import IntEnum

Value = bool | int | float | str


class Quality(IntEnum):
    """How far a reading can be trusted; the numbers are Sparkplug's (payloads-propertyset-quality-value-value)."""

    BAD = 0
    GOOD = 192
    STALE = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """A point's value at a time.

    `time_ms` is the device's own clock in milliseconds since the epoch (UTC); None where the device has no clock,
    and the node stamps it on arrival. `value` None means the device says it does not know. `historical`: the device
    tells what was, from a recording or its memory; it makes history, is nobody's value now, and calls nobody.
    """

    point: str
    value: Value | None
    time_ms: int | None = None
    quality: Quality = Quality.GOOD
    historical: bool = False
