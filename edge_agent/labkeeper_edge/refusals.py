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
    "bad_ack",
    "bad_command",
    "bad_device_id",
    "bad_override",
    "bad_point_name",
    "device_nonsense",
    "device_taken",
    "driver_breaks_over",
    "foreign_command",
    "loop_blocked",
    "message_refused",
    "outbox_unwritable",
    "undeliverable",
)
LONGEST_DETAIL = 200  # a stranger's text in our log


@dataclass(slots=True)
class Refusals:
    """Counters by reason, and which source is in which trouble."""

    counts: Counter[str] = field(default_factory=Counter)
    _trouble: dict[str, str] = field(default_factory=dict)

    def count(self, reason: str, source: str, detail: str = "") -> None:
        """Count one refusal of `source` (a device, a point, a topic); log it if it is a new trouble of that source."""
        self.counts[reason] += 1
        if self._trouble.get(source) != reason:
            self._trouble[source] = reason
            log.warning("%s: %s %s", source, reason, detail[:LONGEST_DETAIL])

    def clear(self, source: str) -> None:
        """`source` makes sense again; logged if it did not before."""
        if self._trouble and self._trouble.pop(source, None) is not None:
            log.info("%s: fine again", source)

    def total(self) -> Mapping[str, int]:
        """Return the counts so far, zeros included, for every reason there is."""
        return {str(reason): self.counts[reason] for reason in REASONS}
