"""A registry whose tables are up to date: brought there once per process and copied, for replaying the migrations
takes longer than most tests. `registry/test_database.py` proves what they make."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine

from labkeeper_hub.registry.database import bring_up_to_date


def lay_registry(folder: Path) -> str:
    """Put an empty registry into a hub's folder, unless it has one; return its URL."""
    file = folder / "registry.sqlite"
    if not file.exists():
        file.write_bytes(_empty())
    return f"sqlite+aiosqlite:///{file}"


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "registry.sqlite"
        engine = create_engine(f"sqlite:///{file}")
        with engine.begin() as connection:
            bring_up_to_date(connection)
        engine.dispose()
        return file.read_bytes()
