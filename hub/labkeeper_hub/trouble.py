"""A trouble that lasts is logged when it begins, and not at every try."""

from dataclasses import dataclass
from logging import Logger


@dataclass(slots=True)
class Trouble:
    """Something that is tried again and again; `what` has a place (%s) for the reason."""

    log: Logger
    what: str
    lasts: bool = False

    def begun(self, reason: object) -> None:
        """It failed."""
        if not self.lasts:
            self.log.error(self.what, reason)
        self.lasts = True

    def over(self) -> None:
        """It went well."""
        self.lasts = False
