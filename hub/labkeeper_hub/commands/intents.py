"""The intent log: what is about to be commanded, written before it is sent, in microseconds.

A line is the kernel's when `write` returns, so it outlives kill -9 of the hub. The registry's row, which outlives a
power cut too, follows within moments; docs/decisions/0012-commands.md says why that order is safe.
"""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson


@dataclass(slots=True)
class IntentLog:
    """An append-only file, emptied whenever the registry has everything in it; `left` is what an earlier run wrote."""

    left: list[dict[str, Any]]
    _file: int
    _dirty: bool

    def write(self, row: Mapping[str, Any]) -> None:
        """Append one row, whole or not at all; raises OSError, and then the command must not be sent."""
        self._dirty = True
        line = orjson.dumps(row) + b"\n"
        written = os.write(self._file, line)
        if written < len(line):  # the disk is full: half a line would spoil the next one, too
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def empty(self) -> None:
        """The registry has everything."""
        if self._dirty:
            os.ftruncate(self._file, 0)
            self._dirty = False


@contextmanager
def open_intents(file: Path) -> Iterator[IntentLog]:
    """Open the log for appending. A last line that was cut short was no command yet: it was never sent."""
    number = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        *whole, cut = file.read_bytes().split(b"\n")
        if cut:
            os.ftruncate(number, os.fstat(number).st_size - len(cut))
        yield IntentLog([orjson.loads(line) for line in whole], number, bool(whole))
    finally:
        os.close(number)
