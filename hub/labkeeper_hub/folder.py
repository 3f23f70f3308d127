"""The hub's data folder: one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labkeeper_sdk import BadConfiguration


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Keep every other hub out of the folder, made if absent; raises BadConfiguration if one is in it already.

    Two hubs on one journal would acknowledge each other's batches; the lock ends with the process, however it ends.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BadConfiguration("data", f"cannot be used ({error.strerror})", str(folder)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BadConfiguration("data", "another hub uses this folder", str(folder)) from error
    finally:
        os.close(lock)
