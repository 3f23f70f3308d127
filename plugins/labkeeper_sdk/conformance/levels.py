"""The words of the conformance kit: levels, checks and findings."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum

from labkeeper_sdk.conformance.outcomes import Outcome
from labkeeper_sdk.conformance.trial import Trial
from labkeeper_sdk.points import Title


class Level(IntEnum):
    """How far a driver can be relied on; each level contains those below it."""

    NONE = 0
    BRONZE = 1  # it loads, explains itself, leaks nothing and blocks nobody
    SILVER = 2  # it survives its device: vanishing, silence, cancellation; its readings are what it declared
    GOLD = 3  # its actuators become safe, commands happen once, recordings vouch for it
    PLATINUM = 4  # nonsense on the wire and long running change nothing

    @property
    def word(self) -> str:
        """Return its name as people write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is tried. `remedy` tells the author what to do."""

    name: str
    level: Level
    title: Title
    remedy: Title
    run: Callable[[Trial], Awaitable[None]]
    within_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a check."""

    check: Check
    outcome: Outcome
    seen: Title = Title()

    @property
    def counts(self) -> bool:
        """Whether it lets the level stand."""
        return self.outcome in (Outcome.PASSED, Outcome.SPARED)


def reached(findings: "list[Finding]") -> Level:
    """Return the highest level all of whose checks, and all below, passed; a level nobody tried is not reached."""
    best = Level.NONE
    for level in (Level.BRONZE, Level.SILVER, Level.GOLD, Level.PLATINUM):
        tried = [finding for finding in findings if finding.check.level is level]
        if not tried or not all(finding.counts for finding in tried):
            break
        best = level
    return best
