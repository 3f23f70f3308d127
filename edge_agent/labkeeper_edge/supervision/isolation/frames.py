"""Frames on a stream between two processes: four bytes of length, then the body. Sans-IO."""

from collections.abc import Iterator
from dataclasses import dataclass, field

HEADER_BYTES = 4
LONGEST_BODY = 8 * 1024 * 1024  # a gateway that finds a thousand devices at once says some 2 MB


class BadFrame(Exception):
    """The other side does not keep to the protocol; nothing it says can be relied on any more."""


def frame(body: bytes) -> bytes:
    """Return a body as a frame; raises BadFrame for one that is too long."""
    if len(body) > LONGEST_BODY:
        raise BadFrame(f"{len(body)} bytes in one message, {LONGEST_BODY} are allowed")
    return len(body).to_bytes(HEADER_BYTES, "big") + body


@dataclass(slots=True)
class Unframer:
    """Cuts a stream into bodies; it keeps at most one unfinished frame."""

    _rest: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take what arrived and yield the bodies that are whole; raises BadFrame for one that claims to be too long."""
        self._rest += data
        while len(self._rest) >= HEADER_BYTES:
            length = int.from_bytes(self._rest[:HEADER_BYTES], "big")
            if length > LONGEST_BODY:
                raise BadFrame(f"a message of {length} bytes, {LONGEST_BODY} are allowed")
            end = HEADER_BYTES + length
            if len(self._rest) < end:
                return
            body = bytes(self._rest[HEADER_BYTES:end])
            del self._rest[:end]
            yield body
