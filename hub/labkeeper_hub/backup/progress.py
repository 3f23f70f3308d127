"""How far a long piece of work is, for a person at a terminal or for a log."""

import sys
from dataclasses import dataclass, field
from typing import TextIO

STEP = 10  # percent between two lines where nobody watches


@dataclass(slots=True)
class Progress:
    """One line per piece of work: rewritten at a terminal, and every ten percent a new one in a log."""

    out: TextIO = field(default_factory=lambda: sys.stderr)
    _said: tuple[str, int] = ("", -1)

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say that so many of so many bytes are done."""
        percent = 100 if total == 0 else done * 100 // total
        step = 1 if self.out.isatty() else STEP
        said = (what, percent - percent % step)
        if said == self._said:
            return
        self._said = said
        line = f"{what}: {percent} % of {total / 1e6:.1f} MB"
        if self.out.isatty():
            print(f"\r\033[K{line}", end="\n" if percent == 100 else "", file=self.out, flush=True)  # noqa: PLR2004 -- of a hundred
        else:
            print(line, file=self.out, flush=True)
