"""The files of a data folder as they are at one moment, while the hub goes on writing.

Every database is read within a transaction that is opened before anything is copied, so whatever the hub had
acknowledged by then is in the copies, and what it stores meanwhile is not.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from labkeeper_hub.backup.manifest import BackupRefused

JOURNAL = "journal.sqlite"
REGISTRY = "registry.sqlite"
PAGES = 2048  # 8 MB between two words about the progress
BUSY_S = 10.0
BEFORE_RESTORE = "before-restore-"
RESTORING = ".restoring"
# the catalogue is made anew; a session that was ended since must not come to life again, so people sign in anew; what
# speaks of children is in no copy, or a consent withdrawn would have to be withdrawn from backups too; a backup in the
# folder would be in the next one, and both in the one after
LEFT_OUT = re.compile(
    r"lock|pe\.sqlite|catalogue\.sqlite|sessions\.json|stops\.json|.*\.sqlite-(wal|shm|journal)|.*\.tar|.*\.partial"
)

Say = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the data folder, and its name there."""

    path: Path
    name: str

    @property
    def is_database(self) -> bool:
        return self.path.suffix == ".sqlite"


def sources(folder: Path) -> Iterator[Source]:
    """Return what is to be saved: the small files first, for what leaves the command log goes to the registry."""
    found = [Source(path, path.relative_to(folder).as_posix()) for path in sorted(folder.rglob("*")) if path.is_file()]
    kept = [one for one in found if not any(map(_left_out, Path(one.name).parts))]
    yield from sorted(kept, key=lambda one: one.is_database)


def copy(folder: Path, target: Path, say: Say) -> None:
    """Copy the data folder of a hub, running or not; raises BackupRefused where there is none."""
    if not (folder / JOURNAL).exists():
        raise BackupRefused(f"{folder} holds no journal: is it the hub's data folder?")
    everything = list(sources(folder))
    with ExitStack() as stack:
        opened = [(one, stack.enter_context(_at_this_moment(one.path))) for one in everything if one.is_database]
        for one in everything:
            if not one.is_database:
                _copy_small(one, target)
        for one, connection in opened:
            _copy_database(one, connection, target, say)


def check(database: Path) -> None:
    """Raise BackupRefused for a database that SQLite finds damaged."""
    with closing(sqlite3.connect(database)) as connection:
        try:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise BackupRefused(f"{database.name} is damaged ({found})")


def _left_out(part: str) -> bool:
    return LEFT_OUT.fullmatch(part) is not None or part == RESTORING or part.startswith(BEFORE_RESTORE)


def _at_this_moment(file: Path) -> "closing[sqlite3.Connection]":
    connection = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        connection.close()
        raise BackupRefused(f"{file} cannot be read ({error})") from error
    return closing(connection)


def _copy_database(one: Source, connection: sqlite3.Connection, target: Path, say: Say) -> None:
    place = _place(one, target)
    page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]

    def told(_: int, remaining: int, total: int) -> None:
        say(one.name, (total - remaining) * page_bytes, total * page_bytes)

    with closing(sqlite3.connect(place)) as copied:
        connection.backup(copied, pages=PAGES, progress=told, sleep=0)
        copied.execute("PRAGMA journal_mode = DELETE")  # one file, whole; the hub sets its own mode again
    place.chmod(one.path.stat().st_mode & 0o777)
    check(place)


def _copy_small(one: Source, target: Path) -> None:
    try:
        content = one.path.read_bytes()
    except FileNotFoundError:
        return  # replaced or taken away since it was seen: not part of this moment
    place = _place(one, target)
    place.write_bytes(content)
    place.chmod(one.path.stat().st_mode & 0o777)


def _place(one: Source, target: Path) -> Path:
    place = target / one.name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch(mode=0o600)
    return place
