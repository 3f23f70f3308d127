"""What the node refused or mended, counted under short names; a log line only when something changes."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from labkeeper_edge.sampler import Trouble

log = logging.getLogger(__name__)

# The closed set of names; births declare a counter for each. What a driver names itself counts as device_nonsense.
REASONS = (
    *Trouble,
    "allow_list_refused",
    "bad_ack",
    "bad_command",
    "bad_device_id",
    "bad_driver_set",
    "bad_interlocks",
    "bad_leases",
    "bad_override",
    "bad_point_name",
    "bad_stop",
    "command_expired",
    "command_rejected",
    "command_repeated",
    "device_nonsense",
    "device_taken",
    "driver_breaks_over",
    "driver_changed",
    "driver_not_allowed",
    "foreign_command",
    "loop_blocked",
    "message_refused",
    "old_driver_set",
    "old_leases",
    "outbox_unwritable",
    "repeated_driver_set",
    "session_forgotten",
    "undeliverable",
)
LONGEST_DETAIL = 200  # a stranger's text in our log
REMEMBERED = 4096  # sources in trouble
SAID_ONE_BY_ONE = 16  # lines about one source, or sources of one reason; beyond that every doubling is logged


@dataclass(slots=True)
class Refusals:
    """Counters by reason, and which source is in which trouble."""

    counts: Counter[str] = field(default_factory=Counter)
    _trouble: dict[str, str] = field(default_factory=dict)
    _lines: Counter[str] = field(default_factory=Counter)

    def count(self, reason: str, source: str, detail: str = "") -> None:
        """Count one refusal of `source` (a device, a point, a topic); log it if it is a new trouble of that source."""
        self.counts[reason] += 1
        source = source[:LONGEST_DETAIL]
        if self._trouble.get(source) == reason:
            return
        first = source not in self._lines
        self._remember(source, reason)
        if self._is_worth_a_line(source) and (not first or self._is_worth_a_line(f"\0{reason}")):
            log.warning("%s: %s %s%s", _shown(source), reason, _shown(detail[:LONGEST_DETAIL]), self._remark(source))

    def clear(self, source: str) -> None:
        """`source` makes sense again; logged if it did not before."""
        if not self._trouble:
            return
        source = source[:LONGEST_DETAIL]
        if self._trouble.pop(source, None) is not None and self._is_worth_a_line(source):
            log.info("%s: fine again%s", _shown(source), self._remark(source))

    def total(self) -> Mapping[str, int]:
        """Return the counts so far, zeros included, for every reason there is."""
        return {str(reason): self.counts[reason] for reason in REASONS}

    def _remember(self, source: str, reason: str) -> None:
        """Names that somebody makes up must not fill the memory."""
        if len(self._trouble) >= REMEMBERED or len(self._lines) >= 2 * REMEMBERED:
            self._trouble.clear()
            self._lines = Counter({key: lines for key, lines in self._lines.items() if key.startswith("\0")})
        self._trouble[source] = reason

    def _is_worth_a_line(self, key: str) -> bool:
        """A source that makes sense every other time, or a new one for every message, must not fill the log."""
        self._lines[key] += 1
        lines = self._lines[key]
        return lines <= SAID_ONE_BY_ONE or lines & (lines - 1) == 0

    def _remark(self, source: str) -> str:
        return " (it comes and goes: logged ever more rarely)" if self._lines[source] >= SAID_ONE_BY_ONE else ""


def _shown(text: str) -> str:
    """Return a stranger's text without line breaks and other marks that a log must not obey."""
    return text if text.isprintable() else ascii(text)
