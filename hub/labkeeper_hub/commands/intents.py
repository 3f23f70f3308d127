"""The intent log: what is about to be commanded, written before it is sent, in microseconds.

A line is the kernel's when `write` returns, so it outlives kill -9 of the hub. The registry's row, which outlives a
power cut too, follows within moments; docs/decisions/0012-commands.md says why that order is safe.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson


@dataclass(slots=True)
class IntentLog:
    """An append-only file, emptied whenever the registry has everything in it."""

    _file: int
    _lines: int = 0

    def write(self, row: Mapping[str, Any]) -> None:
        """Append one row; raises OSError, and then the command must not be sent."""
        os.write(self._file, orjson.dumps(row) + b"\n")
        self._lines += 1

    def empty(self) -> None:
        """The registry has everything."""
        if self._lines:
            os.ftruncate(self._file, 0)
            self._lines = 0


def read_intents(file: Path) -> list[dict[str, Any]]:
    """Return what an earlier run wrote; a last line that was cut short is no command: it was never sent."""
    if not file.exists():
        return []
    whole = file.read_bytes().split(b"\n")[:-1]
    return [orjson.loads(line) for line in whole if line]


@contextmanager
def open_intents(file: Path) -> Iterator[IntentLog]:
    """Open the log for appending."""
    number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield IntentLog(number, os.fstat(number).st_size)
    finally:
        os.close(number)
