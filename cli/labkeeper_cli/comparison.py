"""What a witness saw against what the hub stored: missing, invented, altered. Pure."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

SeriesKey: TypeAlias = tuple[str, str]  # device, point
Row: TypeAlias = tuple[int, Any]  # time in ms, value
EXACT_IN_A_FLOAT = 2**53


class Seen(NamedTuple):
    """A reading a device published and the broker acknowledged; `time_ms` None where the protocol carries no time."""

    time_ms: int | None
    value: Any


@dataclass(frozen=True, slots=True)
class Differences:
    """Readings the hub lost, made up, or changed."""

    missing: int = 0
    invented: int = 0
    altered: int = 0

    def __add__(self, other: "Differences") -> "Differences":
        return Differences(self.missing + other.missing, self.invented + other.invented, self.altered + other.altered)

    @property
    def none(self) -> bool:
        return not (self.missing or self.invented or self.altered)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What devices published: readings the broker acknowledged, and readings of which nobody knows."""

    seen: Mapping[SeriesKey, Sequence[Seen]]
    unconfirmed: Mapping[SeriesKey, Sequence[Seen]]

    @property
    def readings(self) -> int:
        return sum(map(len, self.seen.values()))


def read_witness(lines: Iterable[str]) -> Witnessed:
    """Read a witness file; a last line cut short by a kill is left out, commands are another matter."""
    seen: dict[SeriesKey, list[Seen]] = defaultdict(list)
    unconfirmed: dict[SeriesKey, list[Seen]] = defaultdict(list)
    for line in lines:
        entry = json.loads(line) if line.endswith("\n") else {}
        for reading, place in ((entry, seen), (entry.get("unconfirmed", {}), unconfirmed)):
            if "property" in reading:
                key = (reading["device"], reading["property"])
                place[key].append(Seen(reading["time_ms"], reading["value"]))
    return Witnessed(seen, unconfirmed)


def compare(witnessed: Witnessed, stored: Mapping[SeriesKey, Sequence[Row]]) -> dict[SeriesKey, Differences]:
    """Compare series by series; a series only one side has counts too."""
    return {
        key: compare_series(witnessed.seen.get(key, ()), stored.get(key, ()), witnessed.unconfirmed.get(key, ()))
        for key in {*witnessed.seen, *stored}
    }


def compare_series(seen: Sequence[Seen], stored: Sequence[Row], unconfirmed: Sequence[Seen] = ()) -> Differences:
    """Compare one series, by the devices' own times where it has them, else by values in number.

    A missing and an invented reading of the same time (or, without times, any such pair) are one altered reading.
    An unconfirmed reading may have arrived or not: it is neither missing nor invented.
    """
    with_time = all(one.time_ms is not None for one in (*seen, *unconfirmed))
    lost = Counter(_key(one.time_ms, one.value, with_time=with_time) for one in seen)
    made_up = Counter(_key(time_ms, value, with_time=with_time) for time_ms, value in stored)
    lost, made_up = lost - made_up, made_up - lost
    made_up -= Counter(_key(one.time_ms, one.value, with_time=with_time) for one in unconfirmed)
    lost_at, made_up_at = _by_time(lost), _by_time(made_up)
    altered = sum(min(count, made_up_at[time_ms]) for time_ms, count in lost_at.items())
    return Differences(lost.total() - altered, made_up.total() - altered, altered)


def _key(time_ms: int | None, value: object, *, with_time: bool) -> tuple[int | None, str]:
    # repr tells 1 from True and keeps every bit of a float; whole numbers may come back as floats
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= EXACT_IN_A_FLOAT
    exact = float(value) if whole and isinstance(value, int) else value
    return (time_ms if with_time else None, repr(exact))


def _by_time(counts: Counter[tuple[int | None, str]]) -> Counter[int | None]:
    at: Counter[int | None] = Counter()
    for (time_ms, _), count in counts.items():
        at[time_ms] += count
    return at
