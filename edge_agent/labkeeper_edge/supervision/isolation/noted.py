"""What a process was busy with when it died: 32 bytes of memory that outlive it."""

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from labkeeper_edge.supervision.services import STRIKES

DIGEST_BYTES = 32
NOTHING = bytes(DIGEST_BYTES)


@dataclass(slots=True)
class Noted:
    """Shared memory with the digest of the message a driver is busy with."""

    descriptor: int
    memory: mmap.mmap

    def note(self, digest: bytes) -> None:
        """The driver is busy with this message now; b"" for none."""
        self.memory[:] = digest or NOTHING

    def busy_with(self) -> bytes:
        """Return the digest, b"" for none."""
        said = self.memory[:]
        return b"" if said == NOTHING else said


@contextmanager
def open_noted(descriptor: int | None = None) -> Iterator[Noted]:
    """Make such memory, or open that of another process."""
    if descriptor is None:
        descriptor = os.memfd_create("labkeeper-driver", os.MFD_CLOEXEC)
        os.ftruncate(descriptor, DIGEST_BYTES)
    with mmap.mmap(descriptor, DIGEST_BYTES) as memory:
        try:
            yield Noted(descriptor, memory)
        finally:
            os.close(descriptor)


@dataclass(slots=True)
class Deaths:
    """Over which message processes of one instance died, one after the other."""

    deadly: bytes = b""  # it is not to be given to the next
    _last: bytes = b""
    _times: int = 0

    def died(self, busy_with: bytes) -> None:
        """A process ended while its driver was busy with this; nothing is known with b""."""
        if not busy_with:
            return
        self._times = self._times + 1 if busy_with == self._last else 1
        self._last = busy_with
        if self._times >= STRIKES:
            self.deadly = busy_with
