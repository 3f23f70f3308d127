"""One point under watch: its judges, in its own time, and a second set of them for what comes late."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from labkeeper_hub.alarms.judge import JITTER_MS, Judge, Verdict
from labkeeper_hub.alarms.rules import Kind, Level, Rule
from labkeeper_hub.alarms.tap import Heard
from labkeeper_hub.model import AlarmKey
from labkeeper_hub.registry.known import KnownPoint
from labkeeper_sdk import Quality

LAG_MS = 500  # between measuring and arriving: a device that is silent may have said something this long ago
LATE_MS = 60_000  # without any late reading, and their judges are forgotten


class Found(NamedTuple):
    """What a judge found; `late`: of historical readings."""

    key: AlarmKey
    rule: Rule
    verdict: Verdict
    late: bool


@dataclass(slots=True, eq=False)
class Stream:
    """`waiting` holds what came before the stream had read its past from the journal; None: it has. `recorded`: all
    that was ever heard of it is history.
    """

    point: KnownPoint
    lab: str
    rules: Sequence[Rule]
    judges: list[Judge] = field(default_factory=list)
    waiting: list[tuple[Heard, int]] | None = field(default_factory=list)
    recorded: bool = False
    _at_ms: int | None = None
    _heard_ms: int = 0
    _behind_ms: int = 0
    _late: list[Judge] = field(default_factory=list)
    _late_ms: int = 0

    def __post_init__(self) -> None:
        self.judges = [Judge(rule, gate=None if rule.gates else True) for rule in self.rules]

    def key(self, rule: Rule) -> AlarmKey:
        """Return what this stream's alarm of a rule is unique by."""
        return AlarmKey(rule.id, self.point.key)

    @property
    def past_ms(self) -> int:
        """How much of its past its judges need."""
        return max(_past_ms(level) for rule in self.rules for level in rule.levels)

    def heard(self, heard: Heard, now_ms: int) -> Iterator[Found]:
        """Take one reading."""
        if self.waiting is not None:
            self.waiting.append((heard, now_ms))
        elif heard.historical:
            yield from self._heard_late(heard, now_ms)
        else:
            self.point.not_finite = False
            time_ms = self._time_ms(now_ms) if heard.time_ms is None else self._moved_ms(heard.time_ms, now_ms)
            self._at_ms, self._heard_ms = max(time_ms, self._at_ms or time_ms), now_ms
            yield from self._found(self.judges, lambda judge: judge.reading(time_ms, heard.value))

    def present(self, now_ms: int) -> Iterator[Found]:
        """Its device was born: what it is now counts from now on, by the hub's time, whatever happened meanwhile."""
        value = self.point.value
        if not self._unknown and isinstance(value, bool | int | float):
            yield from self.heard(Heard(self.point.series, None, float(value), historical=False), now_ms)

    def time_passes(self, now_ms: int) -> Iterator[Found]:
        """Nothing came: the value stands if the device is there, and is not known if it is not."""
        if self.waiting is not None or (self.recorded and self.point.time_ms is None):
            return
        time_ms = self._time_ms(now_ms)
        if self._unknown:
            yield from self._found(self.judges, lambda judge: judge.reading(time_ms, None))
        else:
            yield from self._found(self.judges, lambda judge: judge.stands(time_ms))
        if self._late and now_ms - self._late_ms > LATE_MS:
            self._late = []

    def gated(self, now_ms: int, gates: Callable[[Rule], bool | None]) -> Iterator[Found]:
        """Look at the gates of the rules that have any."""
        judges = [judge for judge in self.judges if judge.rule.gates and judge.gate is not gates(judge.rule)]
        time_ms = self._time_ms(now_ms)
        yield from self._found(judges, lambda judge: judge.gated(time_ms, gate=gates(judge.rule)))

    def past(self, time_ms: int, value: float | None) -> Iterator[Found]:
        """Take what the journal has; whether it was silent since then nobody knows, unless the hub listened."""
        judges = [one for one in self.judges if all(level.kind is not Kind.STALE for level in one.rule.levels)]
        yield from self._found(judges, lambda judge: judge.reading(time_ms, value))

    def primed(self) -> list[tuple[Heard, int]]:
        """The past is read: return what came meanwhile."""
        waiting, self.waiting = self.waiting or [], None
        return waiting

    def _moved_ms(self, said_ms: int, now_ms: int) -> int:
        """Return when a live reading counts: when its device says, moved where that is before what is judged already.

        A node that was without power begins with the clock it had, and a slow link is late with everything. Of one
        stream nothing live comes out of order, and an alarm must not wait until a clock has caught up.
        """
        judged_ms = max((judge.now_ms for judge in self.judges if judge.now_ms is not None), default=said_ms)
        time_ms = said_ms + self._behind_ms
        if time_ms < judged_ms - JITTER_MS or time_ms > max(now_ms, said_ms) + JITTER_MS:
            self._behind_ms = max(0, judged_ms - said_ms)
        return said_ms + self._behind_ms

    @property
    def _unknown(self) -> bool:
        point = self.point
        return point.stale or point.not_finite or point.value is None or point.quality != Quality.GOOD

    def _time_ms(self, now_ms: int) -> int:
        """Return what the stream's own clock shows by now, as far as one can tell."""
        if self._at_ms is None:  # the past may have been read of a clock that is ahead
            return max(now_ms, *(judge.now_ms or now_ms for judge in self.judges))
        return self._at_ms + max(0, now_ms - self._heard_ms - LAG_MS)

    def _heard_late(self, heard: Heard, now_ms: int) -> Iterator[Found]:
        if not self._late:
            self._late = [Judge(rule) for rule in self.rules if not rule.gates]
        self._late_ms = now_ms
        self.recorded |= self.point.time_ms is None
        if heard.time_ms is not None:
            time_ms = heard.time_ms
            yield from self._found(self._late, lambda judge: judge.reading(time_ms, heard.value), late=True)

    def _found(
        self, judges: Sequence[Judge], asked: Callable[[Judge], Iterator[Verdict]], *, late: bool = False
    ) -> Iterator[Found]:
        for judge in judges:
            for verdict in asked(judge):
                yield Found(self.key(judge.rule), judge.rule, verdict, late)


def _past_ms(level: Level) -> int:
    return level.window_ms + level.on_delay_ms + level.off_delay_ms
