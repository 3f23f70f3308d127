"""Which points speak of one person's body: those that say so, and those that are called so. They never become points of
the hub: no export, forwarder, recording, alarm, dashboard or reader can ask for them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

BODIES = frozenset({"heartrate", "pulserate", "bpm", "rrinterval", "heartratevariability", "hrv", "spo2"})
RATES = frozenset({"heartrate", "pulserate", "bpm"})
CONTACT = "contact"
NUMBER = re.compile(r"(?:^|[^0-9A-Za-z])(\d{1,3})$")


class Says(StrEnum):
    """What a personal point says."""

    RATE = "rate"
    CONTACT = "contact"
    OTHER = "other"  # kept from everybody, the board included


@dataclass(frozen=True, slots=True)
class Sense:
    """A personal point: what it says, and the number on its band (None: it has none, and nobody can use it)."""

    says: Says
    number: int | None


def senses(device: str, points: Iterable[str], marked: Iterable[str] = ()) -> Mapping[str, Sense]:
    """Return the personal ones among a device's points: those that are marked, those that are called so, and a contact
    where its band tells a rate. A mark makes private, it puts nothing on a board: only what is called a rate is one.
    """
    names = tuple(points)
    bodies = {*marked, *(name for name in names if _word(name) in BODIES)}
    bands = {_band(name) for name in bodies}
    worn = {name for name in names if _word(name) == CONTACT and _band(name) in bands}
    return {name: Sense(_says(name), number_of(_band(name) or device)) for name in (*bodies, *worn)}


def number_of(name: str) -> int | None:
    """Return the number a band's name ends with, after anything but a letter: band-07 is 7."""
    found = NUMBER.search(name)
    return int(found[1]) or None if found else None


def _says(name: str) -> Says:
    word = _word(name)
    if word in RATES:
        return Says.RATE
    return Says.CONTACT if word == CONTACT else Says.OTHER


def _word(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.rpartition("/")[2].casefold())


def _band(name: str) -> str:
    return name.rpartition("/")[0]
