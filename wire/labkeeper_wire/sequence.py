"""The message counter of an edge node."""

from __future__ import annotations

SEQ_MASK = 0xFF
"""seq and bdSeq run 0..255 and wrap."""


class Sequence:
    """One counter over a node and all its devices: 0 at NBIRTH, then +1 a message, 255 wraps to 0."""

    __slots__ = ("next",)

    def __init__(self) -> None:
        self.next = 0

    def restart(self) -> None:
        """Begin again at 0, for an NBIRTH."""
        self.next = 0

    def advance(self) -> None:
        """The number in `next` is used up."""
        self.next = (self.next + 1) & SEQ_MASK


def next_bd_seq(bd_seq: int) -> int:
    """Return the bdSeq of the CONNECT after the one that used bd_seq."""
    return (bd_seq + 1) & SEQ_MASK
