"""Who may command what at this node: the newest table of leases, and how much of it is on disk."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from labkeeper_edge.refusals import Refusals
from labkeeper_sdk import Point, Value
from labkeeper_wire.leases.table import BadTable, LeaseTable
from labkeeper_wire.leases.tenure import Aim, Ask, OldTable, Refusal, Tenure, refusal, take

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Authority:
    """A new table binds at once; it counts as accepted, and its holders are obeyed, when its number is on disk.

    `unleased`: what nobody holds may be commanded. `changed` are called after every table.
    """

    refusals: Refusals
    unleased: bool = True
    clock: Callable[[], float] = time.monotonic
    tenure: Tenure = field(default_factory=Tenure)
    on_disk: int = 0
    stopped: Callable[[], bool] = lambda: False
    changed: list[Callable[[], None]] = field(default_factory=list)

    def recall(self, fence: int) -> None:
        """Begin with the number an earlier process had; its leases are over."""
        self.tenure, self.on_disk = Tenure(fence), fence

    @property
    def durable(self) -> bool:
        """Whether the newest table's number is on disk."""
        return self.on_disk == self.tenure.fence

    def told(self, text: object, age_ms: int) -> None:
        """Take a table of the hub that was on its way for so long."""
        try:
            self.tenure = take(self.tenure, LeaseTable.from_text(text), self.clock(), age_ms)
        except BadTable as bad:
            self.refusals.count("bad_leases", "leases", str(bad))
        except OldTable as old:
            self.refusals.count("old_leases", "leases", str(old))
        else:
            for tell in self.changed:
                tell()

    def refusal(self, device: str, bench: str, fence: int, aims: tuple[Aim, ...]) -> Refusal | None:
        """Return why a command is refused, None if it may be executed now."""
        if self.stopped():
            return Refusal("stopped", "everything is stopped; a person has to release it first")
        return refusal(self.tenure, Ask(device, bench, fence, aims), self.clock(), unleased=self.unleased)


def aims(points: Mapping[str, Point], wanted: Mapping[str, Value]) -> tuple[Aim, ...]:
    """Return what a command wants, with the risk of each of its points."""
    return tuple(Aim(name, value, points[name].risk if name in points else "none") for name, value in wanted.items())
