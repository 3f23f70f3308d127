"""The registry's tables: made by their migrations, equal to their declaration, found up to date the next time."""

import sys
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect

from labkeeper_hub.registry.database import HEAD, bring_up_to_date, open_database
from labkeeper_hub.registry.migrate import configuration, migrate
from labkeeper_hub.registry.tables import metadata


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_the_migrations_make_exactly_the_declared_tables(tmp_path: Path) -> None:
    with create_engine(f"sqlite:///{tmp_path / 'registry.sqlite'}").begin() as connection:
        bring_up_to_date(connection)
        assert differences(connection) == []
        assert {"devices", "points", "commands"} <= set(inspect(connection).get_table_names())


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


async def test_a_commit_of_the_registry_waits_for_the_disk(tmp_path: Path) -> None:
    async with open_database(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite'}") as engine, engine.connect() as link:
        assert (await link.exec_driver_sql("PRAGMA synchronous")).scalar() == 2
        assert (await link.exec_driver_sql("PRAGMA foreign_keys")).scalar() == 1
