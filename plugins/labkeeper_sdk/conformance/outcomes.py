"""How a check ends, and how it says so while it runs."""

from enum import StrEnum

from labkeeper_sdk.points import Title


class Fault(Exception):
    """A driver does not pass a check; the text says what was seen, in both languages."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.seen = Title(zh=zh, en=en)


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SPARED = "spared"  # does not apply to this driver; counts as passed
    UNTRIED = "untried"  # could not be tried here; counts as not passed


class Spared(Exception):
    """The check does not apply to this driver."""


class Untried(Exception):
    """The check cannot be made here; the text says why."""
