"""Who is in a class: numbers on bands, whether somebody consented, a cap. No names, no reasons, no dates of birth."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

GUARDIAN_BELOW = 14
"""Below this age a guardian consents. Source: Personal Information Protection Law of the PRC (2021), article 31."""


class ClassKey(NamedTuple):
    """A class in a lab (a gym, a field): its code, such as 4-2."""

    school: str
    lab: str
    code: str


class By(StrEnum):
    """Who consented that a heart rate is shown and kept for a short time."""

    GUARDIAN = "guardian"
    PUPIL = "pupil"


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent as somebody of the school recorded it; the paper stays at the school."""

    by: By
    recorded_ms: int
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One band of a class. `cap`: beats a minute, and nothing about why."""

    number: int
    consent: Consent | None = None
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """A class; `years` is the age of its youngest."""

    key: ClassKey
    years: int
    entries: tuple[Entry, ...] = ()

    def consented(self, entry: Entry) -> bool:
        """Tell whether a band may be shown and kept at all."""
        if entry.consent is None:
            return False
        return entry.consent.by is By.GUARDIAN or self.years >= GUARDIAN_BELOW

    def admitted(self) -> dict[int, Entry]:
        """Return the bands that may."""
        return {entry.number: entry for entry in self.entries if self.consented(entry)}


def withdrawn(before: Roster | None, after: Roster | None) -> tuple[int, ...]:
    """Return the bands whose readings may not be kept any more."""
    had = set(before.admitted()) if before else set()
    return tuple(sorted(had - set(after.admitted() if after else ())))
