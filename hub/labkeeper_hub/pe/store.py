"""What is kept of PE classes: a file of its own that no backup, export or forwarder reads. Use it from one thread.

What is deleted is overwritten in the file, and the deletion is written down in the same transaction.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labkeeper_hub.pe.lesson import Keep, PeClass, begun
from labkeeper_hub.pe.roster import By, ClassKey, Consent, Entry, Roster

FILE = "pe.sqlite"
OF_CLASS = "class = ?"
OF_BAND = "number = ? AND class IN (SELECT id FROM classes WHERE school = ? AND lab = ? AND code = ?)"
SCHEMA = """
CREATE TABLE IF NOT EXISTS rosters (school TEXT, lab TEXT, code TEXT, years INTEGER, PRIMARY KEY (school, lab, code));
CREATE TABLE IF NOT EXISTS entries (school TEXT, lab TEXT, code TEXT, number INTEGER, consent_by TEXT,
    recorded_ms INTEGER, recorded_by TEXT, cap INTEGER, PRIMARY KEY (school, lab, code, number));
CREATE TABLE IF NOT EXISTS classes (id TEXT PRIMARY KEY, school TEXT, lab TEXT, code TEXT, years INTEGER,
    started_ms INTEGER, ended_ms INTEGER, with_lesson INTEGER);
CREATE TABLE IF NOT EXISTS readings (class TEXT, number INTEGER, time_ms INTEGER, rate INTEGER);
CREATE INDEX IF NOT EXISTS readings_of ON readings (class, number);
CREATE TABLE IF NOT EXISTS deletions (id INTEGER PRIMARY KEY, subject TEXT, by TEXT, at_ms INTEGER, readings INTEGER,
    digest_before TEXT, readings_after INTEGER, digest_after TEXT, noted INTEGER DEFAULT 0);
"""


@dataclass(frozen=True, slots=True)
class Deletion:
    """What was deleted, and what the same question found before and after: how many readings, and their SHA-256."""

    id: int
    subject: str
    by: str
    readings: int
    digest_before: str
    readings_after: int
    digest_after: str

    def words(self) -> str:
        """Return it for the record."""
        return (
            f"readings {self.readings} sha256 {self.digest_before}, "
            f"afterwards {self.readings_after} sha256 {self.digest_after}"
        )


@dataclass(frozen=True, slots=True)
class Store:
    """The file, open."""

    connection: sqlite3.Connection

    # --- classes on paper -------------------------------------------------------------------------------------------
    def rosters(self, school: str, lab: str) -> tuple[Roster, ...]:
        """Return the classes of a lab."""
        codes = "SELECT code FROM rosters WHERE school = ? AND lab = ? ORDER BY code"
        rows = self.connection.execute(codes, (school, lab))
        found = (self.roster(ClassKey(school, lab, code)) for (code,) in rows.fetchall())
        return tuple(one for one in found if one is not None)

    def roster(self, key: ClassKey) -> Roster | None:
        """Return a class."""
        where = "WHERE school = ? AND lab = ? AND code = ?"
        years = self.connection.execute(f"SELECT years FROM rosters {where}", key).fetchone()  # noqa: S608 -- ours
        columns = "number, consent_by, recorded_ms, recorded_by, cap"
        rows = self.connection.execute(f"SELECT {columns} FROM entries {where} ORDER BY number", key)  # noqa: S608 -- ours
        return None if years is None else Roster(key, years[0], tuple(_entry(*row) for row in rows))

    def write_roster(self, roster: Roster) -> None:
        """Put a class in the place of what was known of it."""
        with self._transaction():
            self._forget_roster(roster.key)
            self.connection.execute("INSERT INTO rosters VALUES (?, ?, ?, ?)", (*roster.key, roster.years))
            rows = [(*roster.key, *_row(entry)) for entry in roster.entries]
            self.connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def remove_roster(self, key: ClassKey) -> None:
        """Forget a class."""
        with self._transaction():
            self._forget_roster(key)

    # --- classes that are held --------------------------------------------------------------------------------------
    def begin(self, pe: PeClass) -> None:
        """Note that a class is on."""
        row = (pe.id, *pe.key, pe.years, pe.started_ms, pe.with_lesson)
        with self._transaction():
            self.connection.execute("INSERT INTO classes VALUES (?, ?, ?, ?, ?, ?, NULL, ?)", row)

    def end(self, identity: str, now_ms: int) -> None:
        """Note that it is over."""
        with self._transaction():
            self.connection.execute("UPDATE classes SET ended_ms = ? WHERE id = ?", (now_ms, identity))

    def open_classes(self) -> tuple[PeClass, ...]:
        """Return the classes that an earlier run began and nobody ended, as they began."""
        columns = "id, school, lab, code, started_ms, with_lesson"
        rows = self.connection.execute(f"SELECT {columns} FROM classes WHERE ended_ms IS NULL")  # noqa: S608 -- ours
        found = [(self.roster(ClassKey(*row[1:4])), row) for row in rows.fetchall()]
        return tuple(
            begun(row[0], roster, row[4], with_lesson=bool(row[5])) for roster, row in found if roster is not None
        )

    def keep(self, readings: Iterable[tuple[str, Keep]]) -> None:
        """Keep readings of classes."""
        rows = [(identity, one.number, one.time_ms, one.rate) for identity, one in readings]
        with self._transaction():
            self.connection.executemany("INSERT INTO readings VALUES (?, ?, ?, ?)", rows)

    def kept(self, identity: str) -> tuple[Keep, ...]:
        """Return what is kept of a class, in order of time."""
        found = self.connection.execute(
            "SELECT number, time_ms, rate FROM readings WHERE class = ? ORDER BY time_ms, rowid", (identity,)
        )
        return tuple(Keep(*row) for row in found)

    # --- deleting ---------------------------------------------------------------------------------------------------
    def delete_ended(self, before_ms: int, now_ms: int) -> int:
        """Delete the classes that ended before; return how many."""
        due = self.connection.execute("SELECT id FROM classes WHERE ended_ms < ?", (before_ms,)).fetchall()
        for (identity,) in due:
            with self._transaction():
                self._delete(f"class {identity}", "hub", now_ms, OF_CLASS, (identity,))
                self.connection.execute("DELETE FROM classes WHERE id = ?", (identity,))
        return len(due)

    def delete_band(self, key: ClassKey, number: int, by: str, now_ms: int) -> None:
        """Delete whatever is kept of one band of a class, in whatever lesson."""
        with self._transaction():
            self._delete(f"band {'/'.join(key)}/{number}", by, now_ms, OF_BAND, (number, *key))

    def unnoted(self) -> tuple[Deletion, ...]:
        """Return the deletions that the record may not have yet."""
        return self._deletions("WHERE NOT noted")

    def deletions(self) -> tuple[Deletion, ...]:
        """Return every deletion, the oldest first."""
        return self._deletions("")

    def noted(self, deletions: Sequence[Deletion]) -> None:
        """The record has them."""
        with self._transaction():
            self.connection.executemany("UPDATE deletions SET noted = 1 WHERE id = ?", [(one.id,) for one in deletions])

    def left_of(self, deletion: Deletion) -> int:
        """Return how many readings the file has now of what was deleted; of a band, what came since is not it."""
        kind, _, what = deletion.subject.partition(" ")
        if kind != "class":
            return deletion.readings_after
        return _found(self.connection, OF_CLASS, (what,))[0]

    def _deletions(self, where: str) -> tuple[Deletion, ...]:
        columns = "id, subject, by, readings, digest_before, readings_after, digest_after"
        rows = self.connection.execute(f"SELECT {columns} FROM deletions {where} ORDER BY id")  # noqa: S608 -- ours
        return tuple(Deletion(*row) for row in rows)

    def _delete(self, subject: str, by: str, now_ms: int, where: str, values: tuple[str | int, ...]) -> None:
        before = _found(self.connection, where, values)
        self.connection.execute(f"DELETE FROM readings WHERE {where}", values)  # noqa: S608 -- ours
        after = _found(self.connection, where, values)
        self.connection.execute(
            "INSERT INTO deletions (subject, by, at_ms, readings, digest_before, readings_after, digest_after) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (subject, by, now_ms, *before, *after),
        )

    def _forget_roster(self, key: ClassKey) -> None:
        for table in ("entries", "rosters"):
            self.connection.execute(f"DELETE FROM {table} WHERE school = ? AND lab = ? AND code = ?", key)  # noqa: S608 -- the words are ours, the values are bound

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")


def open_store(folder: Path) -> Store:
    """Open the file of a data folder, made if there is none; for its owner's eyes only."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    path.touch(mode=0o600)
    return prepared(sqlite3.connect(path, isolation_level=None, check_same_thread=False))


def prepared(connection: sqlite3.Connection) -> Store:
    """Return a database of which the caller commits every transaction, with its tables."""
    connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten with zeros
    connection.executescript(SCHEMA)
    return Store(connection)


def _found(connection: sqlite3.Connection, where: str, values: tuple[str | int, ...]) -> tuple[int, str]:
    """Return how many readings there are, and the SHA-256 of them all."""
    digest, count = hashlib.sha256(), 0
    order = "ORDER BY class, number, time_ms, rowid"
    for row in connection.execute(f"SELECT class, number, time_ms, rate FROM readings WHERE {where} {order}", values):  # noqa: S608 -- the words are ours, the values are bound
        digest.update(",".join(map(str, row)).encode() + b"\n")
        count += 1
    return count, digest.hexdigest()


def _entry(number: int, by: str | None, recorded_ms: int, recorded_by: str, cap: int | None) -> Entry:
    return Entry(number, None if by is None else Consent(By(by), recorded_ms, recorded_by), cap)


def _row(entry: Entry) -> tuple[int, str | None, int | None, str | None, int | None]:
    consent = entry.consent
    said = (None, None, None) if consent is None else (consent.by.value, consent.recorded_ms, consent.recorded_by)
    return (entry.number, *said, entry.cap)
