"""Takes the readings of watched series out of what waits for its commit: complete, in order, before the disk has them.

Ingest pays nothing per reading: it fills its group as ever, and the group is looked through ten times a second and once
more when it is closed. A disk that fails holds up no alarm.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from typing import NamedTuple

from labkeeper_hub.timeseries.columns import DOUBTFUL, GOOD, HISTORICAL, KIND, NULL, QUALITY, TEXT
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.journal import Accounts


class Heard(NamedTuple):
    """One reading; `value` None: nothing is known from now on. `time_ms` None: its time cannot be believed."""

    series: int
    time_ms: int | None
    value: float | None
    historical: bool


@dataclass(slots=True)
class Tap:
    """Stands before the journal's accounts, so that it sees every group once it is closed."""

    accounts: Accounts
    watched: Container[int]
    _taken: list[Heard] = field(default_factory=list)
    _place: int = 0

    def close(self, group: Group) -> None:
        """A commit begins."""
        self._look(group)
        self._place = 0
        self.accounts.close(group)

    def committed(self, group: Group) -> None:
        """It is on disk."""
        self.accounts.committed(group)

    def take(self, group: Group) -> list[Heard]:
        """Return what came since the last time, the group that fills now included."""
        self._look(group)
        taken, self._taken = self._taken, []
        return taken

    def _look(self, group: Group) -> None:
        watched, start = self.watched, self._place
        self._place = len(group)
        for place, series in enumerate(group.series[start:] if start else group.series, start):
            if series in watched:
                heard = _heard(group, place, series)
                if heard is not None:
                    self._taken.append(heard)


def _heard(group: Group, place: int, series: int) -> Heard | None:
    mark, value = group.marks[place], group.values[place]
    if mark & KIND == TEXT:
        return None
    known = mark & KIND != NULL and mark & QUALITY == GOOD and value is not None
    time_ms = None if mark & DOUBTFUL else group.times[place]
    return Heard(series, time_ms, float(value) if known and value is not None else None, bool(mark & HISTORICAL))
