"""The chain: every entry holds the digest of the one before, and a sealed head says how long it is."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import orjson

START = "0" * 64


@dataclass(frozen=True, slots=True)
class Event:
    """Something somebody did. `who` is a pseudonym, `result` a short code; nothing in it names a person."""

    who: str
    what: str
    subject: str
    result: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: how many entries, the digest of the last, and how many bytes they are."""

    entries: int = 0
    digest: str = START
    size: int = 0

    def seal(self, key: bytes) -> str:
        """Return what only a holder of the key can say of this head."""
        return hmac.digest(key, f"{self.entries} {self.digest} {self.size}".encode(), "sha256").hex()


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry (counted from 1) that is not as it was written, and why."""

    entry: int
    reason: str


def link(head: Head, event: Event) -> tuple[bytes, Head]:
    """Return the line of the next entry, and the head after it."""
    told = {"entry": head.entries + 1, **asdict(event), "previous": head.digest}
    digest = hashlib.sha256(_canonical(told)).hexdigest()
    line = _canonical({**told, "digest": digest}) + b"\n"
    return line, Head(head.entries + 1, digest, head.size + len(line))


def follow(lines: Iterable[bytes], head: Head | None = None) -> tuple[Head, Fault | None]:
    """Return how far the chain holds from a head on, and what is wrong with the entry after that."""
    head = head or Head()
    for line in lines:
        head, fault = _step(head, line)
        if fault is not None:
            return head, fault
    return head, None


def check(lines: Iterable[bytes], sealed: Head) -> tuple[Head, Fault | None]:
    """Return how far a chain holds and its first fault; entries after the sealed ones are new, not wrong."""
    head = Head()
    for line in lines:
        head, fault = _step(head, line)
        if fault is not None:
            return head, fault
        if head.entries == sealed.entries and head != sealed:
            return head, Fault(head.entries, "is not the one that was sealed")
    if head.entries < sealed.entries:
        return head, Fault(head.entries + 1, f"is missing, with all up to {sealed.entries}")
    return head, None


def _step(head: Head, line: bytes) -> tuple[Head, Fault | None]:
    number = head.entries + 1
    try:
        told = orjson.loads(line)
        said = told.pop("digest")
    except (orjson.JSONDecodeError, KeyError, AttributeError, TypeError):
        return head, Fault(number, "is not an entry")
    if told.get("entry") != number or told.get("previous") != head.digest:
        return head, Fault(number, "does not follow the one before: one is missing, or was put in")
    if hashlib.sha256(_canonical(told)).hexdigest() != said:
        return head, Fault(number, "was changed")
    return Head(number, said, head.size + len(line)), None


def _canonical(told: dict[str, object]) -> bytes:
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
