"""A PE class while it lasts: `happened(state, event)` returns the new state and what is to be done. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from labkeeper_hub.pe.advice import Advice, limits_for
from labkeeper_hub.pe.band import Band, off_skin, passed, told
from labkeeper_hub.pe.roster import ClassKey, Entry, Roster
from labkeeper_hub.pe.shared import MINUTE_MS, ClassMinute, Minute, SoFar, grown, in_steps
from labkeeper_hub.pe.shared import told as told_of
from labkeeper_hub.pe.zones import highest_rate, is_moving

STEP_MS = 1_000
LONGEST_STEP_MS = 2_000  # what a hub slept through counts for nothing
LONGEST_MS = 3 * 3_600_000
FIRST_MINUTE = Minute(0)


@dataclass(frozen=True, slots=True)
class Sums:
    """What the class came to so far: time in which anybody was known, in which at least half of those known moved,
    beats and time over all bands, and how often anybody was to slow down or to be looked at.
    """

    known_ms: int = 0
    moving_ms: int = 0
    rate_ms: int = 0
    band_ms: int = 0
    eased: int = 0
    looked: int = 0


@dataclass(frozen=True, slots=True)
class PeClass:
    """A class that is on. `with_lesson`: it ends with the lesson that is on in its lab."""

    id: str
    key: ClassKey
    years: int
    started_ms: int
    now_ms: int
    with_lesson: bool = False
    bands: Mapping[int, Band] = field(default_factory=dict)
    waiting: tuple[int, ...] = ()  # on the roster, without a consent: nothing is shown, nothing is kept
    sums: Sums = Sums()
    minute: Minute = FIRST_MINUTE

    @property
    def highest(self) -> float:
        return highest_rate(self.years)


@dataclass(frozen=True, slots=True)
class Told:
    """A band told a rate."""

    number: int
    rate: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class OffSkin:
    """A band said that nobody wears it."""

    number: int


@dataclass(frozen=True, slots=True)
class Passed:
    """Time passed; `lesson_on`: whether a lesson is on in the lab."""

    now_ms: int
    lesson_on: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """The teacher looks after a child."""

    number: int


@dataclass(frozen=True, slots=True)
class Changed:
    """The roster says something else."""

    roster: Roster
    now_ms: int


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep this reading for as long as the settings say."""

    number: int
    time_ms: int
    rate: int


@dataclass(frozen=True, slots=True)
class Share:
    """Tell this of the class as a whole, to whoever may see the lab."""

    minute: ClassMinute


@dataclass(frozen=True, slots=True)
class End:
    """The class is over."""


Event: TypeAlias = Told | OffSkin | Passed | Seen | Changed
Effect: TypeAlias = Keep | Share | End


def begun(identity: str, roster: Roster, now_ms: int, *, with_lesson: bool) -> PeClass:
    """Return a class that begins."""
    fresh = PeClass(identity, roster.key, roster.years, now_ms, now_ms, with_lesson, minute=Minute(now_ms))
    return _admitted(fresh, roster, now_ms)


def happened(state: PeClass, event: Event) -> tuple[PeClass, tuple[Effect, ...]]:
    """Return the class after an event, and what is to be done. A band nobody consented to changes nothing."""
    match event:
        case Passed():
            return _passed(state, event)
        case Changed():
            return _admitted(state, event.roster, event.now_ms), ()
        case Told() | OffSkin() | Seen() if event.number not in state.bands:
            return state, ()
        case Told():
            return _told(state, event)
        case OffSkin():
            return _with(state, event.number, off_skin(state.bands[event.number])), ()
        case _:
            band = state.bands[event.number]
            return _with(state, event.number, replace(band, watch=replace(band.watch, seen=True))), ()


def replayed(state: PeClass, kept: Iterable[Keep]) -> PeClass:
    """Return the class after what was kept of it, in order of time: what a hub knew that was killed."""
    bands = dict(state.bands)  # one for all tellings of a second: a long class has a hundred thousand
    for one in kept:
        while state.now_ms + STEP_MS < one.time_ms:
            state, _ = _passed(replace(state, bands=bands), Passed(state.now_ms + STEP_MS))
            bands = dict(state.bands)
        if one.number in bands:
            bands[one.number] = told(bands[one.number], one.rate, one.time_ms)
    return replace(state, bands=bands)


def _told(state: PeClass, event: Told) -> tuple[PeClass, tuple[Effect, ...]]:
    before = state.bands[event.number]
    after = told(before, event.rate, event.now_ms)
    if after is before:
        return state, ()
    return _with(state, event.number, after), (Keep(event.number, event.now_ms, event.rate),)


def _passed(state: PeClass, event: Passed) -> tuple[PeClass, tuple[Effect, ...]]:
    for_ms = min(max(0, event.now_ms - state.now_ms), LONGEST_STEP_MS)
    bands = {number: passed(band, state.highest, for_ms, event.now_ms) for number, band in state.bands.items()}
    over = (state.with_lesson and not event.lesson_on) or event.now_ms - state.started_ms >= LONGEST_MS
    sums = _added(_advised(state.sums, state.bands, bands), bands, state.highest, for_ms)
    rates = [band.rate for band in bands.values() if band.rate is not None]
    minute = grown(state.minute, rates, sum(is_moving(rate, state.highest) for rate in rates), for_ms)
    after, shared = _minute_over(replace(state, now_ms=event.now_ms, bands=bands, sums=sums, minute=minute))
    return after, (*shared, End()) if over else shared


def _minute_over(state: PeClass) -> tuple[PeClass, tuple[Share, ...]]:
    """Begin the next minute when one is over, and tell of it what may be told."""
    if state.now_ms - state.minute.began_ms < MINUTE_MS:
        return state, ()
    said = told_of(state.minute, state.key.school, state.key.lab, _so_far(state))
    return replace(state, minute=Minute(state.now_ms)), () if said is None else (Share(said),)


def _so_far(state: PeClass) -> SoFar:
    sums, each = state.sums, [band.moving_ms / band.known_ms for band in state.bands.values() if band.known_ms]
    return SoFar(
        in_steps(sums.moving_ms / sums.known_ms) if sums.known_ms else 0.0,
        in_steps(sum(each) / len(each)) if each else 0.0,
        (state.now_ms - state.started_ms) // MINUTE_MS,
        sums.eased,
        sums.looked,
    )


def _advised(sums: Sums, before: Mapping[int, Band], after: Mapping[int, Band]) -> Sums:
    """Count what is advised anew: times, not children."""
    more = [new.watch.advice for number, new in after.items() if new.watch.advice > before[number].watch.advice]
    return replace(sums, eased=sums.eased + more.count(Advice.EASE), looked=sums.looked + more.count(Advice.LOOK))


def _added(sums: Sums, bands: Mapping[int, Band], highest: float, for_ms: int) -> Sums:
    rates = [band.rate for band in bands.values() if band.rate is not None]
    if not rates:
        return sums
    moving = 2 * sum(is_moving(rate, highest) for rate in rates) >= len(rates)
    return replace(
        sums,
        known_ms=sums.known_ms + for_ms,
        moving_ms=sums.moving_ms + (for_ms if moving else 0),
        rate_ms=sums.rate_ms + sum(rates) * for_ms,
        band_ms=sums.band_ms + len(rates) * for_ms,
    )


def _admitted(state: PeClass, roster: Roster, now_ms: int) -> PeClass:
    """Let in who may be shown; who is out is forgotten at once, who stays keeps what is known."""
    allowed, highest = roster.admitted(), highest_rate(roster.years)
    bands = {number: _band(state.bands.get(number), entry, highest, now_ms) for number, entry in allowed.items()}
    waiting = tuple(entry.number for entry in roster.entries if entry.number not in allowed)
    return replace(state, years=roster.years, bands=bands, waiting=waiting)


def _band(before: Band | None, entry: Entry, highest: float, now_ms: int) -> Band:
    limits = limits_for(highest, entry.cap)
    return Band(limits, now_ms) if before is None else replace(before, limits=limits)


def _with(state: PeClass, number: int, band: Band) -> PeClass:
    return replace(state, bands={**state.bands, number: band})
