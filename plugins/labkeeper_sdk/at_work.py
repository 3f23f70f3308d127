"""A line for a person at a terminal while something takes its time; a log or another program sees nothing of it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ERASE = "\r\033[K"


@contextmanager
def at_work(what: str) -> Iterator[Callable[[str], None]]:
    """Show on stderr what is being done until the block ends, and then nothing more; call what this yields with how far
    it is. Nothing is shown where stderr is no terminal.
    """
    out = sys.stderr

    def say(how_far: str) -> None:
        if out.isatty():
            print(f"{ERASE}{what}{f': {how_far}' if how_far else ''} …", end="", file=out, flush=True)

    say("")
    try:
        yield say
    finally:
        if out.isatty():
            print(ERASE, end="", file=out, flush=True)
