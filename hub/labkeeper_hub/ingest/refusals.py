"""What was refused or mended, counted by reason; a log line when it begins, not for every message."""

import logging
from collections import Counter
from dataclasses import dataclass, field

log = logging.getLogger(__name__)
REMEMBERED = 4096
NAMED = 16  # sources of one reason that are logged one by one; beyond them every doubling of their number is
LONGEST_SOURCE = 200  # characters of a stranger's topic in our memory and our log


@dataclass(slots=True)
class Refusals:
    """Reasons are short codes of a closed set, fit to be a metric's label."""

    counts: Counter[str] = field(default_factory=Counter)
    _said: dict[tuple[str, str], None] = field(default_factory=dict)
    _sources: Counter[str] = field(default_factory=Counter)

    def count(self, reason: str, where: str, times: int = 1) -> None:
        """Count a refusal; `where` (a topic, a point) is logged once per reason while it is remembered."""
        self.counts[reason] += times
        where = where[:LONGEST_SOURCE]
        if (reason, where) in self._said:
            return
        if len(self._said) >= REMEMBERED:
            self._said.clear()
        self._said[reason, where] = None
        self._sources[reason] += 1
        self._log(reason, where, self._sources[reason])

    def _log(self, reason: str, where: str, sources: int) -> None:
        """One who makes up a new name for every message must not fill the log."""
        # a topic may hold line breaks where the broker lets them through
        shown = where if where.isprintable() else ascii(where)
        if sources <= NAMED:
            log.warning("bad input: %s from %s (counted from now on, not logged again)", reason, shown)
        elif sources & (sources - 1) == 0:
            log.warning("bad input: %s from %d sources by now, the last is %s", reason, sources, shown)
