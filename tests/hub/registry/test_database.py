"""The registry's tables: made by their migrations, equal to their declaration, found up to date the next time."""

import asyncio
import gc
import socket
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Inspector, create_engine, insert, inspect, select
from sqlalchemy.exc import OperationalError

from labkeeper_hub.registry import database
from labkeeper_hub.registry.database import HEAD, bring_up_to_date, lay, open_database
from labkeeper_hub.registry.migrate import configuration, migrate
from labkeeper_hub.registry.tables import metadata, schools, telling, timetables
from labkeeper_hub.telling.border import PlanBody
from labkeeper_hub.timetable.importing import KEPT
from labkeeper_hub.timetable.year import MakeUp
from labkeeper_sdk import BadConfiguration


def _as_built(file: Path, build: Callable[[Connection], None]) -> dict[str, object]:
    with create_engine(f"sqlite:///{file}").begin() as connection:
        build(connection)
        found = inspect(connection)
        return {table: _described(found, table) for table in found.get_table_names()}


def _described(found: Inspector, table: str) -> object:
    columns = {one["name"]: (str(one["type"]), one["nullable"], one["default"]) for one in found.get_columns(table)}
    indexes = {one["name"]: (one["column_names"], one["unique"]) for one in found.get_indexes(table)}
    keys = sorted((key["constrained_columns"], key["referred_table"]) for key in found.get_foreign_keys(table))
    return columns, indexes, keys, found.get_pk_constraint(table)["constrained_columns"]


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_the_migrations_make_exactly_the_declared_tables(tmp_path: Path) -> None:
    with create_engine(f"sqlite:///{tmp_path / 'registry.sqlite'}").begin() as connection:
        migrate(connection)
        assert differences(connection) == []
        assert {"devices", "points", "commands"} <= set(inspect(connection).get_table_names())


def test_the_first_start_lays_the_same_tables_without_replaying_their_history(tmp_path: Path) -> None:
    with create_engine(f"sqlite:///{tmp_path / 'registry.sqlite'}").begin() as connection:
        kept = sys.modules.pop("labkeeper_hub.registry.migrate")
        bring_up_to_date(connection)
        assert "labkeeper_hub.registry.migrate" not in sys.modules
        sys.modules["labkeeper_hub.registry.migrate"] = kept
        context = MigrationContext.configure(connection)
        assert (context.get_current_revision(), list(compare_metadata(context, metadata))) == (HEAD, [])


def test_what_is_laid_and_what_is_migrated_have_the_same_columns_keys_and_indexes(tmp_path: Path) -> None:
    assert _as_built(tmp_path / "laid", lay) == _as_built(tmp_path / "migrated", migrate)


def test_an_older_database_is_migrated_with_what_it_holds(tmp_path: Path) -> None:
    with create_engine(f"sqlite:///{tmp_path / 'registry.sqlite'}").begin() as connection:
        migrate(connection, "0001")
        connection.execute(insert(schools).values(school="demo"))
        bring_up_to_date(connection)
        assert differences(connection) == []
        assert connection.execute(select(schools.c.school)).scalars().all() == ["demo"]


def test_the_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


def test_a_database_that_is_up_to_date_is_left_alone(tmp_path: Path) -> None:
    with create_engine(f"sqlite:///{tmp_path / 'registry.sqlite'}").begin() as connection:
        migrate(connection)
        kept = sys.modules.pop("labkeeper_hub.registry.migrate")
        bring_up_to_date(connection)
        assert "labkeeper_hub.registry.migrate" not in sys.modules
        sys.modules["labkeeper_hub.registry.migrate"] = kept


def test_the_migrations_can_be_undone(tmp_path: Path) -> None:
    with create_engine(f"sqlite:///{tmp_path / 'registry.sqlite'}").begin() as connection:
        migrate(connection)
        command.downgrade(configuration(connection), "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}


@pytest.fixture
async def _no_thread_left() -> AsyncIterator[None]:
    """A connection that could not be made ends when it is collected, in a thread that must not outlive the loop."""
    yield
    gc.collect()
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 10)


@pytest.mark.usefixtures("_no_thread_left")
async def test_a_database_that_cannot_be_opened_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="unable to open") as wrong:
        async with open_database(f"sqlite+aiosqlite:///{tmp_path}/no/folder"):
            pass
    assert (wrong.value.key, wrong.value.source) == ("database", "")


@pytest.mark.usefixtures("_no_thread_left")
async def test_a_database_that_another_program_has_locked_is_no_wrong_setting(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "registry.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OperationalError, match="locked"):
            async with open_database(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite'}?timeout=0.05"):
                pass


@pytest.mark.usefixtures("_no_thread_left")
async def test_a_server_that_is_away_is_no_wrong_setting_and_one_of_a_wrong_name_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What an async driver of a server raises, which none that is installed here does."""
    trouble: OSError = ConnectionRefusedError(111, "Connection refused")

    def away(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(database, "_set_up_sqlite", away)
    url = f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite'}"
    with pytest.raises(ConnectionRefusedError):
        async with open_database(url):
            pass
    trouble = socket.gaierror(-2, "Name or service not known")
    with pytest.raises(BadConfiguration, match="Name or service"):
        async with open_database(url):
            pass


async def test_a_commit_of_the_registry_waits_for_the_disk(tmp_path: Path) -> None:
    async with open_database(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite'}") as engine, engine.connect() as link:
        assert (await link.exec_driver_sql("PRAGMA synchronous")).scalar() == 2
        assert (await link.exec_driver_sql("PRAGMA foreign_keys")).scalar() == 1


def test_the_days_of_a_telling_plan_move_into_the_year_of_every_school(tmp_path: Path) -> None:
    plan = {"rules": [], "zone": "Asia/Urumqi", "holidays": ["2026-10-01"], "workdays": ["2026-10-10", "2026-09-27"]}
    year = {"zone": "Asia/Shanghai", "holidays": ["2026-09-25"], "make_ups": [["2026-10-10", "2026-10-07"]]}
    with create_engine(f"sqlite:///{tmp_path / 'registry.sqlite'}").begin() as connection:
        migrate(connection, "0008")
        connection.execute(insert(telling).values(name="plan", value=plan))
        connection.execute(insert(timetables).values(school="demo", timetable={"year": year}))
        connection.execute(insert(schools), [{"school": "demo"}, {"school": "new"}])
        migrate(connection)
        kept = {row.school: KEPT.validate_python(row.timetable).year for row in connection.execute(select(timetables))}
        assert PlanBody.model_validate(connection.execute(select(telling.c.value)).scalar()).noun() == PlanBody().noun()
    first, tenth, sunday = date(2026, 10, 1), date(2026, 10, 10), date(2026, 9, 27)
    assert (kept["demo"].zone, kept["new"].zone) == ("Asia/Shanghai", "Asia/Urumqi")
    assert kept["demo"].holidays == {date(2026, 9, 25), first}
    assert kept["demo"].make_ups == (MakeUp(tenth, date(2026, 10, 7)), MakeUp(sunday))
    assert kept["new"].holidays == {first}
    assert kept["new"].make_ups == (MakeUp(tenth), MakeUp(sunday))
