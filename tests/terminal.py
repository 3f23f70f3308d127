"""What a person at a terminal sees, where a log sees nothing."""

import io
from contextlib import AbstractContextManager, redirect_stderr


class Terminal(io.StringIO):
    """Takes whatever is shown."""

    def isatty(self) -> bool:
        return True


def at_terminal() -> AbstractContextManager[Terminal]:
    """Give this process a terminal as stderr for the length of the block."""
    return redirect_stderr(Terminal())
