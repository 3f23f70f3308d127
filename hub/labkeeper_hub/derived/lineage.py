"""Where a derived point comes from, and what a recompute did: what the API tells."""

from dataclasses import dataclass

from labkeeper_hub.derived.declarations import Declaration
from labkeeper_hub.model import PointKey


@dataclass(frozen=True, slots=True)
class Lineage:
    """One derived point: what declares it, what it is computed from, and what came too late to count."""

    target: PointKey
    declaration: Declaration
    inputs: tuple[PointKey, ...]
    late: int = 0
    late_ms: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rows that were missing and are stored now, that were there with the same value, and with another one (kept)."""

    written: int = 0
    same: int = 0
    other: int = 0

    def __add__(self, more: "Outcome") -> "Outcome":
        return Outcome(self.written + more.written, self.same + more.same, self.other + more.other)
