"""When a teacher is asked to slow a child down, or to look at it. Advice and no diagnosis; pure, by known time only."""

from dataclasses import dataclass, replace
from enum import IntEnum

ALERT_RATE = 200
ADVISE_SHARE, ALERT_SHARE = 0.85, 0.95


class Advice(IntEnum):
    """What a teacher is asked to do; more is more urgent."""

    NONE = 0
    EASE = 1  # let the child slow down
    LOOK = 2  # please look at the child


@dataclass(frozen=True, slots=True)
class Limit:
    """Above `over` for `on_ms` it trips; at or below `over - deadband` for `off_ms` it is over."""

    over: float
    on_ms: int
    off_ms: int
    deadband: float


@dataclass(frozen=True, slots=True)
class Limits:
    """One child's limits; `cap`: a lower one that somebody set, without saying why."""

    ease: Limit
    look: Limit
    cap: Limit | None = None


@dataclass(frozen=True, slots=True)
class Trip:
    """How long a limit has been exceeded, or kept again."""

    on: bool = False
    for_ms: int = 0


@dataclass(frozen=True, slots=True)
class Watch:
    """What has tripped for one child; `seen`: the teacher has said that they look after it."""

    ease: Trip = Trip()
    look: Trip = Trip()
    cap: Trip = Trip()
    seen: bool = False

    @property
    def advice(self) -> Advice:
        """Return what is to be done."""
        if self.look.on:
            return Advice.LOOK
        return Advice.EASE if self.ease.on or self.cap.on else Advice.NONE


def limits_for(highest: float, cap: int | None) -> Limits:
    """Return the limits of a child: above 85 % for a minute, above 95 % or from 200 on for 15 s (defaults of ours); a
    cap counts after 15 s.
    """
    return Limits(
        ease=Limit(ADVISE_SHARE * highest, 60_000, 30_000, 5),
        look=Limit(min(ALERT_SHARE * highest, ALERT_RATE - 1), 15_000, 15_000, 10),
        cap=None if cap is None else Limit(cap, 15_000, 30_000, 5),
    )


def watched(watch: Watch, limits: Limits, rate: int, for_ms: int) -> Watch:
    """Return the watch after a rate that held for so long. Time without a rate is not told here: it changes nothing."""
    cap = Trip() if limits.cap is None else _tripped(watch.cap, limits.cap, rate, for_ms)
    ease, look = _tripped(watch.ease, limits.ease, rate, for_ms), _tripped(watch.look, limits.look, rate, for_ms)
    after = Watch(ease, look, cap, watch.seen)
    return replace(after, seen=watch.seen and Advice.NONE < after.advice <= watch.advice)


def _tripped(trip: Trip, limit: Limit, rate: int, for_ms: int) -> Trip:
    """Count the time a state is contradicted; enough of it turns the state."""
    contradicted = rate <= limit.over - limit.deadband if trip.on else rate > limit.over
    if not contradicted:
        return Trip(trip.on)
    counted = trip.for_ms + for_ms
    enough = limit.off_ms if trip.on else limit.on_ms
    return Trip(not trip.on) if counted >= enough else Trip(trip.on, counted)
