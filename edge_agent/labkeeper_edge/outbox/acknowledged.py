"""Which batch ids the hub has acknowledged, as few numbers as they allow. Pure and immutable."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labkeeper_wire.delivery import Ack, Range


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Ids as ranges (both ends in), ascending and apart from each other."""

    ranges: tuple[Range, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Acknowledged":
        """Read what `str()` wrote."""
        pairs = (part.split("-") for part in text.split(";") if part)
        return cls(tuple((int(first), int(last)) for first, last in pairs))

    def __str__(self) -> str:
        return ";".join(f"{first}-{last}" for first, last in self.ranges)

    def with_more(self, ranges: Iterable[Range]) -> "Acknowledged":
        """Return the union; empty ranges add nothing."""
        joined: list[Range] = []
        for first, last in sorted((*self.ranges, *(one for one in ranges if one[0] <= one[1]))):
            if joined and first <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(joined[-1][1], last))
            else:
                joined.append((first, last))
        return Acknowledged(tuple(joined))

    def without(self, ranges: Iterable[Range]) -> "Acknowledged":
        """Return what is left when these (ascending) are taken out."""
        others = Acknowledged().with_more(ranges)
        return Acknowledged(tuple(part for first, last in self.ranges for part in others.open_in(first, last)))

    def open_in(self, first: int, last: int) -> Iterator[Range]:
        """Return the ids from first to last that are not in here, as ranges."""
        at = first
        for low, high in self.ranges:
            if high < at:
                continue
            if low > last:
                break
            if low > at:
                yield at, low - 1
            at = high + 1
        if at <= last:
            yield at, last

    @property
    def high_water(self) -> int:
        """The greatest id up to which none is missing; 0 if 1 is missing."""
        return self.ranges[0][1] if self.ranges and self.ranges[0][0] == 1 else 0


def said_by(ack: Ack, last: int) -> tuple[Range, ...]:
    """Return the ids an acknowledgement covers, up to the last one that was ever given out."""
    covered = ((1, ack.high_water), *ack.ranges)
    return tuple((first, min(high, last)) for first, high in covered if first <= min(high, last))
