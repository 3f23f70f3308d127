"""What a device's state message says; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from labkeeper_drivers.zigbee2mqtt.exposes import Binding
from labkeeper_sdk import BadReading, Event, Reading, Value

LAST_SEEN = "last_seen"
HISTORICAL = "historical"  # no word of Zigbee2MQTT: whoever plays a recording says so, and then `last_seen` was then
LATEST_MS = 253_402_300_800_000  # the year 10000, where ISO 8601 and Python's calendar end


def device_time_ms(last_seen: object) -> int | None:
    """Read `last_seen` (ISO_8601, ISO_8601_local or epoch in ms) as ms since the epoch; None for anything else."""
    if isinstance(last_seen, bool):
        return None
    if isinstance(last_seen, int | float):
        return int(last_seen) if 0 <= last_seen < LATEST_MS else None
    if not isinstance(last_seen, str):
        return None
    try:
        moment = datetime.fromisoformat(last_seen)
        if moment.tzinfo is None:  # a local time of nobody knows where
            return None
        elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    time_ms = elapsed.days * 86_400_000 + elapsed.seconds * 1000 + elapsed.microseconds // 1000
    return time_ms if time_ms >= 0 else None


@dataclass(frozen=True, slots=True)
class Problem:
    """A property whose value makes no sense."""

    point: str
    reason: str
    detail: str


def values_in(
    document: Mapping[str, object], bindings: Mapping[str, tuple[Binding, ...]]
) -> Iterator[tuple[Binding, Value | None] | Problem]:
    """Yield the value of every known property; `bindings` are by first part of the path. None is JSON's null."""
    for key, raw in document.items():
        for binding in bindings.get(key, ()):
            found = None if binding.silent else _dig(raw, binding)
            if found is not None:
                yield found


def _dig(raw: object, binding: Binding) -> tuple[Binding, Value | None] | Problem | None:
    for part in binding.path[1:]:
        if raw is None:
            return None
        if not isinstance(raw, dict):
            return Problem(binding.point.name, "wrong_type", f"{type(raw).__name__} where an object belongs")
        if part not in raw:
            return None
        raw = raw[part]
    if raw is None or (raw == "" and isinstance(binding.point, Event)):  # "" says the button has been let go
        return None if isinstance(binding.point, Event) else (binding, None)
    try:
        return binding, binding.codec.decode(raw)
    except BadReading as bad:
        return Problem(binding.point.name, bad.reason, bad.detail)


@dataclass(slots=True)
class Memory:
    """What a device said over this connection: the last value of each point, and the newest device time."""

    values: dict[str, Value | None] = field(default_factory=dict)
    timed: dict[str, tuple[int, Value | None]] = field(default_factory=dict)
    newest_ms: int = -1

    def take(self, binding: Binding, value: Value | None, time_ms: int | None) -> Reading | None:
        """Return the reading of a value just said; None where null says again what is not known anyway.

        The device's time is not the time of a value that changed without it: two values cannot have one time
        (Zigbee2MQTT's local ISO times have whole seconds), so the second is the node's to stamp.
        """
        point = binding.point.name
        before = self.values.get(point)
        self.values[point] = value
        if value is None and before is None:
            return None
        return Reading(point, value, self._time_of(binding, value, time_ms))

    def keep(self, binding: Binding, value: Value | None) -> None:
        """Remember a value the broker kept, without making a reading of it."""
        self.values.setdefault(binding.point.name, value)

    def _time_of(self, binding: Binding, value: Value | None, time_ms: int | None) -> int | None:
        if time_ms is None:
            return None
        then, said = self.timed.get(binding.point.name, (-1, None))
        if then == time_ms and (value != said or isinstance(binding.point, Event)):
            return None
        self.timed[binding.point.name] = (time_ms, value)
        return time_ms
