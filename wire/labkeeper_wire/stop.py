"""Stop-all: one retained word for a school, outside Sparkplug, and what a latch makes of it. Not an emergency stop.

Any node may write the word, so that a stop needs no hub, and a word alone is believed only when it stops. A release is
the hub's command to each node, on the topics that only a hub may write.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

PREFIX = "labkeeper/v1/"
SUFFIX = "/stop"
EVERY_SCHOOL = f"{PREFIX}+{SUFFIX}"
LATCH = "Stop/Latch"  # String, in NBIRTH and NDATA: the latch that holds this node, "" if none does
RELEASE = "Node Control/Stop Release"  # String, JSON, writable, in NBIRTH and in the hub's NCMD: a word that releases
MISSING = "Stop/Missing"  # String, JSON list: devices with actuators that are not at their safe values yet

LONGEST_WORD = 4096
LONGEST_NAME = 256
RELEASED_KEPT = 16
LAST_MS = 253_402_300_799_999


class BadStop(ValueError):
    """The payload is no word about a stop: nothing may be changed for it."""


class StopWord(NamedTuple):
    """`active`: stop, and stay stopped under this latch; not active: a person has released this very latch. By the
    `mark` of a release hubs with one account know that one of them said it.
    """

    latch: str
    active: bool
    by: str
    at_ms: int
    mark: str = ""

    def to_payload(self) -> bytes:
        """Give the retained payload."""
        said = {"latch": self.latch, "active": self.active, "by": self.by, "at": self.at_ms}
        return json.dumps(said | ({"mark": self.mark} if self.mark else {})).encode()

    @classmethod
    def from_payload(cls, payload: bytes) -> "StopWord":
        """Read a word; unknown members are ignored, anything else wrong raises BadStop."""
        try:
            said = json.loads(payload) if len(payload) <= LONGEST_WORD else None
        except (ValueError, RecursionError) as error:
            raise BadStop("not JSON") from error
        if not isinstance(said, dict):
            raise BadStop("not an object, or too long")
        mark = _name(said, "mark") if "mark" in said else ""
        return cls(_name(said, "latch"), _flag(said), _name(said, "by"), _time(said), mark)


@dataclass(frozen=True, slots=True)
class Latch:
    """What holds a node, or a school as the hub sees it. The last latches that were released hold nobody again."""

    word: StopWord | None = None
    released: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The latch that holds; "" if none does."""
        return "" if self.word is None else self.word.latch

    def to_text(self) -> str:
        """Give what is kept on disk."""
        word = None if self.word is None else self.word.to_payload().decode()
        return json.dumps({"word": word, "released": self.released})

    @classmethod
    def from_text(cls, text: str) -> "Latch":
        """Read what `to_text` wrote, nothing for a text that never was; raises BadStop."""
        if not text:
            return cls()
        said = json.loads(text)
        word = None if said["word"] is None else StopWord.from_payload(said["word"].encode())
        return cls(word, tuple(said["released"]))


def hear(latch: Latch, word: StopWord) -> Latch:
    """Return the latch after a word, the same object if it changes nothing.

    A stop takes the place of another, for people see the newest and release that one. A release of another latch than
    the one that holds is no release.
    """
    if word.active:
        return latch if word.latch in (latch.name, *latch.released) else replace(latch, word=word)
    if word.latch in latch.released or latch.name not in ("", word.latch):
        return latch
    return Latch(None, (*latch.released, word.latch)[-RELEASED_KEPT:])


def hear_anyone(latch: Latch, word: StopWord) -> Latch:
    """Return the latch after a word that any node may have written: it stops, and releases nothing."""
    return hear(latch, word) if word.active else latch


def release(value: object) -> StopWord:
    """Read the hub's command; raises BadStop for what is no word, or one that stops."""
    word = StopWord.from_payload(value.encode() if isinstance(value, str) else b"")
    if word.active:
        raise BadStop("a release that stops")
    return word


def reconciled(latch: Latch, said: str, by: str, at_ms: int) -> StopWord | None:
    """Return the word that is missing where somebody says to be held by `said` ("": by none); None: they agree.

    Who is held by what nobody knows of holds all: a stop that was forgotten still waits for a person to release it.
    """
    if said == latch.name:
        return None
    return latch.word or StopWord(said, active=said not in latch.released, by=by, at_ms=at_ms)


def topic(school: str) -> str:
    """Return where a school's word is kept."""
    return f"{PREFIX}{school}{SUFFIX}"


def school_of(text: str) -> str:
    """Return whose word is kept there; raises BadStop for another topic."""
    school = text.removeprefix(PREFIX).removesuffix(SUFFIX)
    if not school or text != topic(school) or "/" in school:
        raise BadStop("not the topic of a stop")
    return school


def missing(value: object) -> frozenset[str]:
    """Return the devices a node names as not confirmed; nothing for what is no list of names."""
    try:
        said = json.loads(value) if isinstance(value, str) else []
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(one for one in said if isinstance(one, str)) if isinstance(said, list) else frozenset()


def _name(said: Mapping[str, object], key: str) -> str:
    text = said.get(key)
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_NAME:
        raise BadStop(f"{key} is no name")
    return text


def _flag(said: Mapping[str, object]) -> bool:
    active = said.get("active")
    if not isinstance(active, bool):
        raise BadStop("active is neither true nor false")
    return active


def _time(said: Mapping[str, object]) -> int:
    at_ms = said.get("at")
    if not isinstance(at_ms, int) or isinstance(at_ms, bool) or not 0 <= at_ms <= LAST_MS:
        raise BadStop("at is no time")
    return at_ms
