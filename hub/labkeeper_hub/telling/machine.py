"""The machine that tells: `(state, alarms that call now) → (state, messages)`. Pure; the clock is an argument.

It looks at what calls and at nothing else, so that an acknowledgement, a shelf, a clearing and a restart all need no
event of their own: what calls no more is told no more, and what still calls after a crash goes on where it was.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from labkeeper_hub.alarms.states import Priority
from labkeeper_hub.telling.hours import Calendar, Calendars
from labkeeper_hub.telling.plan import Calling, Cause, Plan, Step, TellingRule

HOUR_MS = 3_600_000


class Kind(StrEnum):
    """Why a message goes out."""

    ALARM = "alarm"
    ESCALATION = "escalation"
    REPEAT = "repeat"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Tell:
    """One message through one channel."""

    channel: str
    kind: Kind
    causes: tuple[Cause, ...]
    safety: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One cause that calls, as one rule tells of it. `told` are numbers of steps, in the order they were told."""

    rule: str
    cause: Cause
    since_ms: int
    priority: Priority
    safety: bool
    told: tuple[int, ...] = ()
    last_ms: int = 0
    rank: int = 0

    @property
    def severity(self) -> tuple[Priority, int]:
        """How bad it is, for comparing: by priority, and by level within one."""
        return self.priority, self.rank


@dataclass(frozen=True, slots=True)
class Purse:
    """What went through a channel in the last hour, and what waits for its next digest."""

    channel: str
    sent_ms: tuple[int, ...] = ()
    held: tuple[Cause, ...] = ()
    held_ms: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """All that must outlive a crash."""

    cases: tuple[Case, ...] = ()
    purses: tuple[Purse, ...] = ()


def look(
    state: State, plan: Plan, calendars: Calendars, calling: Iterable[Calling], now_ms: int
) -> tuple[State, tuple[Tell, ...]]:
    """Return what is told now, and what to remember."""
    cases, wanted = [], list[Tell]()
    for case in _cases(state, plan, calling, now_ms):
        rule = plan.rule(case.rule)
        told = () if rule is None else _due(case, rule, calendars(case.cause.school), now_ms)
        wanted += [Tell(step.channel, kind, (case.cause,), case.safety) for _, step, kind in told]
        numbers = [number for number, *_ in told if number not in case.told]
        cases.append(replace(case, told=(*case.told, *numbers), last_ms=now_ms) if told else case)
    purses, tells = _capped(state.purses, plan, _once(wanted), now_ms)
    return State(tuple(cases), purses), tells


# --- cases -----------------------------------------------------------------------------------------------------------
def _cases(state: State, plan: Plan, calling: Iterable[Calling], now_ms: int) -> Iterator[Case]:
    """Return a case for each rule and cause that calls; one that became worse begins anew."""
    before = {(case.rule, case.cause): case for case in state.cases}
    fresh: dict[tuple[str, Cause], Case] = {}
    for one in calling:
        for rule in plan.rules:
            if rule.picks(one):
                name = (rule.name, one.cause)
                case = Case(*name, now_ms, one.priority, one.safety, rank=one.rank)
                fresh[name] = max(fresh.get(name, case), case, key=lambda known: known.severity)
    for name, case in fresh.items():
        known = before.get(name)
        yield case if known is None or case.severity > known.severity else known


def _due(case: Case, rule: TellingRule, calendar: Calendar, now_ms: int) -> Sequence[tuple[int, Step, Kind]]:
    """Return the steps to be told now. Where all before a step are away, the step is in the place of the first."""
    due, reached_ms, somebody = list[tuple[int, Step, Kind]](), now_ms - case.since_ms, False
    for number, step in enumerate(rule.steps):
        here = case.safety or calendar.is_open(step.hours, now_ms)
        after_ms = step.after_ms if somebody else rule.steps[0].after_ms
        if here and number not in case.told and reached_ms >= after_ms:
            due.append((number, step, Kind.ESCALATION if somebody else Kind.ALARM))
        somebody = somebody or here or number in case.told
    return due or _again(case, rule, calendar, now_ms)


def _again(case: Case, rule: TellingRule, calendar: Calendar, now_ms: int) -> Sequence[tuple[int, Step, Kind]]:
    """Return the newest step told, if it is time to repeat it."""
    known = [number for number in case.told if number < len(rule.steps)]
    if not known or not rule.repeat_ms or now_ms - case.last_ms < rule.repeat_ms:
        return ()
    step = rule.steps[known[-1]]
    here = case.safety or calendar.is_open(step.hours, now_ms)
    return ((known[-1], step, Kind.REPEAT),) if here else ()


def _once(wanted: Iterable[Tell]) -> Sequence[Tell]:
    """Leave out what two rules want to say at once through one channel about one cause."""
    return list({(one.channel, one.causes): one for one in wanted}.values())


# --- caps and digests ------------------------------------------------------------------------------------------------
def _capped(
    purses: Iterable[Purse], plan: Plan, wanted: Sequence[Tell], now_ms: int
) -> tuple[tuple[Purse, ...], tuple[Tell, ...]]:
    """Let through what the caps allow, hold the rest for a digest, and say digests that are due."""
    known = {purse.channel: _recent(purse, now_ms) for purse in purses if purse.channel in plan.channels()}
    tells: list[Tell] = []
    for one in wanted:
        purse = known.get(one.channel, Purse(one.channel))
        goes = one.safety or len(purse.sent_ms) < plan.per_hour
        known[one.channel] = purse if one.safety else _spent(purse, now_ms) if goes else _held(purse, one, now_ms)
        tells += [one] if goes else []
    for name, purse in known.items():
        if purse.held and now_ms - purse.held_ms >= plan.digest_ms:
            tells.append(Tell(name, Kind.DIGEST, purse.held))
            known[name] = replace(purse, held=())
    return tuple(known.values()), tuple(tells)


def _recent(purse: Purse, now_ms: int) -> Purse:
    return replace(purse, sent_ms=tuple(sent for sent in purse.sent_ms if sent > now_ms - HOUR_MS))


def _spent(purse: Purse, now_ms: int) -> Purse:
    return replace(purse, sent_ms=(*purse.sent_ms, now_ms))


def _held(purse: Purse, one: Tell, now_ms: int) -> Purse:
    held = tuple(dict.fromkeys((*purse.held, *one.causes)))
    return replace(purse, held=held, held_ms=purse.held_ms if purse.held else now_ms)
