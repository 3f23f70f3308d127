"""Milliseconds since the start that never jump and never wrap, on MicroPython and CPython."""

import time


class Ticks:
    """A monotonic clock; `now_ms` must be asked at least once in six days, where the chip's counter wraps."""

    def __init__(self) -> None:
        self._chip = getattr(time, "ticks_ms", None)
        self._last = self._chip() if self._chip else 0
        self._total = 0

    def now_ms(self) -> int:
        """Return milliseconds since the start."""
        if self._chip is None:
            return time.monotonic_ns() // 1_000_000
        now = self._chip()
        self._total += getattr(time, "ticks_diff")(now, self._last)  # noqa: B009 -- only MicroPython has it
        self._last = now
        return self._total

    def rest(self, for_ms: int) -> None:
        """Do nothing for a while."""
        time.sleep(for_ms / 1000)
