"""Why a check is not made. Faults and outcomes are the conformance kit's."""

from labkeeper_sdk import Title
from labkeeper_sdk.conformance.outcomes import Outcome


class NotTried(Exception):
    """A check is not made; the text says why, in both languages."""

    outcome = Outcome.UNTRIED

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.seen = Title(zh=zh, en=en)


class Spared(NotTried):
    """A check has nothing to ask of this device."""

    outcome = Outcome.SPARED
