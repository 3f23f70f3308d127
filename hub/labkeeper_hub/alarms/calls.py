"""Which lines of the history asked for somebody's attention: what is suppressed calls nobody. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.model import AlarmKey

BEGIN = {"shelved": "unshelved", "suppressed": "unsuppressed", "taken_out": "put_back"}
END = {end: begin for begin, end in BEGIN.items()}
OPENS, CLOSES = frozenset({"raised", "risen"}), frozenset({"acknowledged", "cleared"})


@dataclass(slots=True)
class Calling:
    """One alarm: whether it stands and nobody has acknowledged, and what suppresses it."""

    open: bool = False
    suppressed: set[str] = field(default_factory=set)

    def line(self, kind: str) -> bool:
        """Take one line; return whether it begins to call with it."""
        calls = kind in OPENS
        if calls:
            self.open = True
        elif kind in CLOSES:
            self.open = False
        elif kind in BEGIN:
            self.suppressed.add(kind)
        elif END.get(kind) in self.suppressed:
            self.suppressed.discard(END[kind])
            calls = self.open
        return calls and not self.suppressed


def calls(entries: Iterable[AlarmEntry]) -> Iterator[AlarmEntry]:
    """Yield the lines, in order of time, with which an alarm began to call: raised, risen, or let out again."""
    alarms: dict[AlarmKey, Calling] = defaultdict(Calling)
    for entry in entries:
        if alarms[entry.key].line(entry.kind):
            yield entry


def in_order(entries: Iterable[AlarmEntry]) -> list[AlarmEntry]:
    """Return what did not come late, by time; what begins to suppress comes before what it suppresses."""
    return sorted((one for one in entries if not one.late), key=lambda one: (one.at_ms, one.kind not in BEGIN))
