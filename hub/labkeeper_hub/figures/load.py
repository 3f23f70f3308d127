"""How much alarms ask of the people of a node or of a role, by EEMUA 191 and IEC 62682: pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from statistics import median

from labkeeper_hub.alarms.flood import DAY_MS, FLOOD, FLOOD_WINDOW_MS, HOUR_MS
from labkeeper_hub.alarms.kpis import most_within
from labkeeper_hub.alarms.states import Alarm, Priority
from labkeeper_hub.alarms.tallies import CHATTERING, Call, Wait


@dataclass(slots=True)
class Load:
    """What concerns one group: alarms that stand, calls of the last day in order of time, waits of the last hour."""

    standing: list[Alarm] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)

    def figures(self, now_ms: int) -> Mapping[str, float | None]:
        """Return its numbers by name; `acknowledge` is the median wait in seconds, None without any."""
        recent = [call.key for call in self.calls if call.time_ms > now_ms - FLOOD_WINDOW_MS]
        of_day = Counter(call.priority for call in self.calls)
        return {
            "standing": len(self.standing),
            "highest": int(max((state.priority for state in self.standing), default=0)),
            "unacknowledged": sum(state.unacknowledged for state in self.standing),
            "stale": sum(now_ms - state.raised_ms > DAY_MS for state in self.standing),
            "chattering": sum(count >= CHATTERING for count in Counter(recent).values()),
            "raised_10min": len(recent),
            "raised_hour": sum(call.time_ms > now_ms - HOUR_MS for call in self.calls),
            "peak_hour": most_within([call.time_ms for call in self.calls], HOUR_MS),
            "flood": int(len(recent) >= FLOOD),
            **{f"day_{priority.name.lower()}": of_day[priority] for priority in list(Priority)[1:]},
            "acknowledge": median(wait.waited_ms for wait in self.waits) / 1000 if self.waits else None,
        }


def together(loads: Iterable[Load | None]) -> Load:
    """Return what several groups have as that of one."""
    there = [load for load in loads if load is not None]
    return Load(
        [state for load in there for state in load.standing],
        sorted((call for load in there for call in load.calls), key=attrgetter("time_ms")),
        [wait for load in there for wait in load.waits],
    )
