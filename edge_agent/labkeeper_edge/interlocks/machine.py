"""What a set of interlocks makes of what its inputs say: which rules are active, which are latched, what may be
written and what is to be driven. Sans-IO: events in, clocks as arguments.

A force is clear, held (its condition is not known: driven, not latched) or tripped (latched). A permit is clear (given)
or held (not given).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from labkeeper_sdk import Value
from labkeeper_wire.conditions.evaluate import Look, Memory, Truth, missing
from labkeeper_wire.interlock_refusal import NEEDS, NOT_KNOWN, refusal
from labkeeper_wire.interlock_rules import Force, Input, InterlockSet, Permit, Place, Unknown


class Phase(StrEnum):
    """How a rule stands; the numbers people and alarms see are the order of these."""

    CLEAR = "clear"
    HELD = "held"
    TRIPPED = "tripped"


@dataclass(frozen=True, slots=True)
class Standing:
    """How one rule stands: since when (ms since the epoch), for which part of its condition, and how often it changed.

    `condition`: a force's condition holds, or is not known, at this moment; no reset then.
    """

    phase: Phase = Phase.CLEAR
    since_ms: int = 0
    because: str = ""
    version: int = 0
    condition: bool = False


class Heard(NamedTuple):
    """What an input said last, and the moment (node's monotonic clock) for which it said so."""

    value: Value
    at_s: float


class Forbidden(NamedTuple):
    """Why a value may not be written, or a latch not be reset: the rule, how it stands, what inputs are called."""

    rule: str
    standing: Standing
    inputs: Mapping[str, Input]

    @property
    def message(self) -> str:
        """Say it: rule, condition, since when. The page puts the rule's title and advice before it, in its language."""
        return refusal(self.rule, self.standing.because, self.standing.since_ms, self.inputs).to_text()


@dataclass(slots=True)
class Interlocks:
    """The rules of one node at work. At the start nothing is known: every permit is withheld, every force holds."""

    rules: InterlockSet
    standings: dict[str, Standing] = field(default_factory=dict)
    due_s: float = float("inf")
    version: int = 0
    _heard: dict[str, Heard] = field(default_factory=dict)
    _online: frozenset[str] = frozenset()
    _unfit: frozenset[str] = frozenset()  # inputs whose point is not what the set says
    _memories: dict[str, Memory] = field(default_factory=dict)
    _pressed: set[str] = field(default_factory=set)

    def recall(self, tripped: Mapping[str, Standing], version: int) -> None:
        """Begin with the latches of an earlier process; those of rules that are no more are over."""
        self.version = version
        self.standings = {rule.id: tripped[rule.id] for rule in self.rules.forces if rule.id in tripped}

    def follow(self, before: "Interlocks") -> None:
        """Know what the machine of an earlier set knows, where an input is the same."""
        for name, one in self.rules.inputs.items():
            if before.rules.inputs.get(name) == one and name in before._heard:  # noqa: SLF001 -- of the same class
                self._heard[name] = before._heard[name]  # noqa: SLF001 -- of the same class

    def heard(self, place: Place, value: Value | None, at_s: float) -> bool:
        """A point said something good (None: something that is not); return whether any input is it. What comes late
        says nothing of now.
        """
        mine = [(name, one) for name, one in self.rules.inputs.items() if one.place == place]
        for name, one in mine:
            fit = None if value is None else _as(one, value)
            before = self._heard.get(name)
            if fit is not None and before is not None and _overtaken(one, before, at_s):
                continue
            self._heard.pop(name, None)
            if fit is not None:
                self._heard[name] = Heard(fit, at_s)
                if fit is True and before is not None and before.value is False:
                    self._pressed.add(name)
        return bool(mine)

    def presence(self, online: Iterable[str], units: Mapping[Place, tuple[type, str]]) -> None:
        """These devices answer, and these points are declared, with type and unit."""
        self._online = frozenset(online)
        unfit = {name for name, one in self.rules.inputs.items() if not _fits(one, units.get(one.place))}
        self._unfit = frozenset(unfit)
        for name in [name for name, one in self.rules.inputs.items() if one.place.device not in self._online]:
            self._heard.pop(name, None)

    @property
    def unfit(self) -> tuple[str, ...]:
        """Return the inputs whose declared point is not what the set says, or is not there."""
        return tuple(sorted(self._unfit))

    def wanted(self, output: str) -> tuple[Value, ...]:
        """Return every value that some rule can demand of an output."""
        return tuple(value for rule in self.rules.all for name, value in _wants(rule).items() if name == output)

    def look(self, now_s: float, now_ms: int) -> tuple[str, ...]:
        """Evaluate everything; return the rules that stand differently. `due_s` is when to look again at the latest."""
        values, self.due_s = self._values(now_s)
        before = dict(self.standings)
        for rule in self.rules.all:
            look = Look(values, now_s, self._memories.get(rule.id, Memory()))
            standing = self._force(rule, look) if isinstance(rule, Force) else self._permit(rule, look)
            self._memories[rule.id], self.due_s = look.memory, min(self.due_s, look.due_s)
            self._stand(rule.id, standing, now_ms)
        self._press(now_ms)
        self._pressed.clear()
        return tuple(rule.id for rule in self.rules.all if before.get(rule.id) != self.standings[rule.id])

    def reset(self, rule: str, now_ms: int) -> Forbidden | None:
        """A person resets a latched force; return why not if that is refused, None if it is clear now."""
        standing = self.standings[rule]
        if standing.condition:
            return Forbidden(rule, standing, self.rules.inputs)
        self._stand(rule, Standing(), now_ms)
        return None

    def demands(self) -> dict[str, tuple[Value, str]]:
        """Return for each output that a rule holds the value it is to have, and that rule."""
        found: dict[str, tuple[Value, str]] = {}
        for rule in self.rules.all:
            if self.standings.get(rule.id, Standing()).phase is not Phase.CLEAR:
                for output, value in _wants(rule).items():
                    found.setdefault(output, (value, rule.id))
        return found

    def forbids(self, place: Place, value: Value) -> Forbidden | None:
        """Return which rule is against writing this value now, the first that decides about that output."""
        for output, (wanted, rule) in self.demands().items():
            if self.rules.outputs[output].place == place and wanted != value:
                return Forbidden(rule, self.standings.get(rule, Standing()), self.rules.inputs)
        return None

    @property
    def alarmed(self) -> bool:
        """Whether any force is not clear: the lamp."""
        return any(self.standings.get(rule.id, Standing()).phase is not Phase.CLEAR for rule in self.rules.forces)

    @property
    def latches(self) -> dict[str, Standing]:
        """Return what must survive a restart."""
        return {rule: one for rule, one in self.standings.items() if one.phase is Phase.TRIPPED}

    # --- inside -----------------------------------------------------------------------------------------------------
    def _values(self, now_s: float) -> tuple[dict[str, Value], float]:
        """Return the inputs that are known, and when the first of them will not be."""
        values: dict[str, Value] = {}
        due_s = float("inf")
        for name, (value, at_s) in self._heard.items():
            age_s = self.rules.inputs[name].max_age_s
            if name in self._unfit or (age_s is not None and now_s > at_s + age_s):
                continue
            values[name] = value
            if age_s is not None:
                due_s = min(due_s, at_s + age_s)
        return values, due_s

    def _force(self, rule: Force, look: Look) -> Standing:
        before = self.standings.get(rule.id, Standing())
        truth = look.at(rule.when)
        phase = _forced(truth, rule.unknown)
        if before.phase is Phase.TRIPPED:
            return replace(before, condition=phase is not Phase.CLEAR)
        if phase is Phase.CLEAR:
            return Standing()
        unknown = "" if truth else NOT_KNOWN
        return Standing(phase, because=f"{rule.when}{unknown}", condition=True)

    def _permit(self, rule: Permit, look: Look) -> Standing:
        if look.at(rule.needs) is True:
            return Standing()
        return Standing(Phase.HELD, because=f"{NEEDS}{missing(rule.needs, look)}", condition=True)

    def _stand(self, rule: str, new: Standing, now_ms: int) -> None:
        """Take over how a rule stands; what only says it otherwise is no change of version."""
        before = self.standings.get(rule)
        if before is None or before.phase is not new.phase:
            self.version += 1
            self.standings[rule] = replace(new, since_ms=now_ms, version=self.version)
        else:
            self.standings[rule] = replace(new, since_ms=before.since_ms, version=before.version)

    def _press(self, now_ms: int) -> None:
        for rule in self.rules.forces:
            if rule.reset in self._pressed and self.standings[rule.id].phase is Phase.TRIPPED:
                self.reset(rule.id, now_ms)


def _forced(truth: Truth, unknown: Unknown) -> Phase:
    if truth is None:
        return {Unknown.HOLD: Phase.HELD, Unknown.TRIP: Phase.TRIPPED, Unknown.IGNORE: Phase.CLEAR}[unknown]
    return Phase.TRIPPED if truth else Phase.CLEAR


def _wants(rule: Force | Permit) -> Mapping[str, Value]:
    return rule.then if isinstance(rule, Force) else {rule.output: rule.otherwise}


def _overtaken(one: Input, before: Heard, at_s: float) -> bool:
    """Tell whether a newer value is known; from a clock that was put back further than a value counts, none is."""
    return one.max_age_s is not None and before.at_s - one.max_age_s <= at_s < before.at_s


def _as(about: Input, value: Value) -> Value | None:
    """Return a value in the input's type, None where it is none."""
    if about.type is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value if type(value) is about.type else None


def _fits(about: Input, declared: tuple[type, str] | None) -> bool:
    if declared is None:
        return False
    kind, unit = declared
    return (float if kind is int else kind) is about.type and unit == about.unit
