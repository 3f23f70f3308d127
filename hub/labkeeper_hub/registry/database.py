"""The registry's database: any that SQLAlchemy speaks to without blocking; SQLite needs nothing installed."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module

from sqlalchemy import Column, Connection, MetaData, String, Table, event, insert, inspect, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from labkeeper_hub.registry.tables import metadata
from labkeeper_hub.sql import AsyncEngine, create_async_engine
from labkeeper_sdk import BadConfiguration

HEAD = "0011"
"""The newest revision in migrations/; a test holds them together."""

REVISIONS = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""Where Alembic keeps which revision the tables are at."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is JSON already: it is kept as it stands, and nobody waits until it is written once more."""

    text: str


PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}  # the low byte of SQLite's codes


def json_text(value: object) -> str:
    """Return how a value is kept in a column of JSON."""
    return value.text if isinstance(value, Written) else json.dumps(value)


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[AsyncEngine]:
    """Connect and bring the tables up to date; raises BadConfiguration where there is no such database. What may pass
    by itself (a server that is away, a full disk, a lock) is raised as it is, so that a supervisor tries again.
    """
    engine = create_async_engine(url, json_serializer=json_text)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    try:
        await _reach(engine)
        async with engine.begin() as connection:
            await connection.run_sync(bring_up_to_date)
        yield engine
    finally:
        await asyncio.shield(engine.dispose())


async def _reach(engine: AsyncEngine) -> None:
    try:
        async with engine.connect():
            pass
    except (OperationalError, OSError) as error:
        why = error.orig if isinstance(error, OperationalError) else error
        if isinstance(why, ConnectionError) or getattr(why, "sqlite_errorcode", 0) & 0xFF in PASSING:
            raise
        raise BadConfiguration("database", f"{engine.url!r} cannot be opened ({why})") from error


def bring_up_to_date(connection: Connection) -> None:
    """Bring the tables to the newest revision, if they are not there already, inside the connection's transaction."""
    match _revision(connection):
        case None if not inspect(connection).get_table_names():
            lay(connection)
        case found if found != HEAD:
            # a fifth of a second of the hub's start and 16 MB that stay, needed once per version
            import_module("labkeeper_hub.registry.migrate").migrate(connection)


def lay(connection: Connection) -> None:
    """Make the tables of an empty database as they are declared, which is what all migrations together make."""
    metadata.create_all(connection)
    REVISIONS.create(connection)
    connection.execute(insert(REVISIONS).values(version_num=HEAD))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(REVISIONS.name):
        return None
    return connection.execute(select(REVISIONS.c.version_num)).scalar()


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
