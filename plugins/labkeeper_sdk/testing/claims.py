"""Claims that end with their process, however it ends."""

import fcntl
from pathlib import Path
from typing import TextIO


def claim(path: Path) -> TextIO | None:
    """Return the lock file at `path`, held until it is closed; None where another process holds it."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
