"""What was refused or mended, counted by reason; a log line when it begins, not for every message."""

import logging
from collections import Counter
from dataclasses import dataclass, field

log = logging.getLogger(__name__)
REMEMBERED = 4096


@dataclass(slots=True)
class Refusals:
    """Reasons are short codes of a closed set, fit to be a metric's label."""

    counts: Counter[str] = field(default_factory=Counter)
    _said: dict[tuple[str, str], None] = field(default_factory=dict)

    def count(self, reason: str, where: str, times: int = 1) -> None:
        """Count a refusal; `where` (a topic, a point) is logged once per reason while it is remembered."""
        self.counts[reason] += times
        if (reason, where) in self._said:
            return
        if len(self._said) >= REMEMBERED:
            self._said.clear()
        self._said[reason, where] = None
        log.warning("bad input: %s from %s (counted from now on, not logged again)", reason, where[:200])
