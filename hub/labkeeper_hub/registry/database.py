"""The registry's database: any that SQLAlchemy speaks to without blocking; SQLite needs nothing installed."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module

from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from labkeeper_sdk import BadConfiguration

HEAD = "0011"
"""The newest revision in migrations/; a test holds them together."""


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
    if _revision(connection) != HEAD:
        # a fifth of a second of the hub's start, needed once per version
        import_module("labkeeper_hub.registry.migrate").migrate(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
