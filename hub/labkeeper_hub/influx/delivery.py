"""Getting a batch of lines through: bodies of bounded size, halved until only what is refused is left out. Pure.

Ask `body()` for what to send, tell `judged()` what came of it, until `body()` is None.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labkeeper_hub.influx.verdict import Refused, Taken, TooLarge
from labkeeper_hub.timeseries.forwarding import RefusedLine

MOST_LINES = 5_000
MOST_BYTES = 1_000_000


@dataclass(slots=True)
class Delivery:
    """One batch on its way."""

    lines: Sequence[bytes]
    refused: list[RefusedLine] = field(default_factory=list)
    taken: int = 0
    beyond_retention: int = 0
    _left: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = cut(self.lines, MOST_LINES, MOST_BYTES)[::-1]

    def body(self) -> bytes | None:
        """Return what to send next; the same again until it is judged."""
        if not self._left:
            return None
        start, end = self._left[-1]
        return b"\n".join(self.lines[start:end])

    def judged(self, verdict: Taken | Refused | TooLarge) -> None:
        """Take what the server said of that body."""
        start, end = self._left.pop()
        if isinstance(verdict, Taken):
            beyond = min(verdict.beyond_retention, end - start)
            self.beyond_retention += beyond
            self.taken += end - start - beyond
        elif end - start > 1:
            middle = (start + end) // 2
            self._left += [(middle, end), (start, middle)]
        else:
            reason = verdict.reason if isinstance(verdict, Refused) else "too large for the server, alone"
            self.refused.append(RefusedLine(reason, self.lines[start].decode()))


def cut(lines: Sequence[bytes], most_lines: int, most_bytes: int) -> list[tuple[int, int]]:
    """Return (start, end) of bodies of so many lines and bytes at most; a longer line goes alone."""
    found, start, size = list[tuple[int, int]](), 0, 0
    for place, line in enumerate(lines):
        if place > start and (place - start == most_lines or size + len(line) + 1 > most_bytes):
            found.append((start, place))
            start, size = place, 0
        size += len(line) + 1
    return [*found, (start, len(lines))] if lines else []
