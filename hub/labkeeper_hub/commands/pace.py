"""How fast one may command: a bucket of presses for each holder, which fills again. Pure.

A script that never waits would keep a device's queue full, and whoever teaches would read "busy".
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from labkeeper_sdk import CommandRejected

WISHES_A_PRESS = 20  # an action is one press, and another for every 20 wishes beyond
MOST_HOLDERS = 1024


class Rate(NamedTuple):
    """So many presses at once, and then so many a second."""

    burst: float
    per_s: float


PERSON = Rate(40, 20)
GROUP = Rate(20, 10)  # two sliders of a pupil group that move at once: each sends five values a second


class TooFast(CommandRejected):
    """Wait so many seconds, and ask again. `first`: of a row of refusals to this holder."""

    def __init__(self, wait_s: float, *, first: bool) -> None:
        super().__init__("too_fast", f"too many commands; wait {wait_s:.1f} s")
        self.wait_s = wait_s
        self.first = first


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is left of a holder's presses, as of a time; `refused`: the last press was."""

    left: float
    at_ms: int
    refused: bool = False


@dataclass(slots=True)
class Pace:
    """The buckets of all holders. Memory is bounded: whoever was unheard of for longest is forgotten."""

    _buckets: OrderedDict[str, Bucket] = field(default_factory=OrderedDict)

    def take(self, holder: str, rate: Rate, presses: int, now_ms: int) -> None:
        """Take presses out of a holder's bucket, a full one at most; raises TooFast and takes nothing."""
        cost = min(float(presses), rate.burst)
        before = self._buckets.pop(holder, None) or Bucket(rate.burst, now_ms)
        past_s = max(0, now_ms - before.at_ms) / 1000
        left = min(rate.burst, before.left + past_s * rate.per_s)
        enough = left >= cost
        self._buckets[holder] = Bucket(left - cost if enough else left, now_ms, refused=not enough)
        if len(self._buckets) > MOST_HOLDERS:
            self._buckets.popitem(last=False)
        if not enough:
            raise TooFast((cost - left) / rate.per_s, first=not before.refused)


def presses(wishes: int) -> int:
    """Return for how many presses an action of so many wishes counts; one of none costs nothing."""
    return 1 + (wishes - 1) // WISHES_A_PRESS if wishes else 0
