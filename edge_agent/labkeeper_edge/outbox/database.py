"""The node's one SQLite file: what is in it, how it is opened, and what a transaction is."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA_VERSION = 4

LAST_VALUES = """
CREATE TABLE last_values (device TEXT PRIMARY KEY, payload BLOB NOT NULL) WITHOUT ROWID;
"""
# one number for the whole node took the place of one for each device, which nobody had used yet
ONE_FENCE = "DROP TABLE fences;"
# the names of the points in a batch that speak of a person's body, one a line; what is found by its index only
PERSONAL = """
CREATE INDEX personal_batches ON batches (id) WHERE personal <> '';
"""
# last values had heart rates among them: the next ones have none
COLUMN = "ALTER TABLE batches ADD COLUMN personal TEXT NOT NULL DEFAULT '';"
NOTHING_PERSONAL = f"{COLUMN}{PERSONAL}DELETE FROM last_values;"  # noqa: S608 -- ours
UPGRADES = {1: LAST_VALUES, 2: ONE_FENCE, 3: NOTHING_PERSONAL}  # from each version to the next

# `batches`: device '' marks a gap record; `ran_ms` is the node's running time when the batch was made, which a
# jumping clock cannot change; `offered` says that a gap record went out and must not grow any more.
SCHEMA = f"""
BEGIN;
CREATE TABLE node (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    readings INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    ran_ms INTEGER NOT NULL,
    offered INTEGER NOT NULL DEFAULT 0,
    payload BLOB NOT NULL,
    personal TEXT NOT NULL DEFAULT ''
);
CREATE TABLE heard (number INTEGER PRIMARY KEY AUTOINCREMENT, identity BLOB NOT NULL UNIQUE);
CREATE TABLE commands (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    at_ms INTEGER NOT NULL
);
CREATE TABLE safe_writes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    device TEXT NOT NULL,
    point TEXT NOT NULL,
    cause TEXT NOT NULL,
    outcome TEXT NOT NULL
);
{LAST_VALUES}
{PERSONAL}
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""


class UnusableDatabase(Exception):
    """The file is not ours, is newer than this program, or is damaged; the message names it."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open or create the file so that a returned COMMIT survives kill -9 and a power cut; raises UnusableDatabase."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            connection.executescript(SCHEMA)
        for older in range(version or SCHEMA_VERSION, SCHEMA_VERSION):
            connection.executescript(f"BEGIN; {UPGRADES[older]} PRAGMA user_version = {older + 1}; COMMIT;")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise UnusableDatabase(f"{path}: {error}") from error
    if version > SCHEMA_VERSION:
        connection.close()
        raise UnusableDatabase(f"{path}: schema {version}, this program knows {SCHEMA_VERSION}")
    return connection


@contextmanager
def overwriting(connection: sqlite3.Connection) -> Iterator[None]:
    """What is deleted inside is overwritten with zeros, which costs more writing than most of it is worth."""
    connection.execute("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.execute("PRAGMA secure_delete = OFF")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything inside or nothing of it; on disk when the block has ended."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:  # raised again: nothing half written stays
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
