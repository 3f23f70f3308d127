"""Messages on their way, and the lines they go through. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from labkeeper_hub.telling.words import Language
from labkeeper_sdk import LabkeeperError, Message

FIRST_WAIT_MS, LONGEST_WAIT_MS = 5_000, 300_000
GIVEN_UP_MS = 24 * 3_600_000
FAILED_AFTER = 3  # attempts in a row before a channel is an alarm: one that is busy for a moment is none


class TellingRefused(LabkeeperError):
    """Tell the person: `code` is short and stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Fate(StrEnum):
    """What has become of a message."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class ChannelSetup:
    """A channel as somebody set it up; `sealed` is its configuration, encrypted."""

    name: str
    kind: str
    language: Language
    sealed: str
    made_ms: int
    made_by: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message for a channel, and what has become of it; `error` is what the last attempt ended with."""

    channel: str
    message: Message
    fate: Fate = Fate.WAITING
    attempts: int = 0
    ended_ms: int | None = None
    error: str = ""

    def tried(self, error: str, now_ms: int) -> "Letter":
        """Return it after an attempt; no error: it is sent. After a day it is given up."""
        late = now_ms - self.message.made_ms >= GIVEN_UP_MS
        fate = Fate.SENT if not error else Fate.GIVEN_UP if late else Fate.WAITING
        return self.ended(fate, error, now_ms, attempts=self.attempts + 1)

    def ended(self, fate: Fate, error: str, now_ms: int, *, attempts: int) -> "Letter":
        """Return it with that fate."""
        ended_ms = None if fate is Fate.WAITING else now_ms
        return replace(self, fate=fate, attempts=attempts, ended_ms=ended_ms, error=error)


@dataclass(frozen=True, slots=True)
class Line:
    """How a channel has done lately."""

    failures: int = 0
    retry_ms: int = 0
    sent_ms: int | None = None
    error: str = ""

    @property
    def failed(self) -> bool:
        """Whether people must hear of it."""
        return self.failures >= FAILED_AFTER

    def after(self, error: str, now_ms: int) -> "Line":
        """Return it after an attempt: the next waits twice as long as the one before, up to five minutes."""
        if not error:
            return Line(sent_ms=now_ms)
        wait_ms = min(LONGEST_WAIT_MS, FIRST_WAIT_MS << min(self.failures, 10))
        return Line(self.failures + 1, now_ms + wait_ms, self.sent_ms, error)


def in_turn(letter: Letter) -> tuple[bool, int]:
    """Sort what waits: the safety class first, then by age."""
    return not letter.message.safety, letter.message.made_ms


@dataclass(frozen=True, slots=True)
class Numbers:
    """Telling in numbers."""

    attempts: Mapping[str, int]
    waiting: int
    failing: int
