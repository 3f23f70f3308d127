"""How much alarms ask of one role and of those at one node, by EEMUA 191: pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from labkeeper_hub.alarms.flood import FLOOD, FLOOD_WINDOW_MS, HOUR_MS, most
from labkeeper_hub.alarms.rules import Role
from labkeeper_hub.alarms.states import Alarm, Priority
from labkeeper_hub.alarms.tallies import AlarmTallies, Call, Wait, chattering, median_s, stale
from labkeeper_hub.model import AlarmKey, AlarmNow, NodeKey

Whose = TypeVar("Whose", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Load:
    """One role's or node's alarms: what stands, what called within a day, what was acknowledged within an hour."""

    standing: list[Alarm] = field(default_factory=list)
    called: list[Call] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)

    def __add__(self, other: "Load") -> "Load":
        """Return both together; the calls in order of time."""
        called = sorted((*self.called, *other.called), key=lambda call: call.time_ms)
        return Load([*self.standing, *other.standing], called, [*self.waits, *other.waits])

    def values(self, now_ms: int) -> Mapping[str, float | None]:
        """Return the numbers by their names; of several nodes all but `peak_hour`, `flood` and `acknowledge` add up."""
        mix = Counter(call.priority for call in self.called)
        return {
            "standing": len(self.standing),
            "unacknowledged": sum(state.unacknowledged for state in self.standing),
            "stale": stale(self.standing, now_ms),
            "chattering": chattering(self.called, now_ms),
            **self._rates(now_ms),
            **{f"day_{priority.name.lower()}": mix[priority] for priority in list(Priority)[1:]},
            "acknowledge": median_s(self.waits),
        }

    def _rates(self, now_ms: int) -> Mapping[str, int]:
        times_ms = [call.time_ms for call in self.called]
        in_10min = sum(now_ms - time_ms < FLOOD_WINDOW_MS for time_ms in times_ms)
        return {
            "raised_10min": in_10min,
            "raised_hour": sum(now_ms - time_ms < HOUR_MS for time_ms in times_ms),
            "peak_hour": most(times_ms, HOUR_MS),
            "flood": int(in_10min >= FLOOD),
        }


def loads_of_nodes(shown: Iterable[AlarmNow], tallies: AlarmTallies) -> Mapping[NodeKey, Load]:
    """Return the load at each node, of those that have any."""
    return _loads(shown, tallies, lambda key: key.source.of_node)


def loads_of_roles(
    shown: Iterable[AlarmNow], tallies: AlarmTallies, roles: Mapping[str, Role]
) -> Mapping[tuple[str, Role | None], Load]:
    """Return each role's load, by school ("" for what is the hub's own); None for what nobody responds to any more."""
    return _loads(shown, tallies, lambda key: (key.source.school, roles.get(key.rule)))


def _loads(shown: Iterable[AlarmNow], tallies: AlarmTallies, whose: Callable[[AlarmKey], Whose]) -> dict[Whose, Load]:
    loads: dict[Whose, Load] = defaultdict(Load)
    for now in shown:
        if now.state.standing:
            loads[whose(now.key)].standing.append(now.state)
    for call in tallies.called:
        loads[whose(call.key)].called.append(call)
    for wait in tallies.waits:
        loads[whose(wait.key)].waits.append(wait)
    return dict(loads)
