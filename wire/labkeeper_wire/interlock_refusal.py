"""What is said of a command that an interlock refuses: for programs, and in the words of either reader. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from labkeeper_wire.conditions.expression import Mistake
from labkeeper_wire.conditions.parser import parse
from labkeeper_wire.conditions.wording import Language, worded
from labkeeper_wire.interlock_rules import Both, Input

CODE = "interlock"
NEEDS, NOT_KNOWN = "needs ", " (not known)"
TEXT = re.compile(r"(?P<rule>\S+): (?P<because>.*?); since (?P<since>[0-9TZ:-]+)(?:; (?P<zh>[^|]*) \| (?P<en>[^|]*))?")


class Refusal(NamedTuple):
    """Which rule forbids it, for which part of its condition, since when (ISO 8601, UTC), and that part in words."""

    rule: str
    because: str
    since: str
    words: Both = Both()

    def to_text(self) -> str:
        """Give the message of the command's result."""
        return f"{self.rule}: {self.because}; since {self.since}; {self.words.zh} | {self.words.en}"

    @classmethod
    def from_text(cls, text: str) -> "Refusal | None":
        """Read what `to_text` wrote, and what a node without words writes; None for any other text."""
        found = TEXT.fullmatch(text)
        if found is None:
            return None
        words = Both(found["zh"] or found["because"], found["en"] or found["because"])
        return cls(found["rule"], found["because"], found["since"], words)


def refusal(rule: str, because: str, since_ms: int, inputs: Mapping[str, Input]) -> Refusal:
    """Return what is said of a rule that stands like this since then (ms since the epoch)."""
    since = f"{datetime.fromtimestamp(since_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    zh = _said(because, "zh", {name: one.title.zh for name, one in inputs.items()})
    en = _said(because, "en", {name: one.title.en for name, one in inputs.items()})
    return Refusal(rule, because, since, Both(zh, en))


def _said(because: str, language: Language, names: Mapping[str, str]) -> str:
    """Return a reason in a language; what is no condition stays as it is."""
    parts = because.removeprefix(NEEDS).removesuffix(NOT_KNOWN).split("; ")
    try:
        said = [worded(parse(part), language, names) for part in parts]
    except Mistake:
        return because.replace("|", "/")
    needs, comma, unknown = ("需要：", "；", "（无法得知）") if language == "zh" else ("needs: ", "; ", NOT_KNOWN)
    lead = needs if because.startswith(NEEDS) else ""
    return lead + comma.join(said).replace("|", "/") + (unknown if because.endswith(NOT_KNOWN) else "")
